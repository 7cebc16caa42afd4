/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/datagen.h"

#include "base/alloc.h"
#include "base/error.h"
#include "bench/timing.h"
#include "columnar/builder.h"
#include "columnar/stream.h"

#include <math.h>
#include <string.h>

#define SEED 0x1b873593cc9e2d51u
#define BATCH_ROWS 8192
#define FIRST_DAY 14610 /* 2010-01-01, in days of the Unix epoch */
#define DAYS 4000

const struct query_kind query_kinds[QUERY_KINDS] = {
    {"term frequent", QUERY_TOP, QUERY_OR, 1, {0}, {20}},
    {"term medium", QUERY_TOP, QUERY_OR, 1, {100}, {2000}},
    {"term rare", QUERY_TOP, QUERY_OR, 1, {20000}, {VOCABULARY}},
    {"OR of 3, frequent", QUERY_TOP, QUERY_OR, 3, {0, 10, 20}, {10, 20, 40}},
    {"OR of 3, mixed", QUERY_TOP, QUERY_OR, 3, {0, 50, 500}, {20, 500, 5000}},
    {"AND of 2", QUERY_TOP, QUERY_AND, 2, {0, 20}, {20, 200}},
    {"phrase of 2", QUERY_TOP, QUERY_PHRASE, 2, {0}, {0}},
    {"count of a term", QUERY_COUNT, QUERY_OR, 1, {0}, {2000}},
    {"count of OR of 3", QUERY_COUNT, QUERY_OR, 3, {0, 50, 500}, {20, 500, 5000}},
};

uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t row_state(uint64_t row, uint64_t part)
{
    uint64_t state = SEED + row * 4 + part;
    return next_random(&state);
}

/* Inverse of the distribution function of Zipf's law, the sum taken as an integral. */
static uint32_t zipf(uint64_t *state)
{
    static const double log_vocabulary = 12.20607764551; /* ln(VOCABULARY + 1) */
    double unit = (double)(next_random(state) >> 11) * 0x1p-53;
    uint32_t rank = (uint32_t)(exp(unit * log_vocabulary) - 1);
    return rank < VOCABULARY ? rank : VOCABULARY - 1;
}

/* Two or three syllables of a consonant and a vowel, the digits of the rank in base 70: distinct
 * for distinct ranks, and 5.6 bytes a word with its space, about as in English. */
size_t datagen_word(uint32_t rank, char *out)
{
    static const char consonants[] = "bdfgklmnprstvz";
    static const char vowels[] = "aeiou";
    size_t length = 0;
    uint32_t x;
    for (x = rank + 70; x != 0; x /= 70) {
        out[length++] = consonants[x % 70 / 5];
        out[length++] = vowels[x % 5];
    }
    out[length] = '\0';
    return length;
}

const char *datagen_category(unsigned category)
{
    static const char *const names[CATEGORIES] = {"rust", "python", "go", "sql"};
    return names[category];
}

struct row_numbers datagen_numbers(uint64_t row)
{
    uint64_t state = row_state(row, 0);
    struct row_numbers numbers;
    /* An odd factor permutes the numbers below 2^40. */
    numbers.n = (int64_t)((row * 0x9e3779b97fu) & (((uint64_t)1 << 40) - 1));
    numbers.category = (unsigned)(next_random(&state) % CATEGORIES);
    numbers.day = FIRST_DAY + (int32_t)(next_random(&state) % DAYS);
    return numbers;
}

static size_t make_words(uint64_t *state, uint64_t count, char *out)
{
    size_t length = 0;
    for (; count > 0; count--) {
        length += datagen_word(zipf(state), out + length);
        out[length++] = ' ';
    }
    out[--length] = '\0';
    return length;
}

size_t datagen_title(uint64_t row, char out[TITLE_SIZE])
{
    uint64_t state = row_state(row, 1);
    return make_words(&state, 8, out);
}

size_t datagen_body(uint64_t row, char out[BODY_SIZE])
{
    uint64_t state = row_state(row, 2);
    uint64_t count = 30 + next_random(&state) % 61;
    return make_words(&state, count, out);
}

inlay_status datagen_schema(struct schema *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    if (schema_add(out, "n", COLUMN_INT64, false) == NULL ||
        schema_add(out, "category", COLUMN_UTF8, false) == NULL ||
        schema_add(out, "title", COLUMN_UTF8, false) == NULL ||
        schema_add(out, "body", COLUMN_UTF8, false) == NULL ||
        schema_add(out, "day", COLUMN_DATE32, false) == NULL) {
        schema_free(out);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

struct row_stream {
    uint64_t next;
    uint64_t rows;
    struct builder *builder;
    struct datagen_totals *totals;
};

static inlay_status add_row(struct row_stream *stream, uint64_t row, inlay_error *err)
{
    struct row_numbers numbers = datagen_numbers(row);
    const char *category = datagen_category(numbers.category);
    char title[TITLE_SIZE];
    char body[BODY_SIZE];
    size_t title_length = datagen_title(row, title);
    size_t body_length = datagen_body(row, body);
    struct builder *b = stream->builder;
    INLAY_TRY(builder_int(builder_child(b, 0), numbers.n, err));
    INLAY_TRY(builder_bytes_value(builder_child(b, 1), category, strlen(category), err));
    INLAY_TRY(builder_bytes_value(builder_child(b, 2), title, title_length, err));
    INLAY_TRY(builder_bytes_value(builder_child(b, 3), body, body_length, err));
    INLAY_TRY(builder_int(builder_child(b, 4), numbers.day, err));
    stream->totals->rows++;
    stream->totals->text_bytes += title_length + body_length;
    return builder_close_row(b, err);
}

static inlay_status next_rows(void *context, struct ArrowArray *out, inlay_error *err)
{
    struct row_stream *stream = context;
    double wall = wall_seconds();
    double cpu = cpu_seconds();
    uint64_t end = stream->next + BATCH_ROWS;
    inlay_status status = INLAY_OK;
    memset(out, 0, sizeof(*out));
    end = end < stream->rows ? end : stream->rows;
    if (stream->next == end) {
        return INLAY_OK;
    }
    for (; stream->next < end && status == INLAY_OK; stream->next++) {
        status = add_row(stream, stream->next, err);
    }
    if (status == INLAY_OK) {
        status = builder_finish(stream->builder, out, err);
    }
    stream->totals->wall += wall_seconds() - wall;
    stream->totals->cpu += cpu_seconds() - cpu;
    return status;
}

static void destroy_rows(void *context)
{
    struct row_stream *stream = context;
    builder_free(stream->builder);
    mem_free(stream);
}

inlay_status datagen_stream(uint64_t rows, struct datagen_totals *totals,
                            struct ArrowArrayStream *out, inlay_error *err)
{
    struct row_stream *stream = mem_zalloc(sizeof(*stream));
    struct stream_producer producer = {next_rows, destroy_rows, stream};
    struct schema schema;
    inlay_status status;
    memset(totals, 0, sizeof(*totals));
    if (stream == NULL) {
        return error_no_memory(err);
    }
    stream->rows = rows;
    stream->totals = totals;
    status = datagen_schema(&schema, err);
    if (status == INLAY_OK) {
        status = builder_new_batch(&schema, UINT64_MAX, &stream->builder, err);
        if (status == INLAY_OK) {
            status = stream_export(&schema, &producer, out, err); /* takes `stream` over */
            schema_free(&schema);
            return status;
        }
        schema_free(&schema);
    }
    mem_free(stream);
    return status;
}

/* Two neighbouring words of a body. */
static void phrase_of_row(uint64_t row, char out[QUERY_SIZE])
{
    char body[BODY_SIZE];
    char *second;
    (void)datagen_body(row, body);
    second = strchr(strchr(body, ' ') + 1, ' ');
    *second = '\0';
    memcpy(out, body, (size_t)(second - body) + 1);
}

void datagen_query(const struct query_kind *kind, unsigned index, uint64_t rows,
                   char out[QUERY_SIZE])
{
    uint64_t state = SEED ^ ((uint64_t)(kind - query_kinds) << 32) ^ index;
    size_t length = 0;
    unsigned i;
    if (kind->operation == QUERY_PHRASE) {
        phrase_of_row(next_random(&state) % rows, out);
        return;
    }
    for (i = 0; i < kind->words; i++) {
        uint32_t span = kind->high[i] - kind->low[i];
        if (i != 0) {
            out[length++] = ' ';
        }
        length += datagen_word(kind->low[i] + (uint32_t)(next_random(&state) % span), out + length);
    }
}
