/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects stand in one array sorted by key, so that a listing is a walk from a binary search. Each
 * points to an immutable, counted version: readers take a reference under the mutex and copy the
 * bytes outside it.
 */
#include "storage/memory.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "storage/refusals.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_PAGE 1000

struct version {
    _Atomic uint64_t references;
    struct object_meta meta;
    uint8_t data[];
};

struct object {
    char *key;
    struct version *version;
};

struct memory {
    struct provider provider;
    const struct env *env;
    size_t list_page;
    pthread_mutex_t lock; /* guards all below */
    struct object *objects;
    size_t count;
    size_t capacity;
    uint64_t last_token;
};

static inlay_status version_make(const struct memory *memory, const void *data, uint64_t size,
                                 struct version **out, inlay_error *err)
{
    size_t total;
    struct version *version = NULL;
    if (size_add(sizeof(*version), (size_t)size, &total)) {
        version = mem_alloc(total);
    }
    *out = version;
    if (version == NULL) {
        return error_no_memory(err);
    }
    memset(version, 0, sizeof(*version));
    atomic_init(&version->references, 1);
    version->meta.size = size;
    version->meta.last_modified_ms = memory->env->unix_ms(memory->env->context);
    if (size != 0 && data != NULL) {
        memcpy(version->data, data, (size_t)size);
    }
    return INLAY_OK;
}

static void version_release(struct version *version)
{
    /* Release publishes this thread's reads; the acquire side is the thread that frees. */
    if (version != NULL &&
        atomic_fetch_sub_explicit(&version->references, 1, memory_order_acq_rel) == 1) {
        mem_free(version);
    }
}

/* Index of the first object whose key is not less than `key`. Call with the lock held. */
static size_t lower_bound(const struct memory *memory, const char *key)
{
    size_t low = 0;
    size_t high = memory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(memory->objects[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct object *find(const struct memory *memory, const char *key, size_t *place)
{
    size_t at = lower_bound(memory, key);
    if (place != NULL) {
        *place = at;
    }
    return at < memory->count && strcmp(memory->objects[at].key, key) == 0 ? &memory->objects[at]
                                                                           : NULL;
}

static inlay_status not_found(inlay_error *err)
{
    return error_set(err, INLAY_NOT_FOUND, "no such object in memory");
}

/* A counted reference to the present version, or INLAY_NOT_FOUND. */
static inlay_status version_take(struct memory *memory, const char *key, struct version **out,
                                 inlay_error *err)
{
    struct object *object;
    *out = NULL;
    pthread_mutex_lock(&memory->lock);
    object = find(memory, key, NULL);
    if (object != NULL) {
        *out = object->version;
        atomic_fetch_add_explicit(&object->version->references, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&memory->lock);
    return *out != NULL ? INLAY_OK : not_found(err);
}

/* The bytes [offset, size) of a version as the caller's own. */
static inlay_status copy_out(const struct version *version, uint64_t offset,
                             struct object_data *out, inlay_error *err)
{
    uint64_t length = version->meta.size - offset;
    out->data = mem_alloc((size_t)length);
    if (out->data == NULL) {
        return error_no_memory(err);
    }
    if (length != 0) {
        memcpy(out->data, version->data + offset, (size_t)length);
    }
    out->size = length;
    out->meta = version->meta;
    return INLAY_OK;
}

static inlay_status memory_get_if_changed(struct provider *provider, const char *key,
                                          const char *etag, bool *changed, struct object_data *out,
                                          inlay_error *err)
{
    struct version *version;
    inlay_status status = INLAY_OK;
    INLAY_TRY(version_take((struct memory *)provider, key, &version, err));
    *changed = strcmp(version->meta.etag, etag) != 0;
    if (*changed) {
        status = copy_out(version, 0, out, err);
    }
    version_release(version);
    return status;
}

static inlay_status memory_get(struct provider *provider, const char *key, struct object_data *out,
                               inlay_error *err)
{
    bool changed;
    return memory_get_if_changed(provider, key, "", &changed, out, err);
}

static inlay_status memory_get_tail(struct provider *provider, const char *key, uint64_t n,
                                    struct object_data *out, inlay_error *err)
{
    struct version *version;
    inlay_status status;
    INLAY_TRY(version_take((struct memory *)provider, key, &version, err));
    status = copy_out(version, n < version->meta.size ? version->meta.size - n : 0, out, err);
    version_release(version);
    return status;
}

static inlay_status memory_get_ranges(struct provider *provider, const char *key,
                                      const struct object_range *ranges, size_t count,
                                      inlay_error *err)
{
    struct version *version;
    inlay_status status = INLAY_OK;
    size_t i;
    INLAY_TRY(version_take((struct memory *)provider, key, &version, err));
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = range_past_end(&ranges[i], version->meta.size, err);
    }
    for (i = 0; i < count && status == INLAY_OK; i++) {
        memcpy(ranges[i].into, version->data + ranges[i].offset, (size_t)ranges[i].length);
    }
    version_release(version);
    return status;
}

static inlay_status memory_head(struct provider *provider, const char *key, struct object_meta *out,
                                inlay_error *err)
{
    struct version *version;
    INLAY_TRY(version_take((struct memory *)provider, key, &version, err));
    *out = version->meta;
    version_release(version);
    return INLAY_OK;
}

static void stamp(struct memory *memory, struct version *version, char etag[ETAG_SIZE])
{
    (void)snprintf(version->meta.etag, ETAG_SIZE, "m%llu",
                   (unsigned long long)++memory->last_token);
    memcpy(etag, version->meta.etag, ETAG_SIZE);
}

/* Inserts a new key; consumes `version` on success. Call with the lock held. */
static inlay_status insert(struct memory *memory, const char *key, struct version *version,
                           char etag[ETAG_SIZE], inlay_error *err)
{
    void *objects = memory->objects;
    size_t place;
    char *copy;
    if (find(memory, key, &place) != NULL) {
        return error_set(err, INLAY_PRECONDITION_FAILED, "the object exists already");
    }
    if (!mem_grow(&objects, &memory->capacity, memory->count + 1, sizeof(*memory->objects))) {
        return error_no_memory(err);
    }
    memory->objects = objects;
    copy = mem_strdup(key);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    memmove(memory->objects + place + 1, memory->objects + place,
            (memory->count - place) * sizeof(*memory->objects));
    memory->objects[place] = (struct object){copy, version};
    memory->count++;
    stamp(memory, version, etag);
    return INLAY_OK;
}

static inlay_status create(struct memory *memory, const char *key, struct version *version,
                           char etag[ETAG_SIZE], inlay_error *err)
{
    inlay_status status;
    pthread_mutex_lock(&memory->lock);
    status = insert(memory, key, version, etag, err);
    pthread_mutex_unlock(&memory->lock);
    if (status != INLAY_OK) {
        version_release(version);
    }
    return status;
}

static inlay_status memory_put_atomic(struct provider *provider, const char *key, const void *data,
                                      uint64_t size, char etag[ETAG_SIZE], inlay_error *err)
{
    struct memory *memory = (struct memory *)provider;
    struct version *version;
    INLAY_TRY(version_make(memory, data, size, &version, err));
    return create(memory, key, version, etag, err);
}

static inlay_status memory_put_if_match(struct provider *provider, const char *key,
                                        const void *data, uint64_t size, const char *expected,
                                        char etag[ETAG_SIZE], inlay_error *err)
{
    struct memory *memory = (struct memory *)provider;
    struct version *version;
    struct object *object;
    inlay_status status = INLAY_OK;
    INLAY_TRY(version_make(memory, data, size, &version, err));
    pthread_mutex_lock(&memory->lock);
    object = find(memory, key, NULL);
    if (object == NULL) {
        status = not_found(err);
    } else if (strcmp(object->version->meta.etag, expected) != 0) {
        status = error_set(err, INLAY_PRECONDITION_FAILED, "the object is another version");
        error_expected(err, "%s", expected);
        error_found(err, "%s", object->version->meta.etag);
    } else {
        struct version *old = object->version;
        object->version = version;
        version = old;
        stamp(memory, object->version, etag);
    }
    pthread_mutex_unlock(&memory->lock);
    version_release(version); /* the replaced one, or the one that lost */
    return status;
}

static inlay_status memory_remove(struct provider *provider, const char *key, inlay_error *err)
{
    struct memory *memory = (struct memory *)provider;
    struct object gone = {0};
    size_t place;
    (void)err;
    pthread_mutex_lock(&memory->lock);
    if (find(memory, key, &place) != NULL) {
        gone = memory->objects[place];
        memory->count--;
        memmove(memory->objects + place, memory->objects + place + 1,
                (memory->count - place) * sizeof(*memory->objects));
    }
    pthread_mutex_unlock(&memory->lock);
    mem_free(gone.key);
    version_release(gone.version);
    return INLAY_OK;
}

/* Fills a page from the objects after `cursor` that are below `folder` ("seg/" or ""). Call with
 * the lock held. */
static inlay_status fill_page(const struct memory *memory, const char *folder, const char *cursor,
                              struct object_page *out, inlay_error *err)
{
    size_t length = strlen(folder);
    size_t at = lower_bound(memory, folder);
    if (cursor != NULL && strcmp(cursor, folder) >= 0) {
        at = lower_bound(memory, cursor);
        at += at < memory->count && strcmp(memory->objects[at].key, cursor) == 0;
    }
    out->entries = mem_alloc_array(memory->list_page, sizeof(*out->entries));
    if (out->entries == NULL) {
        return error_no_memory(err);
    }
    for (; at < memory->count && strncmp(memory->objects[at].key, folder, length) == 0; at++) {
        struct object_entry *entry = &out->entries[out->count];
        if (out->count == memory->list_page) {
            out->next_cursor = mem_strdup(out->entries[out->count - 1].key);
            return out->next_cursor != NULL ? INLAY_OK : error_no_memory(err);
        }
        entry->key = mem_strdup(memory->objects[at].key);
        if (entry->key == NULL) {
            return error_no_memory(err);
        }
        entry->meta = memory->objects[at].version->meta;
        out->count++;
    }
    return INLAY_OK;
}

static inlay_status memory_list(struct provider *provider, const char *prefix, const char *cursor,
                                struct object_page *out, inlay_error *err)
{
    struct memory *memory = (struct memory *)provider;
    char folder[PROVIDER_KEY_MAX + 2];
    inlay_status status;
    (void)snprintf(folder, sizeof(folder), "%s%s", prefix, prefix[0] != '\0' ? "/" : "");
    pthread_mutex_lock(&memory->lock);
    status = fill_page(memory, folder, cursor, out, err);
    pthread_mutex_unlock(&memory->lock);
    return status;
}

/* Multipart: parts wait as versions without a token; completion joins them. */
struct memory_upload {
    struct multipart multipart;
    struct memory *memory;
    char *key;
    pthread_mutex_t lock; /* guards all below */
    struct version **parts;
    size_t count; /* greatest number put, plus one */
    size_t capacity;
    bool ended; /* completed or aborted */
};

static inlay_status upload_put_part(struct multipart *multipart, uint32_t number, const void *data,
                                    uint64_t size, inlay_error *err)
{
    struct memory_upload *upload = (struct memory_upload *)multipart;
    struct version *version;
    void *parts;
    inlay_status status = INLAY_OK;
    INLAY_TRY(version_make(upload->memory, data, size, &version, err));
    pthread_mutex_lock(&upload->lock);
    parts = upload->parts;
    if (upload->ended) {
        status = part_after_end(upload->key, err);
    } else if (!mem_grow(&parts, &upload->capacity, (size_t)number + 1, sizeof(struct version *))) {
        status = error_no_memory(err);
    } else {
        struct version *old = NULL;
        upload->parts = parts;
        while (upload->count <= number) {
            upload->parts[upload->count++] = NULL;
        }
        old = upload->parts[number];
        upload->parts[number] = version;
        version = old;
    }
    pthread_mutex_unlock(&upload->lock);
    version_release(version);
    return status;
}

static inlay_status upload_join(const struct memory_upload *upload, struct version **out,
                                inlay_error *err)
{
    uint64_t total = 0;
    size_t i;
    *out = NULL;
    for (i = 0; i < upload->count; i++) {
        if (upload->parts[i] == NULL) {
            return part_missing(upload->key, i, err);
        }
        if (!u64_add(total, upload->parts[i]->meta.size, &total)) {
            return error_no_memory(err);
        }
    }
    INLAY_TRY(version_make(upload->memory, NULL, total, out, err));
    for (i = 0, total = 0; i < upload->count; i++) {
        memcpy((*out)->data + total, upload->parts[i]->data, (size_t)upload->parts[i]->meta.size);
        total += upload->parts[i]->meta.size;
    }
    return INLAY_OK;
}

static void upload_drop(struct memory_upload *upload)
{
    size_t i;
    for (i = 0; i < upload->count; i++) {
        version_release(upload->parts[i]);
    }
    upload->count = 0;
}

static inlay_status upload_complete(struct multipart *multipart, char etag[ETAG_SIZE],
                                    inlay_error *err)
{
    struct memory_upload *upload = (struct memory_upload *)multipart;
    struct version *version = NULL;
    inlay_status status;
    pthread_mutex_lock(&upload->lock);
    if (upload->ended) {
        status = part_after_end(upload->key, err);
    } else {
        status = upload_join(upload, &version, err);
    }
    if (status == INLAY_OK) {
        status = create(upload->memory, upload->key, version, etag, err);
        if (status == INLAY_OK) {
            upload->ended = true;
            upload_drop(upload);
        } else {
            error_key(err, upload->key);
        }
    }
    pthread_mutex_unlock(&upload->lock);
    return status;
}

static void upload_abort(struct multipart *multipart)
{
    struct memory_upload *upload = (struct memory_upload *)multipart;
    pthread_mutex_lock(&upload->lock);
    upload_drop(upload);
    upload->ended = true;
    pthread_mutex_unlock(&upload->lock);
}

static void upload_destroy(struct multipart *multipart)
{
    struct memory_upload *upload = (struct memory_upload *)multipart;
    upload_drop(upload);
    mem_free(upload->parts);
    mem_free(upload->key);
    pthread_mutex_destroy(&upload->lock);
    mem_free(upload);
}

static const struct multipart_ops upload_ops = {
    .put_part = upload_put_part,
    .complete = upload_complete,
    .abort = upload_abort,
    .destroy = upload_destroy,
};

static inlay_status memory_multipart_begin(struct provider *provider, const char *key,
                                           struct multipart **out, inlay_error *err)
{
    struct memory_upload *upload = mem_zalloc(sizeof(*upload));
    if (upload == NULL) {
        return error_no_memory(err);
    }
    upload->multipart.ops = &upload_ops;
    upload->memory = (struct memory *)provider;
    upload->key = mem_strdup(key);
    if (upload->key == NULL || pthread_mutex_init(&upload->lock, NULL) != 0) {
        mem_free(upload->key);
        mem_free(upload);
        return error_no_memory(err);
    }
    *out = &upload->multipart;
    return INLAY_OK;
}

static void memory_destroy(struct provider *provider)
{
    struct memory *memory = (struct memory *)provider;
    size_t i;
    for (i = 0; i < memory->count; i++) {
        mem_free(memory->objects[i].key);
        version_release(memory->objects[i].version);
    }
    mem_free(memory->objects);
    pthread_mutex_destroy(&memory->lock);
    mem_free(memory);
}

static const struct provider_ops memory_ops = {
    .get = memory_get,
    .get_if_changed = memory_get_if_changed,
    .get_ranges = memory_get_ranges,
    .get_tail = memory_get_tail,
    .head = memory_head,
    .put_atomic = memory_put_atomic,
    .put_if_match = memory_put_if_match,
    .multipart_begin = memory_multipart_begin,
    .remove = memory_remove,
    .list = memory_list,
    .local_path = NULL,
    .destroy = memory_destroy,
};

inlay_status provider_memory_create_with(const struct provider_memory_options *options,
                                         struct provider **out, inlay_error *err)
{
    static const struct provider_memory_options defaults = {0};
    struct memory *memory = mem_zalloc(sizeof(*memory));
    *out = NULL;
    if (memory == NULL) {
        return error_no_memory(err);
    }
    if (pthread_mutex_init(&memory->lock, NULL) != 0) {
        mem_free(memory);
        return error_no_memory(err);
    }
    options = options != NULL ? options : &defaults;
    memory->provider.ops = &memory_ops;
    memory->provider.name = "memory";
    memory->env = options->env != NULL ? options->env : env_system();
    memory->list_page = options->list_page != 0 ? options->list_page : DEFAULT_PAGE;
    *out = &memory->provider;
    return INLAY_OK;
}

inlay_status provider_memory_create(struct provider **out, inlay_error *err)
{
    return provider_memory_create_with(NULL, out, err);
}
