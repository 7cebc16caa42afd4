/* SPDX-License-Identifier: Apache-2.0 */
#include "table/pruning.h"

#include "table/predicate/predicate_stats.h"
#include "text/format/filter.h"

#include <string.h>

struct entry_context {
    const struct manifest_entry *entry;
    const struct schema *schema;
};

static bool entry_facts(void *context, uint32_t column, struct entry_column *out)
{
    const struct entry_context *c = context;
    const struct entry_column *stat;
    if (column == 0) {
        predicate_id_column(c->entry->id_min, c->entry->id_max, out);
        return true;
    }
    stat = manifest_entry_column(c->entry, c->schema->fields[column].name);
    if (stat != NULL) {
        *out = *stat;
    }
    return stat != NULL;
}

static bool predicate_may_hold(const struct prune *prune, const struct manifest_entry *entry)
{
    struct entry_context context = {entry, prune->schema};
    const struct predicate_facts facts = {entry_facts, &context, entry->rows};
    return predicate_keeps(prune->predicate, &facts);
}

static bool has_no_terms(const struct entry_text *text)
{
    return text->terms_known && text->min_term_length == 0 && text->max_term_length == 0;
}

/* Can one of the column's terms, taken as values, satisfy the test? */
static bool terms_may_hold(const struct entry_text *text, enum predicate_test op,
                           const struct stat_value *value)
{
    const struct predicate test = {
        .test = op, .values = value, .value_count = 1, .anchored_start = true};
    struct entry_column terms;
    memset(&terms, 0, sizeof(terms));
    terms.kind = STAT_BYTES;
    terms.min.state = text->terms_known ? BOUND_EXACT : BOUND_UNKNOWN;
    terms.min.value = stat_bytes(text->min_term, text->min_term_length);
    terms.max.state = terms.min.state;
    terms.max.value = stat_bytes(text->max_term, text->max_term_length);
    return !has_no_terms(text) && predicate_test_keeps(&test, &terms, 1);
}

static bool term_may_exist(const struct entry_text *text, const struct stat_value *term)
{
    return terms_may_hold(text, PREDICATE_EQ, term) &&
           (term->kind != STAT_BYTES || text->filter.place != BLOB_INLINE ||
            filter_may_contain(text->filter.data, (size_t)text->filter.length,
                               filter_hash(term->as.bytes.data, term->as.bytes.length)));
}

static bool terms_keep(const struct prune_terms *leaf, const struct manifest_entry *entry)
{
    const struct entry_text *text =
        (entry->loaded & ENTRY_HAS_TEXTS) != 0 ? manifest_entry_text(entry, leaf->column) : NULL;
    size_t possible = 0;
    if (text == NULL) {
        return !(leaf->op == PRUNE_ANY_TERM && leaf->count == 0);
    }
    if (leaf->op == PRUNE_TERM_PREFIX) {
        return leaf->count == 0 || terms_may_hold(text, PREDICATE_LIKE, &leaf->values[0]);
    }
    for (size_t i = 0; i < leaf->count; i++) {
        possible += term_may_exist(text, &leaf->values[i]);
    }
    return leaf->op == PRUNE_ANY_TERM ? possible > 0 : possible == leaf->count;
}

bool prune_keeps(const struct prune *prune, const struct manifest_entry *entry)
{
    if (entry->rows > 0 && entry->tombstones.deleted == entry->rows) {
        return false;
    }
    if (prune->predicate != NULL && !predicate_may_hold(prune, entry)) {
        return false;
    }
    for (size_t i = 0; i < prune->count; i++) {
        if (!terms_keep(&prune->terms[i], entry)) {
            return false;
        }
    }
    return true;
}

bool prune_needs_texts(const struct prune *prune)
{
    return prune->count != 0;
}
