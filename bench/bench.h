/* SPDX-License-Identifier: Apache-2.0 */
/* What the suites of inlay_bench share. A failed call or check ends the program with a message. */
#ifndef INLAY_BENCH_BENCH_H
#define INLAY_BENCH_BENCH_H

#include "bench/datagen.h"
#include "bench/timing.h"
#include "inlay/inlay.h"

#include <stdbool.h>

#define BENCH_TABLE "docs"
#define ENGINE_NAME_SIZE 24

struct bench {
    const char *folder; /* of the catalog */
    uint64_t rows;      /* of the table; set from the table where there is one */
    unsigned threads;
    unsigned rounds;               /* of a figure that takes milliseconds */
    uint64_t file_mib;             /* input per superfile; 0 = the engine's default */
    const char *source;            /* a file: of the import, statements and load suites */
    uint64_t files;                /* superfiles of the load suite */
    char engine[ENGINE_NAME_SIZE]; /* as reported */
};

void must(inlay_status status, const inlay_error *err);
void bench_check(bool holds, const char *format, ...) INLAY_PRINTF(2, 3);

/* Both are closed by the caller. Also sets bench->rows. */
inlay_connection *bench_connect(const struct bench *bench);
inlay_table *bench_open(struct bench *bench, inlay_connection *connection);

/* Reads a stream to its end and releases it. */
struct stream_content {
    uint64_t rows;
    int64_t last_column_sum; /* of the last column, when it is of integers */
    int64_t first_int;       /* of the first row's last column, likewise */
    char first_text[256];    /* of the first row's last column, when it is of text */
};
void bench_drain(struct ArrowArrayStream *stream, struct stream_content *out);

#define PATH_SIZE 1024
struct superfile_place {
    char path[PATH_SIZE];
    uint64_t rows;
    uint64_t bytes;
};
/* The table's first superfile. */
struct superfile_place bench_superfile(const struct bench *bench, inlay_table *table);

void suite_append(struct bench *bench);  /* makes the table */
void suite_memory(struct bench *bench);  /* likewise, for its peak memory */
void suite_queries(struct bench *bench); /* prints what the peers are to look for */
void suite_open(struct bench *bench);
void suite_text(struct bench *bench);
void suite_sql(struct bench *bench);
void suite_fetch(struct bench *bench);
void suite_import(struct bench *bench);
void suite_load(struct bench *bench);       /* Parquet files into the table, see bench_load.c */
void suite_statements(struct bench *bench); /* of a file, see statements.h */
void suite_searches(struct bench *bench);   /* in SQL against the same ones called from C */
/* A dataset of bench/vectors; the work folder must not exist. */
/* The dataset is written as about so many superfiles. */
void suite_vectors(const char *dataset_folder, const char *work_folder, uint64_t superfiles);

#endif
