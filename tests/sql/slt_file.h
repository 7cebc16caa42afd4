/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test files in the format of SQLite's sqllogictest, with what DuckDB and DataFusion added to it
 * (loop, foreach, include, errors with an expected text) and a few directives of our own; see
 * tests/sql/README.md.
 */
#ifndef INLAY_TESTS_SQL_SLT_FILE_H
#define INLAY_TESTS_SQL_SLT_FILE_H

#include <stdbool.h>
#include <stddef.h>

enum slt_kind { SLT_TABLE, SLT_STATEMENT, SLT_QUERY, SLT_HALT, SLT_HASH_THRESHOLD };

struct slt_record {
    enum slt_kind kind;
    size_t line;     /* of the head, from 1 */
    char *head;      /* behind the first word: "docs text=body", "error query", "IT rowsort" */
    char *body;      /* statement, or the rows of a table */
    char **expected; /* lines of the block behind "----" */
    size_t expected_count;
    bool has_expected;
    size_t block_line; /* of the "----"; 0 = there is none */
    size_t end_line;   /* behind the record */
    bool skipped;      /* skipif and onlyif */
    bool no_peer;      /* plain DuckDB cannot run it */
    bool ids;          /* the answer holds _id values */
};

struct slt_file {
    struct slt_record *records;
    size_t count;
    char *error; /* what is wrong with the file; NULL = nothing */
    bool loops;  /* lines of it occur more than once */
};

/* free with slt_file_free, also when error is set */
void slt_file_read(const char *path, struct slt_file *out);
void slt_file_free(struct slt_file *file);

/* The word at `index` (from 0) of a head, into `word`; false when there are fewer. */
bool slt_word(const char *head, size_t index, char *word, size_t size);

#endif
