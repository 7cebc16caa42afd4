/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growable byte buffer with a hard cap and a sticky status: append without checking, look at
 * `status` once at the end. After a failure further appends do nothing. Numbers are written
 * little-endian.
 */
#ifndef INLAY_BASE_BUFFER_H
#define INLAY_BASE_BUFFER_H

#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data; /* owned */
    size_t len;
    size_t capacity;
    size_t cap; /* most bytes it may ever hold */
    inlay_status status;
};

void buffer_init(struct buffer *b, size_t cap);
void buffer_free(struct buffer *b);  /* NULL-safe, leaves an empty buffer with the same cap */
void buffer_clear(struct buffer *b); /* keeps the memory; clears the status */
void buffer_append(struct buffer *b, const void *data, size_t len);
void buffer_fill(struct buffer *b, uint8_t byte, size_t len);
void buffer_align(struct buffer *b, size_t alignment); /* zero bytes up to a multiple */
uint8_t *buffer_extend(struct buffer *b, size_t len);  /* `len` uninitialised bytes, or NULL */
void buffer_u8(struct buffer *b, uint8_t value);
void buffer_u16(struct buffer *b, uint16_t value);
void buffer_u32(struct buffer *b, uint32_t value);
void buffer_u64(struct buffer *b, uint64_t value);
void buffer_f32(struct buffer *b, float value);
void buffer_f64(struct buffer *b, double value);
void buffer_varint(struct buffer *b, uint64_t value); /* LEB128 */
void buffer_printf(struct buffer *b, const char *format, ...) INLAY_PRINTF(2, 3);
/* Overwrites bytes already there; the range must lie inside. */
void buffer_patch_u32(struct buffer *b, size_t offset, uint32_t value);
void buffer_patch_u64(struct buffer *b, size_t offset, uint64_t value);
/* Hands the bytes to the caller (mem_free) and leaves the buffer empty. */
uint8_t *buffer_take(struct buffer *b, size_t *len);
/* The sticky status, with a message. */
inlay_status buffer_status(const struct buffer *b, inlay_error *err);

#endif
