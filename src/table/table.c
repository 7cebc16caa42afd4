/* SPDX-License-Identifier: Apache-2.0 */
#include "table/table.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/manifest/pointer.h"
#include "table/table_priv.h"

#include <string.h>

#define BACKOFF_BASE_NS 10000000ull /* 10 ms */
#define BACKOFF_CAP_NS 2000000000ull

void table_options_init(struct table_options *options)
{
    memset(options, 0, sizeof(*options));
    options->location = "";
}

static void fill_defaults(struct table_options *options)
{
    if (options->env == NULL) {
        options->env = env_system();
    }
    if (options->staleness_ns == 0) {
        options->staleness_ns = 1000000000ull;
    }
    if (options->commit_tries == 0) {
        options->commit_tries = 10;
    }
    if (options->group_entries == 0) {
        options->group_entries = 1000;
    }
    if (options->staged_entries == 0) {
        options->staged_entries = 64;
    }
}

static uint64_t now_ns(const struct table *table)
{
    return table->options.env->monotonic_ns(table->options.env->context);
}

static inlay_status init_locks(struct table *table, inlay_error *err)
{
    if (pthread_mutex_init(&table->lock, NULL) != 0) {
        return error_no_memory(err);
    }
    if (pthread_mutex_init(&table->refresh_lock, NULL) != 0) {
        pthread_mutex_destroy(&table->lock);
        return error_no_memory(err);
    }
    if (pthread_cond_init(&table->moved, NULL) != 0) {
        pthread_mutex_destroy(&table->refresh_lock);
        pthread_mutex_destroy(&table->lock);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status allocate(const struct table_options *options, struct table **out,
                             inlay_error *err)
{
    struct table *table = mem_zalloc(sizeof(*table));
    inlay_status status;
    *out = NULL;
    if (table == NULL) {
        return error_no_memory(err);
    }
    table->options = *options;
    fill_defaults(&table->options);
    change_init(&table->staged, OPERATION_APPEND);
    status = manifest_store_create(options->provider, options->location, table->options.env,
                                   &table->store, err);
    table->options.location = NULL;
    if (status == INLAY_OK) {
        status = id_generator_init(&table->ids, table->options.env, err);
    }
    if (status != INLAY_OK) {
        manifest_store_release(table->store);
        mem_free(table);
        return status;
    }
    status = init_locks(table, err);
    if (status != INLAY_OK) {
        id_generator_destroy(&table->ids);
        manifest_store_release(table->store);
        mem_free(table);
        return status;
    }
    *out = table;
    return INLAY_OK;
}

void table_close(struct table *table)
{
    if (table == NULL) {
        return;
    }
    change_free(&table->staged);
    mem_free(table->finished_wals.ids);
    snapshot_release(table->current);
    pthread_cond_destroy(&table->moved);
    pthread_mutex_destroy(&table->refresh_lock);
    pthread_mutex_destroy(&table->lock);
    id_generator_destroy(&table->ids);
    manifest_store_release(table->store);
    mem_free(table);
}

void table_backoff(struct table *table, unsigned attempt)
{
    const struct env *env = table->options.env;
    uint64_t window = attempt < 16 ? BACKOFF_BASE_NS << attempt : BACKOFF_CAP_NS;
    uint64_t random = 0;
    if (window > BACKOFF_CAP_NS) {
        window = BACKOFF_CAP_NS;
    }
    if (!env->random(env->context, &random, sizeof(random))) {
        random = window / 2;
    }
    env->sleep_ns(env->context, random % window);
}

struct snapshot *table_base(struct table *table, char etag[ETAG_SIZE])
{
    struct snapshot *snapshot;
    pthread_mutex_lock(&table->lock);
    snapshot = table->current != NULL ? snapshot_retain(table->current) : NULL;
    memcpy(etag, table->etag, ETAG_SIZE);
    pthread_mutex_unlock(&table->lock);
    return snapshot;
}

struct snapshot *table_current(struct table *table)
{
    char etag[ETAG_SIZE];
    return table_base(table, etag);
}

void table_install(struct table *table, struct snapshot *snapshot, const char *etag,
                   uint64_t checked_ns)
{
    struct snapshot *old = snapshot;
    pthread_mutex_lock(&table->lock);
    if (table->current == NULL || snapshot->id >= table->current->id) {
        old = table->current;
        table->current = snapshot;
        memcpy(table->etag, etag, ETAG_SIZE);
    }
    if (checked_ns > table->checked_ns) {
        table->checked_ns = checked_ns;
    }
    pthread_mutex_unlock(&table->lock);
    snapshot_release(old);
}

static inlay_status follow(struct table *table, const struct object_data *data,
                           struct snapshot *previous, struct snapshot **out, inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    inlay_status status =
        pointer_follow(table->store, data->data, (size_t)data->size, previous, out, err);
    if (status == INLAY_OK && previous != NULL && (*out)->id < previous->id) {
        status = error_set(err, INLAY_CORRUPT,
                           "the table went back from version %llu to %llu: was an old copy of it "
                           "restored? Open it again",
                           (unsigned long long)previous->id, (unsigned long long)(*out)->id);
        snapshot_release(*out);
        *out = NULL;
    }
    if (status == INLAY_CORRUPT && err != NULL && err->key[0] == '\0') {
        manifest_store_key(table->store, STORE_POINTER, key);
        error_key(err, key);
    }
    return status;
}

inlay_status table_reload(struct table *table, struct snapshot **out, inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    struct object_data data = {0};
    struct snapshot *previous = table_current(table); /* NULL while the table is being opened */
    struct snapshot *loaded = NULL;
    uint64_t started = now_ns(table);
    inlay_status status;
    manifest_store_key(table->store, STORE_POINTER, key);
    INLAY_TRY_GOTO(status, provider_get(table->store->provider, key, &data, err), cleanup);
    INLAY_TRY_GOTO(status, follow(table, &data, previous, &loaded, err), cleanup);
    if (out != NULL) {
        *out = snapshot_retain(loaded);
    }
    table_install(table, loaded, data.meta.etag, started);
cleanup:
    object_data_free(&data);
    snapshot_release(previous);
    return status;
}

inlay_status table_open(const struct table_options *options, struct table **out, inlay_error *err)
{
    struct table *table;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(allocate(options, &table, err));
    status = table_reload(table, NULL, err);
    if (status != INLAY_OK) {
        table_close(table);
        return status;
    }
    *out = table;
    return INLAY_OK;
}

/* Our own pointer whose response was lost looks like somebody else's: the commit id tells. */
static inlay_status create_pointer(struct table *table, const char *key,
                                   const struct buffer *pointer, const struct snapshot *snapshot,
                                   char etag[ETAG_SIZE], inlay_error *err)
{
    struct snapshot *present = NULL;
    inlay_status status = INLAY_UNAVAILABLE;
    for (unsigned i = 0; i < table->options.commit_tries && status == INLAY_UNAVAILABLE; i++) {
        if (i > 0) {
            table_backoff(table, i - 1);
        }
        status = provider_put_if_match(table->store->provider, key, pointer->data, pointer->len,
                                       NULL, etag, err);
        if (status == INLAY_PRECONDITION_FAILED) {
            status = table_reload(table, &present, err);
            if (status == INLAY_OK && id_compare(present->commit_id, snapshot->commit_id) != 0) {
                error_set(err, INLAY_ALREADY_EXISTS, "there is a table at this location");
                error_key(err, key);
                status = INLAY_ALREADY_EXISTS;
            }
            snapshot_release(present);
            return status;
        }
    }
    return status;
}

static inlay_status write_first(struct table *table, struct snapshot *snapshot, inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    char relative[CONTENT_KEY_SIZE];
    char etag[ETAG_SIZE] = "";
    struct buffer bytes;
    struct buffer pointer;
    inlay_status status;
    buffer_init(&bytes, MANIFEST_OBJECT_MAX);
    buffer_init(&pointer, POINTER_BYTES_MAX);
    INLAY_TRY_GOTO(status, snapshot_encode(snapshot, &bytes, err), cleanup);
    INLAY_TRY_GOTO(status, pointer_encode(snapshot, &bytes, &pointer, err), cleanup);
    snapshot_object_key(snapshot->id, &snapshot->content, relative);
    status = INLAY_UNAVAILABLE;
    for (unsigned i = 0; i < table->options.commit_tries && status == INLAY_UNAVAILABLE; i++) {
        if (i > 0) {
            table_backoff(table, i - 1);
        }
        status = manifest_store_write(table->store, relative, bytes.data, bytes.len, err);
    }
    if (status == INLAY_OK) {
        manifest_store_key(table->store, STORE_POINTER, key);
        status = create_pointer(table, key, &pointer, snapshot, etag, err);
    }
    if (status == INLAY_OK && etag[0] != '\0') {
        table_install(table, snapshot_retain(snapshot), etag, now_ns(table));
    }
cleanup:
    buffer_free(&bytes);
    buffer_free(&pointer);
    return status;
}

inlay_status table_create(const struct table_options *options, struct table **out, inlay_error *err)
{
    struct table *table;
    struct snapshot *snapshot = NULL;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(allocate(options, &table, err));
    status = snapshot_create_empty(table->store, id_generator_next(&table->ids), &snapshot, err);
    if (status == INLAY_OK) {
        status = write_first(table, snapshot, err);
    }
    snapshot_release(snapshot);
    if (status != INLAY_OK) {
        table_close(table);
        return status;
    }
    *out = table;
    return INLAY_OK;
}

static inlay_status refresh_locked(struct table *table, inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    char etag[ETAG_SIZE];
    struct object_data data = {0};
    struct snapshot *previous = table_base(table, etag);
    struct snapshot *loaded = NULL;
    uint64_t started = now_ns(table);
    bool changed = false;
    inlay_status status;
    manifest_store_key(table->store, STORE_POINTER, key);
    INLAY_TRY_GOTO(status,
                   provider_get_if_changed(table->store->provider, key, etag, &changed, &data, err),
                   cleanup);
    if (!changed) {
        table_install(table, snapshot_retain(previous), etag, started);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, follow(table, &data, previous, &loaded, err), cleanup);
    table_install(table, loaded, data.meta.etag, started);
cleanup:
    object_data_free(&data);
    snapshot_release(previous);
    return status;
}

inlay_status table_refresh(struct table *table, inlay_error *err)
{
    inlay_status status;
    pthread_mutex_lock(&table->refresh_lock);
    status = refresh_locked(table, err);
    pthread_mutex_unlock(&table->refresh_lock);
    return status;
}

static bool is_fresh(struct table *table)
{
    uint64_t now = now_ns(table);
    bool fresh;
    pthread_mutex_lock(&table->lock);
    fresh = now - table->checked_ns < table->options.staleness_ns;
    pthread_mutex_unlock(&table->lock);
    return fresh;
}

/* Of many readers that find the bound passed, one asks the store and the others use its answer. */
static inlay_status refresh_if_stale(struct table *table, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    if (is_fresh(table)) {
        return INLAY_OK;
    }
    pthread_mutex_lock(&table->refresh_lock);
    if (!is_fresh(table)) {
        status = refresh_locked(table, err);
    }
    pthread_mutex_unlock(&table->refresh_lock);
    return status;
}

inlay_status table_pin(struct table *table, struct snapshot **out, inlay_error *err)
{
    *out = NULL;
    if (table->options.consistency == TABLE_STRONG) {
        INLAY_TRY(table_refresh(table, err));
    } else if (table->options.consistency == TABLE_BOUNDED) {
        INLAY_TRY(refresh_if_stale(table, err));
    }
    *out = table_current(table);
    return INLAY_OK;
}

/* Create-only and immutable: an object that is there must be ours, byte for byte. */
static inlay_status compare_superfile(struct table *table, const char *key, const void *data,
                                      uint64_t size, inlay_error *err)
{
    struct object_data present;
    inlay_status status = INLAY_OK;
    INLAY_TRY(provider_get(table->store->provider, key, &present, err));
    if (present.size != size || memcmp(present.data, data, (size_t)size) != 0) {
        status = error_set(err, INLAY_ALREADY_EXISTS,
                           "a superfile with this id and other contents is there already");
        error_key(err, key);
    }
    object_data_free(&present);
    return status;
}

inlay_status table_put_superfile(struct table *table, struct id128 id, const void *data,
                                 uint64_t size, inlay_error *err)
{
    char relative[SUPERFILE_KEY_SIZE];
    char key[STORE_KEY_SIZE];
    inlay_status status = INLAY_UNAVAILABLE;
    superfile_key(id, relative);
    manifest_store_key(table->store, relative, key);
    for (unsigned i = 0; i < table->options.commit_tries && status == INLAY_UNAVAILABLE; i++) {
        if (i > 0) {
            table_backoff(table, i - 1);
        }
        status = provider_put_atomic(table->store->provider, key, data, size, NULL, err);
        if (status == INLAY_PRECONDITION_FAILED) {
            status = compare_superfile(table, key, data, size, err);
        }
    }
    return status;
}

struct manifest_store *table_store(struct table *table)
{
    return table->store;
}

struct id_generator *table_ids(struct table *table)
{
    return &table->ids;
}

const struct env *table_env(struct table *table)
{
    return table->options.env;
}
