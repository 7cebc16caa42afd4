/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits one document into passages: stretches of its text that are short enough to be an answer.
 *
 * A passage ends, in order of preference, before a heading, between paragraphs, behind a sentence,
 * at a line's end, between words, between characters; never earlier than a quarter of the limit
 * unless the text ends. Passages are disjoint and in order; only white space lies between them, so
 * no text is lost. Indentation of a passage's first line stays: tables survive.
 *
 * Headings: Markdown ATX and setext (CommonMark 0.31, sections 4.2 and 4.3), none inside fenced
 * code and front matter; reStructuredText titles with underline, with and without overline; in HTML
 * h1 to h6 and title. A passage's title is the nearest heading at or above its start, else the
 * document's first heading, else the name that the caller gives.
 *
 * Same text, same passages, on every machine. Time is linear in the text. Memory: nothing beyond
 * the text for all formats but HTML; there, the converted text (never longer than the source) and
 * 8 bytes per heading. One thread at a time.
 */
#ifndef INLAY_INGEST_PASSAGES_H
#define INLAY_INGEST_PASSAGES_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSAGE_BYTES_DEFAULT 1200u
#define PASSAGE_BYTES_MIN 64u
#define PASSAGE_BYTES_MAX (1u << 20)
#define PASSAGE_TITLE_MAX 240u /* bytes; longer headings are cut between characters */

enum passage_format { PASSAGE_TEXT = 0, PASSAGE_MARKDOWN = 1, PASSAGE_RST = 2, PASSAGE_HTML = 3 };

/* "text", "markdown", "rst", "html". */
const char *passage_format_name(enum passage_format format);

struct passage_text {
    const char *bytes; /* UTF-8, borrowed, not NUL terminated */
    size_t length;
};

struct passage {
    struct passage_text title;
    struct passage_text body; /* 1 to max_bytes bytes */
};

struct passage_splitter;

/* INLAY_INVALID_ARGUMENT when max_bytes is outside PASSAGE_BYTES_MIN to PASSAGE_BYTES_MAX. */
inlay_status passage_splitter_new(size_t max_bytes, struct passage_splitter **out,
                                  inlay_error *err);
void passage_splitter_free(struct passage_splitter *splitter); /* NULL-safe */

/* Starts a document of valid UTF-8, below 4 GiB (INLAY_OVER_BUDGET). Text and name are borrowed
 * until the next begin or free. */
inlay_status passage_splitter_begin(struct passage_splitter *splitter, enum passage_format format,
                                    const char *text, size_t length, const char *name,
                                    inlay_error *err);

/* The next passage, valid until the next begin or free; false after the last. */
bool passage_splitter_next(struct passage_splitter *splitter, struct passage *out);

#endif
