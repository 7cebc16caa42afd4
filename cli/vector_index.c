/* SPDX-License-Identifier: Apache-2.0 */
#include "vector_index.h"

#include "suggest.h"

#include <stdlib.h>
#include <string.h>

static bool known_metric(const char *name, struct text *problem)
{
    static const char *const names[] = {"cosine", "l2", "inner_product"};
    size_t count = sizeof(names) / sizeof(names[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    const char *nearest = suggest_nearest(name, names, count);
    text_format(problem, "--vector: unknown metric \"%s\"", name);
    if (nearest) {
        text_format(problem, "; did you mean \"%s\"?", nearest);
    } else {
        text_add_string(problem, "; there are cosine, l2 and inner_product");
    }
    return false;
}

static bool parse_one(char *text, inlay_vector_index *index, struct text *problem)
{
    char *metric = strchr(text, ':');
    char *bits = metric ? strchr(metric + 1, ':') : NULL;
    uint64_t number = 0;
    inlay_vector_index_init(index);
    index->column = text;
    if (metric) {
        *metric++ = '\0';
    }
    if (bits) {
        *bits++ = '\0';
    }
    if (!*text) {
        text_add_string(problem, "--vector needs a column: --vector COLUMN[:METRIC[:BITS]]");
        return false;
    }
    if (metric && *metric) {
        index->metric = metric;
        if (!known_metric(metric, problem)) {
            return false;
        }
    }
    if (bits && *bits) {
        if (!options_parse_number(bits, &number) || (number != 4 && number != 8)) {
            text_format(problem, "--vector: the bits of a code are 4 or 8, not \"%s\"", bits);
            return false;
        }
        index->code_bits = (uint32_t)number;
    }
    return true;
}

bool vector_indexes_parse(const struct option_value *option, struct vector_indexes *out,
                          struct text *problem)
{
    bool fine = true;
    *out = (struct vector_indexes){0};
    out->items = memory_or_exit(calloc(option->count + 1, sizeof(*out->items)));
    out->owned = memory_or_exit(calloc(option->count + 1, sizeof(*out->owned)));
    for (; fine && out->count < option->count; out->count++) {
        out->owned[out->count] = copy_or_exit(option->list[out->count]);
        fine = parse_one(out->owned[out->count], &out->items[out->count], problem);
    }
    return fine;
}

void vector_indexes_free(struct vector_indexes *indexes)
{
    for (size_t i = 0; i < indexes->count; i++) {
        free(indexes->owned[i]);
    }
    free(indexes->owned);
    free(indexes->items);
    *indexes = (struct vector_indexes){0};
}
