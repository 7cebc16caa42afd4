/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/slt_run.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_ROWS = 8, SHOWN_TEXT = 400, CELL_WIDTH = 38 };

void slt_fail(struct slt_runner *runner, const struct slt_record *record, const char *format, ...)
{
    va_list arguments;
    (void)printf("%s:%zu: ", runner->path, record->line);
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n    %.*s%s\n", SHOWN_TEXT, record->body,
                 strlen(record->body) > SHOWN_TEXT ? " ..." : "");
    runner->counts.failures++;
}

/* Has the statement an ORDER BY of its own? Those between brackets, of windows and subqueries,
 * order nothing that is shown. */
static bool orders_its_rows(const char *text)
{
    static const char words[] = "order by";
    int depth = 0;
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '"') {
            const char *end = strchr(text + 1, *text);
            text = end != NULL ? end : text + strlen(text) - 1;
        } else if (*text == '(' || *text == ')') {
            depth += *text == '(' ? 1 : -1;
        } else if (depth == 0 && strncasecmp(text, words, sizeof(words) - 1) == 0) {
            return true;
        }
    }
    return false;
}

enum slt_sort slt_sort_mode(const struct slt_record *record)
{
    char word[32];
    if (slt_word(record->head, 1, word, sizeof(word))) {
        if (strcmp(word, "rowsort") == 0) {
            return SLT_ROWS;
        }
        if (strcmp(word, "valuesort") == 0) {
            return SLT_VALUES;
        }
        if (strcmp(word, "nosort") == 0) {
            return SLT_IN_ORDER;
        }
    }
    return orders_its_rows(record->body) ? SLT_IN_ORDER : SLT_ROWS;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void slt_sort_rows(struct row_set *rows, enum slt_sort mode)
{
    if (mode == SLT_ROWS) {
        row_set_sort(rows);
    } else if (mode == SLT_VALUES && rows->rows * rows->columns > 1) {
        qsort(rows->cells, rows->rows * rows->columns, sizeof(char *), compare_texts);
    }
}

static char *row_text(const struct row_set *rows, size_t row, const char *between)
{
    char *text = NULL;
    size_t size;
    size_t i;
    FILE *out = open_memstream(&text, &size);
    for (i = 0; row < rows->rows && i < rows->columns; i++) {
        (void)fprintf(out, "%s%s", i != 0 ? between : "", rows->cells[row * rows->columns + i]);
    }
    if (row >= rows->rows) {
        (void)fprintf(out, "(no row)");
    }
    (void)fclose(out);
    return text;
}

static bool row_equal(const struct row_set *a, const struct row_set *b, size_t row)
{
    size_t i;
    for (i = 0; i < a->columns; i++) {
        if (!cell_equal(a->cells[row * a->columns + i], b->cells[row * b->columns + i])) {
            return false;
        }
    }
    return true;
}

static bool same_columns(struct slt_runner *runner, const struct slt_record *record,
                         const char *left_name, const struct row_set *left, const char *right_name,
                         const struct row_set *right)
{
    size_t i;
    if (left->columns != right->columns) {
        slt_fail(runner, record, "%s has %zu columns, %s %zu", left_name, left->columns, right_name,
                 right->columns);
        return false;
    }
    for (i = 0; i < left->columns; i++) {
        if (strcmp(left->names[i], right->names[i]) != 0 ||
            strcmp(left->formats[i], right->formats[i]) != 0) {
            slt_fail(runner, record, "column %zu is \"%s\" (%s) of %s, \"%s\" (%s) of %s", i + 1,
                     left->names[i], left->formats[i], left_name, right->names[i],
                     right->formats[i], right_name);
            return false;
        }
    }
    return true;
}

bool slt_same(struct slt_runner *runner, const struct slt_record *record, const char *left_name,
              const struct row_set *left, const char *right_name, const struct row_set *right)
{
    size_t most = left->rows > right->rows ? left->rows : right->rows;
    size_t shown = 0;
    size_t row;
    if (left->status != INLAY_OK || right->status != INLAY_OK) {
        const struct row_set *failed = left->status != INLAY_OK ? left : right;
        slt_fail(runner, record, "%s: %s", failed == left ? left_name : right_name,
                 failed->message);
        return false;
    }
    if (!same_columns(runner, record, left_name, left, right_name, right)) {
        return false;
    }
    for (row = 0; row < most && shown < SHOWN_ROWS; row++) {
        if (row < left->rows && row < right->rows && row_equal(left, right, row)) {
            continue;
        }
        if (shown++ == 0) {
            slt_fail(runner, record, "%s (%zu rows) and %s (%zu rows) differ:", left_name,
                     left->rows, right_name, right->rows);
            (void)printf("    row  %-*s | %s\n", CELL_WIDTH, left_name, right_name);
        }
        {
            char *a = row_text(left, row, " ");
            char *b = row_text(right, row, " ");
            (void)printf("    %3zu  %-*.100s | %.100s\n", row + 1, CELL_WIDTH, a, b);
            free(a);
            free(b);
        }
    }
    return shown == 0;
}

/* "30 values hashing to 3c13dee48d9356ae19af2515e05e6b54": MD5 of every value and a line feed. */
static bool hash_matches(struct slt_runner *runner, const struct row_set *rows, const char *line)
{
    struct row_set answer;
    char *sql = NULL;
    size_t size;
    size_t i;
    bool matches;
    FILE *out = open_memstream(&sql, &size);
    (void)fprintf(out, "SELECT '%zu values hashing to ' || md5('", rows->rows * rows->columns);
    for (i = 0; i < rows->rows * rows->columns; i++) {
        const char *c;
        for (c = rows->cells[i]; *c != '\0'; c++) {
            (void)fprintf(out, *c == '\'' ? "''" : "%c", *c);
        }
        (void)fputc('\n', out);
    }
    (void)fprintf(out, "')");
    (void)fclose(out);
    peer_query(runner->layouts.of_many, sql, &answer);
    matches = answer.status == INLAY_OK && answer.rows == 1 && strcmp(answer.cells[0], line) == 0;
    row_set_free(&answer);
    free(sql);
    return matches;
}

/* A line of the block against a row: cells between tabs, or, in files of others, spaces. */
static bool line_is_row(const char *line, const struct row_set *rows, size_t row)
{
    size_t i;
    const char *at = line;
    bool equal = true;
    for (i = 0; i < rows->columns && equal; i++) {
        size_t length = i + 1 < rows->columns ? strcspn(at, "\t") : strlen(at);
        char *cell = strndup(at, length);
        equal = cell_equal(cell, rows->cells[row * rows->columns + i]);
        free(cell);
        at += length;
        equal = equal && (i + 1 == rows->columns || *at == '\t');
        at += *at == '\t';
    }
    if (!equal) {
        char *text = row_text(rows, row, " ");
        equal = strcmp(text, line) == 0;
        free(text);
    }
    return equal;
}

static bool values_match(const struct slt_record *record, const struct row_set *rows)
{
    size_t i;
    if (record->expected_count != rows->rows * rows->columns) {
        return false;
    }
    for (i = 0; i < record->expected_count; i++) {
        if (!cell_equal(record->expected[i], rows->cells[i])) {
            return false;
        }
    }
    return true;
}

static void show_block(const struct slt_record *record, const struct row_set *rows)
{
    size_t most = record->expected_count > rows->rows ? record->expected_count : rows->rows;
    size_t shown = 0;
    size_t row;
    (void)printf("    row  %-*s | found\n", CELL_WIDTH, "expected");
    for (row = 0; row < most && shown < SHOWN_ROWS; row++) {
        bool there = row < record->expected_count;
        if (!there || row >= rows->rows || !line_is_row(record->expected[row], rows, row)) {
            char *text = row_text(rows, row, "\t");
            (void)printf("    %3zu  %-*.100s | %.100s\n", row + 1, CELL_WIDTH,
                         there ? record->expected[row] : "(no row)", text);
            free(text);
            shown++;
        }
    }
}

bool slt_as_expected(struct slt_runner *runner, const struct slt_record *record,
                     const struct row_set *rows, bool report)
{
    bool equal = record->expected_count == rows->rows;
    char types[64] = "";
    size_t row;
    if (report && slt_word(record->head, 0, types, sizeof(types)) &&
        strlen(types) != rows->columns) {
        slt_fail(runner, record, "\"%s\" names %zu columns, the answer has %zu", types,
                 strlen(types), rows->columns);
        return false;
    }
    if (record->expected_count == 1 && strstr(record->expected[0], " values hashing to ") != NULL) {
        equal = hash_matches(runner, rows, record->expected[0]);
    } else {
        for (row = 0; row < rows->rows && equal; row++) {
            equal = line_is_row(record->expected[row], rows, row);
        }
        equal = equal || (rows->columns > 1 && values_match(record, rows));
    }
    if (!equal && report) {
        slt_fail(runner, record, "%zu rows expected, %zu found:", record->expected_count,
                 rows->rows);
        show_block(record, rows);
    }
    return equal;
}

static char *block_text(const struct row_set *rows)
{
    char *text = NULL;
    size_t size;
    size_t row;
    FILE *out = open_memstream(&text, &size);
    for (row = 0; row < rows->rows; row++) {
        char *line = row_text(rows, row, "\t");
        (void)fprintf(out, "%s\n", line);
        free(line);
    }
    (void)fclose(out);
    return text;
}

static char *types_text(const struct row_set *rows)
{
    char *text = calloc(rows->columns + 1, 1);
    size_t i;
    for (i = 0; text != NULL && i < rows->columns; i++) {
        char format = rows->formats[i][0];
        text[i] = strchr("cCsSiIlL", format) != NULL ? 'I' : strchr("fgd", format) ? 'R' : 'T';
    }
    return text;
}

static void run_query(struct slt_runner *runner, const struct slt_record *record, size_t number)
{
    struct layouts *layouts = &runner->layouts;
    enum slt_sort mode = slt_sort_mode(record);
    struct row_set many;
    struct row_set one;
    struct row_set peer = {0};
    struct row_set peer_one = {0};
    bool good;
    row_set_query(&many, layouts->many, record->body);
    row_set_query(&one, layouts->one, record->body);
    slt_sort_rows(&many, mode);
    slt_sort_rows(&one, mode);
    good = record->ids || slt_same(runner, record, "many superfiles", &many, "one", &one);
    if (good && !record->no_peer) {
        peer_query(layouts->of_many, record->body, &peer);
        slt_sort_rows(&peer, mode);
        good = slt_same(runner, record, "inlay", &many, "plain DuckDB", &peer);
    }
    if (good && record->ids) {
        peer_query(layouts->of_one, record->body, &peer_one);
        slt_sort_rows(&peer_one, mode);
        good = slt_same(runner, record, "inlay (one superfile)", &one, "plain DuckDB", &peer_one);
    }
    if (good && runner->written != NULL) {
        runner->types[number] = types_text(&many);
        runner->written[number] = record->ids ? NULL : block_text(&many);
    } else if (good && record->has_expected) {
        (void)slt_as_expected(runner, record, &many, true);
    } else if (good && !record->ids) {
        slt_fail(runner, record, "a query without an expected block");
    }
    runner->counts.statements++;
    runner->counts.without_peer += record->no_peer;
    row_set_free(&many);
    row_set_free(&one);
    row_set_free(&peer);
    row_set_free(&peer_one);
}

/* "statement error [status]" and the part of the sentence in the block. */
static void expect_refusal(struct slt_runner *runner, const struct slt_record *record,
                           const char *which, inlay_connection *connection, struct row_set *got)
{
    const char *wanted = record->head + strcspn(record->head, " ");
    struct row_set after;
    wanted += strspn(wanted, " ");
    row_set_query(got, connection, record->body);
    if (got->status == INLAY_OK) {
        slt_fail(runner, record, "%s ran it and gave %zu rows; an error was expected", which,
                 got->rows);
        return;
    }
    if (*wanted != '\0' && strcmp(wanted, inlay_status_name(got->status)) != 0) {
        slt_fail(runner, record, "%s: status \"%s\" expected, found \"%s\": %s", which, wanted,
                 inlay_status_name(got->status), got->message);
    } else if (*wanted == '\0' && got->status != INLAY_QUERY &&
               got->status != INLAY_INVALID_ARGUMENT) {
        slt_fail(runner, record, "%s: status query or invalid argument expected, found \"%s\": %s",
                 which, inlay_status_name(got->status), got->message);
    } else if (got->message[0] == '\0' || strchr(got->message, '\n') != NULL) {
        slt_fail(runner, record, "%s: not one line: \"%s\"", which, got->message);
    } else if (record->expected_count != 0 && strstr(got->message, record->expected[0]) == NULL) {
        slt_fail(runner, record, "%s: expected words: %s\n    found: %s", which,
                 record->expected[0], got->message);
    }
    row_set_query(&after, connection, "SELECT 40 + 2");
    if (after.status != INLAY_OK || after.rows != 1 || strcmp(after.cells[0], "42") != 0) {
        slt_fail(runner, record, "%s: the connection does not work afterwards: %s", which,
                 after.message);
    }
    row_set_free(&after);
}

static void run_statement(struct slt_runner *runner, const struct slt_record *record, size_t number)
{
    struct row_set many = {0};
    struct row_set one = {0};
    struct row_set peer = {0};
    char word[16] = "";
    (void)slt_word(record->head, 0, word, sizeof(word));
    if (!record->no_peer) {
        peer_query(runner->layouts.of_many, record->body, &peer);
    }
    if (strcmp(word, "error") == 0) {
        expect_refusal(runner, record, "many superfiles", runner->layouts.many, &many);
        expect_refusal(runner, record, "one superfile", runner->layouts.one, &one);
        if (!record->no_peer && peer.status == INLAY_OK) {
            slt_fail(runner, record, "plain DuckDB runs it (nopeer, if that is right)");
        }
        if (runner->written != NULL && !record->has_expected) {
            size_t size = strlen(many.message) + 2;
            runner->written[number] = malloc(size);
            (void)snprintf(runner->written[number], size, "%s\n", many.message);
        }
        runner->counts.errors++;
    } else if (strcmp(word, "ok") == 0) {
        row_set_query(&many, runner->layouts.many, record->body);
        row_set_query(&one, runner->layouts.one, record->body);
        if (many.status != INLAY_OK || one.status != INLAY_OK ||
            (!record->no_peer && peer.status != INLAY_OK)) {
            slt_fail(runner, record, "many superfiles: %s; one: %s; plain DuckDB: %s",
                     many.status == INLAY_OK ? "ok" : many.message,
                     one.status == INLAY_OK ? "ok" : one.message,
                     peer.status == INLAY_OK ? "ok" : peer.message);
        }
    } else {
        slt_fail(runner, record, "a statement is ok or error, not \"%s\"", word);
    }
    runner->counts.statements++;
    runner->counts.without_peer += record->no_peer;
    row_set_free(&many);
    row_set_free(&one);
    row_set_free(&peer);
}

void slt_run(struct slt_runner *runner, const struct slt_file *file)
{
    char message[1024];
    size_t i;
    for (i = 0; i < file->count; i++) {
        const struct slt_record *record = &file->records[i];
        if (record->skipped) {
            runner->counts.skipped += record->kind != SLT_HALT;
            continue;
        }
        switch (record->kind) {
        case SLT_TABLE:
            if (!layouts_table(&runner->layouts, record->head, record->body, NULL, message,
                               sizeof(message))) {
                slt_fail(runner, record, "%s", message);
                return;
            }
            break;
        case SLT_STATEMENT:
            run_statement(runner, record, i);
            break;
        case SLT_QUERY:
            run_query(runner, record, i);
            break;
        case SLT_HASH_THRESHOLD:
            runner->hash_threshold = strtoul(record->head, NULL, 10);
            break;
        case SLT_HALT:
            return;
        }
    }
}
