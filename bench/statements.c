/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/statements.h"

#include "bench/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WARM_UPS = 3, LEAST_ROUNDS = 15 };
#define LEAST_SECONDS 0.5 /* of rounds, so that fast statements run often */
#define MOST_SECONDS 2.0  /* and of slow ones at least one round is timed */

static bool is_valid(const struct ArrowArray *array, int64_t row)
{
    const uint8_t *bits = array->n_buffers > 0 ? array->buffers[0] : NULL;
    return bits == NULL || (bits[row / 8] >> (row % 8) & 1) != 0;
}

static double decimal_value(const void *values, int64_t row)
{
    uint64_t low;
    int64_t high;
    const char *at = (const char *)values + row * 16;
    memcpy(&low, at, sizeof(low));
    memcpy(&high, at + 8, sizeof(high));
    return (double)high * 18446744073709551616.0 + (double)low;
}

static double number_at(char format, const void *values, int64_t row)
{
    switch (format) {
    case 'c':
        return ((const int8_t *)values)[row];
    case 'C':
        return ((const uint8_t *)values)[row];
    case 's':
        return ((const int16_t *)values)[row];
    case 'S':
        return ((const uint16_t *)values)[row];
    case 'i':
        return ((const int32_t *)values)[row];
    case 'I':
        return ((const uint32_t *)values)[row];
    case 'l':
        return (double)((const int64_t *)values)[row];
    case 'L':
        return (double)((const uint64_t *)values)[row];
    case 'f':
        return (double)((const float *)values)[row];
    case 'g':
        return ((const double *)values)[row];
    default:
        return decimal_value(values, row);
    }
}

/* Ten to the scale of "d:38,2"; 1 for other formats. */
static double divisor_of(const char *format)
{
    const char *comma = format[0] == 'd' ? strchr(format, ',') : NULL;
    double divisor = 1;
    long scale = comma != NULL ? strtol(comma + 1, NULL, 10) : 0;
    for (; scale > 0; scale--) {
        divisor *= 10;
    }
    return divisor;
}

static double number_sum(const char *format, const struct ArrowArray *array)
{
    double sum = 0;
    int64_t row;
    for (row = array->offset; row < array->offset + array->length; row++) {
        if (is_valid(array, row)) {
            sum += number_at(format[0], array->buffers[1], row);
        }
    }
    return sum / divisor_of(format);
}

/* The text of a row, of utf8, large_utf8 or utf8 view. */
static const uint8_t *text_at(char format, const struct ArrowArray *array, int64_t row,
                              size_t *length)
{
    if (format == 'u') {
        const int32_t *ends = array->buffers[1];
        *length = (size_t)(ends[row + 1] - ends[row]);
        return (const uint8_t *)array->buffers[2] + ends[row];
    }
    if (format == 'U') {
        const int64_t *ends = array->buffers[1];
        *length = (size_t)(ends[row + 1] - ends[row]);
        return (const uint8_t *)array->buffers[2] + ends[row];
    }
    const int32_t *view = (const int32_t *)array->buffers[1] + row * 4;
    *length = (size_t)view[0];
    return view[0] <= 12 ? (const uint8_t *)(view + 1)
                         : (const uint8_t *)array->buffers[2 + view[2]] + view[3];
}

static uint64_t byte_sum(char format, const struct ArrowArray *array)
{
    uint64_t sum = 0;
    int64_t row;
    for (row = array->offset; row < array->offset + array->length; row++) {
        size_t length = 0;
        const uint8_t *text = NULL;
        size_t i;
        if (is_valid(array, row)) {
            text = text_at(format, array, row, &length);
        }
        for (i = 0; i < length; i++) {
            sum += text[i];
        }
    }
    return sum;
}

static bool is_number(const char *format)
{
    return (strlen(format) == 1 && strchr("cCsSiIlLfg", format[0]) != NULL) ||
           (strncmp(format, "d:", 2) == 0 && strstr(format, ",256") == NULL);
}

static bool is_text(const char *format)
{
    return strcmp(format, "u") == 0 || strcmp(format, "U") == 0 || strcmp(format, "vu") == 0;
}

/* Dictionaries of texts are summed over their entries as often as they are named. */
static uint64_t text_sum(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    const struct ArrowArray *entries = array->dictionary;
    uint64_t sum = 0;
    int64_t row;
    if (entries == NULL) {
        return byte_sum(schema->format[0], array);
    }
    for (row = array->offset; row < array->offset + array->length; row++) {
        if (is_valid(array, row)) {
            struct ArrowArray one = *entries;
            one.offset += (int64_t)number_at(schema->format[0], array->buffers[1], row);
            one.length = 1;
            sum += byte_sum(schema->dictionary->format[0], &one);
        }
    }
    return sum;
}

void answer_add(struct answer *answer, const struct ArrowSchema *schema,
                const struct ArrowArray *batch)
{
    int64_t last = -1;
    int64_t i;
    for (i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *field = schema->children[i];
        const char *format = field->dictionary != NULL ? field->dictionary->format : field->format;
        if (is_text(format)) {
            answer->text_bytes += text_sum(field, batch->children[i]);
        } else if (field->dictionary == NULL && is_number(format)) {
            last = i;
        }
    }
    if (last >= 0) {
        answer->numbers += number_sum(schema->children[last]->format, batch->children[last]);
    }
    answer->rows += (uint64_t)batch->length;
}

/* ---- running ---- */

bool answer_drain(struct ArrowArrayStream *stream, struct answer *answer,
                  char problem[PROBLEM_SIZE])
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    bool ok = stream->get_schema(stream, &schema) == 0;
    if (!ok) {
        (void)snprintf(problem, PROBLEM_SIZE, "%s", stream->get_last_error(stream));
        return false;
    }
    for (;;) {
        ok = stream->get_next(stream, &batch) == 0;
        if (!ok || batch.release == NULL) {
            break;
        }
        if (answer != NULL) {
            answer_add(answer, &schema, &batch);
        }
        batch.release(&batch);
    }
    if (!ok) {
        (void)snprintf(problem, PROBLEM_SIZE, "%s", stream->get_last_error(stream));
    }
    schema.release(&schema);
    return ok;
}

static void report_failure(const char *engine, const char *name, char *problem)
{
    char *at;
    for (at = problem; *at != '\0'; at++) {
        *at = *at == '"' || *at == '\\' || (unsigned char)*at < ' ' ? ' ' : *at;
    }
    (void)printf("{\"engine\": \"%s\", \"suite\": \"sql\", \"name\": \"%s\", \"failed\": \"%s\"}\n",
                 engine, name, problem);
    (void)fflush(stdout);
}

/* `cpu` becomes the processor time of a round in microseconds, of all threads: the mean. */
static bool time_rounds(const struct statement_engine *engine, const char *sql,
                        struct samples *samples, double *cpu, char problem[PROBLEM_SIZE])
{
    double cpu_begin;
    double begin = wall_seconds();
    unsigned round;
    for (round = 1; round < WARM_UPS && wall_seconds() - begin < MOST_SECONDS; round++) {
        if (!engine->run(engine->context, sql, NULL, problem)) {
            return false;
        }
    }
    begin = wall_seconds();
    cpu_begin = cpu_seconds();
    for (;;) {
        double start = wall_seconds();
        double end;
        if (!engine->run(engine->context, sql, NULL, problem)) {
            return false;
        }
        end = wall_seconds();
        samples_add(samples, (end - start) * 1e6);
        if (end - begin >= MOST_SECONDS ||
            (samples->count >= LEAST_ROUNDS && end - begin >= LEAST_SECONDS)) {
            *cpu = (cpu_seconds() - cpu_begin) * 1e6 / (double)samples->count;
            return true;
        }
    }
}

static void time_statement(const struct statement_engine *engine, const char *name, const char *sql)
{
    static struct samples samples;
    struct answer answer = {0};
    char problem[PROBLEM_SIZE] = "";
    double cpu = 0;
    samples.count = 0;
    /* The first warm-up also tells what the answer is. */
    if (!engine->run(engine->context, sql, &answer, problem) ||
        !time_rounds(engine, sql, &samples, &cpu, problem)) {
        report_failure(engine->name, name, problem);
        return;
    }
    (void)printf("{\"engine\": \"%s\", \"suite\": \"sql\", \"name\": \"%s\", \"unit\": \"us\", "
                 "\"best\": %.2f, \"p50\": %.2f, \"p99\": %.2f, \"cpu\": %.2f, \"n\": %zu, "
                 "\"check\": \"%llu rows, %.12g, %llu\"}\n",
                 engine->name, name, samples_quantile(&samples, 0), samples_quantile(&samples, 0.5),
                 samples_quantile(&samples, 0.99), cpu, samples.count,
                 (unsigned long long)answer.rows, answer.numbers,
                 (unsigned long long)answer.text_bytes);
    (void)fflush(stdout);
}

bool statements_run(const char *path, const struct statement_engine *engine)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    if (file == NULL) {
        return false;
    }
    while ((length = getline(&line, &size, file)) > 0) {
        char *sql = strchr(line, '\t');
        if (line[length - 1] == '\n') {
            line[length - 1] = '\0';
        }
        if (sql != NULL) {
            *sql++ = '\0';
            time_statement(engine, line, sql);
        }
    }
    free(line);
    (void)fclose(file);
    return true;
}
