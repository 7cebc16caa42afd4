/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A superfile on its way into the store: a sink whose bytes leave in parts while the file is being
 * built, so that they are written once and memory stays bounded. Nothing is visible before the end,
 * which creates the object; a file of less than a part goes in one put. What a store without an
 * answer may have done is found out, as table_put_superfile does. One thread at a time.
 */
#ifndef INLAY_TABLE_ROWS_SUPERFILE_UPLOAD_H
#define INLAY_TABLE_ROWS_SUPERFILE_UPLOAD_H

#include "base/byte_sink.h"
#include "base/id.h"
#include "storage/provider.h"
#include "table/manifest/store.h"
#include "table/table.h"

struct superfile_upload {
    struct byte_sink sink; /* build into this one */
    struct id128 id;       /* of the superfile, minted by the beginning */
    struct table *table;   /* borrowed; NULL: not begun */
    char key[STORE_KEY_SIZE];
    struct multipart *parts; /* owned; NULL: all bytes are pending */
    uint64_t *hashes;        /* XXH3 of each part that has left */
    size_t part_count;
    size_t hash_capacity;
    uint8_t *pending;
    size_t pending_length;
    size_t part_bytes;
};

/* Starts a file under a fresh id, of up to four times `expected` bytes: parts are as large as the
 * provider likes them, or larger, so that they are not too many. */
inlay_status superfile_upload_begin(struct superfile_upload *upload, struct table *table,
                                    uint64_t expected, inlay_error *err);
/* Makes the object of all bytes that went into the sink. Another object there is
 * INLAY_ALREADY_EXISTS. */
inlay_status superfile_upload_finish(struct superfile_upload *upload, inlay_error *err);
/* Leaves nothing behind of a file that was not finished. Safe on a zeroed struct and after itself.
 */
void superfile_upload_close(struct superfile_upload *upload);

#endif
