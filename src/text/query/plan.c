/* SPDX-License-Identifier: Apache-2.0 */
#include "text/query/plan.h"

#include "base/error.h"
#include "base/hash.h"

#include <string.h>

struct compiler {
    struct arena *arena;
    struct plan *plan;
    uint32_t *slots; /* term number + 1 by hash, open addressing */
    size_t slot_count;
    inlay_status status;
    inlay_error *err;
};

static void *take(struct compiler *c, size_t count, size_t size)
{
    void *memory = arena_zalloc_array(c->arena, count, size);
    if (memory == NULL && c->status == INLAY_OK) {
        c->status = error_no_memory(c->err);
    }
    return memory;
}

/* Leaves and depth, before anything is allocated or recursed into. */
static size_t measure(struct compiler *c, const struct text_node *node, unsigned depth)
{
    const struct text_node *part;
    size_t terms = 0;
    if (depth > QUERY_MAX_DEPTH) {
        c->status = error_set(c->err, INLAY_INVALID_ARGUMENT, "a query nests deeper than %d groups",
                              QUERY_MAX_DEPTH);
        return 0;
    }
    if (node->kind != TEXT_NODE_GROUP) {
        return node->kind == TEXT_NODE_TERM ? 1 : node->term_count;
    }
    for (part = node->first; part != NULL && c->status == INLAY_OK; part = part->next) {
        terms += measure(c, part, depth + 1);
    }
    return terms;
}

static uint32_t term_number(struct compiler *c, const uint8_t *text, uint32_t length)
{
    size_t at = (size_t)hash_xxh3_64(text, length) & (c->slot_count - 1);
    struct plan *plan = c->plan;
    for (; c->slots[at] != 0; at = (at + 1) & (c->slot_count - 1)) {
        const struct dictionary_key *key = &plan->keys[c->slots[at] - 1];
        if (key->length == length && memcmp(key->text, text, length) == 0) {
            return c->slots[at] - 1;
        }
    }
    plan->keys[plan->term_count] = (struct dictionary_key){text, length};
    c->slots[at] = (uint32_t)++plan->term_count;
    return c->slots[at] - 1;
}

static struct plan_node *compile_phrase(struct compiler *c, const struct text_node *node,
                                        double boost)
{
    struct plan_node *made = take(c, 1, sizeof(*made));
    uint32_t *terms = take(c, node->term_count, sizeof(*terms));
    uint32_t *offsets = take(c, node->term_count, sizeof(*offsets));
    uint32_t i;
    if (made == NULL || terms == NULL || offsets == NULL) {
        return NULL;
    }
    for (i = 0; i < node->term_count; i++) {
        terms[i] = term_number(c, node->terms[i].text, node->terms[i].length);
        offsets[i] = node->terms[i].offset;
        c->plan->positions[terms[i]] = true;
    }
    made->kind = PLAN_PHRASE;
    made->boost = boost;
    made->terms = terms;
    made->offsets = offsets;
    made->term_count = node->term_count;
    made->slop = node->slop;
    c->plan->has_phrase = true;
    return made;
}

static struct plan_node *compile(struct compiler *c, const struct text_node *node, double boost);

/* True when `part` only repeats what its group says: should within should, must within must. */
static bool melts(const struct text_node *part, enum text_occur occur)
{
    const struct text_node *inner;
    if (part->kind != TEXT_NODE_GROUP || part->first == NULL || occur == TEXT_MUST_NOT) {
        return false;
    }
    for (inner = part->first; inner != NULL; inner = inner->next) {
        if (inner->occur != occur) {
            return false;
        }
    }
    return true;
}

static size_t count_parts(const struct text_node *group, enum text_occur occur)
{
    const struct text_node *part;
    size_t count = 0;
    for (part = group->first; part != NULL; part = part->next) {
        if (part->occur == occur) {
            count += melts(part, occur) ? count_parts(part, occur) : 1;
        }
    }
    return count;
}

/* Equal terms of a group add their boosts. */
static struct plan_node *find_equal(const struct plan_node *group, enum text_occur occur,
                                    uint32_t term)
{
    size_t i;
    for (i = 0; i < group->part_count[occur]; i++) {
        struct plan_node *part = group->parts[occur][i];
        if (part->kind == PLAN_TERM && part->term == term) {
            return part;
        }
    }
    return NULL;
}

static void collect_parts(struct compiler *c, const struct text_node *group, enum text_occur occur,
                          double boost, struct plan_node *into)
{
    const struct text_node *part;
    for (part = group->first; part != NULL && c->status == INLAY_OK; part = part->next) {
        size_t known = c->plan->term_count;
        struct plan_node *made;
        struct plan_node *equal;
        if (part->occur != occur) {
            continue;
        }
        if (melts(part, occur)) {
            collect_parts(c, part, occur, boost * part->boost, into);
            continue;
        }
        made = compile(c, part, boost);
        if (made == NULL) {
            continue;
        }
        /* A term that is new to the query has no equal: long lists of terms cost no squares. */
        equal = made->kind == PLAN_TERM && made->term < known ? find_equal(into, occur, made->term)
                                                              : NULL;
        if (equal != NULL) {
            equal->boost += made->boost;
        } else {
            into->parts[occur][into->part_count[occur]++] = made;
        }
    }
}

static struct plan_node *compile_group(struct compiler *c, const struct text_node *node,
                                       double boost)
{
    struct plan_node *made = take(c, 1, sizeof(*made));
    size_t occur;
    if (made == NULL) {
        return NULL;
    }
    made->kind = PLAN_GROUP;
    for (occur = 0; occur < 3; occur++) {
        size_t count = count_parts(node, (enum text_occur)occur);
        made->parts[occur] = take(c, count, sizeof(struct plan_node *));
        if (made->parts[occur] == NULL) {
            return NULL;
        }
        collect_parts(c, node, (enum text_occur)occur, boost, made);
    }
    if (made->part_count[TEXT_MUST_NOT] == 0 &&
        made->part_count[TEXT_MUST] + made->part_count[TEXT_SHOULD] == 1) {
        return made->part_count[TEXT_MUST] != 0 ? made->parts[TEXT_MUST][0]
                                                : made->parts[TEXT_SHOULD][0];
    }
    return made;
}

static struct plan_node *compile(struct compiler *c, const struct text_node *node, double boost)
{
    struct plan_node *made;
    boost *= node->boost;
    if (node->kind == TEXT_NODE_GROUP) {
        return compile_group(c, node, boost);
    }
    if (node->kind == TEXT_NODE_PHRASE) {
        return compile_phrase(c, node, boost);
    }
    made = take(c, 1, sizeof(*made));
    if (made != NULL) {
        made->kind = PLAN_TERM;
        made->boost = boost;
        made->term = term_number(c, node->text, node->length);
    }
    return made;
}

static bool all_terms(const struct plan_node *group, enum text_occur occur)
{
    size_t i;
    for (i = 0; i < group->part_count[occur]; i++) {
        if (group->parts[occur][i]->kind != PLAN_TERM) {
            return false;
        }
    }
    return true;
}

static enum plan_shape shape_of(const struct plan_node *root)
{
    const size_t *count;
    if (root == NULL) {
        return SHAPE_NOTHING;
    }
    if (root->kind == PLAN_TERM) {
        return SHAPE_TERM;
    }
    count = root->part_count;
    if (root->kind == PLAN_GROUP && count[TEXT_MUST] == 0 && count[TEXT_SHOULD] == 0) {
        return SHAPE_NOTHING;
    }
    if (root->kind == PLAN_GROUP && count[TEXT_MUST_NOT] == 0) {
        if (count[TEXT_MUST] == 0 && all_terms(root, TEXT_SHOULD)) {
            return SHAPE_UNION;
        }
        if (count[TEXT_SHOULD] == 0 && all_terms(root, TEXT_MUST)) {
            return SHAPE_INTERSECTION;
        }
    }
    return SHAPE_TREE;
}

inlay_status plan_compile(const struct text_query *query, struct arena *arena, struct plan *plan,
                          inlay_error *err)
{
    struct compiler c = {arena, plan, NULL, 16, INLAY_OK, err};
    size_t terms;
    memset(plan, 0, sizeof(*plan));
    if (query->root == NULL) {
        return INLAY_OK;
    }
    terms = measure(&c, query->root, 1);
    INLAY_TRY(c.status);
    while (c.slot_count < terms * 2) {
        c.slot_count *= 2;
    }
    c.slots = take(&c, c.slot_count, sizeof(*c.slots));
    plan->keys = take(&c, terms, sizeof(*plan->keys));
    plan->positions = take(&c, terms, sizeof(*plan->positions));
    INLAY_TRY(c.status);
    plan->root = compile(&c, query->root, 1);
    plan->shape = shape_of(plan->root);
    return c.status;
}
