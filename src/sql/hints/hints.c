/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row of a table takes part in the result of the SELECTs around it only as long as their
 * conditions hold of it. They are gathered from the inside out: the ON of the joins above the
 * table, the WHERE of its SELECT, then, where the SELECT hands its rows on one by one, those of the
 * SELECT around it. Above the side of an outer join that may be filled up with nulls, a condition
 * counts only if it is not true of nulls: a row that is left out becomes nulls there.
 */
#include "sql/hints/hints.h"

#include "base/error.h"
#include "sql/hints/hints_priv.h"

#include <string.h>

#define GATHERED_MAX 64

struct gathered {
    struct hint_reader *reader;
    const struct predicate *parts[GATHERED_MAX];
    size_t count;
    bool nullable; /* nulls may stand for the row */
};

static void gather(struct gathered *gathered, const struct hint_select *select,
                   const struct json *expression)
{
    const struct predicate *part = hint_condition(gathered->reader, select, expression);
    if (part != NULL && gathered->count < GATHERED_MAX &&
        !(gathered->nullable && hint_holds_of_nulls(part))) {
        gathered->parts[gathered->count++] = part;
    }
}

static bool is_one_of(const char *text, const char *const *choices)
{
    for (; *choices != NULL; choices++) {
        if (strcmp(text, *choices) == 0) {
            return true;
        }
    }
    return false;
}

/* The ON of a join. False: what is above does not concern the rows on this side. */
static bool gather_join(struct gathered *gathered, const struct hint_select *select,
                        const struct hint_join *join, bool on_right)
{
    static const char *const plain[] = {"REGULAR", "NATURAL", "CROSS", NULL};
    static const char *const outer[] = {"LEFT", "RIGHT", "FULL", "OUTER", NULL};
    const char *type = tree_member(join->node, "join_type");
    const char *reference = tree_member(join->node, "ref_type");
    const struct json *condition = json_find(join->node, "condition");
    if (strcmp(reference, "ASOF") == 0) {
        /* Each left row finds its neighbour: the other side must be whole. */
        return !on_right && (strcmp(type, "INNER") == 0 || strcmp(type, "LEFT") == 0);
    }
    if (!is_one_of(reference, plain)) {
        return false;
    }
    if (strcmp(type, "INNER") == 0) {
        gather(gathered, select, condition);
        return true;
    }
    if (strcmp(type, "SEMI") == 0 || strcmp(type, "ANTI") == 0) {
        if (on_right || strcmp(type, "SEMI") == 0) {
            gather(gathered, select, condition);
        }
        return !on_right;
    }
    if (!is_one_of(type, outer)) {
        return false;
    }
    if (strcmp(type, on_right ? "LEFT" : "RIGHT") == 0) {
        gather(gathered, select, condition);
    }
    gathered->nullable |= strcmp(type, on_right ? "RIGHT" : "LEFT") != 0;
    return true;
}

/* Everything that one reference asks of the rows of its table. */
static const struct predicate *of_reference(struct hint_reader *reader,
                                            const struct hint_item *table)
{
    struct gathered gathered = {.reader = reader};
    const struct hint_item *item = table;
    bool on = !table->blind;
    reader->target = table;
    while (on && item != NULL) {
        const struct hint_select *select = item->select;
        const struct hint_join *join = item->join;
        bool on_right = item->on_right;
        on = !item->sampled;
        while (on && join != NULL) {
            on = gather_join(&gathered, select, join, on_right);
            on_right = join->on_right;
            join = join->up;
        }
        if (!on || json_has(select->node, "sample")) {
            break;
        }
        gather(&gathered, select, json_find(select->node, "where_clause"));
        if (item == table && gathered.count < GATHERED_MAX) {
            gathered.parts[gathered.count++] = hint_top(reader, select);
        }
        item = select->transparent ? select->owner : NULL;
    }
    return hint_and(reader, gathered.parts, gathered.count);
}

/* A relation's rows are wanted where any of its references wants them. */
static const struct predicate *of_relation(struct hint_reader *reader,
                                           const struct relation *relation)
{
    const struct predicate *parts[GATHERED_MAX];
    const struct hint_item *table;
    size_t count = 0;
    for (table = reader->tables; table != NULL; table = table->next_table) {
        if (table->relation == relation) {
            if (count == GATHERED_MAX) {
                return NULL;
            }
            parts[count] = of_reference(reader, table);
            if (parts[count++] == NULL) {
                return NULL;
            }
        }
    }
    return hint_or(reader, parts, count);
}

static bool is_first_reference(const struct hint_reader *reader, const struct hint_item *table)
{
    const struct hint_item *other = reader->tables;
    while (other != table && other->relation != table->relation) {
        other = other->next_table;
    }
    return other == table;
}

inlay_status hints_set(struct statement *statement, const struct sql_tree *tree,
                       const struct sql_parameter *parameters, size_t count, inlay_error *err)
{
    struct arena scratch;
    struct hint_reader reader = {.statement = statement,
                                 .arena = &scratch,
                                 .kept = &statement->arena,
                                 .tree = tree,
                                 .parameters = parameters,
                                 .parameter_count = count};
    const struct hint_item *table;
    arena_init(&scratch, SIZE_MAX);
    hint_scope_build(&reader);
    for (table = reader.tables; table != NULL && !reader.refused && !reader.no_memory;
         table = table->next_table) {
        const struct predicate *predicate;
        if (!is_first_reference(&reader, table)) {
            continue;
        }
        predicate = of_relation(&reader, table->relation);
        if (predicate != NULL && !reader.no_memory) {
            reader.no_memory = !statement_set_hint(statement, table->relation, predicate);
        }
        if (hint_is_exact(&reader, predicate)) {
            statement_set_exact(statement, table->relation);
        }
        hint_first_rows(&reader);
        hint_guess(&reader, predicate);
    }
    arena_free(&scratch);
    return reader.no_memory ? error_no_memory(err) : INLAY_OK;
}
