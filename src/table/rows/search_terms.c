/* SPDX-License-Identifier: Apache-2.0 */
/* Queries that are not written in the query language: the terms with a prefix, the tokens of a
 * value; and matches that are not ranked. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "table/rows/search.h"
#include "table/rows/view_files.h"
#include "text/text_search.h"

#include <string.h>

/* The distinct terms that have been added to a query. */
struct term_set {
    struct text_query *query;
    const struct text_node **slots; /* owned; open addressing; a power of two */
    size_t slot_count;
    size_t count;
    bool no_memory;
    bool too_many;
};

static const struct text_node **slot_of(struct term_set *set, const uint8_t *text, uint32_t length)
{
    size_t at = (size_t)hash_xxh3_64(text, length) & (set->slot_count - 1);
    while (set->slots[at] != NULL &&
           (set->slots[at]->length != length || memcmp(set->slots[at]->text, text, length) != 0)) {
        at = (at + 1) & (set->slot_count - 1);
    }
    return &set->slots[at];
}

static bool add_term(void *context, const uint8_t *text, uint32_t length)
{
    struct term_set *set = context;
    const struct text_node **slot = slot_of(set, text, length);
    struct text_node *node;
    if (*slot != NULL) {
        return true;
    }
    if (set->count == SEARCH_PREFIX_TERMS) {
        set->too_many = true;
        return false;
    }
    node = text_query_term(set->query, text, length, 1);
    if (node == NULL) {
        set->no_memory = true;
        return false;
    }
    text_query_add(set->query->root, TEXT_SHOULD, node);
    *slot = node;
    set->count++;
    return true;
}

static inlay_status add_prefix_terms(struct table_view *view, const char *column,
                                     const struct token *prefix, struct text_query *query,
                                     inlay_error *err)
{
    struct term_set set = {query, NULL, 2 * SEARCH_PREFIX_TERMS, 0, false, false};
    struct view_files files;
    inlay_status status = view_files_open(view, &files, err);
    size_t i;
    set.slots = mem_zalloc_array(set.slot_count, sizeof(struct text_node *));
    if (status == INLAY_OK && set.slots == NULL) {
        status = error_no_memory(err);
    }
    for (i = 0; i < files.count && status == INLAY_OK; i++) {
        struct text_index *index = superfile_text(files.files[i], column);
        status = index == NULL
                     ? view_file_lacks(files.files[i], "text", column, err)
                     : text_index_prefix(index, prefix->bytes, prefix->length, add_term, &set, err);
    }
    if (status == INLAY_OK && set.no_memory) {
        status = error_no_memory(err);
    }
    if (status == INLAY_OK && set.too_many) {
        status = error_set(err, INLAY_OVER_BUDGET,
                           "column \"%s\" has more than %d terms with the prefix \"%.*s\"; give a "
                           "longer one",
                           column, SEARCH_PREFIX_TERMS, (int)prefix->length,
                           (const char *)prefix->bytes);
        error_key(err, column);
    }
    mem_free(set.slots);
    view_files_close(&files);
    return status;
}

/* Words as the column folds them, but whole: no stemmer, no stop words. */
static inlay_status folding_analyzer(const struct typed_text_index *index, struct analyzer **out,
                                     inlay_error *err)
{
    struct analyzer_config config = *analyzer_config_of(index->analyzer);
    config.stemmer[0] = '\0';
    config.stop_words = NULL;
    config.stop_word_count = 0;
    return analyzer_create(&config, out, err);
}

static inlay_status text_index_of(const struct typed_table *table, const char *column,
                                  const struct typed_text_index **out, inlay_error *err)
{
    struct text_query *unused = NULL;
    *out = typed_table_text(table, column);
    if (*out == NULL) {
        /* The one that knows how to say it. */
        inlay_status status = table_parse_query(table, column, "", false, &unused, err);
        text_query_free(unused);
        return status;
    }
    return INLAY_OK;
}

static inlay_status empty_group(struct text_query **out, inlay_error *err)
{
    INLAY_TRY(text_query_create(out, err));
    (*out)->root = text_query_group(*out, 1);
    if ((*out)->root == NULL) {
        text_query_free(*out);
        *out = NULL;
        return error_no_memory(err);
    }
    return INLAY_OK;
}

inlay_status table_prefix_query(struct table_view *view, const char *column, const char *prefix,
                                struct text_query **out, inlay_error *err)
{
    const struct typed_text_index *index;
    struct analyzer *analyzer = NULL;
    struct analyzer_scratch *scratch = NULL;
    struct text_query *query = NULL;
    const struct token *tokens;
    size_t count = 0;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(text_index_of(view->table, column, &index, err));
    INLAY_TRY_GOTO(status, folding_analyzer(index, &analyzer, err), cleanup);
    INLAY_TRY_GOTO(status, analyzer_scratch_create(analyzer, &scratch, err), cleanup);
    INLAY_TRY_GOTO(status,
                   analyzer_run(analyzer, scratch, prefix, strlen(prefix), &tokens, &count, err),
                   cleanup);
    INLAY_TRY_GOTO(status, empty_group(&query, err), cleanup);
    if (count > 1) {
        status = error_set(err, INLAY_INVALID_ARGUMENT,
                           "the prefix must be one word, \"%s\" has %zu", prefix, count);
    } else if (count == 1) {
        status = add_prefix_terms(view, column, &tokens[0], query, err);
    }
    if (status == INLAY_OK) {
        *out = query;
        query = NULL;
    }
cleanup:
    text_query_free(query);
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
    return status;
}

inlay_status table_value_query(const struct typed_table *table, const char *column,
                               const char *value, size_t length, struct text_query **out,
                               bool *has_tokens, inlay_error *err)
{
    const struct typed_text_index *index;
    struct analyzer_scratch *scratch = NULL;
    struct text_query *query = NULL;
    const struct token *tokens;
    size_t count = 0;
    inlay_status status;
    size_t i;
    *out = NULL;
    *has_tokens = false;
    INLAY_TRY(text_index_of(table, column, &index, err));
    INLAY_TRY_GOTO(status, analyzer_scratch_create(index->analyzer, &scratch, err), cleanup);
    INLAY_TRY_GOTO(status,
                   analyzer_run(index->analyzer, scratch, value, length, &tokens, &count, err),
                   cleanup);
    INLAY_TRY_GOTO(status, empty_group(&query, err), cleanup);
    for (i = 0; i < count; i++) {
        struct text_node *node = text_query_term(query, tokens[i].bytes, tokens[i].length, 1);
        if (node == NULL) {
            status = error_no_memory(err);
            goto cleanup;
        }
        text_query_add(query->root, TEXT_MUST, node);
    }
    *has_tokens = count != 0;
    *out = query;
    query = NULL;
cleanup:
    text_query_free(query);
    analyzer_scratch_free(scratch);
    return status;
}

inlay_status table_match_rows(struct table_view *view, size_t entry, const char *column,
                              const struct text_query *query, const struct row_filter *filter,
                              struct rowset *rows, inlay_error *err)
{
    struct text_segment segment = {0};
    struct superfile *file = NULL;
    inlay_status status;
    INLAY_TRY(table_view_superfile(view, entry, &file, err));
    segment.index = superfile_text(file, column);
    segment.allowed = row_filter_entry(filter, entry);
    segment.row_id = view_file_id;
    segment.context = file;
    status = segment.index == NULL ? view_file_lacks(file, "text", column, err)
                                   : text_match(query, &segment, rows, err);
    superfile_release(file);
    return status;
}
