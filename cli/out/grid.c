/* SPDX-License-Identifier: Apache-2.0 */
#include "grid.h"

#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2
#define READABLE 8 /* a narrower column of longer text is not worth printing */

void grid_init(struct grid *grid, size_t columns, bool ansi)
{
    *grid = (struct grid){.count = columns, .ansi = ansi};
    grid->columns = memory_or_exit(calloc(columns > 0 ? columns : 1, sizeof(*grid->columns)));
}

void grid_free(struct grid *grid)
{
    for (size_t i = 0; i < grid->count; i++) {
        free(grid->columns[i].name);
    }
    free(grid->columns);
    text_free(&grid->line);
    *grid = (struct grid){0};
}

void grid_column_set(struct grid *grid, size_t column, const char *name, bool right)
{
    struct grid_column *c = &grid->columns[column];
    c->name = copy_or_exit(name);
    c->right = right;
    c->width = utf8_width(name, strlen(name), GRID_CELL_MAX);
}

void grid_measure(struct grid *grid, size_t column, const char *bytes, size_t length)
{
    struct grid_column *c = &grid->columns[column];
    size_t width = bytes ? utf8_width(bytes, length, GRID_CELL_MAX) : 4;
    if (width > c->width) {
        c->width = width;
    }
}

/* Takes the excess off the widest columns of text only, so that short ones stay whole: the cap that
 * makes the row fit. A number is never cut, it would be another number. */
static size_t fitting_cap(const struct grid *grid, size_t available)
{
    size_t low = 1;
    size_t high = GRID_CELL_MAX;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        size_t sum = 0;
        for (size_t i = 0; i < grid->count; i++) {
            const struct grid_column *c = &grid->columns[i];
            sum += c->right || c->width < middle ? c->width : middle;
        }
        if (sum <= available) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

bool grid_fit(struct grid *grid, size_t width)
{
    size_t gaps = grid->count > 0 ? (grid->count - 1) * GAP : 0;
    if (width == 0) {
        return true;
    }
    size_t cap = fitting_cap(grid, width > gaps ? width - gaps : 0);
    size_t total = gaps;
    for (size_t i = 0; i < grid->count; i++) {
        struct grid_column *c = &grid->columns[i];
        if (c->width > cap && !c->right) {
            if (cap < READABLE) {
                return false;
            }
            c->width = cap;
        }
        total += c->width;
    }
    return total <= width;
}

void grid_cell(struct grid *grid, size_t column, const char *bytes, size_t length)
{
    const struct grid_column *c = &grid->columns[column];
    bool dim = !bytes && grid->ansi;
    size_t limit = c->right ? GRID_CELL_MAX : c->width;
    struct text cell = {0};
    size_t used = bytes ? utf8_add_clean(&cell, bytes, length, limit)
                        : utf8_add_clean(&cell, "NULL", 4, limit < 4 ? 4 : limit);
    size_t padding = used < c->width ? c->width - used : 0;
    text_add_repeated(&grid->line, " ", column > 0 ? GAP : 0);
    text_add_repeated(&grid->line, " ", c->right ? padding : 0);
    text_add_string(&grid->line, dim ? "\033[2m" : "");
    text_add(&grid->line, text_cstr(&cell), cell.length);
    text_add_string(&grid->line, dim ? "\033[0m" : "");
    text_add_repeated(&grid->line, " ", c->right ? 0 : padding);
    text_free(&cell);
}

void grid_end_row(struct grid *grid, FILE *file)
{
    size_t length = grid->line.length;
    while (length > 0 && grid->line.data[length - 1] == ' ') {
        length--;
    }
    fwrite(text_cstr(&grid->line), 1, length, file);
    fputc('\n', file);
    text_clear(&grid->line);
}

void grid_print_header(struct grid *grid, FILE *file)
{
    fputs(grid->ansi ? "\033[1m" : "", file);
    for (size_t i = 0; i < grid->count; i++) {
        const char *name = grid->columns[i].name;
        grid_cell(grid, i, name, strlen(name));
    }
    text_add_string(&grid->line, grid->ansi ? "\033[0m" : "");
    grid_end_row(grid, file);
    for (size_t i = 0; i < grid->count; i++) {
        text_add_repeated(&grid->line, " ", i > 0 ? GAP : 0);
        text_add_repeated(&grid->line, "─", grid->columns[i].width);
    }
    grid_end_row(grid, file);
}
