/* SPDX-License-Identifier: Apache-2.0 */
/* The open superfiles of a view, for searches that look at all of them. */
#ifndef INLAY_TABLE_ROWS_VIEW_FILES_H
#define INLAY_TABLE_ROWS_VIEW_FILES_H

#include "table/rows/typed_table.h"

struct view_files {
    struct superfile **files; /* owned references, by entry of the view */
    size_t count;
};

/* Close in any case. */
inlay_status view_files_open(struct table_view *view, struct view_files *out, inlay_error *err);
void view_files_close(struct view_files *files);

/* The id of a row of a superfile (`context`), as search segments want it. */
struct id128 view_file_id(void *context, uint32_t row);

/* INLAY_CORRUPT: a superfile lacks the `kind` of index ("text") that its table has. */
inlay_status view_file_lacks(const struct superfile *file, const char *kind, const char *column,
                             inlay_error *err);

#endif
