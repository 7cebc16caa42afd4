/* SPDX-License-Identifier: Apache-2.0 */
#include "shown_columns.h"

#include <stdlib.h>
#include <string.h>

static bool is_vector(const struct ArrowSchema *column)
{
    return strncmp(column->format, "+w:", 3) == 0;
}

static void choose_all_but_vectors(const struct ArrowSchema *schema, struct shown_columns *out)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (!is_vector(schema->children[i])) {
            out->chosen[out->count++] = schema->children[i]->name;
        }
    }
}

/* No choice means all columns. */
static void choose_for_people(const struct ArrowSchema *schema, struct shown_columns *out)
{
    static const char *const names[] = {"title", "path", "passage"};
    for (size_t i = 0; i < 3; i++) {
        int64_t at = printer_column(schema, names[i]);
        if (at >= 0 && (i < 2 || out->count > 0)) {
            out->chosen[out->count++] = schema->children[at]->name;
        }
    }
    for (int64_t i = 0; out->count == 0 && i < schema->n_children; i++) {
        if (is_vector(schema->children[i])) {
            choose_all_but_vectors(schema, out);
        }
    }
}

void shown_columns_choose(const struct session *session, const struct option_value *option,
                          const struct ArrowSchema *schema, struct shown_columns *out)
{
    *out = (struct shown_columns){0};
    column_list_parse(option, &out->asked);
    if (out->asked.names) {
        out->names = out->asked.names;
        out->count = out->asked.count;
    } else if (session->mode == OUTPUT_TABLE) {
        out->chosen = memory_or_exit(calloc((size_t)schema->n_children + 3, sizeof(*out->chosen)));
        choose_for_people(schema, out);
        out->names = out->count > 0 ? out->chosen : NULL;
    }
}

void shown_columns_free(struct shown_columns *columns)
{
    column_list_free(&columns->asked);
    free(columns->chosen);
    *columns = (struct shown_columns){0};
}
