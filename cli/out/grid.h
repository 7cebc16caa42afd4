/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table for people: a header, a rule, rows, columns two spaces apart, fitted to the terminal.
 * First measure some rows, then fit, then print: rows that come later are cut to the widths found.
 */
#ifndef INLAY_CLI_OUT_GRID_H
#define INLAY_CLI_OUT_GRID_H

#include "text.h"

#include <stdio.h>

struct grid_column {
    char *name; /* owned */
    bool right; /* numbers */
    size_t width;
};

struct grid {
    struct grid_column *columns; /* owned */
    size_t count;
    bool ansi; /* dim NULLs and a bold header */
    struct text line;
};

#define GRID_CELL_MAX 100000 /* columns that are ever counted in one cell */

void grid_init(struct grid *grid, size_t columns, bool ansi);
void grid_free(struct grid *grid);
void grid_column_set(struct grid *grid, size_t column, const char *name, bool right);

/* NULL bytes stand for a null, shown as NULL. */
void grid_measure(struct grid *grid, size_t column, const char *bytes, size_t length);

/* Narrows the widest columns until a row takes at most `width` display columns (0 = no limit).
 * False when that would leave columns too narrow to read: print records line by line instead. */
bool grid_fit(struct grid *grid, size_t width);

void grid_print_header(struct grid *grid, FILE *file);
void grid_cell(struct grid *grid, size_t column, const char *bytes, size_t length);
void grid_end_row(struct grid *grid, FILE *file);

#endif
