/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/wal_document.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wal/wal_document_priv.h"
#include "wal/wal_error.h"

#include <string.h>

void wal_document_init(struct wal_document *document)
{
    memset(document, 0, sizeof(*document));
    document->op = WAL_OP_DELETE;
    document->predicate = "";
    arena_init(&document->arena, SIZE_MAX);
}

void wal_document_free(struct wal_document *document)
{
    if (document != NULL) {
        arena_free(&document->arena);
        wal_document_init(document);
    }
}

static inlay_status set_text(struct wal_document *document, const char **member, const char *text,
                             inlay_error *err)
{
    const char *copy = arena_strdup(&document->arena, text);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    *member = copy;
    return INLAY_OK;
}

inlay_status wal_document_set_predicate(struct wal_document *document, const char *text,
                                        inlay_error *err)
{
    return set_text(document, &document->predicate, text, err);
}

inlay_status wal_document_set_failure(struct wal_document *document, const char *reason,
                                      inlay_error *err)
{
    return set_text(document, &document->failure, reason, err);
}

inlay_status wal_document_set_targets(struct wal_document *document, const struct id128 *ids,
                                      size_t count, inlay_error *err)
{
    struct id128 *copy = arena_alloc_array(&document->arena, count, sizeof(*copy));
    struct wal_progress *progress = arena_zalloc_array(&document->arena, count, sizeof(*progress));
    size_t i;
    if (copy == NULL || progress == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        copy[i] = ids[i];
        progress[i].target_id = ids[i];
        progress[i].outcome = WAL_OUTCOME_PENDING;
    }
    document->target_ids = copy;
    document->target_count = count;
    document->progress = progress;
    document->progress_count = count;
    return INLAY_OK;
}

inlay_status wal_document_set_new_rows(struct wal_document *document, uint32_t count,
                                       const char *content_hash, const char *superfile_id,
                                       const struct id_span *spans, size_t span_count,
                                       inlay_error *err)
{
    struct id_span *copy;
    if (!wal_is_content_hash(content_hash, strlen(content_hash)) ||
        !wal_is_superfile_id(superfile_id, strlen(superfile_id))) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "the new rows need a BLAKE3 hash and a superfile id in lower-case text");
    }
    copy = arena_alloc_array(&document->arena, span_count, sizeof(*copy));
    if (copy == NULL) {
        return error_no_memory(err);
    }
    if (span_count != 0) {
        memcpy(copy, spans, span_count * sizeof(*copy));
    }
    document->has_new_rows = true;
    document->new_row_count = count;
    memcpy(document->new_row_hash, content_hash, HASH_BLAKE3_TEXT_SIZE);
    memcpy(document->superfile_id, superfile_id, UUID_TEXT_SIZE);
    document->minted_spans = copy;
    document->minted_span_count = span_count;
    return INLAY_OK;
}

struct id128 wal_document_minted_id(const struct wal_document *document, uint32_t index)
{
    struct id128 none = {0, 0};
    uint64_t left = index;
    size_t i;
    for (i = 0; i < document->minted_span_count; i++) {
        const struct id_span *span = &document->minted_spans[i];
        uint64_t last = span->last.lo - span->first.lo;
        if (left <= last) {
            return id_add(span->first, left);
        }
        left -= last + 1;
    }
    return none;
}

size_t wal_document_count_outcome(const struct wal_document *document, enum wal_outcome outcome)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < document->progress_count; i++) {
        count += document->progress[i].outcome == outcome;
    }
    return count;
}

static bool is_lower_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool wal_is_superfile_id(const char *text, size_t length)
{
    size_t i;
    if (length != UUID_TEXT_SIZE - 1) {
        return false;
    }
    for (i = 0; i < length; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : !is_lower_hex(text[i])) {
            return false;
        }
    }
    return true;
}

bool wal_is_content_hash(const char *text, size_t length)
{
    size_t i;
    if (length != HASH_BLAKE3_TEXT_SIZE - 1) {
        return false;
    }
    for (i = 0; i < length; i++) {
        if (!is_lower_hex(text[i])) {
            return false;
        }
    }
    return true;
}

static inlay_status contradiction(inlay_error *err, const char *what)
{
    return wal_error_set(err, INLAY_CORRUPT, WAL_ERROR_DOCUMENT, "WAL document: %s", what);
}

static inlay_status check_spans(const struct wal_document *document, inlay_error *err)
{
    uint64_t total = 0;
    size_t i;
    for (i = 0; i < document->minted_span_count; i++) {
        const struct id_span *span = &document->minted_spans[i];
        uint64_t last = span->last.lo - span->first.lo;
        if (id_compare(span->first, span->last) > 0 || span->first.hi != span->last.hi ||
            (i != 0 && id_compare(span[-1].last, span->first) >= 0)) {
            return contradiction(err, "minted_id_spans do not ascend");
        }
        if (last >= UINT32_MAX || total + last >= UINT32_MAX) {
            return contradiction(err, "minted_id_spans hold more ids than rows can be");
        }
        total += last + 1;
    }
    if (total != document->new_row_count) {
        return contradiction(err, "minted_id_spans do not hold new_row_count ids");
    }
    return INLAY_OK;
}

static inlay_status check_progress(const struct wal_document *document, inlay_error *err)
{
    size_t target = 0;
    size_t i;
    for (i = 0; i < document->progress_count; i++, target++) {
        const struct wal_progress *entry = &document->progress[i];
        bool located = entry->superfile_id[0] != '\0';
        while (target < document->target_count &&
               id_compare(document->target_ids[target], entry->target_id) != 0) {
            target++;
        }
        if (target == document->target_count) {
            return contradiction(err, "tombstone_progress does not follow target_ids");
        }
        if (located != (entry->outcome == WAL_OUTCOME_TOMBSTONED)) {
            return contradiction(err, "tombstoned_in_superfile goes with TOMBSTONED, and only so");
        }
    }
    return INLAY_OK;
}

inlay_status wal_document_check(const struct wal_document *document, inlay_error *err)
{
    if (document->has_new_rows != (document->op != WAL_OP_DELETE)) {
        return contradiction(err, "an UPDATE or UPSERT has new_row_count, new_row_content_hash and "
                                  "preallocated_superfile_id, a DELETE has none of them");
    }
    if (document->op == WAL_OP_DELETE && document->state == WAL_STATE_APPENDED) {
        return contradiction(err, "a DELETE is never APPENDED");
    }
    if (document->failure != NULL && document->state != WAL_STATE_FAILED) {
        return contradiction(err, "failure_reason goes with the state FAILED");
    }
    if (document->has_lease && document->lease.expires_at_ms < document->lease.acquired_at_ms) {
        return contradiction(err, "the lease expires before it was acquired");
    }
    INLAY_TRY(check_spans(document, err));
    return check_progress(document, err);
}
