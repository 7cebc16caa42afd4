/* SPDX-License-Identifier: Apache-2.0 */
#include "text/text_query.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

inlay_status text_query_create(struct text_query **out, inlay_error *err)
{
    *out = mem_zalloc(sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    arena_init(&(*out)->arena, SIZE_MAX);
    return INLAY_OK;
}

void text_query_free(struct text_query *query)
{
    if (query != NULL) {
        arena_free(&query->arena);
        mem_free(query);
    }
}

static double clamp_boost(double boost)
{
    if (!(boost >= 0)) {
        return boost < 0 ? 0 : 1; /* not a number: no boost */
    }
    return boost < QUERY_MAX_BOOST ? boost : QUERY_MAX_BOOST;
}

static struct text_node *new_node(struct text_query *query, enum text_node_kind kind, double boost)
{
    struct text_node *node = arena_zalloc(&query->arena, sizeof(*node));
    if (node != NULL) {
        node->kind = kind;
        node->boost = clamp_boost(boost);
    }
    return node;
}

struct text_node *text_query_term(struct text_query *query, const void *text, uint32_t length,
                                  double boost)
{
    struct text_node *node = new_node(query, TEXT_NODE_TERM, boost);
    if (node == NULL) {
        return NULL;
    }
    node->text = arena_dup(&query->arena, text, length);
    node->length = length;
    return node->text != NULL ? node : NULL;
}

struct text_node *text_query_phrase(struct text_query *query, const struct text_phrase_term *terms,
                                    uint32_t count, uint32_t slop, double boost)
{
    struct text_node *node;
    struct text_phrase_term *copy;
    uint32_t i;
    if (count == 1) {
        return text_query_term(query, terms[0].text, terms[0].length, boost);
    }
    node = new_node(query, TEXT_NODE_PHRASE, boost);
    copy = arena_alloc_array(&query->arena, count, sizeof(*copy));
    if (node == NULL || copy == NULL) {
        return NULL;
    }
    for (i = 0; i < count; i++) {
        copy[i] = terms[i];
        copy[i].text = arena_dup(&query->arena, terms[i].text, terms[i].length);
        if (copy[i].text == NULL) {
            return NULL;
        }
    }
    node->terms = copy;
    node->term_count = count;
    node->slop = slop < QUERY_MAX_SLOP ? slop : QUERY_MAX_SLOP;
    return node;
}

struct text_node *text_query_group(struct text_query *query, double boost)
{
    return new_node(query, TEXT_NODE_GROUP, boost);
}

void text_query_add(struct text_node *group, enum text_occur occur, struct text_node *part)
{
    part->occur = occur;
    part->next = NULL;
    if (group->last != NULL) {
        group->last->next = part;
    } else {
        group->first = part;
    }
    group->last = part;
}

static void print_node(const struct text_node *node, struct buffer *out)
{
    static const char *const prefix[] = {"", "+", "-"};
    const struct text_node *part;
    uint32_t i;
    switch (node->kind) {
    case TEXT_NODE_TERM:
        buffer_append(out, node->text, node->length);
        break;
    case TEXT_NODE_PHRASE:
        buffer_u8(out, '"');
        for (i = 0; i < node->term_count; i++) {
            uint32_t gap = i != 0 ? node->terms[i].offset - node->terms[i - 1].offset : 0;
            for (; gap > 1; gap--) {
                buffer_append(out, " _", 2);
            }
            buffer_append(out, " ", i != 0 ? 1 : 0);
            buffer_append(out, node->terms[i].text, node->terms[i].length);
        }
        buffer_u8(out, '"');
        if (node->slop != 0) {
            buffer_printf(out, "~%u", node->slop);
        }
        break;
    case TEXT_NODE_GROUP:
        buffer_u8(out, '(');
        for (part = node->first; part != NULL; part = part->next) {
            buffer_append(out, " ", part != node->first ? 1 : 0);
            buffer_printf(out, "%s", prefix[part->occur]);
            print_node(part, out);
        }
        buffer_u8(out, ')');
        break;
    }
    if (node->boost != 1) {
        buffer_printf(out, "^%g", node->boost);
    }
}

void text_query_print(const struct text_query *query, struct buffer *out)
{
    if (query->root != NULL) {
        print_node(query->root, out);
    }
}
