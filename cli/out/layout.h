/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of a file as a drawing: regions in file order with offset, size, share and a bar to
 * scale, regions inside others as their branches.
 */
#ifndef INLAY_CLI_OUT_LAYOUT_H
#define INLAY_CLI_OUT_LAYOUT_H

#include "printer.h"

struct region {
    char *name;   /* "row group"; owned, like the others */
    char *column; /* or NULL */
    char *detail; /* or NULL */
    bool has_part;
    bool inside; /* the region before it that is not inside another */
    uint64_t part;
    uint64_t offset;
    uint64_t length;
};

struct layout {
    struct region *regions;
    size_t count;
    uint64_t size; /* end of the last region */
};

/* A batch_observer for the stream of inlay_inspect_file; the context is a struct layout. */
void layout_collect(void *context, const struct ArrowSchema *schema,
                    const struct ArrowArray *batch);
/* Makes one region of runs of more than two page indexes or Bloom filters: a file of many columns
 * has many small ones. */
void layout_merge(struct layout *layout);

void layout_free(struct layout *layout);

void layout_draw(const struct printer *printer, const char *path, const struct layout *layout);

#endif
