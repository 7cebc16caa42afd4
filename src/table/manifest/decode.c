/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/decode.h"

#include "base/alloc.h"

#include <string.h>

void decode_no_memory(struct reader *in)
{
    if (reader_ok(in)) {
        reader_fail(in, "out of memory");
        in->status = INLAY_NO_MEMORY;
    }
}

size_t decode_count(struct reader *in, size_t item_bytes)
{
    uint64_t count = reader_varint(in);
    if (count > reader_left(in) / item_bytes) {
        reader_fail(in, "a count passes the end of its section");
        return 0;
    }
    return (size_t)count;
}

void *decode_array(struct reader *in, struct arena *arena, size_t count, size_t item_size)
{
    void *items;
    if (count == 0 || !reader_ok(in)) {
        return NULL;
    }
    items = arena_zalloc_array(arena, count, item_size);
    if (items == NULL) {
        decode_no_memory(in);
    }
    return items;
}

const uint8_t *decode_bytes(struct reader *in, struct arena *arena, uint64_t max, uint64_t *length)
{
    uint64_t wanted = reader_varint_max(in, max);
    const uint8_t *data = reader_bytes(in, (size_t)wanted);
    uint8_t *copy;
    *length = 0;
    if (data == NULL) {
        return NULL;
    }
    copy = arena_alloc(arena, (size_t)wanted + 1);
    if (copy == NULL) {
        decode_no_memory(in);
        return NULL;
    }
    memcpy(copy, data, (size_t)wanted);
    copy[wanted] = 0;
    *length = wanted;
    return copy;
}

const char *decode_text(struct reader *in, struct arena *arena, uint64_t max)
{
    uint64_t length;
    const uint8_t *text = decode_bytes(in, arena, max, &length);
    if (text != NULL && memchr(text, 0, (size_t)length) != NULL) {
        reader_fail(in, "a NUL inside a text");
        return NULL;
    }
    return (const char *)text;
}

struct id128 decode_id(struct reader *in)
{
    struct id128 id;
    id.hi = reader_u64(in);
    id.lo = reader_u64(in);
    return id;
}

void encode_bytes(struct buffer *out, const void *data, uint64_t length)
{
    buffer_varint(out, length);
    buffer_append(out, data, (size_t)length);
}

void encode_id(struct buffer *out, struct id128 id)
{
    buffer_u64(out, id.hi);
    buffer_u64(out, id.lo);
}

static size_t name_find(struct name_writer *names, const char *name)
{
    if (names->next < names->count && strcmp(names->names[names->next], name) == 0) {
        return names->next;
    }
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i], name) == 0) {
            return i;
        }
    }
    return names->count;
}

void name_write(struct name_writer *names, const char *name, struct buffer *out)
{
    size_t index = name_find(names, name);
    if (index == names->count) {
        void *items = (void *)names->names;
        if (!mem_grow(&items, &names->capacity, names->count + 1, sizeof(*names->names))) {
            out->status = out->status == INLAY_OK ? INLAY_NO_MEMORY : out->status;
            return;
        }
        names->names = items;
        names->names[names->count++] = name;
    }
    names->next = index + 1;
    buffer_varint(out, index);
}

void name_writer_encode(const struct name_writer *names, struct buffer *out)
{
    buffer_varint(out, names->count);
    for (size_t i = 0; i < names->count; i++) {
        encode_bytes(out, names->names[i], strlen(names->names[i]));
    }
}

void name_writer_free(struct name_writer *names)
{
    mem_free((void *)names->names);
    memset(names, 0, sizeof(*names));
}

void name_table_decode(struct reader *in, struct arena *arena, struct name_table *out)
{
    memset(out, 0, sizeof(*out));
    out->arena = arena;
    if (reader_left(in) == 0) {
        return; /* an object without columns has no names */
    }
    out->count = decode_count(in, 2);
    out->names = decode_array(in, arena, out->count, sizeof(*out->names));
    for (size_t i = 0; i < out->count && reader_ok(in); i++) {
        out->names[i] = decode_text(in, arena, NAME_MAX_BYTES);
        if (out->names[i] != NULL && out->names[i][0] == '\0') {
            reader_fail(in, "an empty column name");
        }
    }
    reader_expect_end(in, "bytes after the last name");
    if (!reader_ok(in)) {
        out->count = 0;
    }
}

const char *name_read(struct reader *in, const struct name_table *names, struct arena *arena)
{
    uint64_t index = reader_varint(in);
    const char *name;
    if (reader_ok(in) && index >= names->count) {
        reader_fail(in, "a column name that is not in the table of names");
    }
    if (!reader_ok(in)) {
        return NULL;
    }
    name = arena == names->arena ? names->names[index] : arena_strdup(arena, names->names[index]);
    if (name == NULL) {
        decode_no_memory(in);
    }
    return name;
}
