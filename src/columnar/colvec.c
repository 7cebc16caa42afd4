/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/colvec.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/array.h"

void colvec_owner_init(struct colvec_owner *owner, void (*destroy)(struct colvec_owner *))
{
    atomic_init(&owner->references, 1);
    owner->destroy = destroy;
}

struct colvec_owner *colvec_owner_retain(struct colvec_owner *owner)
{
    /* Relaxed: whoever retains already holds a reference. */
    atomic_fetch_add_explicit(&owner->references, 1, memory_order_relaxed);
    return owner;
}

void colvec_owner_release(struct colvec_owner *owner)
{
    /* Acquire and release: the last holder must see what every other one did before letting go. */
    if (owner != NULL &&
        atomic_fetch_sub_explicit(&owner->references, 1, memory_order_acq_rel) == 1) {
        owner->destroy(owner);
    }
}

void colvec_release(struct colvec *vector)
{
    if (vector != NULL) {
        struct colvec_owner *owner = vector->owner;
        memset(vector, 0, sizeof(*vector));
        colvec_owner_release(owner);
    }
}

/* ---- to Arrow ---- */

static inlay_status too_long(const struct colvec *v, inlay_error *err)
{
    return error_set(err, INLAY_OVER_BUDGET,
                     "column \"%.200s\": more than 2 GiB of values in one Arrow array; ask for "
                     "fewer rows at a time",
                     v->field->name != NULL ? v->field->name : "");
}

/* A zeroed buffer of the array. */
static uint8_t *new_buffer(struct ArrowArray *out, int64_t index, uint64_t count, uint64_t width)
{
    uint8_t *memory = mem_zalloc_array((size_t)count, (size_t)width);
    if (memory != NULL) {
        array_own_buffer(out, index, memory);
    }
    return memory;
}

static inlay_status write_validity(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    uint64_t words = (v->count + 63) / 64;
    uint64_t i;
    uint8_t *bits;
    if (v->validity == NULL) {
        return INLAY_OK;
    }
    bits = new_buffer(out, 0, words, 8);
    if (bits == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < words; i++) {
        uint64_t word = v->validity[i];
        if (i == words - 1 && (v->count & 63) != 0) {
            word &= (UINT64_C(1) << (v->count & 63)) - 1;
        }
        store_u64(bits + 8 * i, word);
        out->null_count -= __builtin_popcountll(word);
    }
    out->null_count += (int64_t)v->count;
    return INLAY_OK;
}

/* Where the value of row i stands: through the codes, or at i. Null rows give 0, which exists
 * whenever it is used. */
static uint64_t value_index(const struct colvec *v, uint64_t i)
{
    if (v->form != COLVEC_DICTIONARY) {
        return i;
    }
    return colvec_valid(v, i) ? v->codes[i] : 0;
}

static const void *value_array(const struct colvec *v)
{
    return v->form == COLVEC_DICTIONARY ? v->dictionary->values : v->values;
}

static inlay_status write_bools(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    const uint8_t *values = value_array(v);
    uint8_t *bits = new_buffer(out, 1, (v->count + 7) / 8, 1);
    uint64_t i;
    if (bits == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < v->count; i++) {
        if (colvec_valid(v, i)) {
            bits[i >> 3] |= (uint8_t)((values[value_index(v, i)] & 1) << (i & 7));
        }
    }
    return INLAY_OK;
}

static inlay_status write_fixed(const struct colvec *v, uint32_t width, struct ArrowArray *out,
                                inlay_error *err)
{
    const uint8_t *values = value_array(v);
    uint8_t *to = new_buffer(out, 1, v->count, width);
    uint64_t i;
    if (to == NULL) {
        return error_no_memory(err);
    }
    if (v->form == COLVEC_FLAT) {
        if (v->count != 0) {
            memcpy(to, values, (size_t)v->count * width);
        }
        return INLAY_OK;
    }
    for (i = 0; i < v->count; i++) {
        if (colvec_valid(v, i)) {
            memcpy(to + i * width, values + value_index(v, i) * width, width);
        }
    }
    return INLAY_OK;
}

static void put_offset(uint8_t *offsets, bool wide, uint64_t i, uint64_t value)
{
    if (wide) {
        store_u64(offsets + 8 * i, value);
    } else {
        store_u32(offsets + 4 * i, (uint32_t)value);
    }
}

static inlay_status write_strings(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    const struct colvec_string *strings = value_array(v);
    bool wide = v->field->type == COLUMN_LARGE_UTF8 || v->field->type == COLUMN_LARGE_BINARY;
    uint8_t *offsets = new_buffer(out, 1, v->count + 1, wide ? 8 : 4);
    uint8_t *data;
    uint64_t total = 0;
    uint64_t i;
    if (offsets == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < v->count; i++) {
        total += colvec_valid(v, i) ? strings[value_index(v, i)].length : 0;
        put_offset(offsets, wide, i + 1, total);
    }
    if (!wide && total > INT32_MAX) {
        return too_long(v, err);
    }
    data = new_buffer(out, 2, total, 1);
    if (data == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < v->count; i++) {
        if (colvec_valid(v, i)) {
            const struct colvec_string *s = &strings[value_index(v, i)];
            memcpy(data, colvec_string_data(s), s->length);
            data += s->length;
        }
    }
    return INLAY_OK;
}

static inlay_status write_list_offsets(const struct colvec *v, struct ArrowArray *out,
                                       inlay_error *err)
{
    bool wide = v->field->type == COLUMN_LARGE_LIST;
    uint8_t *offsets;
    uint64_t i;
    if (v->field->type == COLUMN_FIXED_LIST) {
        return INLAY_OK;
    }
    offsets = new_buffer(out, 1, v->count + 1, wide ? 8 : 4);
    if (offsets == NULL) {
        return error_no_memory(err);
    }
    if (v->offsets == NULL) { /* no rows */
        return INLAY_OK;
    }
    if (!wide && v->offsets[v->count] > INT32_MAX) {
        return too_long(v, err);
    }
    for (i = 0; i <= v->count; i++) {
        put_offset(offsets, wide, i, v->offsets[i]);
    }
    return INLAY_OK;
}

static inlay_status write_nested(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    size_t i;
    if (v->field->type != COLUMN_STRUCT) {
        INLAY_TRY(write_list_offsets(v, out, err));
    }
    for (i = 0; i < v->child_count; i++) {
        INLAY_TRY(colvec_to_arrow(&v->children[i], out->children[i], err));
    }
    return INLAY_OK;
}

static inlay_status write_dictionary(const struct colvec *v, struct ArrowArray *out,
                                     inlay_error *err)
{
    struct field values = *v->field; /* shallow */
    struct colvec dictionary = *v->dictionary;
    uint8_t *codes = new_buffer(out, 1, v->count, 4);
    uint64_t i;
    if (codes == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < v->count; i++) {
        store_u32(codes + 4 * i, (uint32_t)value_index(v, i));
    }
    values.dictionary = false;
    dictionary.field = &values;
    return colvec_to_arrow(&dictionary, out->dictionary, err);
}

/* A flat vector whose field wants a dictionary: every row is its own entry. */
static inlay_status write_flat_as_dictionary(const struct colvec *v, struct ArrowArray *out,
                                             inlay_error *err)
{
    struct colvec flat = *v;
    struct colvec codes = *v;
    inlay_status status;
    uint64_t i;
    uint32_t *identity = mem_alloc_array((size_t)v->count, sizeof(*identity));
    if (identity == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < v->count; i++) {
        identity[i] = (uint32_t)i;
    }
    flat.validity = NULL;
    flat.null_count = 0;
    codes.form = COLVEC_DICTIONARY;
    codes.codes = identity;
    codes.dictionary = &flat;
    status = write_dictionary(&codes, out, err);
    mem_free(identity);
    return status;
}

static int64_t buffer_count(const struct field *field)
{
    if (field->dictionary) {
        return 2;
    }
    switch (field->type) {
    case COLUMN_NULL:
        return 0;
    case COLUMN_STRUCT:
    case COLUMN_FIXED_LIST:
        return 1;
    default:
        return column_type_is_string(field->type) ? 3 : 2;
    }
}

static inlay_status write_values(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    const struct field *field = v->field;
    if (field->dictionary) {
        return v->form == COLVEC_DICTIONARY ? write_dictionary(v, out, err)
                                            : write_flat_as_dictionary(v, out, err);
    }
    if (field->type == COLUMN_NULL) {
        out->null_count = out->length;
        return INLAY_OK;
    }
    if (field->type == COLUMN_BOOL) {
        return write_bools(v, out, err);
    }
    if (column_type_is_string(field->type)) {
        return write_strings(v, out, err);
    }
    if (column_type_is_nested(field->type)) {
        return write_nested(v, out, err);
    }
    if (column_type_width(field) == 0) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "column \"%.200s\": its type cannot be given out as Arrow",
                         field->name != NULL ? field->name : "");
    }
    return write_fixed(v, column_type_width(field), out, err);
}

inlay_status colvec_to_arrow(const struct colvec *v, struct ArrowArray *out, inlay_error *err)
{
    const struct field *field = v->field;
    inlay_status status;
    INLAY_TRY(
        array_new(out, buffer_count(field), (int64_t)v->child_count, field->dictionary, NULL, err));
    out->length = (int64_t)v->count;
    status = field->type == COLUMN_NULL ? INLAY_OK : write_validity(v, out, err);
    if (status == INLAY_OK) {
        status = write_values(v, out, err);
    }
    if (status != INLAY_OK) {
        array_release(out);
    }
    return status;
}
