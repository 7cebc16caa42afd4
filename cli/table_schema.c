/* SPDX-License-Identifier: Apache-2.0 */
#include "table_schema.h"

#include "out/grid.h"
#include "out/json.h"
#include "out/type_name.h"

#include <stdlib.h>
#include <string.h>

static bool is_text(const struct ArrowSchema *column)
{
    const char *f = column->dictionary ? column->dictionary->format : column->format;
    return strcmp(f, "u") == 0 || strcmp(f, "U") == 0 || strcmp(f, "vu") == 0;
}

/* Whether a column has a text index: the library says so when asked to count. */
static bool is_searchable(inlay_table *table, const char *column)
{
    uint64_t count;
    inlay_error err;
    inlay_error_init(&err);
    return inlay_bm25_count(table, column, "inlay", NULL, &count, NULL, &err) == INLAY_OK;
}

struct column_line {
    const char *name;
    struct text type;
    bool nullable;
    bool text_index;
};

static void print_json(const struct column_line *line)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_string(&out, "column", line->name);
    json_member_string(&out, "type", text_cstr(&line->type));
    json_member_bool(&out, "nullable", line->nullable);
    json_member_bool(&out, "text_index", line->text_index);
    json_object_end(&out);
    printf("%s\n", text_cstr(&out));
    text_free(&out);
}

static void print_line(enum output_mode mode, struct grid *grid, const struct column_line *line)
{
    const char *nullable = line->nullable ? "yes" : "no";
    const char *indexed = line->text_index ? "yes" : "no";
    const char *type = text_cstr(&line->type);
    if (mode == OUTPUT_JSON) {
        print_json(line);
    } else if (mode == OUTPUT_CSV) {
        printf(strchr(type, ',') ? "%s,\"%s\",%s,%s\n" : "%s,%s,%s,%s\n", line->name, type,
               nullable, indexed);
    } else {
        grid_cell(grid, 0, line->name, strlen(line->name));
        grid_cell(grid, 1, type, line->type.length);
        grid_cell(grid, 2, nullable, strlen(nullable));
        grid_cell(grid, 3, indexed, strlen(indexed));
        grid_end_row(grid, stdout);
    }
}

static void print_lines(enum output_mode mode, const struct column_line *lines, size_t count)
{
    static const char *const names[] = {"column", "type", "nullable", "text index"};
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
    }
    if (mode <= OUTPUT_LINES) {
        grid_print_header(&grid, stdout);
    } else if (mode == OUTPUT_CSV) {
        puts("column,type,nullable,text_index");
    }
    for (size_t i = 0; i < count; i++) {
        print_line(mode, &grid, &lines[i]);
    }
    grid_free(&grid);
}

inlay_status table_schema_print(const struct session *session, inlay_table *table, inlay_error *err)
{
    struct ArrowSchema schema = {0};
    inlay_status status = inlay_table_schema(table, &schema, err);
    if (status != INLAY_OK) {
        return status;
    }
    size_t count = (size_t)schema.n_children;
    struct column_line *lines = memory_or_exit(calloc(count + 1, sizeof(*lines)));
    for (size_t i = 0; i < count; i++) {
        const struct ArrowSchema *column = schema.children[i];
        lines[i].name = column->name;
        type_name_add(&lines[i].type, column);
        lines[i].nullable = (column->flags & ARROW_FLAG_NULLABLE) != 0;
        lines[i].text_index = is_text(column) && is_searchable(table, column->name);
    }
    print_lines(session->mode, lines, count);
    for (size_t i = 0; i < count; i++) {
        text_free(&lines[i].type);
    }
    free(lines);
    schema.release(&schema);
    return INLAY_OK;
}

inlay_status table_schema_search_column(inlay_table *table, const struct ArrowSchema *schema,
                                        const char **column, inlay_error *err)
{
    static const char *const preferred[] = {"body", "text", "content", "message"};
    for (size_t i = 0; i < sizeof(preferred) / sizeof(preferred[0]); i++) {
        int64_t at = printer_column(schema, preferred[i]);
        if (at >= 0 && is_text(schema->children[at]) && is_searchable(table, preferred[i])) {
            *column = schema->children[at]->name;
            return INLAY_OK;
        }
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (is_text(schema->children[i]) && is_searchable(table, schema->children[i]->name)) {
            *column = schema->children[i]->name;
            return INLAY_OK;
        }
    }
    return fail(
        err, INLAY_INVALID_ARGUMENT,
        "no column of this table has a full-text index; make a table with one: inlay create "
        "TABLE --column ... --text COLUMN");
}
