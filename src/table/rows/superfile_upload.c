/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/superfile_upload.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "table/manifest/manifest_entry.h"
#include "table/table_priv.h"

#include <string.h>

#define USUAL_PART_BYTES ((size_t)8 << 20)
#define MOST_PART_BYTES ((size_t)64 << 20) /* 10000 of them are 640 GB */

/* Runs a step until the store answers, or as often as a commit would try. */
static inlay_status persist(struct superfile_upload *upload,
                            inlay_status (*step)(struct superfile_upload *, unsigned attempt,
                                                 inlay_error *),
                            inlay_error *err)
{
    inlay_status status = INLAY_UNAVAILABLE;
    unsigned attempt;
    for (attempt = 0; attempt < upload->table->options.commit_tries && status == INLAY_UNAVAILABLE;
         attempt++) {
        if (attempt > 0) {
            table_backoff(upload->table, attempt - 1);
        }
        status = step(upload, attempt, err);
    }
    return status;
}

static struct provider *provider_of(const struct superfile_upload *upload)
{
    return table_store(upload->table)->provider;
}

static inlay_status begin_parts(struct superfile_upload *upload, unsigned attempt, inlay_error *err)
{
    (void)attempt;
    return provider_multipart_begin(provider_of(upload), upload->key, &upload->parts, err);
}

static inlay_status put_part(struct superfile_upload *upload, unsigned attempt, inlay_error *err)
{
    (void)attempt;
    return multipart_put_part(upload->parts, (uint32_t)upload->part_count, upload->pending,
                              upload->pending_length, err);
}

/* The pending bytes leave as the next part. */
static inlay_status send_part(struct superfile_upload *upload, inlay_error *err)
{
    void *hashes = upload->hashes;
    if (upload->parts == NULL) {
        INLAY_TRY(persist(upload, begin_parts, err));
    }
    if (!mem_grow(&hashes, &upload->hash_capacity, upload->part_count + 1, sizeof(uint64_t))) {
        return error_no_memory(err);
    }
    upload->hashes = hashes;
    INLAY_TRY(persist(upload, put_part, err));
    upload->hashes[upload->part_count++] = hash_xxh3_64(upload->pending, upload->pending_length);
    upload->pending_length = 0;
    return INLAY_OK;
}

static inlay_status sink_write(struct byte_sink *sink, const void *data, size_t length,
                               inlay_error *err)
{
    struct superfile_upload *upload = sink->context;
    const uint8_t *from = data;
    while (length != 0) {
        size_t room = upload->part_bytes - upload->pending_length;
        size_t step = length < room ? length : room;
        if (room == 0) {
            INLAY_TRY(send_part(upload, err));
            continue;
        }
        memcpy(upload->pending + upload->pending_length, from, step);
        upload->pending_length += step;
        from += step;
        length -= step;
    }
    return INLAY_OK;
}

static size_t choose_part_bytes(const struct provider *provider, uint64_t expected)
{
    size_t liked = provider->part_bytes != 0 ? provider->part_bytes : USUAL_PART_BYTES;
    uint64_t least = expected / (PROVIDER_PARTS_MAX / 4);
    return least <= liked ? liked : least < MOST_PART_BYTES ? (size_t)least : MOST_PART_BYTES;
}

inlay_status superfile_upload_begin(struct superfile_upload *upload, struct table *table,
                                    uint64_t expected, inlay_error *err)
{
    char relative[SUPERFILE_KEY_SIZE];
    size_t part_bytes;
    memset(upload, 0, sizeof(*upload));
    INLAY_TRY(superfile_id_mint(table_env(table), &upload->id, err));
    superfile_key(upload->id, relative);
    manifest_store_key(table_store(table), relative, upload->key);
    part_bytes = choose_part_bytes(table_store(table)->provider, expected);
    upload->pending = mem_alloc(part_bytes);
    if (upload->pending == NULL) {
        return error_no_memory(err);
    }
    upload->part_bytes = part_bytes;
    upload->table = table;
    upload->sink.write = sink_write;
    upload->sink.context = upload;
    return INLAY_OK;
}

/* An object is there: is it ours? Ids are random, so a hash that nobody chose is evidence. */
static inlay_status compare_parts(struct superfile_upload *upload, inlay_error *err)
{
    struct object_meta meta;
    uint64_t at = 0;
    bool same;
    size_t i;
    INLAY_TRY(provider_head(provider_of(upload), upload->key, &meta, err));
    same = meta.size == upload->sink.offset;
    for (i = 0; i < upload->part_count && same; i++) {
        uint64_t left = meta.size - at;
        size_t length = left < upload->part_bytes ? (size_t)left : upload->part_bytes;
        INLAY_TRY(
            provider_get_range(provider_of(upload), upload->key, at, length, upload->pending, err));
        same = hash_xxh3_64(upload->pending, length) == upload->hashes[i];
        at += length;
    }
    if (!same) {
        error_set(err, INLAY_ALREADY_EXISTS,
                  "a superfile with this id and other contents is there already");
        error_key(err, upload->key);
        return INLAY_ALREADY_EXISTS;
    }
    return INLAY_OK;
}

static inlay_status complete(struct superfile_upload *upload, unsigned attempt, inlay_error *err)
{
    inlay_status status;
    if (attempt > 0) { /* the answer may have been lost, not the request */
        status = compare_parts(upload, err);
        if (status != INLAY_NOT_FOUND) {
            return status;
        }
    }
    status = multipart_complete(upload->parts, NULL, err);
    return status == INLAY_PRECONDITION_FAILED ? compare_parts(upload, err) : status;
}

inlay_status superfile_upload_finish(struct superfile_upload *upload, inlay_error *err)
{
    if (upload->parts == NULL) {
        return table_put_superfile(upload->table, upload->id, upload->pending,
                                   upload->pending_length, err);
    }
    if (upload->pending_length != 0) {
        INLAY_TRY(send_part(upload, err));
    }
    return persist(upload, complete, err);
}

void superfile_upload_close(struct superfile_upload *upload)
{
    multipart_close(upload->parts);
    mem_free(upload->hashes);
    mem_free(upload->pending);
    memset(upload, 0, sizeof(*upload));
}
