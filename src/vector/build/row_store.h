/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Append-only rows of equal width (floats) that live in memory up to a limit and then, all of them,
 * in an unlinked temporary file. Writing is for one thread; after row_store_flush any number of
 * threads may read, until the next append.
 */
#ifndef INLAY_VECTOR_BUILD_ROW_STORE_H
#define INLAY_VECTOR_BUILD_ROW_STORE_H

#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct row_store {
    size_t width;  /* floats of a row */
    size_t count;  /* rows appended */
    size_t limit;  /* bytes held in memory before the file takes over */
    float **block; /* owned; in the file's time only the first, as its write buffer */
    size_t block_count;
    size_t block_capacity;
    size_t block_rows;
    const char *folder; /* borrowed */
    int fd;             /* -1: all in memory */
    size_t in_file;     /* rows in the file */
};

/* `folder` NULL: the system's temporary folder. */
void row_store_init(struct row_store *store, size_t width, size_t limit, const char *folder);
void row_store_free(struct row_store *store);

/* A place of `width` floats for the next row, which counts at once: the caller fills it before the
 * next call. */
inlay_status row_store_next(struct row_store *store, float **row, inlay_error *err);
/* Forgets the row of the last row_store_next. */
void row_store_take_back(struct row_store *store);
inlay_status row_store_flush(struct row_store *store, inlay_error *err);

/* Copies the rows with these numbers, in the order given; ascending ones are read in runs. */
inlay_status row_store_gather(const struct row_store *store, const uint32_t *rows, size_t count,
                              float *into, inlay_error *err);
inlay_status row_store_read(const struct row_store *store, size_t first, size_t count, float *into,
                            inlay_error *err);

#endif
