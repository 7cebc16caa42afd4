/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a file of unknown origin as UTF-8 text: encoding by content, gzip with bounds. */
#ifndef INLAY_INGEST_TEXT_DECODE_H
#define INLAY_INGEST_TEXT_DECODE_H

#include "base/buffer.h"

#include <stdbool.h>

enum text_kind {
    TEXT_UTF8,   /* valid as it is */
    TEXT_REPAIR, /* UTF-8 with fewer bad bytes than characters beyond ASCII: those become U+FFFD */
    TEXT_LATIN1, /* read as Windows-1252, of which Latin-1 text is a part */
    TEXT_BINARY  /* NUL bytes, many control characters, or mostly bytes beyond ASCII in no encoding
                    known here */
};

enum text_kind text_kind_of(const void *bytes, size_t length);

/* Appends `bytes` as valid UTF-8, at most three times as long. For every kind but TEXT_BINARY. */
void text_transcode(enum text_kind kind, const void *bytes, size_t length, struct buffer *out);

#define GUNZIP_RATIO_MAX 256u        /* text does not compress better, bombs do */
#define GUNZIP_RATIO_FREE (1u << 20) /* unpacked bytes that are not questioned */

/*
 * Appends what a gzip file (RFC 1952), of any number of members, holds. The buffer's cap is the
 * limit: beyond it, or beyond the ratio, INLAY_OVER_BUDGET. INLAY_CORRUPT for damaged or cut data.
 */
inlay_status gunzip(const void *bytes, size_t length, struct buffer *out, inlay_error *err);

/* Reads a gzip file to its end, keeping nothing: INLAY_CORRUPT when it is damaged, cut, or none.
 * For readers that take the end of cut data for the end of the file. */
inlay_status gunzip_check(const char *path, inlay_error *err);

#endif
