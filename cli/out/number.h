/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and instants as text, exactly: what is printed reads back as the same value. */
#ifndef INLAY_CLI_OUT_NUMBER_H
#define INLAY_CLI_OUT_NUMBER_H

#include "text.h"

/* The fewest digits that read back as the same number, with a point or an exponent; "NaN", "inf".
 */
void number_add_double(struct text *out, double value);
void number_add_float(struct text *out, float value);
float number_from_half(uint16_t bits); /* IEEE 754 binary16 */

/* A 128-bit two's complement little-endian integer with `scale` digits after the point. */
void number_add_decimal128(struct text *out, const void *bytes, int scale);

/* Instants and times of day; `per_second` is 1, 1000, 1000000 or 1000000000. */
void number_add_date(struct text *out, int64_t days);                      /* 2026-05-30 */
void number_add_time(struct text *out, int64_t value, int64_t per_second); /* 10:00:00.5 */
void number_add_timestamp(struct text *out, int64_t value, int64_t per_second, bool utc);

#endif
