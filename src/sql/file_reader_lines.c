/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of lines for error messages. The engine counts records, not lines, so a file with line
 * breaks between quotes, or blank lines, is read once more. Runs only after a failure.
 */
#include "base/json.h"
#include "sql/file_reader_priv.h"

#include <stdio.h>
#include <string.h>

/* A quoted value longer than this is a lost quote. */
#define LINE_BYTES_MAX ((size_t)16 << 20)

struct line_scan {
    FILE *file;
    uint64_t line; /* of the next character */
};

static bool scan_open(struct line_scan *scan, const char *path)
{
    scan->file = fopen(path, "re");
    scan->line = 1;
    return scan->file != NULL;
}

static int scan_next(struct line_scan *scan)
{
    int c = getc_unlocked(scan->file);
    scan->line += c == '\n' ? 1 : 0;
    return c;
}

/* One record: true unless the file is at its end. `values` counts delimiters outside quotes + 1.
 * A quote opens only at the start of a value; a doubled one inside closes and opens again. */
static bool scan_record(struct line_scan *scan, char delimiter, char quote, uint64_t *values)
{
    bool quoted = false;
    bool value_starts = true;
    int c = scan_next(scan);
    *values = 1;
    if (c == EOF) {
        return false;
    }
    for (; c != EOF && (c != '\n' || quoted); c = scan_next(scan)) {
        if (quote != '\0' && c == quote && (quoted || value_starts)) {
            quoted = !quoted;
            value_starts = true;
            continue;
        }
        value_starts = c == delimiter && !quoted;
        *values += value_starts ? 1 : 0;
    }
    return true;
}

uint64_t csv_line_of_record(const char *path, uint64_t record, char quote)
{
    struct line_scan scan;
    uint64_t line = 0;
    uint64_t values;
    uint64_t i;
    if (!scan_open(&scan, path)) {
        return 0;
    }
    for (i = 1; i < record && scan_record(&scan, ',', quote, &values); i++) {
    }
    line = i == record ? scan.line : 0;
    (void)fclose(scan.file);
    return line;
}

uint64_t csv_ragged_line(const char *path, char delimiter, uint64_t *expected, uint64_t *found)
{
    struct line_scan scan;
    uint64_t line = 0;
    uint64_t start = 1;
    if (!scan_open(&scan, path)) {
        return 0;
    }
    if (scan_record(&scan, delimiter, '"', expected)) {
        for (start = scan.line; scan_record(&scan, delimiter, '"', found); start = scan.line) {
            /* A blank line is passed over by every reader. */
            if (*found != *expected &&
                !(*found == 1 && scan.line == start + 1 && fseek(scan.file, -2, SEEK_CUR) == 0 &&
                  getc_unlocked(scan.file) == '\n' && getc_unlocked(scan.file) == '\n')) {
                line = start;
                break;
            }
        }
    }
    (void)fclose(scan.file);
    return line;
}

char csv_likely_delimiter(const char *path)
{
    static const char candidates[] = ",;\t|";
    uint64_t counts[sizeof(candidates) - 1] = {0};
    struct line_scan scan;
    size_t best = 0;
    size_t i;
    int c;
    if (!scan_open(&scan, path)) {
        return '\0';
    }
    while ((c = scan_next(&scan)) != EOF && c != '\n') {
        const char *at = c != '\0' ? strchr(candidates, c) : NULL;
        if (at != NULL) {
            counts[at - candidates]++;
        }
    }
    (void)fclose(scan.file);
    for (i = 1; i < sizeof(candidates) - 1; i++) {
        best = counts[i] > counts[best] ? i : best;
    }
    return counts[best] != 0 ? candidates[best] : '\0';
}

/* ---- NDJSON ---- */

/* The next line that is not blank, without its end; true unless the file is at its end. */
static bool next_text_line(struct line_scan *scan, struct buffer *text, uint64_t *line)
{
    int c;
    do {
        bool blank = true;
        buffer_clear(text);
        *line = scan->line;
        while ((c = scan_next(scan)) != EOF && c != '\n') {
            blank = blank && (c == ' ' || c == '\t' || c == '\r');
            buffer_u8(text, (uint8_t)c);
        }
        if (!blank) {
            return true;
        }
    } while (c != EOF);
    return false;
}

static bool is_object(const struct buffer *text)
{
    struct json *document = NULL;
    bool fine = text->status == INLAY_OK &&
                json_parse(text->data, text->len, LINE_BYTES_MAX, 0, &document, NULL) == INLAY_OK &&
                json_kind_of(document) == JSON_KIND_OBJECT;
    json_free(document);
    return fine;
}

uint64_t ndjson_line(const char *path, uint64_t ordinal, bool malformed)
{
    struct line_scan scan;
    struct buffer text;
    uint64_t line = 0;
    uint64_t result = 0;
    uint64_t i;
    if (!scan_open(&scan, path)) {
        return 0;
    }
    buffer_init(&text, LINE_BYTES_MAX);
    for (i = 1; i <= ordinal && next_text_line(&scan, &text, &line); i++) {
        /* The engine counts a malformed line itself sometimes, and sometimes not. */
        if (i == ordinal || (malformed && i + 1 == ordinal && !is_object(&text))) {
            result = line;
            break;
        }
    }
    buffer_free(&text);
    (void)fclose(scan.file);
    return result;
}
