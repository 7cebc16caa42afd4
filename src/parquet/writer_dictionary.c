/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/writer_dictionary.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "parquet/encode.h"

#include <string.h>

#define FIRST_SLOTS 1024

void writer_dictionary_init(struct writer_dictionary *dictionary, unsigned width)
{
    memset(dictionary, 0, sizeof(*dictionary));
    dictionary->width = width;
    buffer_init(&dictionary->data, INT32_MAX);
    buffer_init(&dictionary->lengths, INT32_MAX);
}

void writer_dictionary_free(struct writer_dictionary *dictionary)
{
    if (dictionary != NULL) {
        mem_free(dictionary->slots);
        mem_free(dictionary->tags);
        mem_free(dictionary->starts);
        buffer_free(&dictionary->data);
        buffer_free(&dictionary->lengths);
        writer_dictionary_init(dictionary, dictionary->width);
    }
}

void writer_dictionary_clear(struct writer_dictionary *dictionary)
{
    if (dictionary->slots != NULL) {
        memset(dictionary->slots, 0, dictionary->slot_count * sizeof(*dictionary->slots));
    }
    dictionary->count = 0;
    buffer_clear(&dictionary->data);
    buffer_clear(&dictionary->lengths);
}

/* Numbers up to eight bytes are mixed directly (the finalizer of SplitMix64); longer values go
 * through XXH3. The hash decides only where an entry is looked for, never what is written. */
static uint64_t hash_value(const uint8_t *value, size_t length, unsigned width)
{
    uint64_t x;
    if (width != 4 && width != 8) {
        return hash_xxh3_64(value, length);
    }
    x = width == 4 ? load_u32(value) : load_u64(value);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static size_t entry_length(const struct writer_dictionary *d, uint32_t entry)
{
    return d->width != 0 ? d->width : load_u32(d->lengths.data + 4 * (size_t)entry);
}

static inlay_status grow(struct writer_dictionary *d, inlay_error *err)
{
    size_t slot_count = d->slot_count != 0 ? d->slot_count * 2 : FIRST_SLOTS;
    uint32_t *slots = mem_zalloc_array(slot_count, sizeof(*slots));
    uint32_t *tags = mem_alloc_array(slot_count, sizeof(*tags));
    uint32_t i;
    if (slots == NULL || tags == NULL) {
        mem_free(slots);
        mem_free(tags);
        return error_no_memory(err);
    }
    for (i = 0; i < d->count; i++) {
        uint64_t hash = hash_value(d->data.data + d->starts[i], entry_length(d, i), d->width);
        size_t slot = hash & (slot_count - 1);
        while (slots[slot] != 0) {
            slot = (slot + 1) & (slot_count - 1);
        }
        slots[slot] = i + 1;
        tags[slot] = (uint32_t)(hash >> 32);
    }
    mem_free(d->slots);
    mem_free(d->tags);
    d->slots = slots;
    d->tags = tags;
    d->slot_count = slot_count;
    return INLAY_OK;
}

static inlay_status add_entry(struct writer_dictionary *d, const uint8_t *value, size_t length,
                              inlay_error *err)
{
    void *starts = d->starts;
    if (!mem_grow(&starts, &d->start_capacity, (size_t)d->count + 1, sizeof(*d->starts))) {
        return error_no_memory(err);
    }
    d->starts = starts;
    d->starts[d->count++] = (uint32_t)d->data.len;
    buffer_append(&d->data, value, length);
    if (d->width == 0) {
        buffer_u32(&d->lengths, (uint32_t)length);
        INLAY_TRY(buffer_status(&d->lengths, err));
    }
    return buffer_status(&d->data, err);
}

static inlay_status find_or_add(struct writer_dictionary *d, const uint8_t *value, size_t length,
                                uint32_t *code, inlay_error *err)
{
    uint64_t hash = hash_value(value, length, d->width);
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t slot;
    if ((size_t)d->count * 2 >= d->slot_count) { /* at most half full */
        INLAY_TRY(grow(d, err));
    }
    slot = hash & (d->slot_count - 1);
    for (; d->slots[slot] != 0; slot = (slot + 1) & (d->slot_count - 1)) {
        uint32_t entry = d->slots[slot] - 1;
        if (d->tags[slot] == tag && entry_length(d, entry) == length &&
            (length == 0 || memcmp(d->data.data + d->starts[entry], value, length) == 0)) {
            *code = entry;
            return INLAY_OK;
        }
    }
    d->slots[slot] = d->count + 1;
    d->tags[slot] = tag;
    *code = d->count;
    return add_entry(d, value, length, err);
}

inlay_status writer_dictionary_encode(struct writer_dictionary *dictionary, const uint8_t *lengths,
                                      const uint8_t *data, size_t count, size_t byte_limit,
                                      uint32_t *codes, bool *fits, inlay_error *err)
{
    size_t i;
    *fits = true;
    for (i = 0; i < count; i++) {
        size_t length = dictionary->width != 0 ? dictionary->width : load_u32(lengths + 4 * i);
        INLAY_TRY(find_or_add(dictionary, data, length, &codes[i], err));
        if (writer_dictionary_size(dictionary) > byte_limit) {
            *fits = false;
            return INLAY_OK;
        }
        if (length != 0) {
            data += length;
        }
    }
    return INLAY_OK;
}

void writer_dictionary_truncate(struct writer_dictionary *dictionary, uint32_t count)
{
    if (count < dictionary->count) {
        dictionary->data.len = dictionary->starts[count];
        dictionary->lengths.len = dictionary->width == 0 ? 4 * (size_t)count : 0;
        dictionary->count = count;
    }
}

size_t writer_dictionary_size(const struct writer_dictionary *dictionary)
{
    return dictionary->data.len + dictionary->lengths.len;
}

void writer_dictionary_write(const struct writer_dictionary *dictionary, struct buffer *out)
{
    if (dictionary->width != 0) {
        buffer_append(out, dictionary->data.data, dictionary->data.len);
    } else {
        encode_plain_bytes(dictionary->lengths.data, dictionary->data.data, dictionary->count, out);
    }
}
