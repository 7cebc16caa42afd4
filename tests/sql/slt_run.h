/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the records of a test file: every statement by both layouts and by plain DuckDB, each
 * answer compared with the others and with the expected block. */
#ifndef INLAY_TESTS_SQL_SLT_RUN_H
#define INLAY_TESTS_SQL_SLT_RUN_H

#include "sql/layouts.h"
#include "sql/slt_file.h"

struct slt_counts {
    size_t statements; /* run and compared */
    size_t failures;
    size_t errors;       /* of these, expected to be refused */
    size_t without_peer; /* of these, not run by plain DuckDB (directive nopeer) */
    size_t skipped;      /* skipif and onlyif */
    size_t both_refused; /* public files: neither engine runs it */
    size_t not_for_us;   /* public files: uses what only a database that creates can have */
};

struct slt_runner {
    const char *path;
    struct layouts layouts;
    struct slt_counts counts;
    unsigned long hash_threshold; /* 0 = none */
    char **written;               /* --write: the new block of every record, else NULL */
    char **types; /* --write: and the types of its columns: I integer, R other number, T text */
};

enum slt_sort { SLT_IN_ORDER, SLT_ROWS, SLT_VALUES };

/* The mode that the head of a query names; without one, the order of rows counts where the
 * statement has an ORDER BY. */
enum slt_sort slt_sort_mode(const struct slt_record *record);
void slt_sort_rows(struct row_set *rows, enum slt_sort mode);

/* What differs first, short, or false. `what` names the two. */
bool slt_same(struct slt_runner *runner, const struct slt_record *record, const char *left_name,
              const struct row_set *left, const char *right_name, const struct row_set *right);
/* Whether the rows are those of the block. `report` = print the difference and count it. */
bool slt_as_expected(struct slt_runner *runner, const struct slt_record *record,
                     const struct row_set *rows, bool report);

void slt_fail(struct slt_runner *runner, const struct slt_record *record, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs a file of our own suites. */
void slt_run(struct slt_runner *runner, const struct slt_file *file);

/* Runs a public file: what it creates and inserts is made by plain DuckDB first, then its tables
 * become ours; its questions are asked of both layouts and of plain DuckDB. The file's own blocks
 * are another engine's answers in another dialect, so they are not compared. */
void slt_run_public(struct slt_runner *runner, const struct slt_file *file);

#endif
