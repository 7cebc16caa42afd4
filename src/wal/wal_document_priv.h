/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_WAL_WAL_DOCUMENT_PRIV_H
#define INLAY_WAL_WAL_DOCUMENT_PRIV_H

#include "wal/wal_document.h"

/* The rules that tie the members together; WAL_ERROR_DOCUMENT. */
inlay_status wal_document_check(const struct wal_document *document, inlay_error *err);

/* 64 lower-case hex digits. */
bool wal_is_content_hash(const char *text, size_t length);

#endif
