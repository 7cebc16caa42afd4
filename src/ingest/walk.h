/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a folder and its subfolders in the byte order of the names, the same order at every run.
 * Symbolic links below the root are not followed, nor are names that begin with a dot taken, so the
 * walk stays inside the root and ends. Memory: the names of one folder per level. One thread at a
 * time.
 */
#ifndef INLAY_INGEST_WALK_H
#define INLAY_INGEST_WALK_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stdint.h>

#define WALK_DEPTH_MAX 64u

struct walk;

struct walk_file {
    const char *path; /* relative to the root, '/' between names; borrowed until the next call */
    int folder;       /* descriptor of its folder, for openat with the last name; borrowed */
    const char *name; /* the last name */
    bool unreadable;  /* a folder that could not be entered, and nothing to open */
};

/* A root that cannot be read is an error: INLAY_NOT_FOUND, INLAY_PERMISSION, INLAY_IO. The root
 * itself may be a link. `accept` says which files are wanted, by name. */
inlay_status walk_open(const char *root, bool (*accept)(void *context, const char *name),
                       void *context, struct walk **out, inlay_error *err);
void walk_close(struct walk *walk); /* NULL-safe */

/* The next regular file; *end after the last. Only INLAY_NO_MEMORY fails a walk. */
inlay_status walk_next(struct walk *walk, struct walk_file *out, bool *end, inlay_error *err);

#endif
