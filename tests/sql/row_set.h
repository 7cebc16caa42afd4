/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to a statement as text, so that answers of different engines can be compared: names
 * and Arrow formats of the columns, then every cell. Test code: out of memory ends the program.
 */
#ifndef INLAY_TESTS_SQL_ROW_SET_H
#define INLAY_TESTS_SQL_ROW_SET_H

#include "inlay/inlay.h"

#include <stdbool.h>
#include <stddef.h>

struct row_set {
    size_t columns;
    size_t rows;
    char **names;   /* columns */
    char **formats; /* columns; Arrow format strings, nested ones with their children's */
    char **cells;   /* rows x columns, row after row */
    size_t capacity;
    inlay_status status; /* of the statement; INLAY_OK: the rows are all there */
    char message[1024];  /* when it failed */
};

void row_set_free(struct row_set *set); /* leaves it empty */

void row_set_schema(struct row_set *set, const struct ArrowSchema *schema);
void row_set_batch(struct row_set *set, const struct ArrowSchema *schema,
                   const struct ArrowArray *batch);

/* Runs a statement and takes all its rows. NULL, "(empty)" for empty text; line feeds, tabs and
 * other control characters in texts are shown as escapes. */
void row_set_query(struct row_set *set, inlay_connection *connection, const char *sql);
/* Consumes the stream. */
void row_set_stream(struct row_set *set, struct ArrowArrayStream *stream);

/* Sorts whole rows by their text. */
void row_set_sort(struct row_set *set);

/* Equal as texts, or as floating point numbers but for the last digits: sums of them depend on the
 * order of addition. */
bool cell_equal(const char *a, const char *b);

#endif
