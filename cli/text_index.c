/* SPDX-License-Identifier: Apache-2.0 */
#include "text_index.h"

#include "suggest.h"

#include <stdlib.h>
#include <string.h>

static bool known_analyzer(const char *name, struct text *problem)
{
    static const char *const names[] = {"standard", "ascii", "whitespace", "keyword", "code"};
    size_t count = sizeof(names) / sizeof(names[0]);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    const char *nearest = suggest_nearest(name, names, count);
    text_format(problem, "--text: unknown analyzer \"%s\"", name);
    if (nearest) {
        text_format(problem, "; did you mean \"%s\"?", nearest);
    } else {
        text_add_string(problem, "; there are standard, ascii, whitespace, keyword and code");
    }
    return false;
}

static bool parse_one(char *text, inlay_text_index *index, struct text *problem)
{
    char *analyzer = strchr(text, ':');
    char *stemmer = analyzer ? strchr(analyzer + 1, ':') : NULL;
    inlay_text_index_init(index);
    index->column = text;
    if (analyzer) {
        *analyzer++ = '\0';
    }
    if (stemmer) {
        *stemmer++ = '\0';
    }
    if (!*text) {
        text_add_string(problem, "--text needs a column: --text COLUMN[:ANALYZER[:STEMMER]]");
        return false;
    }
    if (analyzer && *analyzer) {
        index->analyzer = analyzer;
        if (!known_analyzer(analyzer, problem)) {
            return false;
        }
    }
    if (stemmer && *stemmer) {
        index->stemmer = stemmer;
    }
    return true;
}

bool text_indexes_parse(const struct option_value *option, struct text_indexes *out,
                        struct text *problem)
{
    bool fine = true;
    *out = (struct text_indexes){0};
    out->items = memory_or_exit(calloc(option->count + 1, sizeof(*out->items)));
    out->owned = memory_or_exit(calloc(option->count + 1, sizeof(*out->owned)));
    for (; fine && out->count < option->count; out->count++) {
        out->owned[out->count] = copy_or_exit(option->list[out->count]);
        fine = parse_one(out->owned[out->count], &out->items[out->count], problem);
    }
    return fine;
}

void text_indexes_free(struct text_indexes *indexes)
{
    for (size_t i = 0; i < indexes->count; i++) {
        free(indexes->owned[i]);
    }
    free(indexes->owned);
    free(indexes->items);
    *indexes = (struct text_indexes){0};
}
