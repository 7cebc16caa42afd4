/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/timing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double wall_seconds(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

double cpu_seconds(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double process_memory(const char *field)
{
    char line[256];
    double kib = 0;
    size_t length = strlen(field);
    FILE *file = fopen("/proc/self/status", "r");
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, field, length) == 0 && line[length] == ':') {
            kib = strtod(line + length + 1, NULL);
        }
    }
    (void)fclose(file);
    return kib / 1024;
}

void samples_add(struct samples *samples, double value)
{
    if (samples->count < SAMPLES_MAX) {
        samples->values[samples->count++] = value;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double samples_quantile(struct samples *samples, double share)
{
    size_t index;
    if (samples->count == 0) {
        return 0;
    }
    qsort(samples->values, samples->count, sizeof(samples->values[0]), by_value);
    index = (size_t)(share * (double)samples->count);
    return samples->values[index < samples->count ? index : samples->count - 1];
}

/* Checks are digits and plain words: what JSON would escape does not occur in them. */
static void report_check(const char *check)
{
    (void)printf(", \"check\": \"%s\"}\n", check);
    (void)fflush(stdout);
}

void report_times(const char *engine, const char *suite, const char *name, struct samples *samples,
                  const char *check)
{
    (void)printf("{\"engine\": \"%s\", \"suite\": \"%s\", \"name\": \"%s\", \"unit\": \"us\", "
                 "\"best\": %.2f, \"p50\": %.2f, \"p99\": %.2f, \"n\": %zu",
                 engine, suite, name, samples_quantile(samples, 0), samples_quantile(samples, 0.5),
                 samples_quantile(samples, 0.99), samples->count);
    report_check(check);
}

void report_number(const char *engine, const char *suite, const char *name, const char *unit,
                   double value, const char *check)
{
    (void)printf("{\"engine\": \"%s\", \"suite\": \"%s\", \"name\": \"%s\", \"unit\": \"%s\", "
                 "\"p50\": %.2f, \"n\": 1",
                 engine, suite, name, unit, value);
    report_check(check);
}
