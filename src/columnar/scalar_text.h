/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars as text, exactly: what is written reads back as the same value. Appended to a buffer,
 * whose status tells of failures. The command line writes results in the same forms.
 */
#ifndef INLAY_COLUMNAR_SCALAR_TEXT_H
#define INLAY_COLUMNAR_SCALAR_TEXT_H

#include "base/buffer.h"
#include "columnar/schema.h"

void scalar_text_real(struct buffer *out, double value);
void scalar_text_real32(struct buffer *out, float value);
/* A 128-bit two's complement little-endian integer with `scale` digits after the point. */
void scalar_text_decimal(struct buffer *out, const uint8_t bytes[16], int32_t scale);
void scalar_text_date(struct buffer *out, int64_t days); /* 2026-05-30 */
/* 10:00:00, and .5 with three, six or nine digits when it is no whole second. */
void scalar_text_time(struct buffer *out, int64_t value, enum time_unit unit);
/* 2026-05-30T10:00:00, ending in Z when `utc`. */
void scalar_text_timestamp(struct buffer *out, int64_t value, enum time_unit unit, bool utc);
void scalar_text_base64(struct buffer *out, const uint8_t *bytes, size_t length);
void scalar_text_hex(struct buffer *out, const uint8_t *bytes, size_t length);
/* A JSON string in quotes. The bytes are well-formed UTF-8. */
void scalar_text_json_string(struct buffer *out, const uint8_t *bytes, size_t length);

#endif
