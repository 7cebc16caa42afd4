/* SPDX-License-Identifier: Apache-2.0 */
/* From the value stream of a page into the slots of a vector: decode, convert, leave room for
 * nulls. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "parquet/decode_bits.h"
#include "parquet/reader_priv.h"

#include <string.h>

#define CHUNK 512

#define SPREAD(copy, clear)                                                                        \
    while (slots != 0 && valid != slots) {                                                         \
        slots--;                                                                                   \
        if (((validity[(first + slots) >> 6] >> ((first + slots) & 63)) & 1) != 0) {               \
            valid--;                                                                               \
            copy;                                                                                  \
        } else {                                                                                   \
            clear;                                                                                 \
        }                                                                                          \
    }

/* `valid` dense values stand at the first of `slots` slots: moves them to the slots whose bit is
 * set, from the last one on, and clears the others. */
static void spread(uint8_t *at, size_t width, const uint64_t *validity, uint64_t first,
                   uint64_t slots, uint64_t valid)
{
    switch (width) {
    case 4:
        SPREAD(memcpy(at + slots * 4, at + valid * 4, 4), memset(at + slots * 4, 0, 4))
        break;
    case 8:
        SPREAD(memcpy(at + slots * 8, at + valid * 8, 8), memset(at + slots * 8, 0, 8))
        break;
    case 16:
        SPREAD(memmove(at + slots * 16, at + valid * 16, 16), memset(at + slots * 16, 0, 16))
        break;
    default:
        SPREAD(memmove(at + slots * width, at + valid * width, width),
               memset(at + slots * width, 0, width))
        break;
    }
}

static void gather(const uint8_t *values, size_t width, const uint32_t *codes, size_t count,
                   uint8_t *out)
{
    size_t i;
    switch (width) {
    case 1:
        for (i = 0; i < count; i++) {
            out[i] = values[codes[i]];
        }
        break;
    case 2:
        for (i = 0; i < count; i++) {
            memcpy(out + 2 * i, values + (size_t)codes[i] * 2, 2);
        }
        break;
    case 4:
        for (i = 0; i < count; i++) {
            memcpy(out + 4 * i, values + (size_t)codes[i] * 4, 4);
        }
        break;
    case 8:
        for (i = 0; i < count; i++) {
            memcpy(out + 8 * i, values + (size_t)codes[i] * 8, 8);
        }
        break;
    case 16:
        for (i = 0; i < count; i++) {
            memcpy(out + 16 * i, values + (size_t)codes[i] * 16, 16);
        }
        break;
    default:
        for (i = 0; i < count; i++) {
            memcpy(out + width * i, values + codes[i] * width, width);
        }
        break;
    }
}

static inlay_status does_not_fit(const struct leaf_cursor *cursor, inlay_error *err)
{
    char type[64];
    field_type_text(cursor->leaf->field, type, sizeof(type));
    return error_set(err, INLAY_CORRUPT, "a value does not fit %s", type);
}

static inlay_status scratch_reserve(struct leaf_cursor *cursor, size_t bytes, inlay_error *err)
{
    if (!mem_grow((void **)&cursor->scratch, &cursor->scratch_capacity, bytes, 1)) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

/* Values in another form than stored, a chunk at a time. */
static inlay_status converted(struct leaf_cursor *cursor, struct value_decoder *values,
                              uint64_t count, uint8_t *out, struct arena *arena, inlay_error *err)
{
    const struct value_convert *convert = cursor->convert;
    const bool strings = convert->kind == CONVERT_DECIMAL_BYTES;
    const size_t width = strings ? sizeof(struct colvec_string) : convert->in_width;
    /* Wide values (FIXED of any length) come one by one, so that scratch stays small. */
    const uint64_t chunk = width > 64 ? 1 : CHUNK;
    INLAY_TRY(scratch_reserve(cursor, width * chunk, err));
    while (count != 0) {
        size_t take = (size_t)(count < chunk ? count : chunk);
        bool fits;
        if (strings) {
            struct colvec_string *text = (struct colvec_string *)(void *)cursor->scratch;
            INLAY_TRY(value_decoder_strings(values, take, text, arena, err));
            fits = value_convert_decimals(text, take, out);
        } else {
            INLAY_TRY(value_decoder_fixed(values, take, cursor->scratch, err));
            fits = value_convert_run(convert, cursor->scratch, take, out);
        }
        if (!fits) {
            return does_not_fit(cursor, err);
        }
        out += take * convert->out_width;
        count -= take;
    }
    return INLAY_OK;
}

/* `count` dense values of a page that is not dictionary-coded. */
static inlay_status plain_values(struct leaf_cursor *cursor, struct value_decoder *values,
                                 uint64_t count, uint8_t *out, struct arena *arena,
                                 inlay_error *err)
{
    switch (cursor->convert->kind) {
    case CONVERT_STRING:
        return value_decoder_strings(values, (size_t)count, (struct colvec_string *)(void *)out,
                                     arena, err);
    case CONVERT_SAME:
        return value_decoder_fixed(values, (size_t)count, out, err);
    default:
        return converted(cursor, values, count, out, arena, err);
    }
}

static inlay_status expanded_values(struct leaf_cursor *cursor, uint64_t count, uint8_t *out,
                                    inlay_error *err)
{
    const size_t width = cursor->convert->out_width;
    uint32_t codes[CHUNK];
    while (count != 0) {
        size_t take = (size_t)(count < CHUNK ? count : CHUNK);
        INLAY_TRY(
            value_decoder_codes(&cursor->values, take, cursor->dictionary->count, codes, err));
        gather(cursor->dictionary->values, width, codes, take, out);
        out += take * width;
        count -= take;
    }
    return INLAY_OK;
}

static inlay_status keep_page(struct leaf_cursor *cursor, struct batch_memory *memory,
                              inlay_error *err)
{
    if (cursor->kept_page_for != memory) {
        INLAY_TRY(batch_memory_keep(memory, &cursor->page->owner, err));
        cursor->kept_page_for = memory;
    }
    return INLAY_OK;
}

static inlay_status keep_dictionary(struct leaf_cursor *cursor, struct batch_memory *memory,
                                    inlay_error *err)
{
    if (cursor->kept_dictionary_for != memory) {
        INLAY_TRY(batch_memory_keep(memory, &cursor->dictionary->owner, err));
        cursor->kept_dictionary_for = memory;
    }
    return INLAY_OK;
}

static bool wants_codes(const struct leaf_cursor *cursor)
{
    if (cursor->target->depth != 0 || !cursor->coded ||
        cursor->dictionary_form == PARQUET_DICTIONARY_NONE) {
        return false;
    }
    return cursor->dictionary_form == PARQUET_DICTIONARY_ALL ||
           cursor->convert->kind == CONVERT_STRING;
}

/* A whole vector that stands ready in its page. */
static bool view_taken(struct leaf_cursor *cursor, uint64_t slots, uint64_t valid)
{
    struct node_builder *target = cursor->target;
    const uint8_t *view;
    size_t alignment = target->width >= 8 ? 8 : target->width;
    if (target->form != LEAF_EMPTY || cursor->coded || cursor->convert->kind != CONVERT_SAME ||
        valid != slots || slots != target->capacity || target->count != 0) {
        return false;
    }
    if (target->node->field->type == COLUMN_FIXED_BINARY) {
        alignment = 1;
    }
    if (((uintptr_t)cursor->values.p & (alignment - 1)) != 0) {
        return false;
    }
    view = value_decoder_view(&cursor->values, (size_t)slots);
    if (view == NULL) {
        return false;
    }
    target->view = view;
    target->form = LEAF_VIEW;
    return true;
}

inlay_status leaf_cursor_values(struct leaf_cursor *cursor, uint64_t first, uint64_t slots,
                                uint64_t valid, struct batch_memory *memory, inlay_error *err)
{
    struct node_builder *target = cursor->target;
    uint8_t *at;
    if (slots == 0) {
        return INLAY_OK;
    }
    if (cursor->convert->kind == CONVERT_NULL) {
        return valid == 0 ? INLAY_OK
                          : error_set(err, INLAY_UNSUPPORTED, "values in a column of type null");
    }
    if (wants_codes(cursor) && (target->form == LEAF_EMPTY || target->form == LEAF_CODES)) {
        INLAY_TRY(node_builder_codes(target, memory, cursor->dictionary, err));
        INLAY_TRY(keep_dictionary(cursor, memory, err));
        INLAY_TRY(value_decoder_codes(&cursor->values, (size_t)valid, cursor->dictionary->count,
                                      target->codes + first, err));
        spread((uint8_t *)(target->codes + first), 4, target->validity, first, slots, valid);
        return INLAY_OK;
    }
    if (view_taken(cursor, slots, valid)) {
        return keep_page(cursor, memory, err);
    }
    INLAY_TRY(node_builder_flat(target, memory, first, err));
    at = target->values + first * target->width;
    if (cursor->coded) {
        INLAY_TRY(expanded_values(cursor, valid, at, err));
        if (cursor->convert->kind == CONVERT_STRING) {
            INLAY_TRY(keep_dictionary(cursor, memory, err));
        }
    } else {
        INLAY_TRY(plain_values(cursor, &cursor->values, valid, at, &memory->arena, err));
        if (cursor->convert->kind == CONVERT_STRING) {
            INLAY_TRY(keep_page(cursor, memory, err));
        }
    }
    spread(at, target->width, target->validity, first, slots, valid);
    return INLAY_OK;
}

static void dictionary_destroy(struct colvec_owner *owner)
{
    struct dictionary *dictionary = (struct dictionary *)owner;
    if (dictionary->page != NULL) {
        colvec_owner_release(&dictionary->page->owner);
    }
    mem_free(dictionary->values);
    mem_free(dictionary);
}

/* Takes over the reference to `page`. */
inlay_status leaf_cursor_dictionary(struct leaf_cursor *cursor, struct page *page, inlay_error *err)
{
    const struct schema_leaf *leaf = cursor->leaf;
    const uint32_t count = page->header.num_values;
    const uint32_t smallest = leaf->type == PARQUET_BYTE_ARRAY ? 4 : cursor->convert->in_width;
    struct dictionary *dictionary = NULL;
    struct value_decoder values = {0};
    inlay_status status = INLAY_OK;
    if (page->header.encoding != PARQUET_PLAIN &&
        page->header.encoding != PARQUET_PLAIN_DICTIONARY) {
        status = error_set(err, INLAY_UNSUPPORTED, "dictionary page in encoding %d",
                           page->header.encoding);
        goto cleanup;
    }
    /* The count is a claim: it must be there before memory is sized by it. */
    if (leaf->type == PARQUET_BOOLEAN || count > page->values_size / smallest) {
        status = error_set(err, INLAY_CORRUPT, "dictionary of %u values in %zu bytes", count,
                           page->values_size);
        goto cleanup;
    }
    dictionary = mem_zalloc(sizeof(*dictionary));
    if (dictionary == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    colvec_owner_init(&dictionary->owner, dictionary_destroy);
    dictionary->values = mem_alloc_array(count, cursor->convert->out_width);
    if (dictionary->values == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status,
                   value_decoder_init(&values, leaf->type, leaf->type_length, cursor->values.utf8,
                                      PARQUET_PLAIN, page->values, page->values_size, err),
                   cleanup);
    INLAY_TRY_GOTO(status, plain_values(cursor, &values, count, dictionary->values, NULL, err),
                   cleanup);
    dictionary->page = page;
    page = NULL;
    dictionary->count = count;
    dictionary->vector.field = leaf->field;
    dictionary->vector.count = count;
    dictionary->vector.values = dictionary->values;
    cursor->dictionary = dictionary;
    dictionary = NULL;
cleanup:
    value_decoder_free(&values);
    if (dictionary != NULL) {
        colvec_owner_release(&dictionary->owner);
    }
    if (page != NULL) {
        colvec_owner_release(&page->owner);
    }
    return status;
}
