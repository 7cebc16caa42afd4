/* SPDX-License-Identifier: Apache-2.0 */
#include "query_vector.h"

#include "out/cell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ELEMENTS_MAX 65535

static bool is_between(char c)
{
    return c == ' ' || c == ',' || (c >= '\t' && c <= '\r');
}

/* Numbers between optional brackets, separated by commas or white space. */
static inlay_status parse_list(const char *text, struct query_vector *out, inlay_error *err)
{
    const char *at = text + strspn(text, " \t\r\n");
    bool bracket = *at == '[';
    at += bracket;
    for (;;) {
        while (is_between(*at)) {
            at++;
        }
        if (*at == '\0' || (bracket && *at == ']')) {
            break;
        }
        char *end = NULL;
        float value = strtof(at, &end);
        if (end == at) {
            return fail(err, INLAY_INVALID_ARGUMENT,
                        "the vector is no list of numbers: character %zu is \"%.12s\"",
                        (size_t)(at - text) + 1, at);
        }
        if (out->count == ELEMENTS_MAX) {
            return fail(err, INLAY_INVALID_ARGUMENT, "the vector has more than %d elements",
                        ELEMENTS_MAX);
        }
        out->items = resize_or_exit(out->items, out->count + 1, sizeof(*out->items));
        out->items[out->count++] = value;
        at = end;
    }
    if (bracket && *at == ']') {
        at++;
    } else if (bracket) {
        return fail(err, INLAY_INVALID_ARGUMENT, "the vector has no closing bracket");
    }
    if (at[strspn(at, " \t\r\n")] != '\0') {
        return fail(err, INLAY_INVALID_ARGUMENT, "something follows the vector: \"%.12s\"", at);
    }
    if (out->count == 0) {
        return fail(err, INLAY_INVALID_ARGUMENT, "the vector has no elements");
    }
    return INLAY_OK;
}

static inlay_status read_all(const char *path, struct text *out, inlay_error *err)
{
    bool standard_input = strcmp(path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(path, "r");
    char chunk[65536];
    size_t got;
    if (!file) {
        return fail(err, INLAY_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0) {
        text_add(out, chunk, got);
    }
    bool failed = ferror(file) != 0;
    if (!standard_input) {
        (void)fclose(file);
    }
    return failed ? fail(err, INLAY_IO, "%s cannot be read", path) : INLAY_OK;
}

inlay_status query_vector_parse(const char *text, struct query_vector *out, inlay_error *err)
{
    struct text content = {0};
    inlay_status status;
    *out = (struct query_vector){0};
    if (*text != '@' && strcmp(text, "-") != 0) {
        return parse_list(text, out, err);
    }
    status = read_all(*text == '@' ? text + 1 : text, &content, err);
    if (status == INLAY_OK) {
        status = parse_list(text_cstr(&content), out, err);
    }
    text_free(&content);
    return status;
}

struct found_cell {
    struct text value;
    bool found;
    bool null;
};

static void take_cell(void *context, const struct ArrowSchema *schema,
                      const struct ArrowArray *batch)
{
    struct found_cell *cell = context;
    if (batch->length > 0) {
        cell->found = true;
        cell->null = cell_is_null(schema->children[0], batch->children[0], batch->offset);
        cell_add_json(&cell->value, schema->children[0], batch->children[0], batch->offset);
    }
}

inlay_status query_vector_of_row(inlay_table *table, const char *column, const inlay_id *id,
                                 struct query_vector *out, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    struct found_cell cell = {0};
    *out = (struct query_vector){0};
    inlay_status status = inlay_table_get(table, id, 1, &column, 1, &stream, NULL, err);
    if (status == INLAY_OK) {
        status = read_stream(&stream, take_cell, &cell, err);
    }
    if (status == INLAY_OK && !cell.found) {
        status = fail(err, INLAY_NOT_FOUND, "--like: the table has no row with this _id");
    } else if (status == INLAY_OK && cell.null) {
        status = fail(err, INLAY_INVALID_ARGUMENT, "--like: this row has no vector in column %s",
                      column);
    } else if (status == INLAY_OK) {
        status = parse_list(text_cstr(&cell.value), out, err);
    }
    text_free(&cell.value);
    return status;
}

void query_vector_free(struct query_vector *vector)
{
    free(vector->items);
    *vector = (struct query_vector){0};
}
