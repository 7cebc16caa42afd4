/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/colvec_arrow.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "columnar/array.h"
#include "columnar/array_view.h"

/* Keeps the array, and in its arena whatever had to be made. */
struct import {
    struct colvec_owner owner;
    struct ArrowArray array;
    struct arena arena;
};

static void destroy_import(struct colvec_owner *owner)
{
    struct import *import = (struct import *)(void *)owner;
    array_release(&import->array);
    arena_free(&import->arena);
    mem_free(import);
}

static inlay_status convert(struct arena *arena, const struct array_view *view, struct colvec *out,
                            inlay_error *err);

static inlay_status convert_validity(struct arena *arena, const struct array_view *view,
                                     struct colvec *out, inlay_error *err)
{
    uint64_t *words;
    int64_t i;
    bool dictionary_nulls = view->codes != NULL && view->dictionary->null_count != 0;
    if (view->null_count == 0 && !dictionary_nulls) {
        return INLAY_OK;
    }
    words = arena_zalloc_array(arena, (size_t)(view->length + 63) / 64 + 1, sizeof(*words));
    if (words == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->length; i++) {
        bool valid = !array_view_is_null(view, i);
        words[i >> 6] |= (uint64_t)valid << (i & 63);
        out->null_count += !valid;
    }
    out->validity = words;
    return INLAY_OK;
}

static inlay_status convert_bools(struct arena *arena, const struct array_view *view,
                                  struct colvec *out, inlay_error *err)
{
    int64_t i;
    uint8_t *values = arena_zalloc(arena, (size_t)view->length);
    if (values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->length; i++) {
        values[i] = colvec_valid(out, (uint64_t)i) && array_view_bool(view, i);
    }
    out->values = values;
    return INLAY_OK;
}

static inlay_status convert_fixed(struct arena *arena, const struct array_view *view,
                                  struct colvec *out, inlay_error *err)
{
    uint32_t width = column_type_width(view->field);
    uint32_t alignment = width >= 8 ? 8 : width;
    uint8_t *values;
    int64_t i;
    bool number = (width & (width - 1)) == 0 && view->field->type != COLUMN_FIXED_BINARY;
    if (view->codes == NULL && view->length != 0 &&
        (!number || ((uintptr_t)view->values & (alignment - 1)) == 0)) {
        out->values = view->values;
        return INLAY_OK;
    }
    values = arena_zalloc_array(arena, (size_t)view->length, width);
    if (values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->length; i++) {
        if (colvec_valid(out, (uint64_t)i)) {
            memcpy(values + (uint64_t)i * width, array_view_fixed(view, i), width);
        }
    }
    out->values = values;
    return INLAY_OK;
}

static inlay_status convert_strings(struct arena *arena, const struct array_view *view,
                                    struct colvec *out, inlay_error *err)
{
    int64_t i;
    struct colvec_string *strings =
        arena_zalloc_array(arena, (size_t)view->length, sizeof(*strings));
    if (strings == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->length; i++) {
        struct byte_view bytes = array_view_bytes(view, i);
        if (bytes.length > UINT32_MAX) {
            return error_set(err, INLAY_UNSUPPORTED,
                             "column \"%.200s\", row %lld: a value of more than 4 GiB",
                             view->field->name, (long long)i);
        }
        colvec_string_set(&strings[i], (const char *)bytes.data, (uint32_t)bytes.length);
    }
    out->values = strings;
    return INLAY_OK;
}

static inlay_status convert_dictionary(struct arena *arena, const struct array_view *view,
                                       struct colvec *out, inlay_error *err)
{
    struct colvec *dictionary = arena_zalloc(arena, sizeof(*dictionary));
    uint32_t *codes = arena_zalloc_array(arena, (size_t)view->length, sizeof(*codes));
    int64_t i;
    if (dictionary == NULL || codes == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->length; i++) {
        if (colvec_valid(out, (uint64_t)i)) {
            codes[i] = (uint32_t)array_view_code(view, i);
        }
    }
    out->form = COLVEC_DICTIONARY;
    out->codes = codes;
    out->dictionary = dictionary;
    return convert(arena, view->dictionary, dictionary, err);
}

static inlay_status convert_nested(struct arena *arena, const struct array_view *view,
                                   struct colvec *out, inlay_error *err)
{
    size_t c;
    int64_t i;
    out->children = arena_zalloc_array(arena, view->child_count, sizeof(*out->children));
    if (out->children == NULL) {
        return error_no_memory(err);
    }
    out->child_count = view->child_count;
    for (c = 0; c < view->child_count; c++) {
        INLAY_TRY(convert(arena, &view->children[c], &out->children[c], err));
    }
    if (view->field->type == COLUMN_LIST || view->field->type == COLUMN_LARGE_LIST) {
        uint64_t *offsets = arena_zalloc_array(arena, (size_t)view->length + 1, sizeof(*offsets));
        if (offsets == NULL) {
            return error_no_memory(err);
        }
        for (i = 0; i < view->length; i++) {
            int64_t begin;
            int64_t end;
            array_view_list(view, i, &begin, &end);
            offsets[i] = (uint64_t)begin;
            offsets[i + 1] = (uint64_t)end;
        }
        out->offsets = offsets;
    }
    return INLAY_OK;
}

static inlay_status convert(struct arena *arena, const struct array_view *view, struct colvec *out,
                            inlay_error *err)
{
    const struct field *field = view->field;
    memset(out, 0, sizeof(*out));
    out->field = field;
    out->count = (uint64_t)view->length;
    INLAY_TRY(convert_validity(arena, view, out, err));
    if (view->codes != NULL && view->dictionary->null_count == 0 &&
        view->dictionary->length <= UINT32_MAX) {
        return convert_dictionary(arena, view, out, err);
    }
    if (field->type == COLUMN_NULL) {
        return INLAY_OK;
    }
    if (field->type == COLUMN_BOOL) {
        return convert_bools(arena, view, out, err);
    }
    if (column_type_is_string(field->type)) {
        return convert_strings(arena, view, out, err);
    }
    return column_type_is_nested(field->type) ? convert_nested(arena, view, out, err)
                                              : convert_fixed(arena, view, out, err);
}

inlay_status colvec_from_arrow(const struct field *field, struct ArrowArray *array,
                               struct colvec *out, inlay_error *err)
{
    struct import *import = mem_zalloc(sizeof(*import));
    struct array_view view;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (import == NULL) {
        array_release(array);
        return error_no_memory(err);
    }
    colvec_owner_init(&import->owner, destroy_import);
    arena_init(&import->arena, SIZE_MAX);
    array_move(array, &import->array);
    status = array_view_open(field, &import->array, ARRAY_CHECK_STRUCTURE, INLAY_INVALID_ARGUMENT,
                             &view, err);
    if (status == INLAY_OK) {
        status = convert(&import->arena, &view, out, err);
        array_view_close(&view);
    }
    if (status != INLAY_OK) {
        memset(out, 0, sizeof(*out));
        colvec_owner_release(&import->owner);
        return status;
    }
    out->owner = &import->owner;
    return INLAY_OK;
}
