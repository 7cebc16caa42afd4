/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One commit's attempts. An attempt builds the successor of the newest version that this handle
 * knows, writes its objects under content-addressed names, and replaces the pointer if it is still
 * the base's. When the replacement fails or its answer is lost, the pointer is read: an attempt on
 * base n can only ever have become version n + 1, so that one version's commit id tells whether we
 * had won.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "table/commit/successor.h"
#include "table/manifest/pointer.h"
#include "table/table_priv.h"

#include <string.h>

struct publication {
    struct table *table;
    const struct commit_request *request;
    struct change *change;
    struct commit_result *result;
    struct id128 commit_id;
    struct change_ids finished; /* mutations that the commit forgets */
    bool unresolved;            /* an attempt's outcome is not known yet */
    uint64_t target;            /* the version that it would have become */
};

static inlay_status write_objects(struct table *table, const struct successor *successor,
                                  inlay_error *err)
{
    char key[CONTENT_KEY_SIZE];
    const struct snapshot *snapshot = successor->snapshot;
    for (size_t i = 0; i < successor->image_count; i++) {
        const struct part_image *image = &successor->images[i];
        for (size_t o = 0; o < image->count; o++) {
            INLAY_TRY(manifest_store_write(table->store, image->objects[o].key,
                                           image->objects[o].bytes.data,
                                           image->objects[o].bytes.len, err));
        }
    }
    snapshot_object_key(snapshot->id, &snapshot->content, key);
    return manifest_store_write(table->store, key, successor->bytes.data, successor->bytes.len,
                                err);
}

static inlay_status replace_pointer(struct publication *p, const struct successor *successor,
                                    const char *base_etag, inlay_error *err)
{
    struct table *table = p->table;
    const struct env *env = table->options.env;
    char key[STORE_KEY_SIZE];
    char etag[ETAG_SIZE];
    struct buffer bytes;
    uint64_t started;
    inlay_status status;
    buffer_init(&bytes, POINTER_BYTES_MAX);
    INLAY_TRY_GOTO(status, pointer_encode(successor->snapshot, &successor->bytes, &bytes, err),
                   cleanup);
    manifest_store_key(table->store, STORE_POINTER, key);
    p->unresolved = true;
    p->target = successor->snapshot->id;
    started = env->monotonic_ns(env->context);
    status = provider_put_if_match(table->store->provider, key, bytes.data, bytes.len, base_etag,
                                   etag, err);
    if (status == INLAY_OK) {
        p->unresolved = false;
        table_install(table, snapshot_retain(successor->snapshot), etag, started);
        p->result->version = successor->snapshot->id;
        p->result->changed = true;
    }
cleanup:
    buffer_free(&bytes);
    return status;
}

/* Is version `target` in the history of `newest` ours? */
static inlay_status is_ours(const struct publication *p, struct snapshot *newest, bool *ours,
                            inlay_error *err)
{
    struct snapshot *version = NULL;
    const struct history_record *record;
    *ours = false;
    if (newest->id < p->target) {
        return INLAY_OK;
    }
    record = snapshot_ancestor(newest, p->target);
    if (record != NULL && record->id == p->target) {
        *ours = id_compare(record->commit_id, p->commit_id) == 0;
        return INLAY_OK;
    }
    INLAY_TRY(version_load(newest, p->target, &version, err));
    *ours = id_compare(version->commit_id, p->commit_id) == 0;
    snapshot_release(version);
    return INLAY_OK;
}

static inlay_status resolve(struct publication *p, bool *won, inlay_error *err)
{
    struct snapshot *newest = NULL;
    inlay_status status;
    INLAY_TRY(table_reload(p->table, &newest, err));
    status = is_ours(p, newest, won, err);
    snapshot_release(newest);
    if (status == INLAY_NOT_FOUND) {
        return error_wrap(err, INLAY_INTERNAL,
                          "version %llu, which would show whether the commit had won, is no longer "
                          "kept",
                          (unsigned long long)p->target);
    }
    INLAY_TRY(status);
    p->unresolved = false;
    if (*won) {
        p->result->version = p->target;
        p->result->changed = true;
    }
    return INLAY_OK;
}

/* The ids of finished mutations ride along with any commit; that a failed one loses them is no
 * harm, since they are forgotten by age too. */
static void take_finished(struct publication *p)
{
    pthread_mutex_lock(&p->table->lock);
    p->finished = p->table->finished_wals;
    memset(&p->table->finished_wals, 0, sizeof(p->table->finished_wals));
    pthread_mutex_unlock(&p->table->lock);
}

static inlay_status forget_finished(struct publication *p, inlay_error *err)
{
    for (size_t i = 0; i < p->finished.count; i++) {
        INLAY_TRY(change_forget_wal(p->change, p->finished.ids[i], err));
    }
    return INLAY_OK;
}

static inlay_status prepare(struct publication *p, struct snapshot *base, inlay_error *err)
{
    if (p->request->prepare == NULL) {
        return INLAY_OK;
    }
    change_clear(p->change);
    INLAY_TRY(p->request->prepare(p->request->context, base, p->change, err));
    return forget_finished(p, err);
}

static inlay_status attempt(struct publication *p, inlay_error *err)
{
    char etag[ETAG_SIZE];
    struct successor successor = {0};
    struct snapshot *base;
    inlay_status status = INLAY_OK;
    if (p->unresolved) {
        bool won = false;
        INLAY_TRY(resolve(p, &won, err));
        if (won) {
            return INLAY_OK;
        }
    }
    base = table_base(p->table, etag);
    INLAY_TRY_GOTO(status, prepare(p, base, err), cleanup);
    INLAY_TRY_GOTO(status, successor_build(base, p->change, p->commit_id, &successor, err),
                   cleanup);
    if (successor.snapshot == NULL) {
        p->result->version = base->id;
        goto cleanup;
    }
    p->result->tries++;
    INLAY_TRY_GOTO(status, write_objects(p->table, &successor, err), cleanup);
    status = replace_pointer(p, &successor, etag, err);
cleanup:
    successor_free(&successor);
    snapshot_release(base);
    return status;
}

static inlay_status try_until_decided(struct publication *p, inlay_error *err)
{
    unsigned tries = p->table->options.commit_tries;
    inlay_status status = INLAY_OK;
    bool won = false;
    for (unsigned i = 0; i < tries; i++) {
        if (i > 0) {
            table_backoff(p->table, i - 1);
        }
        status = attempt(p, err);
        if (status != INLAY_PRECONDITION_FAILED && status != INLAY_UNAVAILABLE) {
            return status;
        }
    }
    if (p->unresolved) { /* the last one may have won */
        INLAY_TRY(resolve(p, &won, err));
    }
    if (won) {
        return INLAY_OK;
    }
    if (status == INLAY_PRECONDITION_FAILED) {
        return error_set(err, INLAY_CONFLICT,
                         "other writers won all %u tries of this commit; nothing was published, "
                         "try again",
                         tries);
    }
    return status;
}

inlay_status commit_publish(struct table *table, const struct commit_request *request,
                            struct change *change, struct commit_result *result, inlay_error *err)
{
    struct publication p = {.table = table, .request = request, .change = change, .result = result};
    inlay_status status = INLAY_OK;
    p.commit_id = id_generator_next(&table->ids);
    take_finished(&p);
    if (request->prepare == NULL) {
        status = forget_finished(&p, err);
    }
    if (status == INLAY_OK) {
        status = try_until_decided(&p, err);
    }
    mem_free(p.finished.ids);
    return status;
}
