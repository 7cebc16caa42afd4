/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Thrift compact protocol (github.com/apache/thrift, doc/specs/thrift-compact-protocol.md), as
 * far as Parquet uses it: structs, lists, booleans, zigzag integers and byte strings.
 *
 * Reading is over a base/reader.h cursor with its sticky failure: after a failure every call gives
 * zero, and thrift_next_field gives false. No call reads outside the cursor; nesting is limited to
 * THRIFT_MAX_DEPTH; every skipped item consumes at least one byte, so time is linear in the input.
 * Writing is into a base/buffer.h buffer with its sticky status.
 */
#ifndef INLAY_PARQUET_THRIFT_H
#define INLAY_PARQUET_THRIFT_H

#include "base/buffer.h"
#include "base/reader.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define THRIFT_MAX_DEPTH 32

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1, /* in a list: the element type of booleans */
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12,
    THRIFT_UUID = 13
};

/* Position inside one struct; start each struct with a zeroed one. */
struct thrift_field {
    int32_t id;
    enum thrift_type type;
};

/* Moves to the next field's value, which the caller must then read or skip. False at the end of the
 * struct and on failure. */
bool thrift_next_field(struct reader *r, struct thrift_field *field);
/* Skips the value of a field just moved to. */
void thrift_skip_field(struct reader *r, const struct thrift_field *field);

/* Value of the present field; a field of another type is a failure. */
bool thrift_field_bool(struct reader *r, const struct thrift_field *field);
int8_t thrift_field_i8(struct reader *r, const struct thrift_field *field);
int16_t thrift_field_i16(struct reader *r, const struct thrift_field *field);
int32_t thrift_field_i32(struct reader *r, const struct thrift_field *field);
int64_t thrift_field_i64(struct reader *r, const struct thrift_field *field);
/* Borrowed from the input; `*length` bytes. Never NULL while the reader is ok. */
const uint8_t *thrift_field_binary(struct reader *r, const struct thrift_field *field,
                                   size_t *length);
/* Fails unless the field is a struct; its fields follow. */
void thrift_field_struct(struct reader *r, const struct thrift_field *field);
/* Element count of a list field whose elements must be of `element` (booleans: THRIFT_TRUE). The
 * count is at most the bytes left, so it bounds nothing worse than one item a byte. */
uint32_t thrift_field_list(struct reader *r, const struct thrift_field *field,
                           enum thrift_type element);

/* List elements. */
bool thrift_element_bool(struct reader *r);
int32_t thrift_element_i32(struct reader *r);
int64_t thrift_element_i64(struct reader *r);
const uint8_t *thrift_element_binary(struct reader *r, size_t *length);

/* Writer of one struct: fields in rising order of id. */
struct thrift_struct {
    struct buffer *out;
    int32_t last_id;
};

/* The outermost struct, or an element of a list of structs. */
struct thrift_struct thrift_struct_begin(struct buffer *out);
void thrift_struct_end(struct thrift_struct *s);
/* A field that is itself a struct; end it before going on with the outer one. */
struct thrift_struct thrift_put_struct(struct thrift_struct *s, int32_t id);
void thrift_put_empty_struct(struct thrift_struct *s, int32_t id);
void thrift_put_bool(struct thrift_struct *s, int32_t id, bool value);
void thrift_put_i8(struct thrift_struct *s, int32_t id, int8_t value);
void thrift_put_i16(struct thrift_struct *s, int32_t id, int16_t value);
void thrift_put_i32(struct thrift_struct *s, int32_t id, int32_t value);
void thrift_put_i64(struct thrift_struct *s, int32_t id, int64_t value);
void thrift_put_binary(struct thrift_struct *s, int32_t id, const void *data, size_t length);
/* A list field; exactly `count` elements must follow. */
void thrift_put_list(struct thrift_struct *s, int32_t id, enum thrift_type element, size_t count);
void thrift_add_bool(struct buffer *out, bool value);
void thrift_add_i32(struct buffer *out, int32_t value);
void thrift_add_i64(struct buffer *out, int64_t value);
void thrift_add_binary(struct buffer *out, const void *data, size_t length);

#endif
