/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A typed, recursive, validated view over an ArrowArray. It hides where rows come from: offsets and
 * slices at every level, validity bitmaps, dictionary indexes of any width, utf8 with 32 or 64 bit
 * offsets or in view layout. Row numbers count from 0 in the window that the view shows.
 *
 * The array and the field are borrowed and must outlive the view. A view is read-only after opening
 * and may be used by many threads. Buffers of foreign arrays may be unaligned: `values` is to be
 * read with memcpy or the loads of base/bytes.h.
 */
#ifndef INLAY_COLUMNAR_ARRAY_VIEW_H
#define INLAY_COLUMNAR_ARRAY_VIEW_H

#include "base/bytes.h"
#include "columnar/schema.h"

struct byte_view {
    const uint8_t *data; /* NULL for a null row */
    uint64_t length;
};

struct array_view {
    const struct field *field;
    int64_t length;
    int64_t null_count; /* counted, whatever the array claims; of the indexes for dictionaries */
    const uint8_t *validity; /* bitmap; row i is bit `bit_offset + i`; NULL = all valid */
    int64_t bit_offset;
    const uint8_t *values;  /* fixed width: value of row 0; bool: bitmap like `validity` */
    uint32_t width;         /* bytes of a value; 0 for bool, variable width and nested types */
    const uint8_t *offsets; /* utf8, binary, list: entry of row 0, `length` + 1 entries */
    bool wide_offsets;      /* int64 instead of int32 */
    const uint8_t *data;    /* utf8, binary with offsets */
    int64_t data_length;    /* the array's last offset: how long `data` is at least */
    const uint8_t *views;   /* utf8_view, binary_view: 16 bytes per row */
    const void *const *view_data;
    const uint8_t *view_sizes; /* int64 per view_data buffer */
    int64_t view_data_count;
    const uint8_t *codes; /* dictionary index of row 0; values are then in `dictionary` */
    enum column_type code_type;
    const struct array_view *dictionary;
    /* Struct: the same rows. Fixed list: rows i * width on. Lists: what the offsets point into. */
    struct array_view *children;
    size_t child_count;
};

enum array_check {
    ARRAY_CHECK_STRUCTURE, /* shape only: for arrays that this library made */
    ARRAY_CHECK_FULL       /* offsets, UTF-8, dictionary indexes, decimals, nulls: every value */
};

/* Opens a view; the data is safe to read afterwards if the check was full. `bad` is the status of
 * whatever is wrong: INLAY_INVALID_ARGUMENT for arrays of a caller (a null in a field that may not
 * have one is then INLAY_SCHEMA), INLAY_CORRUPT for stored ones. The error names column and row. */
inlay_status array_view_open(const struct field *field, const struct ArrowArray *array,
                             enum array_check check, inlay_status bad, struct array_view *out,
                             inlay_error *err);
/* A record batch: `array` is a struct array whose children are the schema's fields. The children
 * of *out are the columns. Rows of the struct must not be null. */
inlay_status array_view_open_batch(const struct schema *schema, const struct ArrowArray *array,
                                   enum array_check check, inlay_status bad, struct array_view *out,
                                   inlay_error *err);
void array_view_close(struct array_view *view); /* NULL-safe */

static inline bool bitmap_get(const uint8_t *bits, int64_t i)
{
    return ((bits[i >> 3] >> (i & 7)) & 1) != 0;
}

/* The dictionary index of row i, which must be valid. */
static inline int64_t array_view_code(const struct array_view *v, int64_t i)
{
    switch (v->code_type) {
    case COLUMN_INT8:
    case COLUMN_UINT8:
        return v->codes[i];
    case COLUMN_INT16:
    case COLUMN_UINT16:
        return load_u16(v->codes + 2 * i);
    case COLUMN_INT64:
    case COLUMN_UINT64:
        return (int64_t)load_u64(v->codes + 8 * i);
    default:
        return load_u32(v->codes + 4 * i);
    }
}

/* Null at this level (rows of a null struct are not looked at), after dictionary resolution. */
static inline bool array_view_is_null(const struct array_view *v, int64_t i)
{
    if (v->null_count != 0 &&
        (v->validity == NULL || !bitmap_get(v->validity, v->bit_offset + i))) {
        return true;
    }
    return v->codes != NULL && v->dictionary->null_count != 0 &&
           array_view_is_null(v->dictionary, array_view_code(v, i));
}

/* Address of a fixed-width value of a row that is not null. */
static inline const uint8_t *array_view_fixed(const struct array_view *v, int64_t i)
{
    if (v->codes != NULL) {
        i = array_view_code(v, i);
        v = v->dictionary;
    }
    return v->values + (uint64_t)i * v->width;
}

/* Bool, integers, dates, times, timestamps, durations; uint64 wraps. The row is not null. */
int64_t array_view_int(const struct array_view *view, int64_t row);
/* float16, float32, float64. The row is not null. */
double array_view_float(const struct array_view *view, int64_t row);
bool array_view_bool(const struct array_view *view, int64_t row);
/* utf8, binary and fixed binary, in every layout. A null row gives {NULL, 0}. */
struct byte_view array_view_bytes(const struct array_view *view, int64_t row);
/* The same for a run of rows, with one look at the layout. */
void array_view_bytes_run(const struct array_view *view, int64_t first, int64_t count,
                          struct byte_view *out);
/* One byte per row: 1 = valid. Returns the number of valid rows. */
int64_t array_view_valid_run(const struct array_view *view, int64_t first, int64_t count,
                             uint8_t *valid);
/* Rows [*begin, *end) of children[0] that row holds; lists of all three kinds. */
static inline void array_view_list(const struct array_view *v, int64_t i, int64_t *begin,
                                   int64_t *end)
{
    if (v->offsets == NULL) { /* fixed list, or an array without rows */
        *begin = i * v->field->width;
        *end = *begin + v->field->width;
    } else if (v->wide_offsets) {
        *begin = (int64_t)load_u64(v->offsets + 8 * i);
        *end = (int64_t)load_u64(v->offsets + 8 * i + 8);
    } else {
        *begin = (int32_t)load_u32(v->offsets + 4 * i);
        *end = (int32_t)load_u32(v->offsets + 4 * i + 4);
    }
}

/* float16 bits to float, exactly. */
float float16_to_float(uint16_t bits);

#endif
