/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The readable text of an HTML page, for splitting, not for display: tags are dropped, blocks
 * become lines and paragraphs, white space collapses outside <pre>, character references are
 * decoded (numbers, Latin-1 names, common punctuation), scripts, styles and comments vanish. It is
 * a tokenizer, not a parser: any bytes give a text, in linear time. Broken markup is text.
 */
#ifndef INLAY_INGEST_HTML_H
#define INLAY_INGEST_HTML_H

#include "base/buffer.h"

struct html_heading {
    uint32_t start; /* in the text that was made */
    uint32_t length;
};

struct html_text {
    struct buffer text; /* valid UTF-8 when the source is; never longer than the source */
    struct html_heading *headings; /* owned; h1 to h6 and title, empty ones left out */
    size_t heading_count;
    size_t heading_capacity;
};

void html_text_init(struct html_text *html);
void html_text_free(struct html_text *html);
/* Replaces what is there. `length` is below 4 GiB. */
inlay_status html_text_convert(struct html_text *html, const char *source, size_t length,
                               inlay_error *err);

#endif
