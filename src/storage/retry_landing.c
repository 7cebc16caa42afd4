/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/retry_priv.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

#include <pthread.h>
#include <string.h>

struct sent_part {
    uint64_t size;
    uint8_t digest[HASH_BLAKE3_SIZE];
};

struct sent_upload {
    pthread_mutex_t lock; /* guards all below */
    struct sent_part *parts;
    size_t count;
    size_t capacity;
    bool incomplete; /* memory ran out: completion cannot be recognised */
};

bool landing_matters(const struct provider_call *call)
{
    return call->op == PROVIDER_PUT_ATOMIC || call->op == PROVIDER_PUT_IF_MATCH ||
           call->op == PROVIDER_MULTIPART_COMPLETE;
}

inlay_status landing_upload_begin(struct provider_call *call, inlay_error *err)
{
    struct sent_upload *sent = mem_zalloc(sizeof(*sent));
    if (sent == NULL) {
        return error_no_memory(err);
    }
    if (pthread_mutex_init(&sent->lock, NULL) != 0) {
        mem_free(sent);
        return error_no_memory(err);
    }
    *call->upload_state = sent;
    return INLAY_OK;
}

void landing_upload_part(struct provider_call *call)
{
    struct sent_upload *sent = *call->upload_state;
    struct sent_part part = {.size = call->size};
    void *parts;
    hash_blake3(call->data, (size_t)call->size, part.digest);
    pthread_mutex_lock(&sent->lock);
    parts = sent->parts;
    if (mem_grow(&parts, &sent->capacity, (size_t)call->number + 1, sizeof(*sent->parts))) {
        sent->parts = parts;
        if (sent->count <= call->number) {
            memset(sent->parts + sent->count, 0,
                   ((size_t)call->number + 1 - sent->count) * sizeof(*sent->parts));
            sent->count = (size_t)call->number + 1;
        }
        sent->parts[call->number] = part;
    } else {
        sent->incomplete = true;
    }
    pthread_mutex_unlock(&sent->lock);
}

void landing_upload_free(void *state)
{
    struct sent_upload *sent = state;
    if (sent != NULL) {
        mem_free(sent->parts);
        pthread_mutex_destroy(&sent->lock);
        mem_free(sent);
    }
}

static enum landing part_compare(struct provider *inner, const char *key, uint64_t at,
                                 const struct sent_part *part)
{
    uint8_t digest[HASH_BLAKE3_SIZE];
    uint8_t *bytes = mem_alloc((size_t)part->size);
    enum landing landing = LANDING_UNKNOWN;
    if (bytes != NULL && provider_get_range(inner, key, at, part->size, bytes, NULL) == INLAY_OK) {
        hash_blake3(bytes, (size_t)part->size, digest);
        landing =
            memcmp(digest, part->digest, sizeof(digest)) == 0 ? LANDING_OURS : LANDING_FOREIGN;
    }
    mem_free(bytes);
    return landing;
}

static enum landing upload_compare(struct provider *inner, const struct provider_call *call,
                                   uint64_t stored_size)
{
    const struct sent_upload *sent = *call->upload_state;
    enum landing landing = LANDING_OURS;
    uint64_t total = 0;
    size_t i;
    if (sent->incomplete) {
        return LANDING_UNKNOWN;
    }
    for (i = 0; i < sent->count; i++) {
        total += sent->parts[i].size;
    }
    if (total != stored_size) {
        return LANDING_FOREIGN;
    }
    for (i = 0, total = 0; i < sent->count && landing == LANDING_OURS; i++) {
        landing = part_compare(inner, call->key, total, &sent->parts[i]);
        total += sent->parts[i].size;
    }
    return landing;
}

static enum landing put_compare(struct provider *inner, struct provider_call *call)
{
    struct object_data object;
    enum landing landing;
    if (provider_get(inner, call->key, &object, NULL) != INLAY_OK) {
        return LANDING_UNKNOWN;
    }
    landing = object.size == call->size && memcmp(object.data, call->data, (size_t)call->size) == 0
                  ? LANDING_OURS
                  : LANDING_FOREIGN;
    memcpy(call->etag, object.meta.etag, ETAG_SIZE);
    object_data_free(&object);
    return landing;
}

enum landing landing_find(struct provider *inner, struct provider_call *call)
{
    struct object_meta meta;
    enum landing landing;
    inlay_status status = provider_head(inner, call->key, &meta, NULL);
    if (status != INLAY_OK) {
        return status == INLAY_NOT_FOUND ? LANDING_NOT : LANDING_UNKNOWN;
    }
    if (call->op == PROVIDER_PUT_IF_MATCH && strcmp(meta.etag, call->expected) == 0) {
        return LANDING_NOT; /* still the version that we meant to replace */
    }
    if (call->op == PROVIDER_MULTIPART_COMPLETE) {
        landing = upload_compare(inner, call, meta.size);
        memcpy(call->etag, meta.etag, ETAG_SIZE);
    } else {
        landing = meta.size == call->size ? put_compare(inner, call) : LANDING_FOREIGN;
    }
    if (landing != LANDING_OURS) {
        memset(call->etag, 0, ETAG_SIZE);
    }
    return landing;
}
