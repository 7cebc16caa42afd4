/* SPDX-License-Identifier: Apache-2.0 */
/* Tokenizers that change no byte: their tokens point into the text. */
#include "text/analysis/analyzer_priv.h"
#include "text/analysis/unicode.h"

void tokenize_whitespace(struct analyzer_scratch *scratch, const uint8_t *text, size_t length)
{
    const uint8_t *end = text + length;
    size_t start = 0;
    for (size_t at = 0; at <= length;) {
        struct utf8_item item = {'\n', 1}; /* the end separates, too */
        if (at < length) {
            item = utf8_decode(text + at, end);
        }
        if (item.point == UTF8_INVALID || (unicode_bits(item) & UNICODE_SPACE) != 0) {
            scratch_push(scratch, text + start, at - start, start, at);
            start = at + item.size;
        }
        at += item.size;
    }
}

void tokenize_keyword(struct analyzer_scratch *scratch, const uint8_t *text, size_t length)
{
    scratch_push(scratch, text, length, 0, length);
}
