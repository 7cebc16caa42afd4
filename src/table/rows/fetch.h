/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a view by place, from however many superfiles, in the order asked for. */
#ifndef INLAY_TABLE_ROWS_FETCH_H
#define INLAY_TABLE_ROWS_FETCH_H

#include "columnar/batch.h"
#include "table/rows/typed_table.h"

struct row_place {
    size_t entry; /* index into the view's superfiles */
    uint32_t row;
};

/* `columns` are indexes into the table's file schema (_id is 0). The batch has one row per place
 * and is plain: no dictionaries. Release it with batch_release. */
inlay_status table_fetch(struct table_view *view, const struct row_place *places, size_t count,
                         const uint32_t *columns, size_t column_count, struct batch *out,
                         inlay_error *err);

/* Where the row with this _id is; false when the view has none. */
inlay_status table_find(struct table_view *view, struct id128 id, struct row_place *place,
                        bool *found, inlay_error *err);

#endif
