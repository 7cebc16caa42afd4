/* SPDX-License-Identifier: Apache-2.0 */
/* Any boolean tree, row at a time: every node can be asked for its first match from a row on. */
#include "text/query/search_priv.h"

#include "text/query/phrase.h"

#include "base/error.h"

struct tree_node {
    const struct plan_node *plan;
    uint32_t row; /* the present match; CURSOR_END: no more */
    struct posting_cursor *cursor;
    struct phrase_matcher *phrase;
    struct term_scorer scorer;
    struct tree_node *parts[3];
    size_t part_count[3];
};

struct tree {
    struct execution *e;
    uint32_t segment;
    struct arena arena;
    inlay_status status;
};

static void *take(struct tree *tree, size_t count, size_t size)
{
    void *memory = arena_zalloc_array(&tree->arena, count, size);
    if (memory == NULL && tree->status == INLAY_OK) {
        tree->status = error_no_memory(tree->e->err);
    }
    return memory;
}

static void fail(struct tree *tree, inlay_status status)
{
    if (tree->status == INLAY_OK) {
        tree->status = status;
    }
}

static void build_leaf(struct tree *tree, struct tree_node *node)
{
    struct execution *e = tree->e;
    const struct plan_node *plan = node->plan;
    const struct posting_list *lists = e->lists[tree->segment].lists;
    double idf = 0;
    uint32_t i;
    if (plan->kind == PLAN_TERM) {
        node->cursor = take(tree, 1, sizeof(*node->cursor));
        if (node->cursor != NULL) {
            cursor_init(node->cursor, &lists[plan->term], e->err);
            fail(tree, node->cursor->status);
        }
        idf = e->df != NULL ? score_idf(e->statistics.documents, e->df[plan->term]) : 0;
    } else {
        fail(tree, phrase_matcher_create(plan, lists, &tree->arena, &node->phrase, e->err));
        for (i = 0; i < plan->term_count; i++) {
            idf += score_idf(e->statistics.documents, e->df[plan->terms[i]]);
        }
    }
    term_scorer_init(&node->scorer, &e->norms, plan->boost * idf, &tree->arena);
}

static void build(struct tree *tree, const struct plan_node *plan, struct tree_node *node)
{
    size_t occur;
    size_t i;
    node->plan = plan;
    if (plan->kind != PLAN_GROUP) {
        build_leaf(tree, node);
        return;
    }
    for (occur = 0; occur < 3 && tree->status == INLAY_OK; occur++) {
        node->part_count[occur] = plan->part_count[occur];
        node->parts[occur] = take(tree, plan->part_count[occur], sizeof(struct tree_node));
        for (i = 0; i < plan->part_count[occur] && tree->status == INLAY_OK; i++) {
            build(tree, plan->parts[occur][i], &node->parts[occur][i]);
        }
    }
}

static void release(struct tree_node *node)
{
    size_t occur;
    size_t i;
    phrase_matcher_free(node->phrase);
    for (occur = 0; occur < 3; occur++) {
        for (i = 0; node->parts[occur] != NULL && i < node->part_count[occur]; i++) {
            release(&node->parts[occur][i]);
        }
    }
}

static uint32_t seek(struct tree *tree, struct tree_node *node, uint32_t target);

/* The first row from `target` on that all must parts have. */
static uint32_t seek_all(struct tree *tree, struct tree_node *node, uint32_t target)
{
    size_t agreed = 0;
    size_t i = 0;
    while (agreed < node->part_count[TEXT_MUST] && target != CURSOR_END) {
        uint32_t row = seek(tree, &node->parts[TEXT_MUST][i], target);
        agreed = row == target ? agreed + 1 : 1;
        target = row;
        i = i + 1 < node->part_count[TEXT_MUST] ? i + 1 : 0;
    }
    return target;
}

static uint32_t seek_any(struct tree *tree, struct tree_node *node, uint32_t target)
{
    uint32_t least = CURSOR_END;
    size_t i;
    for (i = 0; i < node->part_count[TEXT_SHOULD]; i++) {
        uint32_t row = seek(tree, &node->parts[TEXT_SHOULD][i], target);
        least = row < least ? row : least;
    }
    return least;
}

static bool excluded(struct tree *tree, struct tree_node *node, uint32_t row)
{
    size_t i;
    for (i = 0; i < node->part_count[TEXT_MUST_NOT]; i++) {
        if (seek(tree, &node->parts[TEXT_MUST_NOT][i], row) == row) {
            return true;
        }
    }
    return false;
}

static uint32_t seek_group(struct tree *tree, struct tree_node *node, uint32_t target)
{
    for (;;) {
        uint32_t row = node->part_count[TEXT_MUST] != 0 ? seek_all(tree, node, target)
                                                        : seek_any(tree, node, target);
        if (row == CURSOR_END || !excluded(tree, node, row)) {
            return row;
        }
        target = row + 1;
    }
}

/* Never steps back: asked for a row before the present match, it stays. */
static uint32_t seek(struct tree *tree, struct tree_node *node, uint32_t target)
{
    if (tree->status != INLAY_OK) {
        return CURSOR_END;
    }
    if (node->plan->kind == PLAN_TERM) {
        node->row = cursor_seek(node->cursor, target);
        fail(tree, node->cursor->status);
    } else if (node->plan->kind == PLAN_PHRASE) {
        node->row = phrase_matcher_seek(node->phrase, target);
        fail(tree, phrase_matcher_status(node->phrase));
    } else if (node->row < target || node->row == 0) {
        node->row = seek_group(tree, node, target);
    }
    return node->row;
}

static uint64_t score(struct tree *tree, struct tree_node *node)
{
    uint64_t sum = 0;
    size_t i;
    uint32_t row = node->row;
    if (node->plan->kind == PLAN_TERM) {
        return term_score(&node->scorer, cursor_tf(node->cursor), cursor_code(node->cursor));
    }
    if (node->plan->kind == PLAN_PHRASE) {
        return term_score(&node->scorer, phrase_matcher_frequency(node->phrase),
                          phrase_matcher_code(node->phrase));
    }
    for (i = 0; i < node->part_count[TEXT_MUST]; i++) {
        sum += score(tree, &node->parts[TEXT_MUST][i]);
    }
    for (i = 0; i < node->part_count[TEXT_SHOULD]; i++) {
        struct tree_node *part = &node->parts[TEXT_SHOULD][i];
        if (seek(tree, part, row) == row) {
            sum += score(tree, part);
        }
    }
    return sum;
}

static inlay_status tree_open(struct execution *e, uint32_t segment, struct tree *tree,
                              struct tree_node *root)
{
    *tree = (struct tree){e, segment, {0}, INLAY_OK};
    *root = (struct tree_node){0};
    arena_init(&tree->arena, SIZE_MAX);
    build(tree, e->plan.root, root);
    return tree->status;
}

static inlay_status tree_close(struct tree *tree, struct tree_node *root)
{
    release(root);
    arena_free(&tree->arena);
    return tree->status;
}

inlay_status search_tree(struct execution *e, uint32_t segment)
{
    struct tree tree;
    struct tree_node root;
    uint32_t row = 0;
    unsigned steps = 0;
    if (tree_open(e, segment, &tree, &root) == INLAY_OK) {
        for (row = seek(&tree, &root, 0); row != CURSOR_END; row = seek(&tree, &root, row + 1)) {
            if (segment_is_live(&e->segments[segment], row)) {
                topk_offer(&e->top, row, score(&tree, &root));
            }
            if (++steps % CANCEL_INTERVAL == 0) {
                fail(&tree, search_check(e));
            }
        }
    }
    return tree_close(&tree, &root);
}

inlay_status match_tree(struct execution *e, uint32_t segment,
                        void (*visit)(void *context, uint32_t row), void *context)
{
    struct tree tree;
    struct tree_node root;
    uint32_t row;
    if (tree_open(e, segment, &tree, &root) == INLAY_OK) {
        for (row = seek(&tree, &root, 0); row != CURSOR_END; row = seek(&tree, &root, row + 1)) {
            if (segment_is_live(&e->segments[segment], row)) {
                visit(context, row);
            }
        }
    }
    return tree_close(&tree, &root);
}
