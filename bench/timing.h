/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks, sample sets and the one output format of the benchmarks: a JSON object per line. */
#ifndef INLAY_BENCH_TIMING_H
#define INLAY_BENCH_TIMING_H

#include <stddef.h>
#include <stdint.h>

double wall_seconds(void);
double cpu_seconds(void); /* of all threads of the process */

/* "VmHWM" or "RssAnon" and so on of /proc/self/status, in MiB; 0 when there is no such line. */
double process_memory(const char *field);

/* Times in microseconds; grows as needed, a fixed limit is enough for every suite. */
#define SAMPLES_MAX 4096
struct samples {
    double values[SAMPLES_MAX];
    size_t count;
};

void samples_add(struct samples *samples, double value);
/* The smallest value with at least `share` of the values at or below it. Sorts the samples. */
double samples_quantile(struct samples *samples, double share);

/*
 * Prints {"engine", "suite", "name", "unit", "best", "p50", "p99", "n", "check"} for times. `check`
 * is what the work found, as text: equal for all engines that ran the same figure, "" = nothing to
 * compare.
 */
void report_times(const char *engine, const char *suite, const char *name, struct samples *samples,
                  const char *check);
/* The same for one number that is not a distribution: MB/s, MiB, requests. */
void report_number(const char *engine, const char *suite, const char *name, const char *unit,
                   double value, const char *check);

#endif
