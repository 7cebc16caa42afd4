/* SPDX-License-Identifier: Apache-2.0 */
#include "table/pruning.h"

#include "text/format/filter.h"

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

static bool value_keeps(enum prune_op op, const struct entry_column *stat,
                        const struct stat_value *value)
{
    bool min_known;
    bool max_known;
    int min = against(&stat->min, value, &min_known);
    int max = against(&stat->max, value, &max_known);
    switch (op) {
    case PRUNE_EQ:
        return !(min_known && min > 0) && !(max_known && max < 0);
    case PRUNE_NE: /* dropped when every value is this one */
        return stat->may_have_nan || !(min_known && max_known && min >= 0 && max <= 0);
    case PRUNE_LT:
        return !(min_known && min >= 0);
    case PRUNE_LE:
        return !(min_known && min > 0);
    case PRUNE_GT:
        return stat->may_have_nan || !(max_known && max <= 0);
    case PRUNE_GE:
        return stat->may_have_nan || !(max_known && max < 0);
    case PRUNE_STARTS_WITH:
        return range_has_prefix(&stat->min, &stat->max, value);
    default:
        return true;
    }
}

static bool in_keeps(const struct prune_leaf *leaf, const struct entry_column *stat)
{
    for (size_t i = 0; i < leaf->count; i++) {
        if (value_keeps(PRUNE_EQ, stat, &leaf->values[i])) {
            return true;
        }
    }
    return false;
}

static bool column_keeps(const struct prune_leaf *leaf, const struct manifest_entry *entry)
{
    const struct entry_column *stat = manifest_entry_column(entry, leaf->column);
    if (stat == NULL) {
        return !(leaf->op == PRUNE_IN && leaf->count == 0);
    }
    if (leaf->op == PRUNE_IS_NULL) {
        return !stat->nulls_known || stat->null_count > 0;
    }
    if (stat->nulls_known && stat->null_count == entry->rows) {
        return false;
    }
    if (leaf->op == PRUNE_IN) {
        return in_keeps(leaf, stat);
    }
    return leaf->op == PRUNE_NOT_NULL || leaf->count == 0 ||
           value_keeps(leaf->op, stat, &leaf->values[0]);
}

static bool id_inside(struct id128 low, struct id128 high, const struct manifest_entry *entry)
{
    return id_compare(high, entry->id_min) >= 0 && id_compare(low, entry->id_max) <= 0;
}

static bool ids_keep(const struct prune_leaf *leaf, const struct manifest_entry *entry)
{
    if (leaf->op == PRUNE_ID_RANGE) {
        return id_inside(leaf->ids[0], leaf->ids[1], entry);
    }
    for (size_t i = 0; i < leaf->count; i++) {
        if (id_inside(leaf->ids[i], leaf->ids[i], entry)) {
            return true;
        }
    }
    return false;
}

static void term_bounds(const struct entry_text *text, struct stat_bound *min,
                        struct stat_bound *max)
{
    min->state = text->terms_known ? BOUND_EXACT : BOUND_UNKNOWN;
    min->value = stat_bytes(text->min_term, text->min_term_length);
    max->state = min->state;
    max->value = stat_bytes(text->max_term, text->max_term_length);
}

static bool has_no_terms(const struct entry_text *text)
{
    return text->terms_known && text->min_term_length == 0 && text->max_term_length == 0;
}

static bool term_may_exist(const struct entry_text *text, const struct stat_value *term)
{
    struct stat_bound min;
    struct stat_bound max;
    bool known;
    if (term->kind != STAT_BYTES) {
        return true;
    }
    term_bounds(text, &min, &max);
    if ((against(&min, term, &known) > 0 && known) || (against(&max, term, &known) < 0 && known)) {
        return false;
    }
    return text->filter.place != BLOB_INLINE ||
           filter_may_contain(text->filter.data, (size_t)text->filter.length,
                              filter_hash(term->as.bytes.data, term->as.bytes.length));
}

static bool terms_keep(const struct prune_leaf *leaf, const struct manifest_entry *entry)
{
    const struct entry_text *text =
        (entry->loaded & ENTRY_HAS_TEXTS) != 0 ? manifest_entry_text(entry, leaf->column) : NULL;
    size_t possible = 0;
    if (text == NULL) {
        return !(leaf->op == PRUNE_ANY_TERM && leaf->count == 0);
    }
    if (leaf->op == PRUNE_TERM_PREFIX) {
        struct stat_bound min;
        struct stat_bound max;
        term_bounds(text, &min, &max);
        return leaf->count == 0 ||
               (!has_no_terms(text) && range_has_prefix(&min, &max, &leaf->values[0]));
    }
    for (size_t i = 0; i < leaf->count; i++) {
        possible += !has_no_terms(text) && term_may_exist(text, &leaf->values[i]);
    }
    return leaf->op == PRUNE_ANY_TERM ? possible > 0 : possible == leaf->count;
}

static bool leaf_keeps(const struct prune_leaf *leaf, const struct manifest_entry *entry)
{
    switch (leaf->op) {
    case PRUNE_ID_IN:
    case PRUNE_ID_RANGE:
        return ids_keep(leaf, entry);
    case PRUNE_ALL_TERMS:
    case PRUNE_ANY_TERM:
    case PRUNE_TERM_PREFIX:
        return terms_keep(leaf, entry);
    default:
        return column_keeps(leaf, entry);
    }
}

bool prune_keeps(const struct prune *prune, const struct manifest_entry *entry)
{
    if (entry->rows > 0 && entry->tombstones.deleted == entry->rows) {
        return false;
    }
    for (size_t i = 0; i < prune->count; i++) {
        if (!leaf_keeps(&prune->leaves[i], entry)) {
            return false;
        }
    }
    return true;
}

bool prune_needs_texts(const struct prune *prune)
{
    for (size_t i = 0; i < prune->count; i++) {
        if (prune->leaves[i].op >= PRUNE_ALL_TERMS) {
            return true;
        }
    }
    return false;
}
