/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong in the WAL store, exactly: the sub_code of the inlay_error that its functions
 * fill. The status says how to react, `key` the object, `expected` and `found` the difference.
 */
#ifndef INLAY_WAL_WAL_ERROR_H
#define INLAY_WAL_WAL_ERROR_H

#include "inlay/error.h"

#include <stdbool.h>

enum wal_error_code {
    WAL_ERROR_NONE = 0,
    /* The store. */
    WAL_ERROR_CAS_FAILED = 1,     /* INLAY_PRECONDITION_FAILED: another writer came first */
    WAL_ERROR_ALREADY_EXISTS = 2, /* INLAY_ALREADY_EXISTS */
    WAL_ERROR_NOT_FOUND = 3,      /* INLAY_NOT_FOUND */
    WAL_ERROR_STORAGE = 4,        /* the provider's status and message */
    WAL_ERROR_HASH_MISMATCH = 5,  /* INLAY_CORRUPT: payload; both hashes in expected and found */
    /* State documents. */
    WAL_ERROR_JSON = 10,             /* INLAY_CORRUPT: no JSON, or a member of the wrong kind */
    WAL_ERROR_DOCUMENT = 11,         /* INLAY_CORRUPT: members that contradict each other */
    WAL_ERROR_DOCUMENT_VERSION = 12, /* INLAY_UNSUPPORTED: written by a newer version */
    /* Leases and seals. */
    WAL_ERROR_LEASE_HELD = 20,      /* INLAY_CONFLICT: a live lease of another driver */
    WAL_ERROR_LEASE_PREEMPTED = 21, /* INLAY_CONFLICT: another driver took it over */
    WAL_ERROR_LEASE_MISSING = 22,   /* INLAY_CONFLICT: no lease is there */
    WAL_ERROR_STATE = 23,           /* INLAY_PRECONDITION_FAILED: COMPLETE or FAILED already */
    WAL_ERROR_SEALED = 24,          /* INLAY_CONFLICT: the sidecar is sealed by a compaction */
    WAL_ERROR_NOT_SEALED = 25,      /* INLAY_PRECONDITION_FAILED: not sealed by this one */
    /* Sidecar codec, all INLAY_CORRUPT but the version, which is INLAY_UNSUPPORTED. */
    WAL_ERROR_SIDECAR_TRUNCATED = 40, /* or a length that passes the end */
    WAL_ERROR_SIDECAR_MAGIC = 41,
    WAL_ERROR_SIDECAR_VERSION = 42,
    WAL_ERROR_SIDECAR_FLAG = 43,
    WAL_ERROR_SIDECAR_TRAILING = 44,
    WAL_ERROR_SIDECAR_CRC = 45,
    WAL_ERROR_SIDECAR_BITMAP = 46,
    WAL_ERROR_SIDECAR_SEAL = 47,  /* a seal that expires before it begins */
    WAL_ERROR_SIDECAR_DELTAS = 48 /* WAL ids that do not ascend */
};

/* "cas failed", ...; never NULL. */
const char *wal_error_name(enum wal_error_code code);

/* Sets status, message and sub_code; key and differences are added by error_key and its siblings.
 */
inlay_status wal_error_set(inlay_error *err, inlay_status status, enum wal_error_code code,
                           const char *format, ...) INLAY_PRINTF(4, 5);

bool wal_error_is(const inlay_error *err, enum wal_error_code code);

#endif
