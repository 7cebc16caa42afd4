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

/* Few rows have one of many texts: what the engine looks at again is little. */
static bool names_few_rows(const struct hint_reader *reader, const struct predicate *predicate)
{
    struct relation *relation = reader->tables->relation;
    const bool texts = predicate->value_count != 0 && predicate->values[0].kind == STAT_BYTES;
    const struct text_values *values = NULL;
    size_t i;
    if (predicate->kind == PREDICATE_AND) {
        for (i = 0; i < predicate->part_count; i++) {
            if (names_few_rows(reader, predicate->parts[i])) {
                return true;
            }
        }
    }
    return predicate->kind == PREDICATE_TEST && texts && relation->ops->text_index != NULL &&
           relation->ops->text_index(relation, predicate->column) &&
           (predicate->test == PREDICATE_EQ || predicate->test == PREDICATE_IN ||
            predicate->test == PREDICATE_LIKE) &&
           (statement_text_values(reader->statement, relation, predicate->column, &values, NULL) !=
                INLAY_OK ||
            values == NULL);
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
