/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTF-8 on a terminal: decoding, display columns, cutting. Text of documents is untrusted here:
 * control characters (terminal escapes among them) never reach the terminal.
 */
#ifndef INLAY_CLI_OUT_UTF8_H
#define INLAY_CLI_OUT_UTF8_H

#include "text.h"

/* Selects a UTF-8 character type locale for wcwidth; numbers keep the C locale. Call once. */
void utf8_init(void);

/* Decodes one code point of at most `length` (> 0) bytes; malformed bytes give U+FFFD and length 1.
 */
uint32_t utf8_next(const char *bytes, size_t length, size_t *used);

/* Columns that the text takes once it is cleaned as utf8_add_clean does; stops counting at `limit`.
 */
size_t utf8_width(const char *bytes, size_t length, size_t limit);

/*
 * Appends the text with white space controls as one space each, other controls and malformed bytes
 * as U+FFFD, cut to `limit` columns with a final "…" when it is longer. Returns the columns added.
 */
size_t utf8_add_clean(struct text *out, const char *bytes, size_t length, size_t limit);

/* The longest prefix of at most `limit` bytes that ends between characters. */
size_t utf8_prefix(const char *bytes, size_t length, size_t limit);

#endif
