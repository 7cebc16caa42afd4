/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/top_filter.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/select.h"
#include "table/manifest/stat_value.h"

#include <string.h>

#define KEPT_MIN 1024

struct top_filter {
    size_t wanted;
    uint32_t width; /* bytes of a value */
    bool is_signed;
    uint64_t flip;  /* turns a value into a key: the smaller the better */
    uint64_t worst; /* key that a row may have */
    size_t count;
    size_t capacity;
    uint64_t *keys; /* owned; of rows that came */
};

bool top_filter_takes(const struct field *field)
{
    const enum stat_kind kind = stat_kind_of_type(field->type);
    return kind == STAT_INT || kind == STAT_UINT;
}

inlay_status top_filter_create(const struct field *field, bool descending, uint64_t rows,
                               struct top_filter **out, inlay_error *err)
{
    struct top_filter *filter = mem_zalloc(sizeof(*filter));
    *out = NULL;
    if (filter == NULL) {
        return error_no_memory(err);
    }
    filter->wanted = (size_t)rows;
    filter->capacity = 2 * (filter->wanted > KEPT_MIN ? filter->wanted : KEPT_MIN);
    filter->width = column_type_width(field);
    filter->is_signed = stat_kind_of_type(field->type) == STAT_INT && field->type != COLUMN_BOOL;
    filter->flip = (filter->is_signed ? UINT64_C(1) << 63 : 0) ^ (descending ? UINT64_MAX : 0);
    filter->worst = UINT64_MAX;
    filter->keys = mem_alloc_array(filter->capacity, sizeof(*filter->keys));
    if (filter->keys == NULL) {
        mem_free(filter);
        return error_no_memory(err);
    }
    *out = filter;
    return INLAY_OK;
}

void top_filter_free(struct top_filter *filter)
{
    if (filter != NULL) {
        mem_free(filter->keys);
        mem_free(filter);
    }
}

static void keep(struct top_filter *filter, uint64_t key)
{
    size_t i;
    filter->keys[filter->count++] = key;
    if (filter->count < filter->capacity) {
        return;
    }
    select_smallest(filter->keys, filter->count, filter->wanted);
    filter->count = filter->wanted;
    filter->worst = 0;
    for (i = 0; i < filter->count; i++) {
        filter->worst = filter->keys[i] > filter->worst ? filter->keys[i] : filter->worst;
    }
}

static bool is_first(struct top_filter *filter, const struct colvec *vector, uint32_t row,
                     uint64_t key)
{
    if (!colvec_valid(vector, row)) {
        return true;
    }
    if (key > filter->worst) {
        return false;
    }
    keep(filter, key);
    return true;
}

/* Loops over values of one type. Of all rows, the few whose keys are not above `worst` are found by
 * words of bits first, from the last value to the first, so that a bit costs one addition with
 * carry. */
#define KEY(type, wide, row)                                                                       \
    ((uint64_t)(wide)load_##type(values + (size_t)(row) * sizeof(type)) ^ filter->flip)
#define PICK_TYPE(type, wide)                                                                      \
    static type load_##type(const uint8_t *at)                                                     \
    {                                                                                              \
        type value;                                                                                \
        memcpy(&value, at, sizeof(value));                                                         \
        return value;                                                                              \
    }                                                                                              \
    static uint64_t pick_##type(struct top_filter *filter, const struct colvec *vector,            \
                                uint32_t *picks, uint64_t count)                                   \
    {                                                                                              \
        const uint8_t *values = vector->values;                                                    \
        uint64_t left = 0;                                                                         \
        uint64_t i;                                                                                \
        for (i = 0; i < count; i++) {                                                              \
            const uint32_t row = picks[i];                                                         \
            if (is_first(filter, vector, row, KEY(type, wide, row))) {                             \
                picks[left++] = row;                                                               \
            }                                                                                      \
        }                                                                                          \
        return left;                                                                               \
    }                                                                                              \
    static uint64_t pick_all_##type(struct top_filter *filter, const struct colvec *vector,        \
                                    uint32_t *picks, uint64_t count)                               \
    {                                                                                              \
        const uint8_t *values = vector->values;                                                    \
        uint64_t left = 0;                                                                         \
        uint64_t first;                                                                            \
        for (first = 0; first < count; first += 64) {                                              \
            const uint64_t worst = filter->worst;                                                  \
            const uint64_t end = first + 64 < count ? first + 64 : count;                          \
            uint64_t found = 0;                                                                    \
            uint64_t row = end;                                                                    \
            while (row > first) {                                                                  \
                row--;                                                                             \
                found = found + found + (KEY(type, wide, row) <= worst);                           \
            }                                                                                      \
            found |= vector->validity != NULL ? ~vector->validity[first / 64] : 0;                 \
            found &= end - first < 64 ? (UINT64_C(1) << (end - first)) - 1 : UINT64_MAX;           \
            for (; found != 0; found &= found - 1) {                                               \
                row = first + (uint64_t)__builtin_ctzll(found);                                    \
                if (is_first(filter, vector, (uint32_t)row, KEY(type, wide, row))) {               \
                    picks[left++] = (uint32_t)row;                                                 \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return left;                                                                               \
    }
PICK_TYPE(int8_t, int64_t)
PICK_TYPE(int16_t, int64_t)
PICK_TYPE(int32_t, int64_t)
PICK_TYPE(int64_t, int64_t)
PICK_TYPE(uint8_t, uint64_t)
PICK_TYPE(uint16_t, uint64_t)
PICK_TYPE(uint32_t, uint64_t)
PICK_TYPE(uint64_t, uint64_t)

uint64_t top_filter_pick(struct top_filter *filter, const struct colvec *vector, uint32_t *picks,
                         uint64_t count, bool all)
{
    typedef uint64_t (*picker)(struct top_filter *, const struct colvec *, uint32_t *, uint64_t);
    static const picker of_picks[2][4] = {
        {pick_uint8_t, pick_uint16_t, pick_uint32_t, pick_uint64_t},
        {pick_int8_t, pick_int16_t, pick_int32_t, pick_int64_t}};
    static const picker of_all[2][4] = {
        {pick_all_uint8_t, pick_all_uint16_t, pick_all_uint32_t, pick_all_uint64_t},
        {pick_all_int8_t, pick_all_int16_t, pick_all_int32_t, pick_all_int64_t}};
    const int width = __builtin_ctz(filter->width);
    return (all ? of_all : of_picks)[filter->is_signed][width](filter, vector, picks, count);
}
