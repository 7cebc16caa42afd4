/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/row_test.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"
#include "table/predicate/row_test_values.h"

#include <string.h>

#define WORDS ROW_TEST_WORDS
#define ID_COLUMN 0 /* of the file schema; its values are made, not read */

enum node_kind { NODE_ALL, NODE_LEAF, NODE_AND, NODE_OR };

/* A leaf's answers for the dictionary that came last. A reference to the vector's memory keeps
 * another dictionary from taking its place there. */
struct known_dictionary {
    const struct colvec *dictionary;
    struct colvec_owner *owner;
    uint8_t *holds; /* owned; per value 0 or 1 */
    size_t capacity;
};

struct node {
    enum node_kind kind;
    size_t place; /* of the leaf's vector */
    struct row_values values;
    struct known_dictionary known;
    struct node *parts;
    size_t part_count;
};

struct row_test {
    struct arena arena; /* the nodes */
    struct node *root;
    const struct schema *schema;
    bool decides;
    const uint32_t *columns; /* only while it is made */
    size_t column_count;
};

/* ---- making ---- */

static void make_leaf(const struct row_test *test, const struct predicate *predicate,
                      struct node *node)
{
    size_t i;
    for (i = 0; i < test->column_count && test->columns[i] != predicate->column; i++) {
    }
    node->place = i;
    if (i < test->column_count &&
        row_values_make(predicate, &test->schema->fields[predicate->column], &node->values)) {
        node->kind = NODE_LEAF;
        node->values.only_of_dictionaries &= !test->decides;
    }
}

bool row_test_decides(const struct predicate *predicate, const struct schema *schema)
{
    struct row_values values;
    size_t i;
    if (predicate->kind == PREDICATE_TEST) {
        return predicate->column != ID_COLUMN &&
               row_values_make(predicate, &schema->fields[predicate->column], &values) &&
               row_values_exact(&values);
    }
    for (i = 0; i < predicate->part_count; i++) {
        if (!row_test_decides(predicate->parts[i], schema)) {
            return false;
        }
    }
    return true;
}

/* A part that keeps everything is left out of an AND and makes an OR keep everything. */
static inlay_status make_node(struct row_test *test, const struct predicate *predicate,
                              struct node *node, inlay_error *err)
{
    size_t i;
    memset(node, 0, sizeof(*node)); /* NODE_ALL; a part that was left out may have been here */
    if (predicate->kind == PREDICATE_TEST) {
        make_leaf(test, predicate, node);
        return INLAY_OK;
    }
    node->parts = arena_zalloc_array(&test->arena, predicate->part_count + 1, sizeof(*node->parts));
    if (node->parts == NULL) {
        return error_no_memory(err);
    }
    node->kind = predicate->kind == PREDICATE_AND ? NODE_AND : NODE_OR;
    for (i = 0; i < predicate->part_count; i++) {
        INLAY_TRY(make_node(test, predicate->parts[i], &node->parts[node->part_count], err));
        if (node->parts[node->part_count].kind != NODE_ALL) {
            node->part_count++;
        } else if (node->kind == NODE_OR) {
            node->kind = NODE_ALL;
            return INLAY_OK;
        }
    }
    if (node->kind == NODE_AND && node->part_count == 0) {
        node->kind = NODE_ALL;
    }
    return INLAY_OK;
}

inlay_status row_test_create(const struct predicate *predicate, const struct schema *schema,
                             const uint32_t *columns, size_t column_count, bool decides,
                             struct row_test **out, inlay_error *err)
{
    struct row_test *test = mem_zalloc(sizeof(*test));
    inlay_status status;
    *out = NULL;
    if (test == NULL) {
        return error_no_memory(err);
    }
    arena_init(&test->arena, SIZE_MAX);
    test->schema = schema;
    test->columns = columns;
    test->column_count = column_count;
    test->decides = decides;
    test->root = arena_zalloc(&test->arena, sizeof(*test->root));
    status =
        test->root != NULL ? make_node(test, predicate, test->root, err) : error_no_memory(err);
    if (status != INLAY_OK || test->root->kind == NODE_ALL) {
        row_test_free(test);
        return status;
    }
    *out = test;
    return INLAY_OK;
}

static void forget(struct known_dictionary *known)
{
    colvec_owner_release(known->owner);
    known->owner = NULL;
    known->dictionary = NULL;
}

static void free_node(struct node *node)
{
    size_t i;
    forget(&node->known);
    mem_free(node->known.holds);
    for (i = 0; i < node->part_count; i++) {
        free_node(&node->parts[i]);
    }
}

void row_test_free(struct row_test *test)
{
    if (test != NULL) {
        if (test->root != NULL) {
            free_node(test->root);
        }
        arena_free(&test->arena);
        mem_free(test);
    }
}

/* ---- testing ---- */

static inlay_status learn_dictionary(struct node *node, const struct colvec *vector,
                                     inlay_error *err)
{
    const struct colvec *dictionary = vector->dictionary;
    void *holds = node->known.holds;
    uint64_t first;
    if (node->known.owner != NULL && node->known.dictionary == dictionary) {
        return INLAY_OK;
    }
    forget(&node->known);
    if (!mem_grow(&holds, &node->known.capacity, (size_t)dictionary->count + 1, 1)) {
        return error_no_memory(err);
    }
    node->known.holds = holds;
    node->known.holds[0] = 0;
    for (first = 0; first < dictionary->count; first += ROW_TEST_ROWS) {
        const uint64_t left = dictionary->count - first;
        const uint64_t rows = left < ROW_TEST_ROWS ? left : ROW_TEST_ROWS;
        uint64_t bits[WORDS];
        uint64_t i;
        row_values_test(&node->values, dictionary->values, first, rows, bits);
        for (i = 0; i < rows; i++) {
            node->known.holds[first + i] = (bits[i / 64] >> (i & 63)) & 1;
        }
    }
    node->known.dictionary = dictionary;
    node->known.owner = vector->owner != NULL ? colvec_owner_retain(vector->owner) : NULL;
    return INLAY_OK;
}

/* A null row's code may be anything. */
static void test_codes(const uint8_t *holds, const struct colvec *vector, uint64_t rows,
                       uint64_t *bits)
{
    uint64_t row = 0;
    while (row < rows) {
        const uint64_t end = row + 64 < rows ? row + 64 : rows;
        const uint64_t valid = vector->validity != NULL ? vector->validity[row / 64] : UINT64_MAX;
        const uint32_t *codes = vector->codes;
        uint64_t found = 0;
        uint64_t at = end;
        while (valid == UINT64_MAX && at > row) {
            found = found + found + holds[codes[--at]];
        }
        while (at > row) {
            at--;
            found = found + found + ((valid >> (at & 63)) & 1 ? holds[codes[at]] : 0);
        }
        bits[row / 64] = found;
        row = end;
    }
}

static void test_nulls(bool wanted, const struct colvec *vector, uint64_t *bits)
{
    size_t w;
    for (w = 0; w < WORDS; w++) {
        bits[w] = wanted ? 0 : UINT64_MAX;
    }
    for (w = 0; vector->validity != NULL && w < (vector->count + 63) / 64 && w < WORDS; w++) {
        bits[w] = wanted ? ~vector->validity[w] : vector->validity[w];
    }
}

static inlay_status test_leaf(struct node *node, const struct colvec *vector, uint64_t rows,
                              uint64_t *bits, inlay_error *err)
{
    const enum predicate_test test = node->values.test;
    size_t w;
    if (test == PREDICATE_IS_NULL || test == PREDICATE_NOT_NULL) {
        test_nulls(test == PREDICATE_IS_NULL, vector, bits);
        return INLAY_OK;
    }
    if (vector->form == COLVEC_DICTIONARY) {
        INLAY_TRY(learn_dictionary(node, vector, err));
        test_codes(node->known.holds, vector, rows, bits);
        return INLAY_OK;
    }
    if (node->values.only_of_dictionaries) {
        memset(bits, 0xff, WORDS * sizeof(*bits));
        return INLAY_OK;
    }
    row_values_test(&node->values, vector->values, 0, rows, bits);
    for (w = 0; vector->validity != NULL && w < (rows + 63) / 64; w++) {
        bits[w] &= vector->validity[w];
    }
    return INLAY_OK;
}

static inlay_status test_node(struct node *node, const struct colvec *vectors, uint64_t rows,
                              uint64_t *bits, inlay_error *err)
{
    uint64_t part[WORDS];
    size_t i;
    size_t w;
    if (node->kind == NODE_LEAF) {
        return test_leaf(node, &vectors[node->place], rows, bits, err);
    }
    memset(bits, node->kind == NODE_AND ? 0xff : 0, WORDS * sizeof(*bits));
    for (i = 0; i < node->part_count; i++) {
        INLAY_TRY(test_node(&node->parts[i], vectors, rows, part, err));
        for (w = 0; w < (rows + 63) / 64; w++) {
            bits[w] = node->kind == NODE_AND ? bits[w] & part[w] : bits[w] | part[w];
        }
    }
    return INLAY_OK;
}

inlay_status row_test_pick(struct row_test *test, const struct colvec *vectors, uint64_t rows,
                           uint32_t picks[ROW_TEST_ROWS], uint64_t *count, inlay_error *err)
{
    uint64_t bits[WORDS];
    uint64_t found = 0;
    size_t w;
    *count = 0;
    INLAY_TRY(test_node(test->root, vectors, rows, bits, err));
    if (rows % 64 != 0) {
        bits[rows / 64] &= (UINT64_C(1) << (rows % 64)) - 1;
    }
    for (w = 0; w < (rows + 63) / 64; w++) {
        uint64_t word = bits[w];
        for (; word != 0; word &= word - 1) {
            picks[found++] = (uint32_t)(64 * w + (size_t)__builtin_ctzll(word));
        }
    }
    *count = found;
    return INLAY_OK;
}
