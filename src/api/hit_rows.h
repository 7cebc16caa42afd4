/* SPDX-License-Identifier: Apache-2.0 */
/* Hits of any search as an Arrow stream: the fetched columns, then what the search adds. */
#ifndef INLAY_API_HIT_ROWS_H
#define INLAY_API_HIT_ROWS_H

#include "api/handles.h"
#include "table/rows/fetch.h"
#include "table/rows/row_filter.h"

/* The columns that a search adds behind the fetched ones. */
struct hit_columns {
    /* Appends the fields. */
    inlay_status (*add_fields)(const void *context, struct schema *schema, inlay_error *err);
    /* Fills builder children from `first` on, for one hit. `text` is the value of the column that
     * was fetched besides (empty without one). */
    inlay_status (*add_values)(void *context, struct builder *row, size_t first, size_t hit,
                               struct byte_view text, inlay_error *err);
    void *context;
    bool with_text;       /* fetch `text_column` too, without returning it */
    uint32_t text_column; /* of the file schema */
};

/* `first` is the place of the first of `count` hits, which lie `stride` bytes apart; it may be NULL
 * when there are none. `columns` are indexes of the file schema. */
inlay_status hit_rows_stream(struct table_view *view, const struct row_place *first, size_t stride,
                             size_t count, const uint32_t *columns, size_t column_count,
                             const struct hit_columns *added, struct ArrowArrayStream *out,
                             inlay_error *err);

/* A public filter as row sets of a view of the table; *out is NULL when it allows every row, else
 * one reference. `cancel` may be NULL. */
inlay_status filter_rows(inlay_table *table, struct table_view *view, const inlay_filter *filter,
                         const struct cancel_token *cancel, const struct row_filter **out,
                         inlay_error *err);

#endif
