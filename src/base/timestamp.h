/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instants as text: RFC 3339 in UTC, with milliseconds, years 0000 to 9999 of the proleptic
 * Gregorian calendar; leap seconds do not exist in Unix time. Thread-safe, locale-free.
 */
#ifndef INLAY_BASE_TIMESTAMP_H
#define INLAY_BASE_TIMESTAMP_H

#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

#define TIMESTAMP_TEXT_SIZE 25 /* "2026-05-30T10:00:00.123Z" and a NUL */

/* INLAY_INVALID_ARGUMENT outside the years 0000 to 9999. */
inlay_status timestamp_to_text(int64_t unix_ms, char text[TIMESTAMP_TEXT_SIZE], inlay_error *err);

/* Takes 0 to 9 fraction digits (those behind the third are dropped) and ends in 'Z'. */
inlay_status timestamp_from_text(const char *text, size_t length, int64_t *unix_ms,
                                 inlay_error *err);

#endif
