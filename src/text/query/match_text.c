/* SPDX-License-Identifier: Apache-2.0 */
#include "text/text_match.h"

#include "base/alloc.h"
#include "base/error.h"
#include "text/query/phrase.h"

#include <stdlib.h>
#include <string.h>

/* The tokens of a text sorted by their bytes, then by position. */
struct token_table {
    const struct token *tokens; /* as they stand in the text; of the scratch */
    size_t count;
    const struct token **sorted; /* owned */
    uint32_t *positions;         /* owned; of `sorted` */
};

static int compare_bytes(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int by_bytes(const void *a, const void *b)
{
    const struct token *x = *(const struct token *const *)a;
    const struct token *y = *(const struct token *const *)b;
    int order = compare_bytes(x->bytes, x->length, y->bytes, y->length);
    return order != 0 ? order : (x->position > y->position) - (x->position < y->position);
}

static void table_free(struct token_table *table)
{
    mem_free(table->sorted);
    mem_free(table->positions);
}

static inlay_status table_make(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const char *text, size_t length, struct token_table *table,
                               inlay_error *err)
{
    size_t i;
    memset(table, 0, sizeof(*table));
    INLAY_TRY(analyzer_run(analyzer, scratch, text, length, &table->tokens, &table->count, err));
    table->sorted = mem_alloc_array(table->count, sizeof(struct token *));
    table->positions = mem_alloc_array(table->count, sizeof(*table->positions));
    if (table->sorted == NULL || table->positions == NULL) {
        table_free(table);
        return error_no_memory(err);
    }
    for (i = 0; i < table->count; i++) {
        table->sorted[i] = &table->tokens[i];
    }
    if (table->count != 0) {
        qsort(table->sorted, table->count, sizeof(struct token *), by_bytes);
    }
    for (i = 0; i < table->count; i++) {
        table->positions[i] = table->sorted[i]->position;
    }
    return INLAY_OK;
}

/* Where the term's tokens begin in the order; *count of them. */
static size_t find(const struct token_table *table, const uint8_t *text, uint32_t length,
                   size_t *count)
{
    size_t low = 0;
    size_t left = table->count;
    size_t end;
    while (left > 0) {
        size_t half = left / 2;
        const struct token *token = table->sorted[low + half];
        if (compare_bytes(token->bytes, token->length, text, length) < 0) {
            low += half + 1;
            left -= half + 1;
        } else {
            left = half;
        }
    }
    for (end = low; end < table->count; end++) {
        const struct token *token = table->sorted[end];
        if (token->length != length || memcmp(token->bytes, text, length) != 0) {
            break;
        }
    }
    *count = end - low;
    return low;
}

static inlay_status phrase_matches(const struct text_node *phrase, const struct token_table *table,
                                   bool *matches, inlay_error *err)
{
    struct phrase_slot *slots = mem_zalloc_array(phrase->term_count, sizeof(*slots));
    uint32_t i;
    uint32_t j;
    *matches = slots != NULL;
    if (slots == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < phrase->term_count && *matches; i++) {
        const struct text_phrase_term *term = &phrase->terms[i];
        size_t count;
        size_t first = find(table, term->text, term->length, &count);
        slots[i].offset = term->offset;
        slots[i].positions = table->positions + first;
        slots[i].count = (uint32_t)count;
        slots[i].same = i;
        for (j = i; j-- > 0;) {
            if (slots[j].positions == slots[i].positions) {
                slots[i].same = j;
                break;
            }
        }
        *matches = count != 0;
    }
    *matches = *matches && phrase_frequency(slots, phrase->term_count, phrase->slop) != 0;
    mem_free(slots);
    return INLAY_OK;
}

static inlay_status node_matches(const struct text_node *node, const struct token_table *table,
                                 bool *matches, inlay_error *err);

static inlay_status group_matches(const struct text_node *group, const struct token_table *table,
                                  bool *matches, inlay_error *err)
{
    const struct text_node *part;
    bool has_must = false;
    bool should = false;
    *matches = false;
    for (part = group->first; part != NULL; part = part->next) {
        bool one = false;
        has_must |= part->occur == TEXT_MUST;
        INLAY_TRY(node_matches(part, table, &one, err));
        if ((part->occur == TEXT_MUST && !one) || (part->occur == TEXT_MUST_NOT && one)) {
            return INLAY_OK;
        }
        should |= part->occur == TEXT_SHOULD && one;
    }
    *matches = has_must || should;
    return INLAY_OK;
}

static inlay_status node_matches(const struct text_node *node, const struct token_table *table,
                                 bool *matches, inlay_error *err)
{
    size_t count;
    switch (node->kind) {
    case TEXT_NODE_TERM:
        (void)find(table, node->text, node->length, &count);
        *matches = count != 0;
        break;
    case TEXT_NODE_PHRASE:
        return phrase_matches(node, table, matches, err);
    case TEXT_NODE_GROUP:
        return group_matches(node, table, matches, err); /* at most QUERY_MAX_DEPTH deep */
    }
    return INLAY_OK;
}

inlay_status text_query_matches(const struct text_query *query, const struct analyzer *analyzer,
                                struct analyzer_scratch *scratch, const char *text, size_t length,
                                bool *matches, inlay_error *err)
{
    struct token_table table;
    inlay_status status;
    *matches = false;
    if (query->root == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(table_make(analyzer, scratch, text, length, &table, err));
    status = node_matches(query->root, &table, matches, err);
    table_free(&table);
    return status;
}

/* ---- the words of a query ---- */

static void node_terms(const struct text_node *node,
                       void (*each)(void *context, const uint8_t *text, uint32_t length),
                       void *context)
{
    const struct text_node *part;
    uint32_t i;
    switch (node->kind) {
    case TEXT_NODE_TERM:
        each(context, node->text, node->length);
        break;
    case TEXT_NODE_PHRASE:
        for (i = 0; i < node->term_count; i++) {
            each(context, node->terms[i].text, node->terms[i].length);
        }
        break;
    case TEXT_NODE_GROUP:
        for (part = node->first; part != NULL; part = part->next) {
            if (part->occur != TEXT_MUST_NOT) {
                node_terms(part, each, context);
            }
        }
        break;
    }
}

void text_query_terms(const struct text_query *query,
                      void (*each)(void *context, const uint8_t *text, uint32_t length),
                      void *context)
{
    if (query->root != NULL) {
        node_terms(query->root, each, context);
    }
}

struct marking {
    const struct token_table *table;
    bool *marked; /* by number of the token in the text */
};

static void mark_term(void *context, const uint8_t *text, uint32_t length)
{
    struct marking *marking = context;
    size_t count;
    size_t first = find(marking->table, text, length, &count);
    size_t i;
    for (i = first; i < first + count; i++) {
        marking->marked[marking->table->sorted[i] - marking->table->tokens] = true;
    }
}

static void put_marked(const struct token_table *table, const bool *marked, const char *text,
                       size_t length, const char *open_tag, const char *close_tag,
                       struct buffer *out)
{
    size_t at = 0;
    size_t i = 0;
    while (i < table->count) {
        size_t start = table->tokens[i].start;
        size_t end = table->tokens[i].end;
        if (!marked[i++]) {
            continue;
        }
        for (; i < table->count && table->tokens[i].start < end; i++) {
            if (marked[i] && table->tokens[i].end > end) {
                end = table->tokens[i].end;
            }
        }
        start = start > at ? start : at;
        end = end > start ? end : start;
        buffer_append(out, text + at, start - at);
        buffer_append(out, open_tag, strlen(open_tag));
        buffer_append(out, text + start, end - start);
        buffer_append(out, close_tag, strlen(close_tag));
        at = end;
    }
    buffer_append(out, text + at, length - at);
}

inlay_status text_query_mark(const struct text_query *query, const struct analyzer *analyzer,
                             struct analyzer_scratch *scratch, const char *text, size_t length,
                             const char *open_tag, const char *close_tag, struct buffer *out,
                             inlay_error *err)
{
    struct token_table table;
    struct marking marking = {&table, NULL};
    inlay_status status = INLAY_OK;
    INLAY_TRY(table_make(analyzer, scratch, text, length, &table, err));
    marking.marked = mem_zalloc_array(table.count, sizeof(*marking.marked));
    if (marking.marked == NULL) {
        status = error_no_memory(err);
    } else {
        text_query_terms(query, mark_term, &marking);
        put_marked(&table, marking.marked, text, length, open_tag, close_tag, out);
        status = buffer_status(out, err);
    }
    mem_free(marking.marked);
    table_free(&table);
    return status;
}
