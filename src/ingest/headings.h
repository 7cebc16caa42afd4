/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the headings of a text one by one, in one pass over its lines. */
#ifndef INLAY_INGEST_HEADINGS_H
#define INLAY_INGEST_HEADINGS_H

#include "ingest/passages.h"

struct heading {
    size_t start; /* where its first line begins, an overline included */
    struct passage_text title;
};

/* Kept between calls; a zeroed one is at the text's start. */
struct heading_scan {
    size_t next;            /* start of the line that is looked at next */
    size_t line_start;      /* the line before it, when it could be a title */
    size_t line_length;     /* trimmed; 0 = it could not */
    size_t overline_start;  /* RST: of the adornment above that line */
    size_t overline_length; /* 0 = none */
    char overline_mark;
    bool after_text;   /* the line before the candidate is text too: a paragraph, no title */
    char fence;        /* Markdown: '`' or '~' inside fenced code, '-' inside front matter */
    size_t fence_size; /* marks that opened it */
};

/* The next heading of a Markdown or RST text; false when there is none left. */
bool heading_scan_next(struct heading_scan *scan, enum passage_format format, const char *text,
                       size_t length, struct heading *out);

/* Length of the longest prefix of at most `most` bytes that does not cut a character. */
size_t text_cut(const char *text, size_t length, size_t most);

#endif
