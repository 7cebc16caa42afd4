/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of the benchmarks, the same on every machine: row i depends on the seed and i only, so
 * any row can be made again to check an answer.
 *
 *   n         int64   i scattered over [0, 2^40), all different
 *   category  utf8    one of rust, python, go, sql
 *   title     utf8    8 words
 *   body      utf8    30 to 90 words, 60 on average
 *   day       date32  one of 4000 days from 2010 on
 *
 * Words are drawn by Zipf's law (s = 1) from a vocabulary of 200 000.
 */
#ifndef INLAY_BENCH_DATAGEN_H
#define INLAY_BENCH_DATAGEN_H

#include "columnar/schema.h"
#include "inlay/arrow.h"

#define VOCABULARY 200000u
#define CATEGORIES 4

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
uint64_t next_random(uint64_t *state);

struct row_numbers {
    int64_t n;
    unsigned category;
    int32_t day;
};

#define WORD_SIZE 16
/* The word of a rank, 4 or 6 letters and a NUL; returns its length. */
size_t datagen_word(uint32_t rank, char *out);
const char *datagen_category(unsigned category);
struct row_numbers datagen_numbers(uint64_t row);
#define TITLE_SIZE 128
#define BODY_SIZE 1024
size_t datagen_title(uint64_t row, char out[TITLE_SIZE]);
size_t datagen_body(uint64_t row, char out[BODY_SIZE]);

inlay_status datagen_schema(struct schema *out, inlay_error *err);

/* What a stream has handed out so far, and what making it took. */
struct datagen_totals {
    uint64_t rows;
    uint64_t text_bytes; /* of title and body */
    double wall;         /* seconds spent making rows */
    double cpu;
};

/* A stream of rows [0, rows); `totals` is written while it is read and outlives it. */
inlay_status datagen_stream(uint64_t rows, struct datagen_totals *totals,
                            struct ArrowArrayStream *out, inlay_error *err);

/* ---- queries ---- */

enum query_action { QUERY_TOP, QUERY_COUNT };
enum query_operator { QUERY_OR, QUERY_AND, QUERY_PHRASE };

struct query_kind {
    const char *name;
    enum query_action action;
    enum query_operator operation;
    unsigned words;
    uint32_t low[3]; /* ranks of the i-th word: [low, high) */
    uint32_t high[3];
};

#define QUERY_KINDS 9
#define QUERIES_PER_KIND 100
extern const struct query_kind query_kinds[QUERY_KINDS];

#define QUERY_SIZE 64
/* The words of the i-th query of a kind, with one space between. Phrases are taken from rows that
 * exist, so that they match. */
void datagen_query(const struct query_kind *kind, unsigned index, uint64_t rows,
                   char out[QUERY_SIZE]);

#endif
