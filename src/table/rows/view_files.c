/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/view_files.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

inlay_status view_files_open(struct table_view *view, struct view_files *out, inlay_error *err)
{
    size_t i;
    memset(out, 0, sizeof(*out));
    out->files = mem_zalloc_array(view->list.count, sizeof(struct superfile *));
    if (out->files == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->list.count; i++) {
        INLAY_TRY(table_view_superfile(view, i, &out->files[i], err));
        out->count++;
    }
    return INLAY_OK;
}

void view_files_close(struct view_files *files)
{
    size_t i;
    for (i = 0; i < files->count; i++) {
        superfile_release(files->files[i]);
    }
    mem_free(files->files);
}

struct id128 view_file_id(void *context, uint32_t row)
{
    return superfile_id(context, row);
}

inlay_status view_file_lacks(const struct superfile *file, const char *kind, const char *column,
                             inlay_error *err)
{
    const char *name = superfile_source(file)->name;
    error_set(err, INLAY_CORRUPT, "%s has no %s index of \"%s\"", name, kind, column);
    error_key(err, name);
    return INLAY_CORRUPT;
}
