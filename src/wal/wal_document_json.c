/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON form of state documents; docs/format/wal-document.md. */
#include "wal/wal_document.h"

#include "base/error.h"
#include "base/json.h"
#include "base/timestamp.h"
#include "wal/wal_document_priv.h"
#include "wal/wal_error.h"

#include <string.h>

#define MAX_DEPTH 8

static const char *const op_names[] = {"UPDATE", "DELETE", "UPSERT", NULL};
static const char *const state_names[] = {"INTENT", "APPENDED", "COMPLETE", "FAILED", NULL};
static const char *const outcome_names[] = {"PENDING", "TOMBSTONED", "NOTFOUND", NULL};

const char *wal_op_name(enum wal_op op)
{
    return op_names[op];
}

const char *wal_state_name(enum wal_state state)
{
    return state_names[state];
}

const char *wal_outcome_name(enum wal_outcome outcome)
{
    return outcome_names[outcome];
}

/* Writing. */

static void write_id(struct json_writer *w, const char *key, struct id128 id)
{
    char text[ID_TEXT_SIZE];
    id_to_text(id, text);
    json_write_string(w, key, text);
}

/* An empty text is null. */
static void write_optional(struct json_writer *w, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        json_write_string(w, key, text);
    } else {
        json_write_null(w, key);
    }
}

static inlay_status write_time(struct json_writer *w, const char *key, int64_t unix_ms,
                               inlay_error *err)
{
    char text[TIMESTAMP_TEXT_SIZE];
    INLAY_TRY(timestamp_to_text(unix_ms, text, err));
    json_write_string(w, key, text);
    return INLAY_OK;
}

static inlay_status write_lease(struct json_writer *w, const struct wal_document *document,
                                inlay_error *err)
{
    if (!document->has_lease) {
        json_write_null(w, "lease");
        return INLAY_OK;
    }
    json_begin_object(w, "lease");
    write_id(w, "owner", document->lease.owner);
    INLAY_TRY(write_time(w, "acquired_at", document->lease.acquired_at_ms, err));
    INLAY_TRY(write_time(w, "expires_at", document->lease.expires_at_ms, err));
    json_end_object(w);
    return INLAY_OK;
}

static void write_targets(struct json_writer *w, const struct wal_document *document)
{
    size_t i;
    json_begin_array(w, "target_ids");
    for (i = 0; i < document->target_count; i++) {
        write_id(w, NULL, document->target_ids[i]);
    }
    json_end_array(w);
}

static void write_spans(struct json_writer *w, const struct wal_document *document)
{
    size_t i;
    json_begin_array(w, "minted_id_spans");
    for (i = 0; i < document->minted_span_count; i++) {
        json_begin_object(w, NULL);
        write_id(w, "first", document->minted_spans[i].first);
        write_id(w, "last", document->minted_spans[i].last);
        json_end_object(w);
    }
    json_end_array(w);
}

static void write_progress(struct json_writer *w, const struct wal_document *document)
{
    size_t i;
    json_begin_array(w, "tombstone_progress");
    for (i = 0; i < document->progress_count; i++) {
        const struct wal_progress *entry = &document->progress[i];
        json_begin_object(w, NULL);
        write_id(w, "target_id", entry->target_id);
        json_write_string(w, "outcome", wal_outcome_name(entry->outcome));
        write_optional(w, "tombstoned_in_superfile", entry->superfile_id);
        json_end_object(w);
    }
    json_end_array(w);
}

inlay_status wal_document_encode(const struct wal_document *document, struct buffer *out,
                                 inlay_error *err)
{
    struct json_writer w;
    INLAY_TRY(wal_document_check(document, err));
    json_writer_init(&w, out);
    json_begin_object(&w, NULL);
    write_id(&w, "wal_id", document->wal_id);
    json_write_i64(&w, "schema_version", WAL_DOCUMENT_VERSION);
    json_write_string(&w, "op_kind", wal_op_name(document->op));
    json_write_string(&w, "state", wal_state_name(document->state));
    INLAY_TRY(write_time(&w, "created_at", document->created_at_ms, err));
    INLAY_TRY(write_lease(&w, document, err));
    json_write_string(&w, "predicate_repr", document->predicate);
    write_targets(&w, document);
    if (document->has_new_rows) {
        json_write_u64(&w, "new_row_count", document->new_row_count);
    } else {
        json_write_null(&w, "new_row_count");
    }
    write_optional(&w, "new_row_content_hash", document->new_row_hash);
    write_optional(&w, "preallocated_superfile_id", document->superfile_id);
    write_spans(&w, document);
    write_progress(&w, document);
    if (document->failure != NULL) {
        json_write_string(&w, "failure_reason", document->failure);
    }
    json_end_object(&w);
    return json_writer_finish(&w, err);
}

/* Reading. */

/* A member that is text but not the text it should be. */
static inlay_status bad_member(inlay_error *err, const char *name, const char *expected,
                               const char *found)
{
    wal_error_set(err, INLAY_CORRUPT, WAL_ERROR_JSON,
                  "JSON member '%s' should be %s, found '%.64s'", name, expected, found);
    error_key(err, name);
    error_expected(err, "%s", expected);
    error_found(err, "%.64s", found);
    return INLAY_CORRUPT;
}

static inlay_status read_id(const struct json *value, const char *name, struct id128 *out,
                            inlay_error *err)
{
    const char *text;
    size_t length;
    INLAY_TRY(json_as_string(value, name, &text, &length, err));
    if (id_from_text(text, length, out, NULL) != INLAY_OK) {
        return bad_member(err, name, "an id of 32 hex digits", text);
    }
    return INLAY_OK;
}

static inlay_status read_time(const struct json *object, const char *name, int64_t *out,
                              inlay_error *err)
{
    const char *text;
    size_t length;
    INLAY_TRY(json_get_string(object, name, &text, &length, err));
    if (timestamp_from_text(text, length, out, NULL) != INLAY_OK) {
        return bad_member(err, name, "an instant in UTC", text);
    }
    return INLAY_OK;
}

static inlay_status read_name(const struct json *object, const char *name, const char *const *names,
                              int *out, inlay_error *err)
{
    const char *text;
    int i;
    INLAY_TRY(json_get_string(object, name, &text, NULL, err));
    for (i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            *out = i;
            return INLAY_OK;
        }
    }
    return bad_member(err, name, "a name this version knows", text);
}

/* Absent and null leave `out` empty. */
static inlay_status read_superfile_id(const struct json *object, const char *name, char *out,
                                      inlay_error *err)
{
    const char *text;
    size_t length;
    if (!json_has(object, name)) {
        return INLAY_OK;
    }
    INLAY_TRY(json_get_string(object, name, &text, &length, err));
    if (!wal_is_superfile_id(text, length)) {
        return bad_member(err, name, "a lower-case UUID", text);
    }
    memcpy(out, text, length + 1);
    return INLAY_OK;
}

static inlay_status read_lease(const struct json *root, struct wal_document *out, inlay_error *err)
{
    const struct json *lease;
    if (!json_has(root, "lease")) {
        return INLAY_OK;
    }
    INLAY_TRY(json_get_object(root, "lease", &lease, err));
    INLAY_TRY(read_id(json_find(lease, "owner"), "owner", &out->lease.owner, err));
    INLAY_TRY(read_time(lease, "acquired_at", &out->lease.acquired_at_ms, err));
    INLAY_TRY(read_time(lease, "expires_at", &out->lease.expires_at_ms, err));
    out->has_lease = true;
    return INLAY_OK;
}

static inlay_status read_text(const struct json *root, const char *name, struct wal_document *out,
                              const char **member, inlay_error *err)
{
    const char *text;
    INLAY_TRY(json_get_string(root, name, &text, NULL, err));
    *member = arena_strdup(&out->arena, text);
    return *member != NULL ? INLAY_OK : error_no_memory(err);
}

static inlay_status read_targets(const struct json *root, struct wal_document *out,
                                 inlay_error *err)
{
    const struct json *array;
    struct id128 *ids;
    size_t count;
    size_t i;
    INLAY_TRY(json_get_array(root, "target_ids", &array, err));
    count = json_length(array);
    ids = arena_alloc_array(&out->arena, count, sizeof(*ids));
    if (ids == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        INLAY_TRY(read_id(json_at(array, i), "target_ids", &ids[i], err));
    }
    out->target_ids = ids;
    out->target_count = count;
    return INLAY_OK;
}

static inlay_status read_new_rows(const struct json *root, struct wal_document *out,
                                  inlay_error *err)
{
    const char *text;
    size_t length;
    uint64_t count;
    bool has_count = json_has(root, "new_row_count");
    bool has_hash = json_has(root, "new_row_content_hash");
    bool has_superfile = json_has(root, "preallocated_superfile_id");
    if (!has_count && !has_hash && !has_superfile) {
        return INLAY_OK;
    }
    /* One of them asks for all three: a missing one is named by its getter. */
    INLAY_TRY(json_get_u64(root, "new_row_count", &count, err));
    INLAY_TRY(json_get_string(root, "new_row_content_hash", &text, &length, err));
    if (count > UINT32_MAX) {
        return bad_member(err, "new_row_count", "below 2^32", "a greater number");
    }
    if (!wal_is_content_hash(text, length)) {
        return bad_member(err, "new_row_content_hash", "64 lower-case hex digits", text);
    }
    memcpy(out->new_row_hash, text, length + 1);
    INLAY_TRY(json_get_string(root, "preallocated_superfile_id", &text, &length, err));
    INLAY_TRY(read_superfile_id(root, "preallocated_superfile_id", out->superfile_id, err));
    out->new_row_count = (uint32_t)count;
    out->has_new_rows = true;
    return INLAY_OK;
}

static inlay_status read_spans(const struct json *root, struct wal_document *out, inlay_error *err)
{
    const struct json *array;
    struct id_span *spans;
    size_t count;
    size_t i;
    if (!json_has(root, "minted_id_spans")) {
        return INLAY_OK;
    }
    INLAY_TRY(json_get_array(root, "minted_id_spans", &array, err));
    count = json_length(array);
    spans = arena_alloc_array(&out->arena, count, sizeof(*spans));
    if (spans == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        const struct json *span;
        INLAY_TRY(json_as_object(json_at(array, i), "minted_id_spans", &span, err));
        INLAY_TRY(read_id(json_find(span, "first"), "first", &spans[i].first, err));
        INLAY_TRY(read_id(json_find(span, "last"), "last", &spans[i].last, err));
    }
    out->minted_spans = spans;
    out->minted_span_count = count;
    return INLAY_OK;
}

static inlay_status read_progress(const struct json *root, struct wal_document *out,
                                  inlay_error *err)
{
    const struct json *array;
    struct wal_progress *progress;
    size_t count;
    size_t i;
    INLAY_TRY(json_get_array(root, "tombstone_progress", &array, err));
    count = json_length(array);
    progress = arena_zalloc_array(&out->arena, count, sizeof(*progress));
    if (progress == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        const struct json *entry;
        int outcome;
        INLAY_TRY(json_as_object(json_at(array, i), "tombstone_progress", &entry, err));
        INLAY_TRY(read_id(json_find(entry, "target_id"), "target_id", &progress[i].target_id, err));
        INLAY_TRY(read_name(entry, "outcome", outcome_names, &outcome, err));
        progress[i].outcome = (enum wal_outcome)outcome;
        INLAY_TRY(
            read_superfile_id(entry, "tombstoned_in_superfile", progress[i].superfile_id, err));
    }
    out->progress = progress;
    out->progress_count = count;
    return INLAY_OK;
}

static inlay_status check_version(const struct json *root, inlay_error *err)
{
    int64_t version;
    INLAY_TRY(json_get_i64(root, "schema_version", &version, err));
    if (version < 1) {
        return bad_member(err, "schema_version", "1 or more", "less");
    }
    if (version > WAL_DOCUMENT_VERSION) {
        wal_error_set(err, INLAY_UNSUPPORTED, WAL_ERROR_DOCUMENT_VERSION,
                      "the WAL document has version %lld, this library reads up to %d: use a newer "
                      "one",
                      (long long)version, WAL_DOCUMENT_VERSION);
        error_expected(err, "at most %d", WAL_DOCUMENT_VERSION);
        error_found(err, "%lld", (long long)version);
        return INLAY_UNSUPPORTED;
    }
    return INLAY_OK;
}

static inlay_status read_members(const struct json *root, struct wal_document *out,
                                 inlay_error *err)
{
    int op;
    int state;
    INLAY_TRY(check_version(root, err));
    INLAY_TRY(read_id(json_find(root, "wal_id"), "wal_id", &out->wal_id, err));
    INLAY_TRY(read_name(root, "op_kind", op_names, &op, err));
    INLAY_TRY(read_name(root, "state", state_names, &state, err));
    out->op = (enum wal_op)op;
    out->state = (enum wal_state)state;
    INLAY_TRY(read_time(root, "created_at", &out->created_at_ms, err));
    INLAY_TRY(read_lease(root, out, err));
    INLAY_TRY(read_text(root, "predicate_repr", out, &out->predicate, err));
    INLAY_TRY(read_targets(root, out, err));
    INLAY_TRY(read_new_rows(root, out, err));
    INLAY_TRY(read_spans(root, out, err));
    INLAY_TRY(read_progress(root, out, err));
    if (json_has(root, "failure_reason")) {
        INLAY_TRY(read_text(root, "failure_reason", out, &out->failure, err));
    }
    return INLAY_OK;
}

inlay_status wal_document_decode(const void *data, size_t size, struct wal_document *out,
                                 inlay_error *err)
{
    struct json *root = NULL;
    inlay_status status;
    wal_document_init(out);
    status = json_parse(data, size, WAL_DOCUMENT_MAX_BYTES, MAX_DEPTH, &root, err);
    if (status == INLAY_OK) {
        status = read_members(root, out, err);
    }
    json_free(root);
    if (status == INLAY_OK) {
        status = wal_document_check(out, err);
    }
    if (status != INLAY_OK) {
        wal_document_free(out);
        /* What the JSON layer reports has no code of ours yet. */
        if (status != INLAY_NO_MEMORY && err != NULL && err->sub_code == WAL_ERROR_NONE) {
            error_sub_code(err, WAL_ERROR_JSON);
        }
    }
    return status;
}
