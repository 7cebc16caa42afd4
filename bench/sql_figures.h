/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of the SQL suite, shared with the peer. {table} is the relation, {title} the title
 * of one row. */
#ifndef INLAY_BENCH_SQL_FIGURES_H
#define INLAY_BENCH_SQL_FIGURES_H

#include <stdio.h>
#include <string.h>

#define SQL_SIZE 2048

enum {
    SQL_COUNT,
    SQL_SUM,
    SQL_MAX_TEXT,
    SQL_GROUP,
    SQL_EQUALITY,
    SQL_POINT,
    SQL_TOP,
    SQL_BOUNDS,
    SQL_RANGE,
    SQL_WORD,
    SQL_FRAGMENT,
    SQL_TOP_ONE,
    SQL_FIGURES
};

struct sql_figure {
    const char *name;
    const char *text; /* {table} stands for the relation, {title} for the title of one row */
};

static const struct sql_figure sql_figures[SQL_FIGURES] = {
    {"count(*)", "SELECT count(*) FROM {table}"},
    {"sum(int)", "SELECT sum(n)::BIGINT FROM {table}"},
    {"max(text)", "SELECT max(title) FROM {table}"},
    {"GROUP BY of 4 values", "SELECT category, count(*) FROM {table} GROUP BY category"},
    {"equality, 1 of 4 values", "SELECT count(*) FROM {table} WHERE category = 'rust'"},
    {"text point lookup", "SELECT n FROM {table} WHERE title = '{title}'"},
    {"top 10 by two columns", "SELECT title, n FROM {table} ORDER BY day DESC, n LIMIT 10"},
    {"min and max of ints", "SELECT max(n) - min(n) FROM {table}"},
    {"range, 0.1 % of the rows",
     "SELECT count(*) FROM {table} WHERE n BETWEEN 1000 AND 1099511628"},
    {"text LIKE '{title}%'", "SELECT count(*) FROM {table} WHERE title LIKE '{title}%'"},
    {"text LIKE a rare fragment", "SELECT count(*) FROM {table} WHERE title LIKE '%sadebu%'"},
    {"top 10 by one column", "SELECT n FROM {table} ORDER BY n DESC LIMIT 10"},
};

/* The statement of a figure with its places filled. */
static inline void sql_figure_text(const struct sql_figure *figure, const char *table,
                                   const char *title, char out[SQL_SIZE])
{
    size_t length = 0;
    const char *at = figure->text;
    while (*at != '\0' && length < SQL_SIZE - 1) {
        const char *value = strncmp(at, "{table}", 7) == 0   ? table
                            : strncmp(at, "{title}", 7) == 0 ? title
                                                             : NULL;
        if (value != NULL) {
            length += (size_t)snprintf(out + length, SQL_SIZE - length, "%s", value);
            at += 7;
        } else {
            out[length++] = *at++;
        }
    }
    out[length < SQL_SIZE ? length : SQL_SIZE - 1] = '\0';
}

#endif
