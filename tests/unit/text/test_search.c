/* SPDX-License-Identifier: Apache-2.0 */
/* Every search equals the exhaustive evaluator, ids, order and score bits, for any split of the
 * rows into segments, with deletes and filters, resident and cold. */
#include "text_fixture.h"

#define MAX_PARTS 6

struct split {
    struct part parts[MAX_PARTS];
    struct text_segment segments[MAX_PARTS];
    size_t count;
};

static void split_make(const struct analyzer *analyzer, const struct corpus *corpus, size_t parts,
                       bool filtered, bool cold, bool interleaved, struct split *split)
{
    size_t p;
    size_t i;
    parts = parts < corpus->count ? parts : corpus->count;
    split->count = parts;
    for (p = 0; p < parts; p++) {
        uint32_t *numbers = calloc(corpus->count, sizeof(uint32_t));
        size_t count = 0;
        for (i = 0; i < corpus->count; i++) {
            if ((interleaved ? i % parts : i * parts / corpus->count) == p) {
                numbers[count++] = (uint32_t)i;
            }
        }
        part_make(analyzer, corpus, numbers, count, filtered, cold, &split->parts[p]);
        split->segments[p] = part_segment(&split->parts[p], p % 2 == 0);
    }
}

static void split_free(struct split *split)
{
    size_t p;
    for (p = 0; p < split->count; p++) {
        part_free(&split->parts[p]);
    }
}

static struct text_query *parse(const struct analyzer *analyzer, const char *text)
{
    struct text_query *query;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(text_query_parse(analyzer, text, strlen(text), NULL, &query, &err), err);
    return query;
}

static void check_query(const struct split *split, const struct oracle *oracle,
                        const struct text_query *query, const char *text, size_t k)
{
    struct text_search_options options;
    struct text_hit *hits;
    struct oracle_hit *expected;
    size_t count;
    size_t expected_count;
    size_t i;
    uint64_t matches;
    inlay_error err;
    inlay_error_init(&err);
    text_search_options_init(&options);
    options.k = k;
    expected = oracle_search(oracle, query, &expected_count);
    assert_ok(text_count(query, split->segments, split->count, &matches, &err), err);
    if (matches != expected_count) {
        fail_msg("%s: counted %llu, expected %zu", text, (unsigned long long)matches,
                 expected_count);
    }
    assert_ok(text_search(query, split->segments, split->count, &options, &hits, &count, &err),
              err);
    if (count != (expected_count < k ? expected_count : k)) {
        fail_msg("%s: %zu hits of %zu, k %zu", text, count, expected_count, k);
    }
    for (i = 0; i < count; i++) {
        uint32_t number = split->parts[hits[i].segment].numbers[hits[i].row];
        if (number != expected[i].number || hits[i].score_sum != expected[i].score) {
            fail_msg("%s: hit %zu is %u with %llu, expected %u with %llu", text, i, number,
                     (unsigned long long)hits[i].score_sum, expected[i].number,
                     (unsigned long long)expected[i].score);
        }
        assert_true(hits[i].score == (float)((double)hits[i].score_sum / 1048576.0));
    }
    mem_free(hits);
    free(expected);
}

static void random_term(struct test_random *random, const struct corpus *corpus, char *out)
{
    (void)sprintf(out, "w%u", zipf_word(random, corpus->vocabulary + 2, 0.7));
}

/* A phrase and nothing else, whose search prunes: mostly frequent words, some of them twice. */
static void random_phrase(struct test_random *random, const struct corpus *corpus, char *out)
{
    uint32_t words = corpus->vocabulary < 12 ? corpus->vocabulary : 12;
    uint32_t first = zipf_word(random, words, 0.7);
    size_t more = 1 + test_random_below(random, 2);
    out += sprintf(out, "\"w%u", first);
    for (; more > 0; more--) {
        out += sprintf(out, " w%u",
                       test_random_below(random, 5) == 0 ? first : zipf_word(random, words, 0.7));
    }
    (void)sprintf(out, test_random_below(random, 3) == 0 ? "\"~%u" : "\"",
                  (unsigned)test_random_below(random, 4));
}

/* A random query in the query language. */
static void random_query(struct test_random *random, const struct corpus *corpus, char *out)
{
    size_t parts = 1 + test_random_below(random, 5);
    unsigned shape = (unsigned)test_random_below(random, 8);
    char term[32];
    char used[256] = " ";
    size_t i;
    *out = 0;
    if (shape > 5) {
        random_phrase(random, corpus, out);
        return;
    }
    for (i = 0; i < parts; i++) {
        unsigned mark = shape == 0 ? 0 : (unsigned)test_random_below(random, 8);
        char padded[40];
        random_term(random, corpus, term);
        (void)snprintf(padded, sizeof(padded), " %s ", term);
        if (strstr(used, padded) != NULL) {
            continue; /* equal terms add their weights: a test of its own */
        }
        (void)strcat(used, padded);
        if (shape == 1) {
            out += sprintf(out, "+%s ", term);
        } else if (shape < 4) {
            out += sprintf(out, mark == 0 ? "%s^2.5 " : "%s ", term);
        } else if (mark == 0) {
            out += sprintf(out, "+%s ", term);
        } else if (mark == 1) {
            out += sprintf(out, "-%s ", term);
        } else if (mark == 2) {
            out += sprintf(out, "(+%s w%u -w3) ", term, zipf_word(random, 20, 1));
        } else if (mark < 5) {
            out += sprintf(out, "\"%s w%u\"~%u ", term, zipf_word(random, 10, 1),
                           (unsigned)test_random_below(random, 4));
        } else {
            out += sprintf(out, "%s ", term);
        }
    }
}

static void run_queries(struct test_random *random, const struct analyzer *analyzer,
                        struct corpus *corpus, size_t queries)
{
    static const size_t ks[] = {1, 3, 10, 100, 10000};
    struct oracle oracle = oracle_make(corpus);
    size_t round;
    for (round = 0; round < 4; round++) {
        struct split split;
        size_t q;
        split_make(analyzer, corpus, round == 0 ? 1 : 1 + test_random_below(random, MAX_PARTS),
                   round >= 2, round == 3, round == 1, &split);
        for (q = 0; q < queries; q++) {
            char text[512];
            struct text_query *query;
            random_query(random, corpus, text);
            query = parse(analyzer, text);
            if (round < 2) { /* the filter is part of the corpus: none in the first rounds */
                size_t i;
                for (i = 0; i < corpus->count; i++) {
                    corpus->docs[i].allowed = true;
                }
            }
            check_query(&split, &oracle, query, text, ks[test_random_below(random, 5)]);
            text_query_free(query);
        }
        split_free(&split);
        if (round >= 1) {
            size_t i;
            for (i = 0; i < corpus->count; i++) {
                corpus->docs[i].allowed = test_random_below(random, 3) != 0;
            }
        }
    }
}

static void delete_some(struct test_random *random, struct corpus *corpus, unsigned one_in)
{
    size_t i;
    for (i = 0; i < corpus->count; i++) {
        corpus->docs[i].deleted = one_in != 0 && test_random_below(random, one_in) == 0;
    }
}

static void searches_equal_the_oracle(void **state)
{
    struct test_random random = test_random_init(20261122);
    struct analyzer *analyzer = plain_analyzer();
    static const struct {
        size_t count;
        uint32_t vocabulary;
        uint32_t longest;
        double skew;
        unsigned deleted_one_in;
    } shapes[] = {
        {1500, 60, 12, 1.0, 0}, {1500, 2000, 40, 1.0, 9}, {700, 12, 30, 0.5, 3},
        {300, 5, 200, 1.0, 0},  {64, 8, 6, 1.0, 2},       {1, 3, 5, 1.0, 0},
        {5000, 30, 6, 1.2, 50},
    };
    size_t s;
    (void)state;
    for (s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        struct corpus corpus = corpus_make(&random, shapes[s].count, shapes[s].vocabulary,
                                           shapes[s].longest, shapes[s].skew);
        delete_some(&random, &corpus, shapes[s].deleted_one_in);
        run_queries(&random, analyzer, &corpus, 16);
        corpus_free(&corpus);
    }
    analyzer_free(analyzer);
}

static uint64_t best_score(const struct split *split, const struct text_query *query, size_t *count)
{
    struct text_hit *hits;
    uint64_t best;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(text_search(query, split->segments, split->count, NULL, &hits, count, &err), err);
    best = *count != 0 ? hits[0].score_sum : 0;
    mem_free(hits);
    return best;
}

static void special_queries(void **state)
{
    struct test_random random = test_random_init(8);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 500, 20, 10, 1);
    static const char *const nothing[] = {"",        "-w0",     "-w0 -w1",
                                          "nowhere", "+w0 -w0", "+w0 +nowhere"};
    static const char *const equal[][2] = {
        {"w2 w2", "w2^2"}, {"w2 (w2 w3)", "w2^2 w3"}, {"+w1 +w1", "w1^2"}, {"((w4))", "w4"}};
    struct cancel_token cancel;
    struct text_search_options options;
    struct text_query *query;
    struct text_hit *hits;
    struct split split;
    size_t count;
    size_t other;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    split_make(analyzer, &corpus, 3, false, false, true, &split);
    for (i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        query = parse(analyzer, nothing[i]);
        (void)best_score(&split, query, &count);
        assert_int_equal(count, 0);
        text_query_free(query);
    }
    for (i = 0; i < sizeof(equal) / sizeof(equal[0]); i++) {
        struct text_query *same = parse(analyzer, equal[i][1]);
        query = parse(analyzer, equal[i][0]);
        assert_true(best_score(&split, query, &count) == best_score(&split, same, &other));
        assert_true(count == other && count != 0);
        text_query_free(query);
        text_query_free(same);
    }
    text_search_options_init(&options);
    cancel_token_init(&cancel, env_system(), CANCEL_NO_TIMEOUT, NULL);
    cancel_token_cancel(&cancel);
    options.cancel = &cancel;
    query = parse(analyzer, "w0 w1");
    assert_status(text_search(query, split.segments, split.count, &options, &hits, &count, &err),
                  INLAY_CANCELLED);
    cancel_token_init(&cancel, env_system(), 0, NULL);
    assert_status(text_search(query, split.segments, split.count, &options, &hits, &count, &err),
                  INLAY_TIMEOUT);
    options.cancel = NULL;
    options.k = 0;
    assert_ok(text_search(query, split.segments, split.count, &options, &hits, &count, &err), err);
    assert_int_equal(count, 0);
    mem_free(hits);
    text_query_free(query);
    split_free(&split);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(searches_equal_the_oracle),
        cmocka_unit_test(special_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
