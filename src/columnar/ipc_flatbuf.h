/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of FlatBuffers (flatbuffers.dev, "FlatBuffer Internals") that Arrow's IPC metadata
 * needs. Reading is bounds-checked at every step and sticky: after the first bad offset everything
 * reads as absent and `reader.status` says where. Writing is forward and deterministic: every
 * table has its own vtable just before it.
 */
#ifndef INLAY_COLUMNAR_IPC_FLATBUF_H
#define INLAY_COLUMNAR_IPC_FLATBUF_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

struct fb_reader {
    const uint8_t *data;
    size_t size;
    uint64_t base_offset;  /* of data in the stream, for messages */
    const char *fail_what; /* NULL: no failure so far; static text */
    uint64_t fail_offset;
};

struct fb_table {
    struct fb_reader *reader; /* NULL: an absent table; all its fields are absent */
    size_t position;
    size_t vtable;
    uint16_t vtable_size;
    uint16_t table_size;
};

struct fb_vector {
    struct fb_reader *reader;
    size_t position; /* of item 0 */
    uint32_t count;  /* all items lie inside */
};

void fb_reader_init(struct fb_reader *reader, const uint8_t *data, size_t size,
                    uint64_t base_offset);
void fb_fail(struct fb_reader *reader, size_t position, const char *what);
struct fb_table fb_root(struct fb_reader *reader);

/* Scalars of field `index` (its number in the schema), or the default when absent. */
uint8_t fb_u8(const struct fb_table *table, int index, uint8_t absent);
int16_t fb_i16(const struct fb_table *table, int index, int16_t absent);
int32_t fb_i32(const struct fb_table *table, int index, int32_t absent);
int64_t fb_i64(const struct fb_table *table, int index, int64_t absent);
struct fb_table fb_child(const struct fb_table *table, int index);
bool fb_present(const struct fb_table *table);
/* Bytes of a string, not NUL terminated; NULL when absent. */
const char *fb_string(const struct fb_table *table, int index, uint32_t *length);
/* A vector whose items are `item_size` bytes: structs, or 4 for vectors of tables. */
struct fb_vector fb_vector(const struct fb_table *table, int index, size_t item_size);
struct fb_table fb_vector_table(const struct fb_vector *vector, uint32_t i);
int64_t fb_vector_i64(const struct fb_vector *vector, uint32_t i, size_t item_size, size_t at);

/* ---- writing ---- */

#define FB_MAX_FIELDS 8

/* A table under construction: values are collected, then laid out at once. */
struct fb_field {
    uint8_t size; /* 0 = absent; 1, 2, 4, 8 bytes */
    uint64_t value;
};

struct fb_writer {
    struct buffer *out;
    size_t start; /* where the flatbuffer begins in out */
};

void fb_writer_init(struct fb_writer *writer, struct buffer *out);
/* Writes a table and gives its position; *slots holds where each 4-byte field that is an offset
 * stands, to be pointed at its target by fb_link. */
size_t fb_write_table(struct fb_writer *writer, const struct fb_field *fields, int count,
                      size_t slots[FB_MAX_FIELDS]);
/* Makes the offset at `slot` point to `target`, which stands later. */
void fb_link(struct fb_writer *writer, size_t slot, size_t target);
size_t fb_write_string(struct fb_writer *writer, const char *text);
/* A vector of `count` offsets, all still to be linked: its position; item i's slot is position + 4
 * + 4 * i. */
size_t fb_write_offset_vector(struct fb_writer *writer, uint32_t count);
/* A vector of `count` structs of two int64 each. */
size_t fb_write_pair_vector(struct fb_writer *writer, const int64_t *pairs, uint32_t count);

#endif
