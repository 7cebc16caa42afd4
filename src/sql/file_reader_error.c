/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's words about a file, translated once: status, file, line, column, one sentence. */
#include "base/error.h"
#include "base/json.h"
#include "sql/file_reader_priv.h"

#include <stdio.h>
#include <string.h>

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* The text between `before` and `after`, cut to `size`; empty when it is not there. */
static void extract(const char *text, const char *before, const char *after, char *out, size_t size)
{
    const char *start = strstr(text, before);
    const char *end;
    size_t length;
    out[0] = '\0';
    if (start == NULL) {
        return;
    }
    start += strlen(before);
    end = strstr(start, after);
    length = end != NULL ? (size_t)(end - start) : strlen(start);
    length = length < size - 1 ? length : size - 1;
    memcpy(out, start, length);
    out[length] = '\0';
}

/* The number behind `before`, 0 when there is none. */
static uint64_t number_after(const char *text, const char *before)
{
    const char *p = strstr(text, before);
    uint64_t value = 0;
    if (p == NULL) {
        return 0;
    }
    for (p += strlen(before); *p >= '0' && *p <= '9' && value < UINT64_MAX / 20; p++) {
        value = value * 10 + (uint64_t)(*p - '0');
    }
    return value;
}

static const char *current_path(const struct file_reader *reader)
{
    return reader->paths[0];
}

static bool is_compressed(const char *path)
{
    size_t length = strlen(path);
    return length > 3 && strcmp(path + length - 3, ".gz") == 0;
}

static inlay_status set_line(inlay_error *err, inlay_status status, const char *path, uint64_t line,
                             const char *column, const char *sentence)
{
    if (line != 0) {
        (void)error_set(err, status, "\"%.300s\", line %llu: %.300s", path,
                        (unsigned long long)line, sentence);
        error_row(err, (int64_t)line);
    } else {
        (void)error_set(err, status, "\"%.300s\": %.300s", path, sentence);
    }
    error_key(err, column[0] != '\0' ? column : path);
    return status;
}

/* ---- CSV ---- */

/*
 * CSV Error on Line: 30002
 * Original Line: zz,4,5
 * Error when converting column "a". Could not convert string "zz" to 'BIGINT'
 * ... advice ...
 *   file = /path
 *   quote = " (Auto-Detected)
 * The original line may hold line breaks, so the sentence is found by how it begins.
 */
static const char *csv_sentence(const char *text, inlay_status *status)
{
    static const struct {
        const char *start;
        inlay_status status;
    } known[] = {
        {"\nError when converting column", INLAY_SCHEMA},
        {"\nExpected Number of Columns", INLAY_SCHEMA},
        {"\nValue with unterminated quote", INLAY_CORRUPT},
        {"\nInvalid unicode", INLAY_CORRUPT},
        {"\nMaximum line size", INLAY_OVER_BUDGET},
    };
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const char *at = strstr(text, known[i].start);
        if (at != NULL) {
            *status = known[i].status;
            return at + 1;
        }
    }
    *status = INLAY_CORRUPT;
    return text;
}

static inlay_status csv_error(const struct file_reader *reader, const char *text, inlay_error *err)
{
    uint64_t line = number_after(text, "CSV Error on Line: ");
    char column[256];
    char quote[4];
    char path[512];
    char sentence[320];
    uint64_t physical;
    inlay_status status;
    const char *from = csv_sentence(text, &status);
    extract(text, "\n  file = ", "\n", path, sizeof(path));
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof(path), "%.511s", current_path(reader));
    }
    extract(text, "\n  quote = ", " ", quote, sizeof(quote));
    extract(text, "Error when converting column \"", "\". Could", column, sizeof(column));
    (void)snprintf(sentence, sizeof(sentence), "%.*s", (int)strcspn(from, "\n"), from);
    if (quote[0] != '\0' && quote[1] == '\0' && !is_compressed(path)) {
        physical = csv_line_of_record(path, line, quote[0]);
        line = physical != 0 ? physical : line;
    }
    return set_line(err, status, path, line, column, sentence);
}

inlay_status file_reader_check_ragged(const char *path, inlay_error *err)
{
    char delimiter = is_compressed(path) ? '\0' : csv_likely_delimiter(path);
    uint64_t expected = 0;
    uint64_t found = 0;
    uint64_t line = delimiter != '\0' ? csv_ragged_line(path, delimiter, &expected, &found) : 0;
    char sentence[128];
    if (line == 0) {
        return INLAY_OK;
    }
    (void)snprintf(sentence, sizeof(sentence), "%llu values, but the first line has %llu",
                   (unsigned long long)found, (unsigned long long)expected);
    (void)set_line(err, INLAY_SCHEMA, path, line, "", sentence);
    error_expected(err, "%llu values", (unsigned long long)expected);
    error_found(err, "%llu values", (unsigned long long)found);
    return INLAY_SCHEMA;
}

/* ---- JSON ---- */

/* The line of the first thing in the file that is no JSON; 0 when that cannot be told. */
static uint64_t json_malformed_line(const char *path)
{
    struct buffer content;
    struct json *document = NULL;
    inlay_error reason;
    uint64_t line = 0;
    uint8_t block[8192];
    size_t got;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    inlay_error_init(&reason);
    buffer_init(&content, JSON_DEFAULT_MAX_BYTES);
    while ((got = fread(block, 1, sizeof(block), file)) != 0) {
        buffer_append(&content, block, got);
    }
    if (content.status == INLAY_OK &&
        json_parse(content.data, content.len, 0, 0, &document, &reason) == INLAY_CORRUPT) {
        line = reason.row > 0 ? (uint64_t)reason.row : 0;
    }
    json_free(document);
    buffer_free(&content);
    (void)fclose(file);
    return line;
}

/*
 * Malformed JSON in file "/path", at byte 9 in line 30002: unexpected character.
 * JSON transform error in file "/path", in line 30001: Object {...} has unknown key "zz"
 * "in record/value" instead of "in line" for what is not one record per line.
 */
static inlay_status json_error(const struct file_reader *reader, const char *text, bool malformed,
                               inlay_error *err)
{
    uint64_t ordinal = number_after(text, "in line ");
    uint64_t line = 0;
    char path[512];
    char sentence[320];
    char key[256];
    const char *reason;
    extract(text, "in file \"", "\", ", path, sizeof(path));
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof(path), "%.511s", current_path(reader));
    }
    reason = strstr(text, "\", ");
    reason = reason != NULL ? strstr(reason, ": ") : NULL;
    reason = reason != NULL ? reason + 2 : text;
    (void)snprintf(sentence, sizeof(sentence), "%.*s", (int)strcspn(reason, "\n"), reason);
    extract(text, "unknown key \"", "\"", key, sizeof(key));
    if (!is_compressed(path)) {
        line = ordinal != 0 ? ndjson_line(path, ordinal, malformed) : 0;
        if (line == 0 && malformed) {
            line = json_malformed_line(path);
        }
    } else {
        line = ordinal;
    }
    return set_line(err, malformed ? INLAY_CORRUPT : INLAY_SCHEMA, path, line, key, sentence);
}

/* ---- everything ---- */

static inlay_status general_status(const struct file_reader *reader, const char *text)
{
    static const struct {
        const char *start;
        inlay_status status;
    } known[] = {
        {"Out of Memory", INLAY_OVER_BUDGET},   {"INTERRUPT", INLAY_CANCELLED},
        {"INTERNAL", INLAY_INTERNAL},           {"Permission Error", INLAY_PERMISSION},
        {"Not implemented", INLAY_UNSUPPORTED}, {"Conversion Error", INLAY_SCHEMA},
        {"Out of Range Error", INLAY_SCHEMA},   {"Binder Error", INLAY_SCHEMA},
    };
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (starts_with(text, known[i].start)) {
            return known[i].status;
        }
    }
    /* Damage makes offsets and lengths of a Parquet file lead anywhere. */
    if (starts_with(text, "IO Error") && reader->format != FILE_PARQUET) {
        return INLAY_IO;
    }
    return INLAY_CORRUPT;
}

inlay_status file_reader_error(const struct file_reader *reader, const char *text, inlay_error *err)
{
    static const char wrapper[] = "\nError: ";
    const char *inner;
    inlay_status status;
    text = text != NULL && text[0] != '\0' ? text : "the reader failed without a word";
    inner = strstr(text, wrapper);
    if (inner != NULL && strstr(text, "closed pending query result") != NULL) {
        text = inner + strlen(wrapper);
    }
    if (strstr(text, "CSV Error on Line: ") != NULL) {
        return csv_error(reader, text, err);
    }
    if (strstr(text, "Malformed JSON in file") != NULL) {
        return json_error(reader, text, true, err);
    }
    if (strstr(text, "JSON transform error in file") != NULL) {
        return json_error(reader, text, false, err);
    }
    if (strstr(text, "non-record JSON") != NULL) {
        return set_line(err, INLAY_SCHEMA, current_path(reader), 0, "",
                        "rows must be JSON objects, but something else is there");
    }
    if (strstr(text, "Error when sniffing file") != NULL) {
        status = file_reader_check_ragged(current_path(reader), err);
        return status != INLAY_OK ? status
                                  : set_line(err, INLAY_SCHEMA, current_path(reader), 0, "",
                                             "delimiter, quotes and header of the CSV file cannot "
                                             "be told; do all lines have the same columns?");
    }
    status = general_status(reader, text);
    (void)error_set(err, status, "\"%.300s\": %.*s", current_path(reader), (int)strcspn(text, "\n"),
                    text);
    error_key(err, current_path(reader));
    return status;
}
