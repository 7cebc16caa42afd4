/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds-checked cursor over untrusted bytes with a sticky failure: after the first bad read every
 * later one gives zero and changes nothing, so a decoder checks once, where it matters. A failure
 * remembers its absolute offset. Numbers are little-endian. The bytes are borrowed.
 */
#ifndef INLAY_BASE_READER_H
#define INLAY_BASE_READER_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *p;
    const uint8_t *end;
    const uint8_t *start;
    uint64_t base_offset; /* absolute offset of `start` in its object, for messages */
    inlay_status status;
    uint64_t fail_offset;
    const char *fail_what; /* static text: what was being read */
};

void reader_init(struct reader *r, const void *data, size_t len, uint64_t base_offset);
size_t reader_left(const struct reader *r);
uint64_t reader_offset(const struct reader *r); /* absolute */
bool reader_ok(const struct reader *r);

uint8_t reader_u8(struct reader *r);
uint16_t reader_u16(struct reader *r);
uint32_t reader_u32(struct reader *r);
uint64_t reader_u64(struct reader *r);
float reader_f32(struct reader *r);
double reader_f64(struct reader *r);
uint64_t reader_varint(struct reader *r); /* LEB128, at most 10 bytes, no overflow */
uint64_t reader_varint_max(struct reader *r, uint64_t max); /* a greater value is a failure */
const uint8_t *reader_bytes(struct reader *r, size_t len);  /* borrowed; NULL on failure */
void reader_skip(struct reader *r, size_t len);
void reader_copy(struct reader *r, void *out, size_t len); /* zero-fills `out` on failure */
/* A cursor over the next `len` bytes, which are skipped here. Failed if they are not there. */
struct reader reader_sub(struct reader *r, size_t len);
/* Marks the input as wrong at the present offset; the first failure wins. `what` is static text. */
void reader_fail(struct reader *r, const char *what);
/* Fails unless every byte was read. */
void reader_expect_end(struct reader *r, const char *what);
/* INLAY_OK, or INLAY_CORRUPT with offset and "<context>: <what>". */
inlay_status reader_status(const struct reader *r, const char *context, inlay_error *err);

#endif
