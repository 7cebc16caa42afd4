/* SPDX-License-Identifier: Apache-2.0 */
#include "table_schema.h"

#include "out/grid.h"
#include "out/json.h"
#include "out/type_name.h"

#include <string.h>

static void print_json(FILE *file, const char *name, const char *type, bool nullable)
{
    struct text out = {0};
    json_object_begin(&out);
    json_member_string(&out, "column", name);
    json_member_string(&out, "type", type);
    json_member_bool(&out, "nullable", nullable);
    json_object_end(&out);
    fprintf(file, "%s\n", text_cstr(&out));
    text_free(&out);
}

static void print_row(FILE *file, enum output_mode mode, struct grid *grid, const char *name,
                      const char *type, bool nullable)
{
    const char *nulls = nullable ? "yes" : "no";
    if (mode == OUTPUT_JSON) {
        print_json(file, name, type, nullable);
    } else if (mode == OUTPUT_CSV) {
        fprintf(file, strchr(type, ',') ? "%s,\"%s\",%s\n" : "%s,%s,%s\n", name, type, nulls);
    } else {
        grid_cell(grid, 0, name, strlen(name));
        grid_cell(grid, 1, type, strlen(type));
        grid_cell(grid, 2, nulls, strlen(nulls));
        grid_end_row(grid, file);
    }
}

void table_schema_print(FILE *file, enum output_mode mode, const struct ArrowSchema *schema)
{
    struct printer printer;
    struct grid grid;
    struct text type = {0};
    printer_init(&printer, file, mode);
    grid_init(&grid, 3, printer.ansi);
    grid_column_set(&grid, 0, "column", false);
    grid_column_set(&grid, 1, "type", false);
    grid_column_set(&grid, 2, "nullable", false);
    for (int64_t i = 0; i < schema->n_children; i++) {
        text_clear(&type);
        type_name_add(&type, schema->children[i]);
        grid_measure(&grid, 0, schema->children[i]->name, strlen(schema->children[i]->name));
        grid_measure(&grid, 1, text_cstr(&type), type.length);
    }
    if (mode <= OUTPUT_LINES) {
        grid_print_header(&grid, file);
    } else if (mode == OUTPUT_CSV) {
        fputs("column,type,nullable\n", file);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *column = schema->children[i];
        text_clear(&type);
        type_name_add(&type, column);
        print_row(file, mode, &grid, column->name, text_cstr(&type),
                  (column->flags & ARROW_FLAG_NULLABLE) != 0);
    }
    grid_free(&grid);
    text_free(&type);
}

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
