/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of text files (or a single one) as rows, a passage each:
 *
 *   path      utf8                of the file, relative to the folder, '/' between names
 *   title     utf8                nearest heading, see passages.h
 *   passage   int32               0, 1, ... within the file
 *   format    utf8                "text", "markdown", "rst", "html"
 *   body      utf8
 *   modified  timestamp[ms, UTC]  of the file
 *
 * Files come in the order of walk.h, so an unchanged folder gives the same rows again. A file that
 * cannot be used does not end the import: it is counted, and the first names are kept. One file is
 * in memory at a time. One thread at a time, but for folder_source_bytes and folder_source_files.
 */
#ifndef INLAY_INGEST_FOLDER_H
#define INLAY_INGEST_FOLDER_H

#include "columnar/schema.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLDER_FILE_MAX ((size_t)64 << 20) /* bytes of one file, packed or unpacked */
#define FOLDER_BATCH_ROWS 2048
#define FOLDER_BATCH_BYTES (4u << 20) /* of text */
#define FOLDER_SKIPPED_NAMES 32u

struct folder_source;

struct folder_options {
    size_t passage_bytes; /* 0 = PASSAGE_BYTES_DEFAULT */
    /* File name endings to take, in any case, ended by NULL; "" takes names without an ending.
     * ".gz" takes every gzip file, whose format is told by the ending before. NULL: .txt .md .rst
     * .html .gz and "". A single file is taken whatever its name. */
    const char *const *endings;
};

enum folder_skip {
    FOLDER_SKIP_UNREADABLE, /* vanished, no permission, or too deep; folders too */
    FOLDER_SKIP_TOO_LARGE,  /* over FOLDER_FILE_MAX, or a gzip file that unpacks without measure */
    FOLDER_SKIP_DAMAGED,    /* gzip data that cannot be unpacked */
    FOLDER_SKIP_BINARY,     /* not text */
    FOLDER_SKIP_KINDS
};

struct folder_skipped {
    uint64_t counts[FOLDER_SKIP_KINDS];
    uint64_t total;
    struct {
        const char *path;
        enum folder_skip why;
    } first[FOLDER_SKIPPED_NAMES]; /* the first of them; owned by the source */
    size_t first_count;
};

/* Looks at every file once for size and time. A folder that cannot be read is INLAY_NOT_FOUND,
 * INLAY_PERMISSION or INLAY_IO; wrong passage_bytes INLAY_INVALID_ARGUMENT. */
inlay_status folder_source_open(const char *path, const struct folder_options *options,
                                struct folder_source **out, inlay_error *err);
void folder_source_close(struct folder_source *source); /* NULL-safe */

const struct schema *folder_source_schema(const struct folder_source *source); /* borrowed */
uint64_t folder_source_total_bytes(const struct folder_source *source); /* on disk, at opening */
uint64_t folder_source_bytes(const struct folder_source *source);       /* read so far */
uint64_t folder_source_files(const struct folder_source *source);       /* read so far */
/* A hash over path, size and time of all files, and over the options that shape rows. */
uint64_t folder_source_listing(const struct folder_source *source);
const struct folder_skipped *folder_source_skipped(const struct folder_source *source);

/* Leaves out the next rows: files are read and split, nothing is built. Stops at the end. */
inlay_status folder_source_skip(struct folder_source *source, uint64_t rows, inlay_error *err);

/* The next 1 to FOLDER_BATCH_ROWS rows; a zeroed *out (release NULL) is the end. */
inlay_status folder_source_next(struct folder_source *source, struct ArrowArray *out,
                                inlay_error *err);

#endif
