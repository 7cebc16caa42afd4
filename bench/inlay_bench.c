/* SPDX-License-Identifier: Apache-2.0 */
/* inlay_bench SUITE [--dir FOLDER] [--rows N] ...: one suite, figures as JSON lines. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(struct bench *bench);
    const char *what;
} suites[] = {
    {"append", suite_append, "make the table: MB/s of text, peak memory, size"},
    {"memory", suite_memory, "make the table: its peak memory only"},
    {"queries", suite_queries, "print the text queries: kind, action, operator, words"},
    {"import", suite_import, "import --source PATH, or generated NDJSON, into a new table"},
    {"open", suite_open, "connect, open, first snapshot; open a superfile; reads when cold"},
    {"text", suite_text, "ranked search and counts, checked against the exhaustive engine"},
    {"sql", suite_sql, "aggregates, filters and top rows, checked against the generator"},
    {"fetch", suite_fetch, "ten rows by number, checked against the generator"},
    {"load", suite_load, "Parquet files of folder --source into table docs, by --files appends"},
    {"statements", suite_statements, "the statements of --source: lines of name TAB statement"},
    {"searches", suite_searches, "searches in SQL against the same ones called from C"},
};

static int usage(void)
{
    size_t i;
    (void)fprintf(stderr,
                  "usage: inlay_bench SUITE [--dir FOLDER] [--rows N] [--threads N] [--rounds N]\n"
                  "                         [--file-mib N] [--source FILE] [--files N]\n"
                  "       inlay_bench vectors DATASET_FOLDER WORK_FOLDER [SUPERFILES]\n");
    for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        (void)fprintf(stderr, "  %-10s %s\n", suites[i].name, suites[i].what);
    }
    return 2;
}

static bool take_option(struct bench *bench, const char *name, const char *value)
{
    uint64_t number = strtoull(value, NULL, 10);
    if (strcmp(name, "--dir") == 0) {
        bench->folder = value;
    } else if (strcmp(name, "--source") == 0) {
        bench->source = value;
    } else if (strcmp(name, "--rows") == 0) {
        bench->rows = number;
    } else if (strcmp(name, "--threads") == 0) {
        bench->threads = (unsigned)number;
    } else if (strcmp(name, "--rounds") == 0) {
        bench->rounds = (unsigned)number;
    } else if (strcmp(name, "--files") == 0) {
        bench->files = number;
    } else if (strcmp(name, "--file-mib") == 0) {
        bench->file_mib = number;
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct bench bench = {
        .folder = "bench-data", .rows = 1000000, .threads = 1, .rounds = 15, .files = 1};
    size_t i;
    int at;
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "vectors") == 0) {
        const uint64_t superfiles = argc == 5 ? strtoull(argv[4], NULL, 10) : 1;
        suite_vectors(argv[2], argv[3], superfiles != 0 ? superfiles : 1);
        return 0;
    }
    if (argc < 2 || argc % 2 != 0) {
        return usage();
    }
    for (at = 2; at < argc; at += 2) {
        if (!take_option(&bench, argv[at], argv[at + 1])) {
            return usage();
        }
    }
    (void)snprintf(bench.engine, sizeof(bench.engine), "inlay");
    for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (strcmp(argv[1], suites[i].name) == 0) {
            suites[i].run(&bench);
            return 0;
        }
    }
    return usage();
}
