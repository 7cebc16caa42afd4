/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/slt_file.h"

#include <ctype.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char *text;
    size_t number;
};

struct lines {
    struct line *items;
    size_t count;
};

static void *need(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        abort();
    }
    return memory;
}

static void lines_add(struct lines *lines, char *text, size_t number)
{
    if ((lines->count & (lines->count - 1)) == 0) {
        size_t capacity = lines->count != 0 ? 2 * lines->count : 1;
        lines->items = need(realloc(lines->items, capacity * sizeof(*lines->items)));
    }
    lines->items[lines->count].text = text;
    lines->items[lines->count].number = number;
    lines->count++;
}

static void lines_free(struct lines *lines)
{
    size_t i;
    for (i = 0; i < lines->count; i++) {
        free(lines->items[i].text);
    }
    free(lines->items);
    memset(lines, 0, sizeof(*lines));
}

static void set_error(struct slt_file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void set_error(struct slt_file *file, const char *format, ...)
{
    va_list arguments;
    size_t size;
    FILE *out;
    if (file->error != NULL) {
        return;
    }
    out = need(open_memstream(&file->error, &size));
    va_start(arguments, format);
    (void)vfprintf(out, format, arguments);
    va_end(arguments);
    (void)fclose(out);
}

bool slt_word(const char *head, size_t index, char *word, size_t size)
{
    for (;;) {
        size_t length;
        head += strspn(head, " \t");
        length = strcspn(head, " \t");
        if (length == 0) {
            return false;
        }
        if (index == 0) {
            (void)snprintf(word, size, "%.*s", (int)length, head);
            return true;
        }
        head += length;
        index--;
    }
}

static bool first_word(const char *line, const char *word)
{
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 && (line[length] == '\0' || line[length] == ' ');
}

/* The text with every ${name} replaced. */
static char *substitute(const char *text, const char *name, const char *value)
{
    char pattern[80];
    char *made = NULL;
    size_t size;
    FILE *out = need(open_memstream(&made, &size));
    const char *found;
    (void)snprintf(pattern, sizeof(pattern), "${%s}", name);
    while ((found = strstr(text, pattern)) != NULL) {
        (void)fprintf(out, "%.*s%s", (int)(found - text), text, value);
        text = found + strlen(pattern);
    }
    (void)fprintf(out, "%s", text);
    (void)fclose(out);
    return made;
}

static void expand(struct slt_file *file, const struct lines *in, size_t from, size_t to,
                   struct lines *out);

static void expand_once(struct slt_file *file, const struct lines *in, size_t from, size_t to,
                        const char *name, const char *value, struct lines *out)
{
    struct lines body = {0};
    size_t i;
    for (i = from; i < to; i++) {
        lines_add(&body, substitute(in->items[i].text, name, value), in->items[i].number);
    }
    expand(file, &body, 0, body.count, out);
    lines_free(&body);
}

/* "loop i 0 10" or "foreach name value value ...", whose lines are [from, to). */
static void expand_loop(struct slt_file *file, const struct lines *in, const char *head,
                        size_t from, size_t to, struct lines *out)
{
    char name[64];
    char word[256];
    size_t i;
    if (!slt_word(head, 1, name, sizeof(name))) {
        set_error(file, "line %zu: a loop without a variable", in->items[from - 1].number);
    } else if (first_word(head, "loop")) {
        char last[32];
        long value;
        if (!slt_word(head, 2, word, sizeof(word)) || !slt_word(head, 3, last, sizeof(last))) {
            set_error(file, "line %zu: loop needs first and last", in->items[from - 1].number);
            return;
        }
        for (value = strtol(word, NULL, 10); value < strtol(last, NULL, 10); value++) {
            (void)snprintf(word, sizeof(word), "%ld", value);
            expand_once(file, in, from, to, name, word, out);
        }
    } else {
        for (i = 2; slt_word(head, i, word, sizeof(word)); i++) {
            expand_once(file, in, from, to, name, word, out);
        }
    }
}

static void expand(struct slt_file *file, const struct lines *in, size_t from, size_t to,
                   struct lines *out)
{
    size_t i;
    for (i = from; i < to; i++) {
        const char *text = in->items[i].text;
        if (first_word(text, "loop") || first_word(text, "foreach")) {
            size_t depth = 1;
            size_t end;
            for (end = i + 1; end < to; end++) {
                const char *inner = in->items[end].text;
                depth += first_word(inner, "loop") || first_word(inner, "foreach");
                depth -= first_word(inner, "endloop");
                if (depth == 0) {
                    break;
                }
            }
            if (end == to) {
                set_error(file, "line %zu: a loop without endloop", in->items[i].number);
                return;
            }
            file->loops = true;
            expand_loop(file, in, text, i + 1, end, out);
            i = end;
        } else {
            lines_add(out, need(strdup(text)), in->items[i].number);
        }
    }
}

static void read_lines(struct slt_file *file, const char *path, size_t depth, struct lines *out);

static void include(struct slt_file *file, const char *path, const char *pattern, size_t depth,
                    struct lines *out)
{
    const char *slash = strrchr(path, '/');
    char full[4096];
    glob_t found;
    size_t i;
    (void)snprintf(full, sizeof(full), "%.*s/%s", slash != NULL ? (int)(slash - path) : 1,
                   slash != NULL ? path : ".", pattern);
    if (glob(full, 0, NULL, &found) != 0) {
        set_error(file, "nothing to include: %s", full);
        return;
    }
    file->loops = true;
    for (i = 0; i < found.gl_pathc; i++) {
        read_lines(file, found.gl_pathv[i], depth + 1, out);
    }
    globfree(&found);
}

static void read_lines(struct slt_file *file, const char *path, size_t depth, struct lines *out)
{
    FILE *in = depth < 8 ? fopen(path, "rb") : NULL;
    char *text = NULL;
    size_t capacity = 0;
    size_t number = 0;
    ssize_t length;
    if (in == NULL) {
        set_error(file, "%s cannot be read", path);
        return;
    }
    while ((length = getline(&text, &capacity, in)) >= 0) {
        while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r')) {
            text[--length] = '\0';
        }
        number++;
        if (first_word(text, "include")) {
            include(file, path, text + strlen("include") + strspn(text + 7, " "), depth, out);
        } else {
            lines_add(out, need(strdup(text)), number);
        }
    }
    free(text);
    (void)fclose(in);
}

struct flags {
    bool skipped;
    bool no_peer;
    bool ids;
};

static struct slt_record *add_record(struct slt_file *file, enum slt_kind kind, size_t line,
                                     const char *head, struct flags *flags)
{
    struct slt_record *record;
    file->records = need(realloc(file->records, (file->count + 1) * sizeof(*file->records)));
    record = &file->records[file->count++];
    memset(record, 0, sizeof(*record));
    record->kind = kind;
    record->line = line;
    head += strcspn(head, " ");
    head += strspn(head, " ");
    record->head = need(strdup(head));
    record->skipped = flags->skipped;
    record->no_peer = flags->no_peer;
    record->ids = flags->ids;
    memset(flags, 0, sizeof(*flags));
    return record;
}

/* The lines behind a head: the body up to an empty line or "----", then the expected block up to
 * an empty line. An error's block may hold empty lines: two of them end it. Returns the next
 * line. */
static size_t take_body(struct slt_record *record, const struct lines *lines, size_t at)
{
    size_t size;
    FILE *out = need(open_memstream(&record->body, &size));
    for (; at < lines->count && lines->items[at].text[0] != '\0' &&
           strcmp(lines->items[at].text, "----") != 0;
         at++) {
        (void)fprintf(out, "%s%s", ftell(out) > 0 ? "\n" : "", lines->items[at].text);
    }
    (void)fclose(out);
    if (record->kind != SLT_TABLE && at < lines->count &&
        strcmp(lines->items[at].text, "----") == 0) {
        record->has_expected = true;
        record->block_line = lines->items[at].number;
        for (at++; at < lines->count && lines->items[at].text[0] != '\0'; at++) {
            record->expected = need(realloc(record->expected, (record->expected_count + 1) *
                                                                  sizeof(*record->expected)));
            record->expected[record->expected_count++] = need(strdup(lines->items[at].text));
        }
    }
    record->end_line = at < lines->count ? lines->items[at].number
                       : at > 0          ? lines->items[at - 1].number + 1
                                         : 1;
    return at;
}

/* skipif, onlyif, nopeer and ids speak of the next record. */
static bool take_flag(const char *text, struct flags *flags)
{
    char word[32];
    if (first_word(text, "skipif") || first_word(text, "onlyif")) {
        bool names_us = slt_word(text, 1, word, sizeof(word)) &&
                        (strcmp(word, "inlay") == 0 || strcmp(word, "duckdb") == 0);
        flags->skipped |= names_us == first_word(text, "skipif");
    } else if (first_word(text, "nopeer")) {
        flags->no_peer = true;
    } else if (first_word(text, "ids")) {
        flags->ids = true;
    } else {
        return false;
    }
    return true;
}

static void parse(struct slt_file *file, const struct lines *lines)
{
    struct flags flags = {false, false, false};
    size_t at = 0;
    while (at < lines->count && file->error == NULL) {
        const char *text = lines->items[at].text;
        const size_t number = lines->items[at].number;
        at++;
        if (text[strspn(text, " \t")] == '\0' || text[0] == '#' || take_flag(text, &flags)) {
            continue;
        }
        if (first_word(text, "table")) {
            at = take_body(add_record(file, SLT_TABLE, number, text, &flags), lines, at);
        } else if (first_word(text, "statement")) {
            at = take_body(add_record(file, SLT_STATEMENT, number, text, &flags), lines, at);
        } else if (first_word(text, "query")) {
            at = take_body(add_record(file, SLT_QUERY, number, text, &flags), lines, at);
        } else if (first_word(text, "halt")) {
            (void)add_record(file, SLT_HALT, number, text, &flags);
            memset(&flags, 0, sizeof(flags));
        } else if (first_word(text, "hash-threshold")) {
            (void)add_record(file, SLT_HASH_THRESHOLD, number, text, &flags);
        } else {
            set_error(file, "line %zu: no such directive: %.60s", number, text);
        }
    }
}

void slt_file_read(const char *path, struct slt_file *out)
{
    struct lines raw = {0};
    struct lines lines = {0};
    memset(out, 0, sizeof(*out));
    read_lines(out, path, 0, &raw);
    expand(out, &raw, 0, raw.count, &lines);
    if (out->error == NULL) {
        parse(out, &lines);
    }
    lines_free(&raw);
    lines_free(&lines);
}

void slt_file_free(struct slt_file *file)
{
    size_t i;
    size_t line;
    for (i = 0; i < file->count; i++) {
        for (line = 0; line < file->records[i].expected_count; line++) {
            free(file->records[i].expected[line]);
        }
        free(file->records[i].expected);
        free(file->records[i].head);
        free(file->records[i].body);
    }
    free(file->records);
    free(file->error);
    memset(file, 0, sizeof(*file));
}
