/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions that the scan of a table decides alone; see sql/exact_where.h. */
#include "sql/hints/hints_priv.h"

/* Is a predicate the whole WHERE of the statement, and can scans of its only table do without the
 * engine's looking again? */
static bool is_whole(const struct hint_reader *reader, const struct predicate *predicate)
{
    const struct hint_item *item = hint_only_table(reader);
    const struct relation_ops *ops = item != NULL ? item->relation->ops : NULL;
    return predicate != NULL && !reader->vague && ops != NULL && ops->decides != NULL &&
           json_has(item->select->node, "where_clause") && ops->decides(item->relation, predicate);
}

/* Does an index name the rows with a text, of many, so that the engine looks at few again? Not
 * where it decides a LIKE: the column need not be read then. */
static bool index_names_rows(const struct hint_reader *reader, const struct predicate *test)
{
    struct relation *relation = reader->tables->relation;
    const struct text_values *values = NULL;
    enum relation_text_index index = RELATION_NOT_INDEXED;
    const bool like = test->test == PREDICATE_LIKE;
    if (test->value_count == 0 || test->values[0].kind != STAT_BYTES ||
        (test->test != PREDICATE_EQ && test->test != PREDICATE_IN && !like)) {
        return false;
    }
    if (relation->ops->text_index != NULL) {
        index = relation->ops->text_index(relation, test->column);
    }
    return index != RELATION_NOT_INDEXED && !(like && index == RELATION_INDEXED_WHOLE) &&
           (statement_text_values(reader->statement, relation, test->column, &values, NULL) !=
                INLAY_OK ||
            values == NULL);
}

static bool names_few_rows(const struct hint_reader *reader, const struct predicate *predicate)
{
    size_t i;
    if (predicate->kind == PREDICATE_TEST) {
        return index_names_rows(reader, predicate);
    }
    for (i = 0; predicate->kind == PREDICATE_AND && i < predicate->part_count; i++) {
        if (names_few_rows(reader, predicate->parts[i])) {
            return true;
        }
    }
    return false;
}

/* Are so many rows read that to prepare the statement once more is worth it? */
static bool reads_much(const struct hint_reader *reader, const struct predicate *predicate)
{
    const uint64_t least = reader->statement->engine->exact_rows;
    struct relation *relation = reader->tables->relation;
    uint64_t left = 0;
    if (relation->ops->row_count(relation) < least) {
        return false;
    }
    return relation->ops->rows_left == NULL ||
           (relation->ops->rows_left(relation, predicate, least, &left, NULL) == INLAY_OK &&
            left >= least);
}

bool hint_is_exact(const struct hint_reader *reader, const struct predicate *predicate)
{
    return is_whole(reader, predicate) && !names_few_rows(reader, predicate) &&
           reads_much(reader, predicate);
}
