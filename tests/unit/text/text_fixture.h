/* SPDX-License-Identifier: Apache-2.0 */
/* Corpora of word numbers, indexes over parts of them, and an exhaustive evaluator that knows
 * nothing of postings: the oracle of the search tests. */
#ifndef INLAY_TESTS_UNIT_TEXT_FIXTURE_H
#define INLAY_TESTS_UNIT_TEXT_FIXTURE_H

#include "support/test.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/byte_sink.h"
#include "base/byte_source.h"
#include "text/format/length_code.h"
#include "text/text_builder.h"
#include "text/text_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct doc {
    uint32_t *words;
    uint32_t count;
    bool null;
    bool deleted;
    bool allowed;
};

struct corpus {
    struct doc *docs;
    size_t count;
    uint32_t vocabulary;
};

/* Word w is drawn with probability ~ 1 / (w + 1)^skew. */
static inline uint32_t zipf_word(struct test_random *random, uint32_t vocabulary, double skew)
{
    double u = test_random_unit(random);
    double x = skew == 1.0
                   ? exp(u * log((double)vocabulary + 1)) - 1
                   : pow(u * (pow((double)vocabulary + 1, 1 - skew) - 1) + 1, 1 / (1 - skew)) - 1;
    uint32_t w = (uint32_t)x;
    return w < vocabulary ? w : vocabulary - 1;
}

static inline struct corpus corpus_make(struct test_random *random, size_t count,
                                        uint32_t vocabulary, uint32_t longest, double skew)
{
    struct corpus corpus = {calloc(count, sizeof(struct doc)), count, vocabulary};
    size_t i;
    uint32_t j;
    for (i = 0; i < count; i++) {
        struct doc *doc = &corpus.docs[i];
        doc->null = test_random_below(random, 20) == 0;
        doc->allowed = true;
        doc->count = doc->null ? 0 : (uint32_t)test_random_below(random, longest + 1);
        doc->words = calloc(doc->count + 1, sizeof(uint32_t));
        for (j = 0; j < doc->count; j++) {
            doc->words[j] = zipf_word(random, vocabulary, skew);
        }
    }
    return corpus;
}

static inline void corpus_free(struct corpus *corpus)
{
    size_t i;
    for (i = 0; i < corpus->count; i++) {
        free(corpus->docs[i].words);
    }
    free(corpus->docs);
}

static inline struct analyzer *plain_analyzer(void)
{
    struct analyzer_config config;
    struct analyzer *analyzer;
    inlay_error err;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    config.kind = ANALYZER_WHITESPACE;
    assert_ok(analyzer_create(&config, &analyzer, &err), err);
    return analyzer;
}

static inline size_t doc_text(const struct doc *doc, char *out)
{
    size_t length = 0;
    uint32_t i;
    for (i = 0; i < doc->count; i++) {
        length += (size_t)sprintf(out + length, "w%u ", doc->words[i]);
    }
    return length;
}

static inline void add_doc(struct text_builder *builder, uint32_t row, const struct doc *doc)
{
    char *text;
    inlay_error err;
    inlay_error_init(&err);
    if (doc->null) {
        return;
    }
    text = malloc((size_t)doc->count * 12 + 1);
    assert_ok(text_builder_add(builder, row, text, doc_text(doc, text), &err), err);
    free(text);
}

struct built {
    struct buffer body;
    struct buffer hot;
    struct text_index_summary summary;
};

static inline void built_free(struct built *built)
{
    buffer_free(&built->body);
    buffer_free(&built->hot);
}

/* Rows are the positions in `numbers`; `builders` deals them out in runs. */
static inline void build_index(const struct analyzer *analyzer, const struct corpus *corpus,
                               const uint32_t *numbers, size_t count,
                               const struct text_options *options, size_t builders,
                               struct built *out)
{
    struct text_builder *made[8];
    struct byte_sink sink;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    buffer_init(&out->body, SIZE_MAX);
    buffer_init(&out->hot, SIZE_MAX);
    for (i = 0; i < builders; i++) {
        assert_ok(text_builder_create(analyzer, options, &made[i], &err), err);
    }
    for (i = 0; i < count; i++) {
        add_doc(made[i / 7 % builders], (uint32_t)i, &corpus->docs[numbers[i]]);
    }
    byte_sink_to_buffer(&sink, &out->body);
    assert_ok(text_builder_finish(made, builders, count, &sink, &out->hot, &out->summary, &err),
              err);
    for (i = 0; i < builders; i++) {
        text_builder_free(made[i]);
    }
}

/* A source that is never resident: every read is a copy. */
static inline inlay_status cold_read(struct byte_source *source, const struct byte_range *ranges,
                                     size_t count, inlay_error *err);
struct cold_source {
    struct byte_source source;
    const uint8_t *data;
    size_t waves;
};
static inline inlay_status cold_read(struct byte_source *source, const struct byte_range *ranges,
                                     size_t count, inlay_error *err)
{
    struct cold_source *cold = (struct cold_source *)source;
    size_t i;
    (void)err;
    cold->waves++;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, cold->data + ranges[i].offset, ranges[i].length);
    }
    return INLAY_OK;
}
static inline void cold_destroy(struct byte_source *source)
{
    free(source);
}
static const struct byte_source_ops cold_ops = {cold_read, NULL, cold_destroy};
static inline struct cold_source *cold_make(const uint8_t *data, size_t size)
{
    struct cold_source *cold = calloc(1, sizeof(*cold));
    byte_source_init(&cold->source, &cold_ops, size, "cold", NULL);
    cold->data = data;
    return cold;
}

/* One segment of a split: an index over some documents, with its deletions and filter. */
struct part {
    struct built built;
    struct byte_source *source;
    struct text_index *index;
    uint32_t *numbers; /* document of each row */
    struct rowset *deleted;
    struct rowset *allowed;
};

static inline struct id128 part_row_id(void *context, uint32_t row)
{
    const struct part *part = context;
    return (struct id128){7, 1000 + part->numbers[row]};
}

static inline void part_make(const struct analyzer *analyzer, const struct corpus *corpus,
                             uint32_t *numbers, size_t count, bool filtered, bool cold,
                             struct part *part)
{
    struct text_options options;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    memset(part, 0, sizeof(*part));
    text_options_init(&options);
    build_index(analyzer, corpus, numbers, count, &options, 1, &part->built);
    part->numbers = numbers;
    if (cold) {
        part->source = &cold_make(part->built.body.data, part->built.body.len)->source;
    } else {
        assert_ok(byte_source_from_memory(part->built.body.data, part->built.body.len, 0, "part",
                                          &part->source, &err),
                  err);
    }
    assert_ok(text_index_open(part->built.hot.data, part->built.hot.len, part->source, 0,
                              part->built.body.len, &part->index, &err),
              err);
    assert_ok(rowset_create(&part->deleted, &err), err);
    if (filtered) {
        assert_ok(rowset_create(&part->allowed, &err), err);
    }
    for (i = 0; i < count; i++) {
        const struct doc *doc = &corpus->docs[numbers[i]];
        if (doc->deleted) {
            rowset_add(part->deleted, (uint32_t)i);
        }
        if (filtered && doc->allowed) {
            rowset_add(part->allowed, (uint32_t)i);
        }
    }
}

static inline void part_free(struct part *part)
{
    text_index_close(part->index);
    byte_source_release(part->source);
    rowset_free(part->deleted);
    rowset_free(part->allowed);
    built_free(&part->built);
    free(part->numbers);
}

static inline struct text_segment part_segment(struct part *part, bool ascend)
{
    return (struct text_segment){part->index, part->deleted, part->allowed,
                                 part_row_id, part,          ascend};
}

/* --- the oracle --- */

static inline uint32_t oracle_word(const uint8_t *text, uint32_t length)
{
    uint32_t value = 0;
    uint32_t i;
    for (i = 1; i < length; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

static inline uint32_t oracle_tf(const struct doc *doc, uint32_t word)
{
    uint32_t tf = 0;
    uint32_t i;
    for (i = 0; i < doc->count; i++) {
        tf += doc->words[i] == word;
    }
    return tf;
}

struct oracle {
    const struct corpus *corpus;
    uint64_t documents;
    uint64_t total;
    double k1;
    double b;
};

static inline struct oracle oracle_make(const struct corpus *corpus)
{
    struct oracle oracle = {corpus, 0, 0, 1.2, 0.75};
    size_t i;
    for (i = 0; i < corpus->count; i++) {
        if (!corpus->docs[i].null && !corpus->docs[i].deleted) {
            oracle.documents++;
            oracle.total += length_code_decode(length_code_encode(corpus->docs[i].count));
        }
    }
    return oracle;
}

static inline double oracle_idf(const struct oracle *oracle, uint32_t word)
{
    double df = 0;
    size_t i;
    for (i = 0; i < oracle->corpus->count; i++) {
        const struct doc *doc = &oracle->corpus->docs[i];
        df += !doc->deleted && oracle_tf(doc, word) != 0;
    }
    return log(1 + ((double)oracle->documents - df + 0.5) / (df + 0.5));
}

static inline uint64_t oracle_contribution(const struct oracle *oracle, const struct doc *doc,
                                           double weight, uint32_t tf)
{
    double average = (double)oracle->total / (double)oracle->documents;
    double length = length_code_decode(length_code_encode(doc->count));
    double norm = oracle->k1 * ((1 - oracle->b) + oracle->b * (length / average));
    double factor = weight * (oracle->k1 + 1) * 1048576.0;
    uint64_t score = (uint64_t)floor(factor * tf / (tf + norm) + 0.5);
    return score > 0 ? score : 1;
}

/* Tries every assignment of the slots from `slot` on. */
static inline bool oracle_fill(const struct doc *doc, const struct text_node *node, uint32_t slot,
                               uint32_t *chosen, int64_t low, int64_t high)
{
    uint32_t word;
    uint32_t i;
    uint32_t j;
    if (slot == node->term_count) {
        return true;
    }
    word = oracle_word(node->terms[slot].text, node->terms[slot].length);
    for (i = 0; i < doc->count; i++) {
        int64_t at = (int64_t)i - node->terms[slot].offset;
        int64_t l = at < low ? at : low;
        int64_t h = at > high ? at : high;
        bool ordered = true;
        for (j = 0; j < slot; j++) {
            if (oracle_word(node->terms[j].text, node->terms[j].length) == word) {
                ordered = ordered && chosen[j] < i;
            }
        }
        if (doc->words[i] != word || !ordered || h - l > node->slop) {
            continue;
        }
        chosen[slot] = i;
        if (oracle_fill(doc, node, slot + 1, chosen, l, h)) {
            return true;
        }
    }
    return false;
}

static inline uint32_t oracle_phrase(const struct doc *doc, const struct text_node *node)
{
    uint32_t chosen[16];
    uint32_t frequency = 0;
    uint32_t i;
    for (i = 0; i < doc->count; i++) {
        int64_t at = (int64_t)i - node->terms[0].offset;
        chosen[0] = i;
        frequency += doc->words[i] == oracle_word(node->terms[0].text, node->terms[0].length) &&
                     oracle_fill(doc, node, 1, chosen, at, at);
    }
    return frequency;
}

/* 0: no match. Boosts of nested groups multiply. */
static inline uint64_t oracle_score(const struct oracle *oracle, const struct doc *doc,
                                    const struct text_node *node, double boost)
{
    const struct text_node *part;
    uint64_t sum = 0;
    uint32_t tf;
    bool must = false;
    bool any = false;
    uint32_t i;
    double idf = 0;
    boost *= node->boost;
    if (node->kind == TEXT_NODE_TERM) {
        uint32_t word = oracle_word(node->text, node->length);
        tf = oracle_tf(doc, word);
        return tf == 0 ? 0 : oracle_contribution(oracle, doc, boost * oracle_idf(oracle, word), tf);
    }
    if (node->kind == TEXT_NODE_PHRASE) {
        tf = oracle_phrase(doc, node);
        for (i = 0; i < node->term_count && tf != 0; i++) {
            idf += oracle_idf(oracle, oracle_word(node->terms[i].text, node->terms[i].length));
        }
        return tf == 0 ? 0 : oracle_contribution(oracle, doc, boost * idf, tf);
    }
    for (part = node->first; part != NULL; part = part->next) {
        uint64_t score = oracle_score(oracle, doc, part, boost);
        if ((part->occur == TEXT_MUST && score == 0) ||
            (part->occur == TEXT_MUST_NOT && score != 0)) {
            return 0;
        }
        must = must || part->occur == TEXT_MUST;
        any = any || (part->occur == TEXT_SHOULD && score != 0);
        sum += part->occur == TEXT_MUST_NOT ? 0 : score;
    }
    return must || any ? sum : 0;
}

struct oracle_hit {
    uint32_t number;
    uint64_t score;
};

static inline int oracle_compare(const void *a, const void *b)
{
    const struct oracle_hit *x = a;
    const struct oracle_hit *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return x->number < y->number ? -1 : 1;
}

static inline struct oracle_hit *oracle_search(const struct oracle *oracle,
                                               const struct text_query *query, size_t *count)
{
    struct oracle_hit *hits = calloc(oracle->corpus->count + 1, sizeof(*hits));
    size_t i;
    *count = 0;
    for (i = 0; i < oracle->corpus->count; i++) {
        const struct doc *doc = &oracle->corpus->docs[i];
        uint64_t score = 0;
        if (query->root != NULL && !doc->deleted && doc->allowed && !doc->null) {
            score = oracle_score(oracle, doc, query->root, 1);
        }
        if (score != 0) {
            hits[(*count)++] = (struct oracle_hit){(uint32_t)i, score};
        }
    }
    qsort(hits, *count, sizeof(*hits), oracle_compare);
    return hits;
}

#endif
