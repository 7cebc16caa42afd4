/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file that a superfile is built in before it is stored: an unlinked temporary file behind a
 * buffered sink, mapped for the upload. It costs no memory proportional to its size and vanishes
 * with the process. One thread at a time.
 */
#ifndef INLAY_TABLE_ROWS_BODY_FILE_H
#define INLAY_TABLE_ROWS_BODY_FILE_H

#include "base/byte_sink.h"

struct body_file {
    struct byte_sink sink; /* build into this one */
    int fd;
    uint8_t *pending; /* owned */
    size_t pending_length;
    const uint8_t *data; /* after body_file_map */
    uint64_t size;
};

/* `folder` NULL = $TMPDIR as the environment gives it, else the system's temporary folder. */
inlay_status body_file_create(struct body_file *file, const char *folder, inlay_error *err);
/* Flushes and maps: `data` and `size` are then valid until the file is closed. */
inlay_status body_file_map(struct body_file *file, inlay_error *err);
void body_file_close(struct body_file *file); /* safe on a zeroed struct whose fd is -1 */

#endif
