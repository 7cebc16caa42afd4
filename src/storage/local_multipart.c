/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multipart uploads into one staging file. The size of the first part that arrives is taken for the
 * size of all: part n is written at n times it. When that holds (all parts alike, a shorter last
 * one), completion has nothing to move. Parts that are longer go to a second file, and completion
 * then joins all in order into a fresh one.
 */
#include "storage/local_priv.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "storage/refusals.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define COPY_BLOCK ((size_t)1 << 20)

struct part {
    uint64_t offset;
    uint64_t size;
    bool present;
    bool aside; /* in the second file */
};

struct local_upload {
    struct multipart multipart;
    struct local *local;
    char *key;
    struct local_stage stage;
    pthread_mutex_t lock; /* guards all below; bytes are written outside it */
    struct local_stage aside;
    uint64_t aside_size;
    bool has_aside;
    struct part *parts;
    size_t count;
    size_t capacity;
    uint64_t stride; /* 0 = no part yet */
    bool ended;      /* completed or aborted */
};

/* Chooses where a part goes and books it. Call with the lock held. */
static inlay_status part_place(struct local_upload *upload, uint32_t number, uint64_t size,
                               struct part *out, inlay_error *err)
{
    void *parts = upload->parts;
    if (upload->ended) {
        return part_after_end(upload->key, err);
    }
    if (!mem_grow(&parts, &upload->capacity, (size_t)number + 1, sizeof(*upload->parts))) {
        return error_no_memory(err);
    }
    upload->parts = parts;
    while (upload->count <= number) {
        upload->parts[upload->count++] = (struct part){0};
    }
    upload->stride = upload->stride != 0 ? upload->stride : size;
    *out = (struct part){.size = size, .aside = size > upload->stride};
    if (!out->aside) {
        return u64_mul(number, upload->stride, &out->offset)
                   ? INLAY_OK
                   : error_set(err, INLAY_INVALID_ARGUMENT, "part %u ends too far out", number);
    }
    if (!upload->has_aside) {
        INLAY_TRY(local_stage_open(upload->local, upload->key, &upload->aside, err));
        upload->has_aside = true;
    }
    out->offset = upload->aside_size;
    upload->aside_size += size;
    return INLAY_OK;
}

static inlay_status upload_put_part(struct multipart *multipart, uint32_t number, const void *data,
                                    uint64_t size, inlay_error *err)
{
    struct local_upload *upload = (struct local_upload *)multipart;
    struct part part;
    inlay_status status;
    pthread_mutex_lock(&upload->lock);
    status = part_place(upload, number, size, &part, err);
    pthread_mutex_unlock(&upload->lock);
    if (status == INLAY_OK) {
        status = local_stage_write(part.aside ? upload->aside.fd : upload->stage.fd, part.offset,
                                   data, size, err);
    }
    if (status != INLAY_OK) {
        error_key(err, upload->key);
        return status;
    }
    part.present = true;
    pthread_mutex_lock(&upload->lock);
    upload->parts[number] = part;
    pthread_mutex_unlock(&upload->lock);
    return INLAY_OK;
}

/* *in_place: the staging file holds the parts one behind the other already. */
static inlay_status parts_check(const struct local_upload *upload, bool *in_place, uint64_t *total,
                                inlay_error *err)
{
    size_t i;
    *in_place = true;
    *total = 0;
    for (i = 0; i < upload->count; i++) {
        const struct part *part = &upload->parts[i];
        if (!part->present) {
            return part_missing(upload->key, i, err);
        }
        *in_place = *in_place && !part->aside && (part->size == 0 || part->offset == *total);
        if (!u64_add(*total, part->size, total) || *total > INT64_MAX) {
            return error_set(err, INLAY_INVALID_ARGUMENT, "the parts are too long together");
        }
    }
    return INLAY_OK;
}

static inlay_status copy_part(int from, const struct part *part, int to, uint64_t at,
                              uint8_t *block, inlay_error *err)
{
    uint64_t done = 0;
    while (done < part->size) {
        uint64_t step = part->size - done < COPY_BLOCK ? part->size - done : COPY_BLOCK;
        INLAY_TRY(local_read(from, part->offset + done, block, step, err));
        INLAY_TRY(local_stage_write(to, at + done, block, step, err));
        done += step;
    }
    return INLAY_OK;
}

/* Writes all parts in order into a fresh staging file, which takes the place of the first. */
static inlay_status parts_join(struct local_upload *upload, inlay_error *err)
{
    struct local_stage joined;
    uint8_t *block = mem_alloc(COPY_BLOCK);
    uint64_t at = 0;
    inlay_status status;
    size_t i;
    if (block == NULL) {
        return error_no_memory(err);
    }
    status = local_stage_open(upload->local, upload->key, &joined, err);
    if (status != INLAY_OK) {
        mem_free(block);
        return status;
    }
    for (i = 0; i < upload->count && status == INLAY_OK; i++) {
        const struct part *part = &upload->parts[i];
        status = copy_part(part->aside ? upload->aside.fd : upload->stage.fd, part, joined.fd, at,
                           block, err);
        at += part->size;
    }
    if (status == INLAY_OK) {
        struct local_stage old = upload->stage;
        upload->stage = joined;
        joined = old;
        for (i = 0, at = 0; i < upload->count; i++) { /* a completion may be tried again */
            upload->parts[i].offset = at;
            upload->parts[i].aside = false;
            at += upload->parts[i].size;
        }
    }
    local_stage_close(&joined);
    mem_free(block);
    return status;
}

static inlay_status publish(struct local_upload *upload, struct object_meta *meta, inlay_error *err)
{
    bool in_place;
    uint64_t total;
    if (upload->ended) {
        return part_after_end(upload->key, err);
    }
    INLAY_TRY(parts_check(upload, &in_place, &total, err));
    if (!in_place) {
        INLAY_TRY(parts_join(upload, err));
    }
    /* A part that was put again may have been longer before. */
    if (ftruncate(upload->stage.fd, (off_t)total) != 0) {
        return local_write_error(err, errno, "cannot cut the staged object");
    }
    INLAY_TRY(local_stage_seal(upload->local, &upload->stage, meta, err));
    return local_stage_create(upload->local, &upload->stage, upload->key, err);
}

static void upload_end(struct local_upload *upload)
{
    if (!upload->ended) {
        upload->ended = true;
        local_stage_close(&upload->stage);
        if (upload->has_aside) {
            local_stage_close(&upload->aside);
        }
    }
}

static inlay_status upload_complete(struct multipart *multipart, char etag[ETAG_SIZE],
                                    inlay_error *err)
{
    struct local_upload *upload = (struct local_upload *)multipart;
    struct object_meta meta;
    inlay_status status;
    pthread_mutex_lock(&upload->lock);
    status = publish(upload, &meta, err);
    if (status == INLAY_OK) {
        memcpy(etag, meta.etag, ETAG_SIZE);
        upload_end(upload);
    }
    pthread_mutex_unlock(&upload->lock);
    if (status != INLAY_OK) {
        error_key(err, upload->key);
    }
    return status;
}

static void upload_abort(struct multipart *multipart)
{
    struct local_upload *upload = (struct local_upload *)multipart;
    pthread_mutex_lock(&upload->lock);
    upload_end(upload);
    pthread_mutex_unlock(&upload->lock);
}

static void upload_destroy(struct multipart *multipart)
{
    struct local_upload *upload = (struct local_upload *)multipart;
    upload_end(upload);
    pthread_mutex_destroy(&upload->lock);
    mem_free(upload->parts);
    mem_free(upload->key);
    mem_free(upload);
}

static const struct multipart_ops upload_ops = {
    .put_part = upload_put_part,
    .complete = upload_complete,
    .abort = upload_abort,
    .destroy = upload_destroy,
};

inlay_status local_multipart_begin(struct provider *provider, const char *key,
                                   struct multipart **out, inlay_error *err)
{
    struct local_upload *upload = mem_zalloc(sizeof(*upload));
    inlay_status status;
    if (upload == NULL) {
        return error_no_memory(err);
    }
    upload->multipart.ops = &upload_ops;
    upload->local = (struct local *)provider;
    upload->key = mem_strdup(key);
    if (upload->key == NULL) {
        mem_free(upload);
        return error_no_memory(err);
    }
    /* The stage points into the upload's copy of the key. */
    status = local_stage_open(upload->local, upload->key, &upload->stage, err);
    if (status == INLAY_OK && pthread_mutex_init(&upload->lock, NULL) != 0) {
        local_stage_close(&upload->stage);
        status = error_no_memory(err);
    }
    if (status != INLAY_OK) {
        mem_free(upload->key);
        mem_free(upload);
        return status;
    }
    *out = &upload->multipart;
    return INLAY_OK;
}
