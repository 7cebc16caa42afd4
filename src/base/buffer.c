/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buffer.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buffer_init(struct buffer *b, size_t cap)
{
    memset(b, 0, sizeof(*b));
    b->cap = cap;
}

void buffer_free(struct buffer *b)
{
    if (b != NULL) {
        mem_free(b->data);
        buffer_init(b, b->cap);
    }
}

void buffer_clear(struct buffer *b)
{
    b->len = 0;
    b->status = INLAY_OK;
}

uint8_t *buffer_extend(struct buffer *b, size_t len)
{
    size_t needed;
    uint8_t *room;
    if (b->status != INLAY_OK) {
        return NULL;
    }
    if (!size_add(b->len, len, &needed) || needed > b->cap) {
        b->status = INLAY_OVER_BUDGET;
        return NULL;
    }
    if (needed > b->capacity || b->data == NULL) {
        void *data = b->data;
        if (!mem_grow(&data, &b->capacity, needed < 64 ? 64 : needed, 1)) {
            b->status = INLAY_NO_MEMORY;
            return NULL;
        }
        b->data = data;
    }
    room = b->data + b->len;
    b->len = needed;
    return room;
}

void buffer_append(struct buffer *b, const void *data, size_t len)
{
    uint8_t *room;
    if (len == 0) {
        return;
    }
    room = buffer_extend(b, len);
    if (room != NULL) {
        memcpy(room, data, len);
    }
}

void buffer_fill(struct buffer *b, uint8_t byte, size_t len)
{
    uint8_t *room = buffer_extend(b, len);
    if (room != NULL) {
        memset(room, byte, len);
    }
}

void buffer_align(struct buffer *b, size_t alignment)
{
    buffer_fill(b, 0, (size_t)align_up(b->len, alignment) - b->len);
}

void buffer_u8(struct buffer *b, uint8_t value)
{
    uint8_t *room = buffer_extend(b, 1);
    if (room != NULL) {
        *room = value;
    }
}

void buffer_u16(struct buffer *b, uint16_t value)
{
    uint8_t *room = buffer_extend(b, 2);
    if (room != NULL) {
        store_u16(room, value);
    }
}

void buffer_u32(struct buffer *b, uint32_t value)
{
    uint8_t *room = buffer_extend(b, 4);
    if (room != NULL) {
        store_u32(room, value);
    }
}

void buffer_u64(struct buffer *b, uint64_t value)
{
    uint8_t *room = buffer_extend(b, 8);
    if (room != NULL) {
        store_u64(room, value);
    }
}

void buffer_f32(struct buffer *b, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buffer_u32(b, bits);
}

void buffer_f64(struct buffer *b, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buffer_u64(b, bits);
}

void buffer_varint(struct buffer *b, uint64_t value)
{
    uint8_t bytes[10];
    size_t n = 0;
    while (value >= 0x80) {
        bytes[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (uint8_t)value;
    buffer_append(b, bytes, n);
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list arguments;
    int needed;
    uint8_t *room;
    va_start(arguments, format);
    needed = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (needed < 0) {
        b->status = b->status == INLAY_OK ? INLAY_INTERNAL : b->status;
        return;
    }
    room = buffer_extend(b, (size_t)needed + 1);
    if (room != NULL) {
        va_start(arguments, format);
        (void)vsnprintf((char *)room, (size_t)needed + 1, format, arguments);
        va_end(arguments);
        b->len -= 1; /* the terminator is not content */
    }
}

void buffer_patch_u32(struct buffer *b, size_t offset, uint32_t value)
{
    if (b->status == INLAY_OK) {
        if (range_inside(offset, 4, b->len)) {
            store_u32(b->data + offset, value);
        } else {
            b->status = INLAY_INTERNAL;
        }
    }
}

void buffer_patch_u64(struct buffer *b, size_t offset, uint64_t value)
{
    if (b->status == INLAY_OK) {
        if (range_inside(offset, 8, b->len)) {
            store_u64(b->data + offset, value);
        } else {
            b->status = INLAY_INTERNAL;
        }
    }
}

uint8_t *buffer_take(struct buffer *b, size_t *len)
{
    uint8_t *data = b->data;
    *len = b->len;
    buffer_init(b, b->cap);
    return data;
}

inlay_status buffer_status(const struct buffer *b, inlay_error *err)
{
    switch (b->status) {
    case INLAY_OK:
        return INLAY_OK;
    case INLAY_NO_MEMORY:
        return error_no_memory(err);
    case INLAY_OVER_BUDGET:
        return error_set(err, INLAY_OVER_BUDGET, "a buffer would pass its limit of %zu bytes",
                         b->cap);
    default:
        return error_set(err, b->status, "writing to a buffer failed");
    }
}
