/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The splitter looks at one window of max_bytes at a time. Headings come from a scan that runs one
 * heading ahead; the other borders are searched backwards from the window's end, so every byte is
 * looked at a bounded number of times.
 */
#include "ingest/passages.h"

#include "base/alloc.h"
#include "base/error.h"
#include "ingest/headings.h"
#include "ingest/html.h"

#include <string.h>

struct passage_splitter {
    size_t max_bytes;
    enum passage_format format;
    const char *text; /* borrowed, or html's */
    size_t length;
    size_t at; /* start of what is not given out */
    struct html_text html;
    size_t next_html_heading;
    struct heading_scan scan;
    struct heading upcoming; /* start SIZE_MAX: no more */
    struct passage_text title;
};

const char *passage_format_name(enum passage_format format)
{
    static const char *const names[] = {"text", "markdown", "rst", "html"};
    return names[format];
}

inlay_status passage_splitter_new(size_t max_bytes, struct passage_splitter **out, inlay_error *err)
{
    struct passage_splitter *splitter;
    *out = NULL;
    if (max_bytes < PASSAGE_BYTES_MIN || max_bytes > PASSAGE_BYTES_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "passages of %zu bytes are not possible: give %u to %u", max_bytes,
                         PASSAGE_BYTES_MIN, PASSAGE_BYTES_MAX);
    }
    splitter = mem_zalloc(sizeof(*splitter));
    if (splitter == NULL) {
        return error_no_memory(err);
    }
    splitter->max_bytes = max_bytes;
    splitter->upcoming.start = SIZE_MAX;
    html_text_init(&splitter->html);
    *out = splitter;
    return INLAY_OK;
}

void passage_splitter_free(struct passage_splitter *splitter)
{
    if (splitter != NULL) {
        html_text_free(&splitter->html);
        mem_free(splitter);
    }
}

/* ---- headings ---- */

static bool html_heading(struct passage_splitter *s)
{
    const struct html_heading *heading;
    if (s->next_html_heading == s->html.heading_count) {
        return false;
    }
    heading = &s->html.headings[s->next_html_heading++];
    s->upcoming.start = heading->start;
    s->upcoming.title.bytes = s->text + heading->start;
    s->upcoming.title.length =
        text_cut(s->upcoming.title.bytes, heading->length, PASSAGE_TITLE_MAX);
    return true;
}

static void advance_heading(struct passage_splitter *s)
{
    bool found = false;
    if (s->format == PASSAGE_HTML) {
        found = html_heading(s);
    } else if (s->format != PASSAGE_TEXT) {
        found = heading_scan_next(&s->scan, s->format, s->text, s->length, &s->upcoming);
    }
    if (!found) {
        s->upcoming.start = SIZE_MAX;
    }
}

/* Headings before `limit` become the title, the last one last. */
static void pass_headings(struct passage_splitter *s, size_t limit)
{
    while (s->upcoming.start < limit) {
        s->title = s->upcoming.title;
        advance_heading(s);
    }
}

inlay_status passage_splitter_begin(struct passage_splitter *s, enum passage_format format,
                                    const char *text, size_t length, const char *name,
                                    inlay_error *err)
{
    s->text = NULL;
    s->length = 0;
    s->at = 0;
    s->upcoming.start = SIZE_MAX;
    s->format = format;
    if (length >= UINT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "a document of %zu bytes is too long to split",
                         length);
    }
    if (format == PASSAGE_HTML) {
        INLAY_TRY(html_text_convert(&s->html, text, length, err));
        text = (const char *)s->html.text.data;
        length = s->html.text.len;
    }
    s->text = text;
    s->length = length;
    s->next_html_heading = 0;
    memset(&s->scan, 0, sizeof(s->scan));
    advance_heading(s);
    s->title.bytes = name;
    s->title.length = text_cut(name, strlen(name), PASSAGE_TITLE_MAX);
    if (s->upcoming.start != SIZE_MAX) {
        s->title = s->upcoming.title;
    }
    return INLAY_OK;
}

/* ---- borders ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* Skips blank lines; the first line that is not blank keeps its indentation, unless that would be a
 * good part of a passage (`most`). */
static size_t skip_blank_lines(const char *text, size_t at, size_t length, size_t most)
{
    size_t line = at == 0 || text[at - 1] == '\n' ? at : SIZE_MAX; /* else inside a line */
    while (at < length && is_space(text[at])) {
        at++;
        line = text[at - 1] == '\n' ? at : line;
    }
    return at < length && line < at && at - line < most ? line : at;
}

/* Behind the last blank line that ends in (from, to]; 0 = none. */
static size_t paragraph_border(const char *text, size_t from, size_t to)
{
    const char *newline = memrchr(text + from, '\n', to - from);
    while (newline != NULL) {
        size_t behind = (size_t)(newline - text) + 1;
        size_t i = behind - 1;
        while (i > from && (text[i - 1] == ' ' || text[i - 1] == '\t' || text[i - 1] == '\r')) {
            i--;
        }
        if (i > from && text[i - 1] == '\n') {
            return behind;
        }
        newline = i > from ? memrchr(text + from, '\n', i - from) : NULL;
    }
    return 0;
}

/* True when a sentence ends with the byte before `at`: a mark, closing quotes and brackets behind
 * it allowed, and white space at `at`; or an ideographic mark. */
static bool sentence_ends(const char *text, size_t from, size_t at)
{
    const uint8_t *p = (const uint8_t *)text;
    if (at >= from + 3 &&
        ((p[at - 3] == 0xe3 && p[at - 2] == 0x80 && p[at - 1] == 0x82) ||
         (p[at - 3] == 0xef && p[at - 2] == 0xbc && (p[at - 1] == 0x81 || p[at - 1] == 0x9f)))) {
        return true;
    }
    if (!is_space(text[at])) {
        return false;
    }
    while (at > from && (text[at - 1] == '"' || text[at - 1] == '\'' || text[at - 1] == ')' ||
                         text[at - 1] == ']')) {
        at--;
    }
    return at > from && (text[at - 1] == '.' || text[at - 1] == '!' || text[at - 1] == '?');
}

/* The byte at `to` is inside the text. */
static size_t sentence_border(const char *text, size_t from, size_t to)
{
    size_t at;
    for (at = to; at > from; at--) {
        if (sentence_ends(text, from, at)) {
            return at;
        }
    }
    return 0;
}

static size_t word_border(const char *text, size_t from, size_t to)
{
    size_t at;
    for (at = to; at > from; at--) {
        if (is_space(text[at])) {
            return at;
        }
    }
    return 0;
}

/* Where the passage that starts at `start` ends: a window of more than max_bytes is left. */
static size_t cut_window(const struct passage_splitter *s, size_t start)
{
    size_t from = start + s->max_bytes / 4;
    size_t to = start + s->max_bytes;
    size_t cut = paragraph_border(s->text, from, to);
    if (cut == 0) {
        cut = sentence_border(s->text, from, to);
    }
    if (cut == 0) {
        const char *newline = memrchr(s->text + from, '\n', to - from);
        cut = newline != NULL ? (size_t)(newline - s->text) + 1 : 0;
    }
    if (cut == 0) {
        cut = word_border(s->text, from, to);
    }
    return cut != 0 ? cut : start + text_cut(s->text + start, s->length - start, s->max_bytes);
}

bool passage_splitter_next(struct passage_splitter *s, struct passage *out)
{
    size_t start = skip_blank_lines(s->text, s->at, s->length, s->max_bytes / 4);
    size_t end;
    if (start == s->length) {
        s->at = s->length;
        return false;
    }
    pass_headings(s, start + 1);
    out->title = s->title;
    /* A short section goes on with the next one; its heading counts from then on. */
    pass_headings(s, start + s->max_bytes / 4);
    if (s->upcoming.start <= start + s->max_bytes) {
        end = s->upcoming.start;
    } else if (s->length - start <= s->max_bytes) {
        end = s->length;
    } else {
        end = cut_window(s, start);
    }
    s->at = end;
    while (is_space(s->text[end - 1])) {
        end--;
    }
    out->body.bytes = s->text + start;
    out->body.length = end - start;
    return true;
}
