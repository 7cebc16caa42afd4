/* SPDX-License-Identifier: Apache-2.0 */
#include "table_schema.h"

#include "out/cell.h"
#include "out/grid.h"
#include "out/json.h"
#include "out/type_name.h"

#include <stdlib.h>
#include <string.h>

/* The indexes of a table, as the library lists them. */
struct index_line {
    char *column;
    char *kind;
    char *detail;
};

struct index_list {
    struct index_line *lines;
    size_t count;
};

static char *copy_cell(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                       int64_t column, int64_t row)
{
    struct text value = {0};
    cell_add_text(&value, schema->children[column], batch->children[column], row + batch->offset,
                  SIZE_MAX);
    char *copy = copy_or_exit(text_cstr(&value));
    text_free(&value);
    return copy;
}

static void take_indexes(void *context, const struct ArrowSchema *schema,
                         const struct ArrowArray *batch)
{
    struct index_list *list = context;
    for (int64_t row = 0; row < batch->length; row++) {
        list->lines = resize_or_exit(list->lines, list->count + 1, sizeof(*list->lines));
        struct index_line *line = &list->lines[list->count++];
        line->column = copy_cell(schema, batch, 0, row);
        line->kind = copy_cell(schema, batch, 1, row);
        line->detail = copy_cell(schema, batch, 2, row);
    }
}

static inlay_status index_list_read(inlay_table *table, struct index_list *list, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    *list = (struct index_list){0};
    inlay_status status = inlay_table_indexes(table, &stream, err);
    return status == INLAY_OK ? read_stream(&stream, take_indexes, list, err) : status;
}

static void index_list_free(struct index_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->lines[i].column);
        free(list->lines[i].kind);
        free(list->lines[i].detail);
    }
    free(list->lines);
}

/* The first index of a kind, on that column unless it is NULL. */
static const struct index_line *find_index(const struct index_list *list, const char *kind,
                                           const char *column)
{
    for (size_t i = 0; i < list->count; i++) {
        if ((!kind || strcmp(list->lines[i].kind, kind) == 0) &&
            (!column || strcmp(list->lines[i].column, column) == 0)) {
            return &list->lines[i];
        }
    }
    return NULL;
}

struct column_line {
    const char *name;
    struct text type;
    bool nullable;
    struct text index; /* "text (standard)"; empty = none */
};

static void print_json(const struct column_line *line)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_string(&out, "column", line->name);
    json_member_string(&out, "type", text_cstr(&line->type));
    json_member_bool(&out, "nullable", line->nullable);
    json_member_string(&out, "index", line->index.length > 0 ? text_cstr(&line->index) : NULL);
    json_object_end(&out);
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

/* Types and index descriptions hold commas, but never quotes. */
static const char *quote(const char *value)
{
    return strchr(value, ',') ? "\"" : "";
}

static void print_line(enum output_mode mode, struct grid *grid, const struct column_line *line)
{
    const char *nullable = line->nullable ? "yes" : "no";
    const char *type = text_cstr(&line->type);
    const char *index = text_cstr(&line->index);
    if (mode == OUTPUT_JSON) {
        print_json(line);
    } else if (mode == OUTPUT_CSV) {
        printf("%s,%s%s%s,%s,%s%s%s\n", line->name, quote(type), type, quote(type), nullable,
               quote(index), index, quote(index));
    } else {
        grid_cell(grid, 0, line->name, strlen(line->name));
        grid_cell(grid, 1, type, line->type.length);
        grid_cell(grid, 2, nullable, strlen(nullable));
        grid_cell(grid, 3, index, strlen(index));
        grid_end_row(grid, stdout);
    }
}

static void print_lines(enum output_mode mode, const struct column_line *lines, size_t count)
{
    static const char *const names[] = {"column", "type", "nullable", "index"};
    struct printer printer;
    struct grid grid;
    printer_init(&printer, stdout, mode);
    grid_init(&grid, 4, printer.ansi);
    for (size_t i = 0; i < 4; i++) {
        grid_column_set(&grid, i, names[i], false);
    }
    for (size_t i = 0; i < count; i++) {
        grid_measure(&grid, 0, lines[i].name, strlen(lines[i].name));
        grid_measure(&grid, 1, text_cstr(&lines[i].type), lines[i].type.length);
        grid_measure(&grid, 3, text_cstr(&lines[i].index), lines[i].index.length);
    }
    if (mode <= OUTPUT_LINES) {
        grid_print_header(&grid, stdout);
    } else if (mode == OUTPUT_CSV) {
        puts("column,type,nullable,index");
    }
    for (size_t i = 0; i < count; i++) {
        print_line(mode, &grid, &lines[i]);
    }
    grid_free(&grid);
}

static void fill_line(struct column_line *line, const struct ArrowSchema *column,
                      const struct index_list *indexes)
{
    const struct index_line *index = find_index(indexes, NULL, column->name);
    line->name = column->name;
    type_name_add(&line->type, column);
    line->nullable = (column->flags & ARROW_FLAG_NULLABLE) != 0;
    if (index) {
        text_format(&line->index, "%s (%s)", index->kind, index->detail);
    }
}

inlay_status table_schema_print(const struct session *session, inlay_table *table, inlay_error *err)
{
    struct ArrowSchema schema = {0};
    struct index_list indexes = {0};
    inlay_status status = inlay_table_schema(table, &schema, err);
    if (status == INLAY_OK) {
        status = index_list_read(table, &indexes, err);
    }
    size_t count = status == INLAY_OK ? (size_t)schema.n_children : 0;
    struct column_line *lines = memory_or_exit(calloc(count + 1, sizeof(*lines)));
    for (size_t i = 0; i < count; i++) {
        fill_line(&lines[i], schema.children[i], &indexes);
    }
    if (status == INLAY_OK) {
        print_lines(session->mode, lines, count);
    }
    for (size_t i = 0; i < count; i++) {
        text_free(&lines[i].type);
        text_free(&lines[i].index);
    }
    free(lines);
    index_list_free(&indexes);
    if (schema.release) {
        schema.release(&schema);
    }
    return status;
}

/* The name as the schema has it, or NULL. */
static const char *schema_name(const struct ArrowSchema *schema, const struct index_line *index)
{
    int64_t at = index ? printer_column(schema, index->column) : -1;
    return at >= 0 ? schema->children[at]->name : NULL;
}

inlay_status table_schema_search_column(inlay_table *table, const struct ArrowSchema *schema,
                                        const char **column, inlay_error *err)
{
    static const char *const preferred[] = {"body", "text", "content", "message", NULL};
    struct index_list indexes;
    inlay_status status = index_list_read(table, &indexes, err);
    *column = NULL;
    for (size_t i = 0; status == INLAY_OK && !*column && i < 5; i++) {
        *column = schema_name(schema, find_index(&indexes, "text", preferred[i]));
    }
    if (status == INLAY_OK && !*column) {
        status = fail(err, INLAY_INVALID_ARGUMENT,
                      "no column of this table has a full-text index; make a table with one: inlay "
                      "create TABLE --column ... --text COLUMN");
    }
    index_list_free(&indexes);
    return status;
}

inlay_status vector_column_choose(inlay_table *table, const char *asked, struct vector_column *out,
                                  inlay_error *err)
{
    struct index_list indexes = {0};
    inlay_status status = INLAY_OK;
    *out = (struct vector_column){0};
    if (asked) {
        out->name = copy_or_exit(asked);
        return INLAY_OK;
    }
    status = index_list_read(table, &indexes, err);
    const struct index_line *index = find_index(&indexes, "vector", NULL);
    if (index) {
        out->name = copy_or_exit(index->column);
    } else if (status == INLAY_OK) {
        status = fail(err, INLAY_INVALID_ARGUMENT,
                      "no column of this table has a vector index; make a table with one: inlay "
                      "create TABLE --column NAME:float32[N] --vector NAME");
    }
    index_list_free(&indexes);
    return status;
}

void vector_column_free(struct vector_column *column)
{
    free(column->name);
    *column = (struct vector_column){0};
}
