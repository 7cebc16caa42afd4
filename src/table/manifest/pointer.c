/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/pointer.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "table/manifest/base64.h"

#include <string.h>

static const char format_name[] = "inlay-table-pointer";

static inlay_status write_inline(struct json_writer *json, const struct buffer *bytes,
                                 inlay_error *err)
{
    char *text;
    if (bytes->len > POINTER_INLINE_MAX) {
        return INLAY_OK;
    }
    text = mem_alloc(base64_length(bytes->len) + 1);
    if (text == NULL) {
        return error_no_memory(err);
    }
    base64_encode(bytes->data, bytes->len, text);
    json_write_string(json, "inline", text);
    mem_free(text);
    return INLAY_OK;
}

inlay_status pointer_encode(const struct snapshot *snapshot, const struct buffer *bytes,
                            struct buffer *out, inlay_error *err)
{
    struct json_writer json;
    char hash[HASH_BLAKE3_TEXT_SIZE];
    char key[CONTENT_KEY_SIZE];
    hash_blake3_to_text(snapshot->content.hash, hash);
    snapshot_object_key(snapshot->id, &snapshot->content, key);
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_write_string(&json, "format", format_name);
    json_write_u64(&json, "version", POINTER_VERSION);
    json_write_u64(&json, "manifest_id", snapshot->id);
    json_begin_object(&json, "snapshot");
    json_write_string(&json, "key", key);
    json_write_string(&json, "blake3", hash);
    json_write_u64(&json, "size", snapshot->content.size);
    INLAY_TRY(write_inline(&json, bytes, err));
    json_end_object(&json);
    json_end_object(&json);
    return json_writer_finish(&json, err);
}

static inlay_status check_format(const struct json *root, inlay_error *err)
{
    const char *format;
    uint64_t version;
    const struct json *required = json_find(root, "requires");
    INLAY_TRY(json_get_string(root, "format", &format, NULL, err));
    if (strcmp(format, format_name) != 0) {
        error_set(err, INLAY_CORRUPT, "this is not a table pointer");
        error_expected(err, "%s", format_name);
        error_found(err, "%.60s", format);
        return INLAY_CORRUPT;
    }
    INLAY_TRY(json_get_u64(root, "version", &version, err));
    if (version > POINTER_VERSION) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "the table pointer has version %llu, this version reads up to %d; upgrade "
                         "to read it",
                         (unsigned long long)version, POINTER_VERSION);
    }
    if (json_length(required) > 0) {
        const char *feature;
        INLAY_TRY(json_as_string(json_at(required, 0), "requires", &feature, NULL, err));
        return error_set(err, INLAY_UNSUPPORTED,
                         "the table needs feature '%.60s', which this version does not know; "
                         "upgrade to read it",
                         feature);
    }
    return INLAY_OK;
}

static inlay_status decode_inline(const struct json *value, struct pointer *out, inlay_error *err)
{
    const char *text;
    size_t length;
    struct content found;
    INLAY_TRY(json_as_string(value, "inline", &text, &length, err));
    out->inline_bytes = mem_alloc(length / 4 * 3 + 1);
    if (out->inline_bytes == NULL) {
        return error_no_memory(err);
    }
    if (!base64_decode(text, length, out->inline_bytes, &out->inline_size)) {
        return error_set(err, INLAY_CORRUPT, "the pointer's inline snapshot is not base64");
    }
    found = content_of(out->inline_bytes, out->inline_size);
    if (found.size != out->snapshot.size || !content_equal(&found, &out->snapshot)) {
        return error_set(err, INLAY_CORRUPT,
                         "the pointer's inline snapshot does not have the hash that it states");
    }
    return INLAY_OK;
}

static inlay_status decode_root(const struct json *root, struct pointer *out, inlay_error *err)
{
    const struct json *snapshot;
    const char *text;
    size_t length;
    char key[CONTENT_KEY_SIZE];
    INLAY_TRY(check_format(root, err));
    INLAY_TRY(json_get_u64(root, "manifest_id", &out->manifest_id, err));
    INLAY_TRY(json_get_object(root, "snapshot", &snapshot, err));
    INLAY_TRY(json_get_string(snapshot, "blake3", &text, &length, err));
    if (hash_blake3_from_text(text, length, out->snapshot.hash, NULL) != INLAY_OK) {
        return error_set(err, INLAY_CORRUPT, "the pointer's hash is not 64 hex digits");
    }
    INLAY_TRY(json_get_u64(snapshot, "size", &out->snapshot.size, err));
    INLAY_TRY(json_get_string(snapshot, "key", &text, &length, err));
    snapshot_object_key(out->manifest_id, &out->snapshot, key);
    if (strcmp(key, text) != 0) {
        error_set(err, INLAY_CORRUPT, "the pointer's snapshot key does not fit its id and hash");
        error_expected(err, "%s", key);
        error_found(err, "%.90s", text);
        return INLAY_CORRUPT;
    }
    if (json_has(snapshot, "inline")) {
        return decode_inline(json_find(snapshot, "inline"), out, err);
    }
    return INLAY_OK;
}

inlay_status pointer_decode(const void *data, size_t size, struct pointer *out, inlay_error *err)
{
    struct json *root;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(json_parse(data, size, POINTER_BYTES_MAX, 8, &root, err));
    status = decode_root(root, out, err);
    json_free(root);
    if (status != INLAY_OK) {
        pointer_free(out);
    }
    return status;
}

void pointer_free(struct pointer *pointer)
{
    if (pointer != NULL) {
        mem_free(pointer->inline_bytes);
        memset(pointer, 0, sizeof(*pointer));
    }
}

static inlay_status follow(struct manifest_store *store, const struct pointer *pointer,
                           struct snapshot *previous, struct snapshot **out, inlay_error *err)
{
    char key[CONTENT_KEY_SIZE];
    struct object_data data;
    inlay_status status;
    if (pointer->inline_bytes != NULL) {
        return snapshot_decode(store, pointer->inline_bytes, pointer->inline_size, previous, out,
                               err);
    }
    snapshot_object_key(pointer->manifest_id, &pointer->snapshot, key);
    INLAY_TRY(manifest_store_read(store, key, &pointer->snapshot, &data, err));
    status = snapshot_decode(store, data.data, (size_t)data.size, previous, out, err);
    object_data_free(&data);
    return status;
}

inlay_status pointer_follow(struct manifest_store *store, const void *data, size_t size,
                            struct snapshot *previous, struct snapshot **out, inlay_error *err)
{
    struct pointer pointer;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(pointer_decode(data, size, &pointer, err));
    status = follow(store, &pointer, previous, out, err);
    if (status == INLAY_OK && (*out)->id != pointer.manifest_id) {
        status = error_set(err, INLAY_CORRUPT, "the pointer says version %llu, its snapshot %llu",
                           (unsigned long long)pointer.manifest_id, (unsigned long long)(*out)->id);
        snapshot_release(*out);
        *out = NULL;
    }
    pointer_free(&pointer);
    return status;
}
