/* SPDX-License-Identifier: Apache-2.0 */
/* Making the tree of bounds: conditions that no index answers are left out on the way. */
#include "table/predicate/row_bounds_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define VALUE_TOKENS_MAX 16 /* of one value; fewer of many */
#define LIST_TOKENS_MAX 4

struct maker {
    struct arena *arena;
    const struct typed_table *table;
    inlay_error *err;
};

static struct bound_node *node_new(struct maker *maker, enum bound_kind kind)
{
    struct bound_node *node = arena_zalloc(maker->arena, sizeof(*node));
    if (node != NULL) {
        node->kind = kind;
    }
    return node;
}

static inlay_status make_ids(struct maker *maker, const struct predicate *test,
                             struct bound_node **out)
{
    if (test->test != PREDICATE_EQ && test->test != PREDICATE_IN) {
        return INLAY_OK;
    }
    *out = node_new(maker, BOUND_IDS);
    if (*out == NULL) {
        return error_no_memory(maker->err);
    }
    (*out)->test = test;
    return INLAY_OK;
}

/* Words of each value. A value without any is in no posting list: then nothing is known. */
static inlay_status make_words(struct maker *maker, const struct predicate *test,
                               const struct typed_text_index *text,
                               struct analyzer_scratch *scratch, struct bound_node **out)
{
    const size_t most = test->value_count == 1 ? VALUE_TOKENS_MAX : LIST_TOKENS_MAX;
    struct bound_node *node = node_new(maker, BOUND_WORDS);
    size_t i;
    if (node == NULL) {
        return error_no_memory(maker->err);
    }
    node->text = text;
    node->words = arena_alloc_array(maker->arena, test->value_count, sizeof(*node->words));
    if (node->words == NULL) {
        return error_no_memory(maker->err);
    }
    for (i = 0; i < test->value_count; i++) {
        const struct stat_value *value = &test->values[i];
        struct token_list *list = &node->words[i];
        list->count = 0;
        if (value->kind == STAT_BYTES) {
            INLAY_TRY(text_bound_tokens(text->analyzer, scratch, value->as.bytes.data,
                                        value->as.bytes.length, most, maker->arena, list,
                                        maker->err));
        }
        if (list->count == 0) {
            return INLAY_OK;
        }
        node->word_count++;
    }
    *out = node;
    return INLAY_OK;
}

/* Both the words and the fragments, each where there are any. */
static inlay_status make_like(struct maker *maker, const struct predicate *test,
                              const struct typed_text_index *text, struct analyzer_scratch *scratch,
                              struct bound_node **out)
{
    struct bound_node *node = node_new(maker, BOUND_ALL_OF);
    struct like_bound *like = arena_alloc(maker->arena, sizeof(*like));
    if (node == NULL || like == NULL) {
        return error_no_memory(maker->err);
    }
    INLAY_TRY(like_bound_make(test, text->analyzer, scratch, maker->arena, like, maker->err));
    node->parts = arena_alloc_array(maker->arena, 2, sizeof(*node->parts));
    if (node->parts == NULL) {
        return error_no_memory(maker->err);
    }
    if (like->words.count != 0) {
        struct bound_node *words = node_new(maker, BOUND_WORDS);
        if (words == NULL) {
            return error_no_memory(maker->err);
        }
        words->text = text;
        words->words = &like->words;
        words->word_count = 1;
        node->parts[node->part_count++] = words;
    }
    if (like->walk.count != 0) {
        struct bound_node *fragments = node_new(maker, BOUND_FRAGMENTS);
        if (fragments == NULL) {
            return error_no_memory(maker->err);
        }
        fragments->text = text;
        fragments->walk = &like->walk;
        node->parts[node->part_count++] = fragments;
    }
    *out = node->part_count != 0 ? node : NULL;
    return INLAY_OK;
}

static inlay_status make_text(struct maker *maker, const struct predicate *test,
                              const struct typed_text_index *text, struct bound_node **out)
{
    struct analyzer_scratch *scratch = NULL;
    inlay_status status;
    if (test->test == PREDICATE_IN ? test->value_count > BOUND_VALUES_MAX
                                   : test->test != PREDICATE_EQ && test->test != PREDICATE_LIKE) {
        return INLAY_OK;
    }
    INLAY_TRY(analyzer_scratch_create(text->analyzer, &scratch, maker->err));
    status = test->test == PREDICATE_LIKE ? make_like(maker, test, text, scratch, out)
                                          : make_words(maker, test, text, scratch, out);
    analyzer_scratch_free(scratch);
    return status;
}

static inlay_status make_test(struct maker *maker, const struct predicate *test,
                              struct bound_node **out)
{
    const struct schema *schema = typed_table_file_schema(maker->table);
    const struct typed_text_index *text;
    if (test->column == 0) {
        return make_ids(maker, test, out);
    }
    text = typed_table_text(maker->table, schema->fields[test->column].name);
    return text != NULL ? make_text(maker, test, text, out) : INLAY_OK;
}

/* *out stays NULL when there is no bound. */
static inlay_status make_node(struct maker *maker, const struct predicate *predicate,
                              struct bound_node **out)
{
    const bool all = predicate->kind == PREDICATE_AND;
    struct bound_node *node;
    size_t i;
    if (predicate->kind == PREDICATE_TEST) {
        return make_test(maker, predicate, out);
    }
    node = node_new(maker, all ? BOUND_ALL_OF : BOUND_ANY_OF);
    if (node == NULL) {
        return error_no_memory(maker->err);
    }
    node->parts = arena_alloc_array(maker->arena, predicate->part_count, sizeof(*node->parts));
    if (node->parts == NULL) {
        return error_no_memory(maker->err);
    }
    for (i = 0; i < predicate->part_count; i++) {
        struct bound_node *part = NULL;
        INLAY_TRY(make_node(maker, predicate->parts[i], &part));
        if (part != NULL) {
            node->parts[node->part_count++] = part;
        } else if (!all) {
            return INLAY_OK;
        }
    }
    *out = all && node->part_count == 0 ? NULL : node;
    return INLAY_OK;
}

bool row_bounds_terms_are_texts(const struct typed_text_index *text)
{
    const struct analyzer_config *config = analyzer_config_of(text->analyzer);
    return config->kind == ANALYZER_KEYWORD && !config->ascii_folding &&
           config->stop_word_count == 0 && config->stemmer[0] == '\0';
}

/* The condition, if it is a LIKE that such an index decides. */
static const struct predicate *decided_like(const struct predicate *predicate,
                                            const struct typed_table *table)
{
    const struct field *fields = typed_table_file_schema(table)->fields;
    const struct typed_text_index *text =
        predicate->kind == PREDICATE_TEST && predicate->test == PREDICATE_LIKE
            ? typed_table_text(table, fields[predicate->column].name)
            : NULL;
    return text != NULL && !predicate->fold_case && row_bounds_terms_are_texts(text) ? predicate
                                                                                     : NULL;
}

inlay_status row_bounds_create(const struct predicate *predicate, const struct typed_table *table,
                               struct row_bounds **out, inlay_error *err)
{
    struct row_bounds *bounds = mem_zalloc(sizeof(*bounds));
    struct maker maker;
    inlay_status status;
    *out = NULL;
    if (bounds == NULL) {
        return error_no_memory(err);
    }
    arena_init(&bounds->arena, SIZE_MAX);
    maker.arena = &bounds->arena;
    maker.table = table;
    maker.err = err;
    bounds->like = decided_like(predicate, table);
    status = make_node(&maker, predicate, &bounds->root);
    if (status != INLAY_OK || bounds->root == NULL) {
        row_bounds_free(bounds);
        return status;
    }
    *out = bounds;
    return INLAY_OK;
}

void row_bounds_free(struct row_bounds *bounds)
{
    if (bounds != NULL) {
        arena_free(&bounds->arena);
        mem_free(bounds);
    }
}
