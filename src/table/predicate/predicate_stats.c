/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/predicate_stats.h"

#include <string.h>

/* -1, 0, 1 as the bound is below, at or above the value; *known = false when that cannot be said.
 */
static int against(const struct stat_bound *bound, const struct stat_value *value, bool *known)
{
    *known = bound->state != BOUND_UNKNOWN && stat_comparable(&bound->value, value);
    if (!*known) {
        return 0;
    }
    int order = stat_compare(&bound->value, value);
    return order < 0 ? -1 : order > 0;
}

static bool bytes_start_with(const struct stat_value *value, const struct stat_value *prefix)
{
    return value->as.bytes.length >= prefix->as.bytes.length &&
           (prefix->as.bytes.length == 0 ||
            memcmp(value->as.bytes.data, prefix->as.bytes.data, prefix->as.bytes.length) == 0);
}

/* Can a string in [min, max] start with the prefix? */
static bool range_has_prefix(const struct stat_bound *min, const struct stat_bound *max,
                             const struct stat_value *prefix)
{
    bool known;
    if (prefix->kind != STAT_BYTES) {
        return true;
    }
    if (against(max, prefix, &known) < 0 && known) {
        return false;
    }
    return !(against(min, prefix, &known) > 0 && known && !bytes_start_with(&min->value, prefix));
}

static bool value_keeps(enum predicate_test op, const struct entry_column *stat,
                        const struct stat_value *value)
{
    bool min_known;
    bool max_known;
    int min = against(&stat->min, value, &min_known);
    int max = against(&stat->max, value, &max_known);
    switch (op) {
    case PREDICATE_EQ:
        return !(min_known && min > 0) && !(max_known && max < 0);
    case PREDICATE_NE: /* dropped when every value is this one */
        return stat->may_have_nan || !(min_known && max_known && min >= 0 && max <= 0);
    case PREDICATE_LT:
        return !(min_known && min >= 0);
    case PREDICATE_LE:
        return !(min_known && min > 0);
    case PREDICATE_GT:
        return stat->may_have_nan || !(max_known && max <= 0);
    case PREDICATE_GE:
        return stat->may_have_nan || !(max_known && max < 0);
    default:
        return true;
    }
}

static bool any_value_keeps(const struct predicate *test, const struct entry_column *stat)
{
    size_t i;
    for (i = 0; i < test->value_count; i++) {
        if (value_keeps(PREDICATE_EQ, stat, &test->values[i])) {
            return true;
        }
    }
    return false;
}

bool predicate_test_keeps(const struct predicate *test, const struct entry_column *column,
                          uint64_t rows)
{
    if (test->test == PREDICATE_IS_NULL) {
        return !column->nulls_known || column->null_count > 0;
    }
    if (column->nulls_known && column->null_count == rows) {
        return false;
    }
    switch (test->test) {
    case PREDICATE_NOT_NULL:
        return true;
    case PREDICATE_IN:
        return any_value_keeps(test, column);
    case PREDICATE_LIKE:
        return !test->anchored_start || test->fold_case || test->value_count == 0 ||
               range_has_prefix(&column->min, &column->max, &test->values[0]);
    default:
        return test->value_count == 0 || value_keeps(test->test, column, &test->values[0]);
    }
}

static bool test_keeps(const struct predicate *test, const struct predicate_facts *facts)
{
    struct entry_column column;
    if (facts->column(facts->context, test->column, &column)) {
        return predicate_test_keeps(test, &column, facts->rows);
    }
    return !(test->test == PREDICATE_IN && test->value_count == 0);
}

bool predicate_keeps(const struct predicate *predicate, const struct predicate_facts *facts)
{
    bool all = predicate->kind == PREDICATE_AND;
    size_t i;
    if (predicate->kind == PREDICATE_TEST) {
        return test_keeps(predicate, facts);
    }
    for (i = 0; i < predicate->part_count; i++) {
        if (predicate_keeps(predicate->parts[i], facts) != all) {
            return !all;
        }
    }
    return all;
}

struct stat_value predicate_id_value(struct id128 id)
{
    return stat_int128((int64_t)id.hi, id.lo);
}

bool predicate_value_id(const struct stat_value *value, struct id128 *out)
{
    if (value->kind != STAT_INT128 || value->as.wide.hi < 0) {
        return false;
    }
    out->hi = (uint64_t)value->as.wide.hi;
    out->lo = value->as.wide.lo;
    return true;
}

void predicate_id_column(struct id128 first, struct id128 last, struct entry_column *out)
{
    memset(out, 0, sizeof(*out));
    out->kind = STAT_INT128;
    out->nulls_known = true;
    out->min.state = BOUND_EXACT;
    out->min.value = predicate_id_value(first);
    out->max.state = BOUND_EXACT;
    out->max.value = predicate_id_value(last);
    if (first.hi > INT64_MAX || last.hi > INT64_MAX) { /* no decimal: not ours */
        out->min.state = BOUND_UNKNOWN;
        out->max.state = BOUND_UNKNOWN;
    }
}
