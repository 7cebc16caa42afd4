/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WAL store of one table: the one funnel for WAL I/O, over any storage provider. It knows keys,
 * codecs and conditional writes, and nothing of the state machine.
 *
 *     <root>/wal/mutations/<wal id>.json        state documents
 *     <root>/wal/mutations/<wal id>.arrow       new rows of an update or upsert
 *     <root>/superfiles/<superfile id>.tombstones  tombstone sidecars
 *
 * Every function is one request (lists: one per page). Errors carry a code of wal_error.h in
 * sub_code and the full key in `key`. Of N writers that race on one etag exactly one wins. An etag
 * returned by one call is what the next one expects: a driver chains them without reading. `etag`
 * parameters are ETAG_SIZE bytes and may be NULL where the caller does not need the new one.
 * Thread-safe.
 */
#ifndef INLAY_WAL_WAL_STORE_H
#define INLAY_WAL_WAL_STORE_H

#include "storage/provider.h"
#include "wal/tombstone.h"
#include "wal/wal_document.h"

struct wal_store {
    struct provider *provider; /* borrowed */
    char *root;                /* "" or "path/", owned */
};

/* `root` is the table's location below the provider's root, "" for the root itself. */
inlay_status wal_store_init(struct wal_store *store, struct provider *provider, const char *root,
                            inlay_error *err);
void wal_store_destroy(struct wal_store *store); /* NULL-safe; may be called twice */

/* State documents. The document's wal_id names the object. */
inlay_status wal_store_create(struct wal_store *store, const struct wal_document *document,
                              char *etag, inlay_error *err); /* WAL_ERROR_ALREADY_EXISTS */
/* `out` is initialised here; free it after success. WAL_ERROR_NOT_FOUND. */
inlay_status wal_store_read(struct wal_store *store, struct id128 wal_id, struct wal_document *out,
                            char *etag, inlay_error *err);
/* Replaces exactly the version `expected`; NULL or "" means create only. WAL_ERROR_CAS_FAILED, also
 * when the document is gone. */
inlay_status wal_store_update(struct wal_store *store, const char *expected,
                              const struct wal_document *document, char *etag, inlay_error *err);
inlay_status wal_store_delete_state(struct wal_store *store, struct id128 wal_id,
                                    inlay_error *err); /* a missing one is success */
/* Ascending, so oldest first; names that are no document are skipped. *ids: mem_free. */
inlay_status wal_store_list(struct wal_store *store, struct id128 **ids, size_t *count,
                            inlay_error *err);

/* Payloads. A second put of the same id is success and changes nothing. */
inlay_status wal_store_put_arrow(struct wal_store *store, struct id128 wal_id, const void *data,
                                 uint64_t size, inlay_error *err);
/* Verifies the content when `expected_hash` (BLAKE3 text) is not NULL: WAL_ERROR_HASH_MISMATCH with
 * both hashes. Free with object_data_free. */
inlay_status wal_store_get_arrow(struct wal_store *store, struct id128 wal_id,
                                 const char *expected_hash, struct object_data *out,
                                 inlay_error *err);
inlay_status wal_store_delete_arrow(struct wal_store *store, struct id128 wal_id,
                                    inlay_error *err); /* a missing one is success */
inlay_status wal_store_list_arrow(struct wal_store *store, struct id128 **ids, size_t *count,
                                  inlay_error *err);

/* Sidecars. A superfile without one has no tombstones: *out NULL and an empty etag. Free *out with
 * tombstone_free. */
inlay_status wal_store_get_tombstones(struct wal_store *store, const char *superfile_id,
                                      struct tombstone_sidecar **out, char *etag, inlay_error *err);
/* Replaces exactly the version `expected`; NULL or "" means create only. WAL_ERROR_CAS_FAILED. */
inlay_status wal_store_put_tombstones(struct wal_store *store, const char *superfile_id,
                                      const char *expected, struct tombstone_sidecar *sidecar,
                                      char *etag, inlay_error *err);
inlay_status wal_store_delete_tombstones(struct wal_store *store, const char *superfile_id,
                                         inlay_error *err); /* a missing one is success */
/* Ascending; other names are skipped. *ids: mem_free. */
inlay_status wal_store_list_tombstones(struct wal_store *store, char (**ids)[UUID_TEXT_SIZE],
                                       size_t *count, inlay_error *err);

/* The keys, relative to the provider: free with mem_free; NULL = no memory. */
char *wal_store_state_key(const struct wal_store *store, struct id128 wal_id);
char *wal_store_arrow_key(const struct wal_store *store, struct id128 wal_id);
char *wal_store_tombstone_key(const struct wal_store *store, const char *superfile_id);

#endif
