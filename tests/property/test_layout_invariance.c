/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same rows rank the same however they were committed: one file, many commits, one append cut
 * into small superfiles, in memory, in a folder, reopened, cold and warm. Ids, order, score bits
 * and counts are compared with an exhaustive BM25 written here from docs/format/text-index.md.
 */
#include "tables/tables.h"

#include "storage/local.h"
#include "storage/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Words by number. Some have several spellings that the analyzer folds into one token. */
#define SPELLED 6
static const char *const spellings[SPELLED][3] = {
    {"straße", "STRASSE", "Strasse"},  {"École", "école", "E\u0301COLE"},
    {"наука", "НАУКА", "Наука"},       {"ﬁsh", "fish", "FISH"},
    {"σίσυφος", "ΣΊΣΥΦΟΣ", "Σίσυφος"}, {"ｗｉｄｅ", "wide", "Wide"},
};

struct document {
    uint16_t *words;
    unsigned count;
    bool null;
};

struct corpus {
    struct document *documents;
    struct table_row *rows; /* key = number of the document */
    unsigned count;
    unsigned vocabulary;
};

static void put_word(FILE *out, unsigned word, struct test_random *random)
{
    if (word % 4 == 3 && word / 4 < SPELLED) {
        (void)fputs(spellings[word / 4][test_random_below(random, 3)], out);
    } else {
        (void)fprintf(out, test_random_below(random, 4) == 0 ? "W%uX" : "w%ux", word);
    }
}

/* Word r with probability about 1/(r + 1). */
static unsigned zipf(struct test_random *random, unsigned vocabulary)
{
    double at = pow(vocabulary + 1.0, test_random_unit(random)) - 1;
    return at >= vocabulary ? vocabulary - 1 : (unsigned)at;
}

static void make_document(struct document *to, struct table_row *row, const struct corpus *corpus,
                          unsigned longest, struct test_random *random)
{
    static const char *const gaps[] = {" ", ", ", ".\n", " — ", "  "};
    char *text = NULL;
    size_t size = 0;
    FILE *out;
    unsigned i;
    to->null = test_random_below(random, 12) == 0;
    row->body = NULL;
    if (to->null) {
        return;
    }
    to->count =
        (unsigned)test_random_below(random, test_random_below(random, 8) == 0 ? 3 : longest);
    to->words = calloc(to->count + 1, sizeof(*to->words));
    out = open_memstream(&text, &size);
    assert_true(to->words != NULL && out != NULL);
    for (i = 0; i < to->count; i++) {
        to->words[i] = (uint16_t)zipf(random, corpus->vocabulary);
        put_word(out, to->words[i], random);
        (void)fputs(gaps[test_random_below(random, 5)], out);
    }
    (void)fclose(out);
    row->body = text;
}

static void corpus_make(struct corpus *corpus, unsigned shape, struct test_random *random)
{
    /* many short rows; few words over and over; long rows; a handful of rows; wide vocabulary */
    static const unsigned rows[] = {300, 260, 40, 5, 200};
    static const unsigned words[] = {80, 4, 60, 40, 2000};
    static const unsigned longest[] = {12, 20, 900, 10, 60};
    unsigned i;
    corpus->count = 1 + (unsigned)test_random_below(random, rows[shape]);
    corpus->vocabulary = words[shape];
    corpus->documents = calloc(corpus->count, sizeof(*corpus->documents));
    corpus->rows = calloc(corpus->count, sizeof(*corpus->rows));
    assert_true(corpus->documents != NULL && corpus->rows != NULL);
    for (i = 0; i < corpus->count; i++) {
        corpus->rows[i].key = i;
        make_document(&corpus->documents[i], &corpus->rows[i], corpus, longest[shape], random);
    }
}

static void corpus_free(struct corpus *corpus)
{
    unsigned i;
    for (i = 0; i < corpus->count; i++) {
        free(corpus->documents[i].words);
        free((void *)(uintptr_t)corpus->rows[i].body);
    }
    free(corpus->documents);
    free(corpus->rows);
}

/* ---- queries and the oracle ---- */

enum occur { SHOULD, MUST, MUST_NOT };

#define PART_WORDS 3
struct part {
    enum occur occur;
    bool phrase; /* else one of the words is enough (a single word or a group) */
    unsigned words[PART_WORDS];
    unsigned count;
    double boost;
};

#define QUERY_PARTS 6
struct query {
    struct part parts[QUERY_PARTS];
    unsigned count;
    bool match_all;
    char text[1024];
};

/* Words are distinct within a query, as equal words of one group share a rounding. */
static unsigned fresh_word(const struct query *query, const struct part *part, unsigned vocabulary,
                           struct test_random *random)
{
    for (;;) {
        unsigned word = test_random_below(random, 3) == 0
                            ? (unsigned)test_random_below(random, vocabulary + 1)
                            : zipf(random, vocabulary);
        bool used = false;
        unsigned i;
        unsigned j;
        for (i = 0; i < query->count; i++) {
            for (j = 0; j < query->parts[i].count; j++) {
                used = used || query->parts[i].words[j] == word;
            }
        }
        for (j = 0; j < part->count; j++) {
            used = used || part->words[j] == word;
        }
        if (!used) {
            return word;
        }
    }
}

static void make_part(struct query *query, unsigned vocabulary, struct test_random *random)
{
    static const double boosts[] = {1, 1, 1, 2, 0.5, 3.25};
    struct part part = {SHOULD, false, {0}, 0, 1};
    unsigned wanted = 1;
    switch (test_random_below(random, 6)) {
    case 0:
        part.occur = MUST;
        break;
    case 1:
        part.occur = query->count != 0 ? MUST_NOT : SHOULD;
        break;
    default:
        break;
    }
    part.boost = part.occur == MUST_NOT ? 1 : boosts[test_random_below(random, 6)];
    if (vocabulary >= 2 * QUERY_PARTS * PART_WORDS && test_random_below(random, 3) == 0) {
        part.phrase = test_random_below(random, 2) == 0;
        wanted = 2 + (unsigned)test_random_below(random, PART_WORDS - 1);
    }
    while (part.count < wanted) {
        part.words[part.count] = fresh_word(query, &part, vocabulary, random);
        part.count++;
    }
    query->parts[query->count++] = part;
}

static void print_part(FILE *out, const struct part *part, struct test_random *random)
{
    bool group = !part->phrase && part->count > 1;
    unsigned i;
    (void)fputs(part->occur == MUST ? "+" : part->occur == MUST_NOT ? "-" : "", out);
    (void)fputs(part->phrase ? "\"" : group ? "(" : "", out);
    for (i = 0; i < part->count; i++) {
        (void)fputs(i == 0 ? "" : group ? " OR " : " ", out);
        put_word(out, part->words[i], random);
    }
    (void)fputs(part->phrase ? "\"" : group ? ")" : "", out);
    if (part->boost != 1) {
        (void)fprintf(out, "^%g", part->boost);
    }
}

static void query_make(struct query *query, const struct corpus *corpus, struct test_random *random)
{
    unsigned most = corpus->vocabulary < 2 * QUERY_PARTS ? 2 : QUERY_PARTS;
    unsigned wanted = 1 + (unsigned)test_random_below(random, most);
    bool all_and = test_random_below(random, 5) == 0;
    FILE *out;
    unsigned i;
    memset(query, 0, sizeof(*query));
    while (query->count < wanted) {
        make_part(query, corpus->vocabulary, random);
    }
    query->match_all = !all_and && test_random_below(random, 5) == 0;
    out = fmemopen(query->text, sizeof(query->text), "w");
    assert_non_null(out);
    for (i = 0; i < query->count; i++) {
        struct part *part = &query->parts[i];
        if (all_and && part->occur == SHOULD) {
            part->occur = MUST;
        }
        print_part(out, part, random);
        (void)fputs(" ", out);
        if (query->match_all && part->occur == SHOULD) {
            part->occur = MUST;
        }
    }
    (void)fclose(out);
}

/* docs/format/text-index.md, "Length codes": what a length becomes when it is coded and decoded. */
static double coded_length(unsigned length)
{
    unsigned step = 1;
    if (length < 32) {
        return length;
    }
    while ((length - 24) / step >= 16) {
        step *= 2;
    }
    return 24 + (double)((length - 24) / step * step);
}

static unsigned occurrences(const struct document *document, const struct part *part)
{
    unsigned count = 0;
    unsigned i;
    for (i = 0; i + part->count <= document->count; i++) {
        unsigned j = 0;
        while (j < part->count && document->words[i + j] == part->words[j]) {
            j++;
        }
        count += j == part->count;
    }
    return count;
}

static double idf_of(const struct corpus *corpus, unsigned word, unsigned documents)
{
    const struct part single = {SHOULD, false, {word}, 1, 1};
    unsigned df = 0;
    unsigned i;
    for (i = 0; i < corpus->count; i++) {
        df += !corpus->documents[i].null && occurrences(&corpus->documents[i], &single) != 0;
    }
    return log(1 + ((double)documents - df + 0.5) / (df + 0.5));
}

struct oracle {
    unsigned documents;
    double average;
    double idf[QUERY_PARTS][PART_WORDS];
};

static void oracle_init(struct oracle *oracle, const struct corpus *corpus,
                        const struct query *query)
{
    double total = 0;
    unsigned i;
    unsigned j;
    oracle->documents = 0;
    for (i = 0; i < corpus->count; i++) {
        oracle->documents += !corpus->documents[i].null;
        total += corpus->documents[i].null ? 0 : coded_length(corpus->documents[i].count);
    }
    oracle->average = oracle->documents != 0 ? total / oracle->documents : 0;
    for (i = 0; i < query->count; i++) {
        for (j = 0; j < query->parts[i].count; j++) {
            oracle->idf[i][j] = idf_of(corpus, query->parts[i].words[j], oracle->documents);
        }
    }
}

static uint64_t bm25(const struct oracle *oracle, double idf, double boost, unsigned tf,
                     unsigned length)
{
    const double k1 = 1.2;
    const double b = 0.75;
    double relative = oracle->average > 0 ? coded_length(length) / oracle->average : 1;
    double norm = k1 * ((1 - b) + b * relative);
    double factor = fmin((boost * idf) * (k1 + 1) * 0x1p20, 0x1p30);
    double score = floor((factor * tf) / (tf + norm) + 0.5);
    return score < 1 ? 1 : (uint64_t)score;
}

/* 0: the part does not match. */
static uint64_t part_score(const struct oracle *oracle, const struct document *document,
                           const struct part *part, const double *idf)
{
    uint64_t sum = 0;
    double phrase_idf = 0;
    unsigned i;
    if (part->phrase) {
        unsigned tf = occurrences(document, part);
        for (i = 0; i < part->count; i++) {
            phrase_idf += idf[i];
        }
        return tf != 0 ? bm25(oracle, phrase_idf, part->boost, tf, document->count) : 0;
    }
    for (i = 0; i < part->count; i++) {
        const struct part single = {SHOULD, false, {part->words[i]}, 1, 1};
        unsigned tf = occurrences(document, &single);
        sum += tf != 0 ? bm25(oracle, idf[i], part->boost, tf, document->count) : 0;
    }
    return sum;
}

/* 0: the document does not match. */
static uint64_t document_score(const struct oracle *oracle, const struct document *document,
                               const struct query *query)
{
    uint64_t sum = 0;
    unsigned musts = 0;
    unsigned i;
    for (i = 0; i < query->count && !document->null; i++) {
        const struct part *part = &query->parts[i];
        uint64_t score = part_score(oracle, document, part, oracle->idf[i]);
        if ((part->occur == MUST && score == 0) || (part->occur == MUST_NOT && score != 0)) {
            return 0;
        }
        musts += part->occur == MUST;
        sum += part->occur != MUST_NOT ? score : 0;
    }
    return sum;
}

struct expected_hit {
    int64_t key;
    uint64_t score;
};

static int by_rank(const void *a, const void *b)
{
    const struct expected_hit *x = a;
    const struct expected_hit *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return x->key < y->key ? -1 : x->key > y->key;
}

static size_t oracle_rank(const struct corpus *corpus, const struct query *query,
                          struct expected_hit *out)
{
    struct oracle oracle;
    size_t count = 0;
    unsigned i;
    oracle_init(&oracle, corpus, query);
    for (i = 0; i < corpus->count; i++) {
        uint64_t score = document_score(&oracle, &corpus->documents[i], query);
        if (score != 0) {
            out[count++] = (struct expected_hit){i, score};
        }
    }
    qsort(out, count, sizeof(*out), by_rank);
    return count;
}

/* ---- layouts ---- */

struct layout {
    inlay_connection *connection;
    inlay_table *table;
    struct table_rows stored; /* by key, for the ids */
    char *folder;
    const char *name;
};

enum layout_kind { ONE_FILE, SOME_COMMITS, ROW_BY_ROW, SMALL_FILES, FOLDER, LAYOUTS };

static inlay_status layout_connect(struct layout *layout, inlay_error *err)
{
    const struct provider_local_options options = {.no_sync = true};
    struct provider *provider = NULL;
    inlay_status status = layout->folder != NULL
                              ? provider_local_open_with(layout->folder, &options, &provider, err)
                              : provider_memory_create(&provider, err);
    return status == INLAY_OK ? tables_connect(provider, NULL, &layout->connection, err) : status;
}

static void layout_fill(struct layout *layout, const struct corpus *corpus, enum layout_kind kind,
                        struct test_random *random)
{
    unsigned done = 0;
    inlay_error err;
    inlay_error_init(&err);
    while (done < corpus->count) {
        unsigned left = corpus->count - done;
        unsigned count = left;
        inlay_append_options options;
        inlay_append_options_init(&options);
        if (kind == SOME_COMMITS || kind == FOLDER) {
            count = 1 + (unsigned)test_random_below(random, 1 + left / 2);
        } else if (kind == ROW_BY_ROW && left > corpus->count - 40) {
            count = 1;
        } else if (kind == SMALL_FILES) {
            options.target_superfile_bytes = 1 + test_random_below(random, 4000);
        }
        assert_ok(tables_append(layout->table, corpus->rows + done, count,
                                kind == ONE_FILE ? 0 : 1 + test_random_below(random, 20), &options,
                                NULL, &err),
                  err);
        done += count;
    }
}

static void layout_open(struct layout *layout, const struct corpus *corpus, enum layout_kind kind,
                        struct test_random *random)
{
    static const char *const names[LAYOUTS] = {"one file", "some commits", "row by row",
                                               "small files", "folder"};
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    memset(layout, 0, sizeof(*layout));
    layout->name = names[kind];
    layout->folder = kind == FOLDER ? test_folder_make() : NULL;
    assert_ok(layout_connect(layout, &err), err);
    assert_ok(tables_create(layout->connection, "t", &layout->table, &err), err);
    layout_fill(layout, corpus, kind, random);
    if (kind == FOLDER) { /* read by a connection that wrote nothing */
        inlay_table_close(layout->table);
        inlay_close(layout->connection);
        assert_ok(layout_connect(layout, &err), err);
        assert_ok(inlay_open_table(layout->connection, "t", NULL, &layout->table, &err), err);
    }
    assert_ok(tables_scan(layout->connection, "t", "ORDER BY key", &layout->stored, &err), err);
    assert_int_equal(layout->stored.count, corpus->count);
    for (i = 1; i < layout->stored.count; i++) { /* ids ascend with the order of appending */
        const inlay_id *a = &layout->stored.ids[i - 1];
        const inlay_id *b = &layout->stored.ids[i];
        assert_true(a->hi < b->hi || (a->hi == b->hi && a->lo < b->lo));
    }
}

static void layout_close(struct layout *layout)
{
    table_rows_free(&layout->stored);
    inlay_table_close(layout->table);
    inlay_close(layout->connection);
    if (layout->folder != NULL) {
        test_folder_remove(layout->folder);
        free(layout->folder);
    }
}

static void check_query(const struct layout *layout, const struct query *query,
                        const struct expected_hit *expected, size_t matches, uint64_t k,
                        uint64_t offset)
{
    struct table_hit_seen hits[1000];
    inlay_search_options options;
    uint64_t counted;
    size_t count = 0;
    size_t wanted = matches > offset ? matches - offset : 0;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    inlay_search_options_init(&options);
    options.k = k;
    options.offset = offset;
    options.match_all = query->match_all;
    wanted = wanted < k ? wanted : k;
    assert_ok(tables_search(layout->table, query->text, &options, hits, &count, &err), err);
    if (count != wanted) {
        fail_msg("%s: \"%s\" k %llu offset %llu: %zu hits, expected %zu", layout->name, query->text,
                 (unsigned long long)k, (unsigned long long)offset, count, wanted);
    }
    for (i = 0; i < count; i++) {
        float score = (float)((double)expected[offset + i].score / 0x1p20);
        uint32_t bits;
        memcpy(&bits, &score, sizeof(bits));
        if (hits[i].key != expected[offset + i].key || hits[i].score_bits != bits) {
            fail_msg("%s: \"%s\" k %llu offset %llu, hit %zu: key %lld bits %08x, expected key "
                     "%lld bits %08x",
                     layout->name, query->text, (unsigned long long)k, (unsigned long long)offset,
                     i, (long long)hits[i].key, hits[i].score_bits,
                     (long long)expected[offset + i].key, bits);
        }
        assert_memory_equal(&hits[i].id, &layout->stored.ids[hits[i].key], sizeof(hits[i].id));
    }
    assert_ok(inlay_bm25_count(layout->table, "body", query->text, &options, &counted, NULL, &err),
              err);
    if (counted != matches) {
        fail_msg("%s: \"%s\" counts %llu, expected %zu", layout->name, query->text,
                 (unsigned long long)counted, matches);
    }
}

static void check_corpus(unsigned shape, struct test_random *random)
{
    static const uint64_t ks[] = {1, 2, 10, 10, 40, 1000};
    static const uint64_t offsets[] = {0, 0, 0, 1, 7, 300};
    struct corpus corpus = {0};
    struct layout layouts[LAYOUTS];
    struct expected_hit *expected;
    unsigned i;
    int kind;
    corpus_make(&corpus, shape, random);
    expected = calloc(corpus.count, sizeof(*expected));
    assert_non_null(expected);
    for (kind = 0; kind < LAYOUTS; kind++) {
        layout_open(&layouts[kind], &corpus, (enum layout_kind)kind, random);
    }
    for (i = 0; i < 40; i++) {
        uint64_t k = ks[test_random_below(random, 6)];
        uint64_t offset = offsets[test_random_below(random, 6)];
        struct query query;
        size_t matches;
        query_make(&query, &corpus, random);
        matches = oracle_rank(&corpus, &query, expected);
        for (kind = 0; kind < LAYOUTS; kind++) {
            check_query(&layouts[kind], &query, expected, matches, k, offset);
            if (i % 8 == 0) { /* and warm */
                check_query(&layouts[kind], &query, expected, matches, k, offset);
            }
        }
    }
    for (kind = 0; kind < LAYOUTS; kind++) {
        layout_close(&layouts[kind]);
    }
    free(expected);
    corpus_free(&corpus);
}

static void ranking_does_not_depend_on_layout(void **state)
{
    struct test_random random = test_random_init(13);
    uint64_t round;
    unsigned shape;
    (void)state;
    for (round = 0; round < 2 * tables_scale(); round++) {
        for (shape = 0; shape < 5; shape++) {
            check_corpus(shape, &random);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranking_does_not_depend_on_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
