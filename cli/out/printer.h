/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow streams on a file, row by row, in bounded memory: as a table whose widths come from the
 * first rows, as NDJSON, as CSV (RFC 4180), or as one line per value.
 */
#ifndef INLAY_CLI_OUT_PRINTER_H
#define INLAY_CLI_OUT_PRINTER_H

#include "text.h"

#include "inlay/arrow.h"
#include "inlay/error.h"

#include <stdio.h>

enum output_mode { OUTPUT_TABLE, OUTPUT_LINES, OUTPUT_JSON, OUTPUT_CSV };

/* Called for every batch before it is printed. */
typedef void (*batch_observer)(void *context, const struct ArrowSchema *schema,
                               const struct ArrowArray *batch);

struct printer {
    FILE *file;
    enum output_mode mode;
    size_t width; /* of the terminal; 0 = no limit */
    bool ansi;
    const char *const *hidden; /* columns that tables leave out, ended by NULL; NULL = none */
    bool row_count;            /* end a table with "(n rows)" */
    bool (*cancelled)(void);   /* asked between rows; NULL = never */
    batch_observer observer;   /* NULL = none */
    void *observer_context;
};

/* For a file: its terminal's width ($COLUMNS goes first), colours unless $NO_COLOR is set. */
void printer_init(struct printer *printer, FILE *file, enum output_mode mode);

/* Prints and releases the stream in any case. `rows` may be NULL. */
inlay_status print_stream(const struct printer *printer, struct ArrowArrayStream *stream,
                          uint64_t *rows, inlay_error *err);

/* Reads a stream without printing it and releases it: the observer sees every batch. */
inlay_status read_stream(struct ArrowArrayStream *stream, batch_observer observer, void *context,
                         inlay_error *err);

/* One row as a JSON object, without the line end. */
void printer_add_json_row(struct text *out, const struct ArrowSchema *schema,
                          const struct ArrowArray *batch, int64_t row);

/* The index of a column, or -1. */
int64_t printer_column(const struct ArrowSchema *schema, const char *name);

#endif
