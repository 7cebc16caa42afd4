/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/wal_error.h"

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

const char *wal_error_name(enum wal_error_code code)
{
    switch (code) {
    case WAL_ERROR_NONE:
        return "none";
    case WAL_ERROR_CAS_FAILED:
        return "cas failed";
    case WAL_ERROR_ALREADY_EXISTS:
        return "already exists";
    case WAL_ERROR_NOT_FOUND:
        return "not found";
    case WAL_ERROR_STORAGE:
        return "storage";
    case WAL_ERROR_HASH_MISMATCH:
        return "content hash mismatch";
    case WAL_ERROR_JSON:
        return "json";
    case WAL_ERROR_DOCUMENT:
        return "contradictory document";
    case WAL_ERROR_DOCUMENT_VERSION:
        return "newer document version";
    case WAL_ERROR_LEASE_HELD:
        return "lease held";
    case WAL_ERROR_LEASE_PREEMPTED:
        return "lease preempted";
    case WAL_ERROR_LEASE_MISSING:
        return "lease missing";
    case WAL_ERROR_STATE:
        return "wrong state";
    case WAL_ERROR_SEALED:
        return "sealed";
    case WAL_ERROR_NOT_SEALED:
        return "not sealed";
    case WAL_ERROR_SIDECAR_TRUNCATED:
        return "sidecar truncated";
    case WAL_ERROR_SIDECAR_MAGIC:
        return "sidecar magic";
    case WAL_ERROR_SIDECAR_VERSION:
        return "newer sidecar version";
    case WAL_ERROR_SIDECAR_FLAG:
        return "sidecar flag";
    case WAL_ERROR_SIDECAR_TRAILING:
        return "sidecar trailing bytes";
    case WAL_ERROR_SIDECAR_CRC:
        return "sidecar checksum";
    case WAL_ERROR_SIDECAR_BITMAP:
        return "sidecar bitmap";
    case WAL_ERROR_SIDECAR_SEAL:
        return "sidecar seal";
    case WAL_ERROR_SIDECAR_DELTAS:
        return "sidecar deltas";
    }
    return "unknown";
}

inlay_status wal_error_set(inlay_error *err, inlay_status status, enum wal_error_code code,
                           const char *format, ...)
{
    char message[sizeof(err->message)];
    va_list arguments;
    if (err == NULL) {
        return status;
    }
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    error_set(err, status, "%s", message);
    error_sub_code(err, (int)code);
    return status;
}

bool wal_error_is(const inlay_error *err, enum wal_error_code code)
{
    return err != NULL && err->status != INLAY_OK && err->sub_code == (int)code;
}
