/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checked entry points: every argument is refused here, before any I/O, so that all backends
 * refuse the same things; outputs are zeroed on failure and every error carries its key.
 */
#include "storage/provider.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void object_data_free(struct object_data *object)
{
    if (object != NULL) {
        mem_free(object->data);
        memset(object, 0, sizeof(*object));
    }
}

void object_page_free(struct object_page *page)
{
    size_t i;
    if (page == NULL) {
        return;
    }
    for (i = 0; i < page->count; i++) {
        mem_free(page->entries[i].key);
    }
    mem_free(page->entries);
    mem_free(page->next_cursor);
    memset(page, 0, sizeof(*page));
}

/* Length of the UTF-8 sequence at `p` (Unicode 15, table 3-7), 0 when it is not one. */
static size_t utf8_length(const unsigned char *p)
{
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t length;
    size_t i;
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }
    length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : low;
    high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : high;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (i = 2; i < length; i++) { /* stops at a NUL, which is no continuation byte */
        if (p[i] < 0x80 || p[i] > 0xbf) {
            return 0;
        }
    }
    return length;
}

/* What is wrong with the segment [start, end), or NULL. */
static const char *segment_fault(const char *start, const char *end)
{
    static const char reserved[] = ".inlay-";
    size_t length = (size_t)(end - start);
    if (length == 0) {
        return "has an empty segment";
    }
    if ((length == 1 && start[0] == '.') || (length == 2 && start[0] == '.' && start[1] == '.')) {
        return "has a '.' or '..' segment";
    }
    if (length >= sizeof(reserved) - 1 && memcmp(start, reserved, sizeof(reserved) - 1) == 0) {
        return "has a segment that starts with '.inlay-', which is reserved";
    }
    return NULL;
}

static const char *key_fault(const char *key)
{
    const char *segment = key;
    const char *p = key;
    if (key[0] == '\0') {
        return "is empty";
    }
    if (strnlen(key, PROVIDER_KEY_MAX + 1) > PROVIDER_KEY_MAX) {
        return "is longer than 1024 bytes";
    }
    for (;;) {
        unsigned char byte = (unsigned char)*p;
        size_t length;
        if (byte == '/' || byte == '\0') {
            const char *fault = segment_fault(segment, p);
            if (fault != NULL || byte == '\0') {
                return fault;
            }
            segment = ++p;
            continue;
        }
        if (byte < 0x20 || byte == 0x7f) {
            return "has a control byte";
        }
        length = utf8_length((const unsigned char *)p);
        if (length == 0) {
            return "is not valid UTF-8";
        }
        p += length;
    }
}

inlay_status provider_check_key(const char *key, inlay_error *err)
{
    const char *fault = key == NULL ? "is missing" : key_fault(key);
    if (fault == NULL) {
        return INLAY_OK;
    }
    error_set(err, INLAY_INVALID_ARGUMENT, "object key %s; expected relative '/'-separated names",
              fault);
    error_key(err, key != NULL ? key : "");
    return INLAY_INVALID_ARGUMENT;
}

/* The one exit of every operation: an error names the object, whatever the backend forgot. */
static inlay_status finish(inlay_status status, const char *key, inlay_error *err)
{
    if (status != INLAY_OK && err != NULL && err->key[0] == '\0') {
        error_key(err, key);
    }
    return status;
}

static inlay_status refuse(const char *key, const char *what, inlay_error *err)
{
    return finish(error_set(err, INLAY_INVALID_ARGUMENT, "%s", what), key, err);
}

/* A backend that hands out fewer bytes than it announced met a cut connection. */
static inlay_status check_length(const char *key, uint64_t expected, struct object_data *out,
                                 inlay_error *err)
{
    uint64_t found = out->size;
    if (found == expected) {
        return INLAY_OK;
    }
    object_data_free(out);
    return finish(error_set(err, INLAY_UNAVAILABLE, "short read: %llu of %llu bytes",
                            (unsigned long long)found, (unsigned long long)expected),
                  key, err);
}

inlay_status provider_get(struct provider *provider, const char *key, struct object_data *out,
                          inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(provider_check_key(key, err));
    status = provider->ops->get(provider, key, out, err);
    if (status != INLAY_OK) {
        object_data_free(out);
        return finish(status, key, err);
    }
    return check_length(key, out->meta.size, out, err);
}

inlay_status provider_get_if_changed(struct provider *provider, const char *key, const char *etag,
                                     bool *changed, struct object_data *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    *changed = false;
    INLAY_TRY(provider_check_key(key, err));
    if (etag == NULL || etag[0] == '\0') {
        status = provider_get(provider, key, out, err);
        *changed = status == INLAY_OK;
        return status;
    }
    status = provider->ops->get_if_changed(provider, key, etag, changed, out, err);
    if (status == INLAY_OK && *changed) {
        status = check_length(key, out->meta.size, out, err);
    }
    if (status != INLAY_OK || !*changed) {
        object_data_free(out);
    }
    *changed = *changed && status == INLAY_OK;
    return finish(status, key, err);
}

inlay_status provider_get_range(struct provider *provider, const char *key, uint64_t offset,
                                uint64_t length, uint8_t *into, inlay_error *err)
{
    struct object_range range = {offset, length, into};
    return provider_get_ranges(provider, key, &range, 1, err);
}

/* Counts the ranges that need I/O; refuses impossible ones. */
static inlay_status check_ranges(const char *key, const struct object_range *ranges, size_t count,
                                 size_t *needed, inlay_error *err)
{
    size_t i;
    *needed = 0;
    for (i = 0; i < count; i++) {
        uint64_t end;
        if (!u64_add(ranges[i].offset, ranges[i].length, &end)) {
            return refuse(key, "range: offset plus length overflows", err);
        }
        if (ranges[i].length != 0 && ranges[i].into == NULL) {
            return refuse(key, "range: no memory to read into", err);
        }
        *needed += ranges[i].length != 0;
    }
    return INLAY_OK;
}

inlay_status provider_get_ranges(struct provider *provider, const char *key,
                                 const struct object_range *ranges, size_t count, inlay_error *err)
{
    struct object_range *kept = NULL;
    size_t needed;
    size_t i;
    inlay_status status;
    INLAY_TRY(provider_check_key(key, err));
    INLAY_TRY(check_ranges(key, ranges, count, &needed, err));
    if (needed == 0) {
        return INLAY_OK;
    }
    if (needed == count) {
        return finish(provider->ops->get_ranges(provider, key, ranges, count, err), key, err);
    }
    kept = mem_alloc_array(needed, sizeof(*kept));
    if (kept == NULL) {
        return finish(error_no_memory(err), key, err);
    }
    needed = 0;
    for (i = 0; i < count; i++) {
        if (ranges[i].length != 0) {
            kept[needed++] = ranges[i];
        }
    }
    status = provider->ops->get_ranges(provider, key, kept, needed, err);
    mem_free(kept);
    return finish(status, key, err);
}

inlay_status provider_get_tail(struct provider *provider, const char *key, uint64_t n,
                               struct object_data *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(provider_check_key(key, err));
    status = provider->ops->get_tail(provider, key, n, out, err);
    if (status != INLAY_OK) {
        object_data_free(out);
        return finish(status, key, err);
    }
    return check_length(key, n < out->meta.size ? n : out->meta.size, out, err);
}

inlay_status provider_head(struct provider *provider, const char *key, struct object_meta *out,
                           inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(provider_check_key(key, err));
    status = provider->ops->head(provider, key, out, err);
    if (status != INLAY_OK) {
        memset(out, 0, sizeof(*out));
    }
    return finish(status, key, err);
}

/* `etag` may be NULL for callers; backends always get ETAG_SIZE bytes. */
static inlay_status put(struct provider *provider, const char *key, const void *data, uint64_t size,
                        const char *expected, char *etag, inlay_error *err)
{
    char token[ETAG_SIZE] = {0};
    inlay_status status;
    if (etag != NULL) {
        memset(etag, 0, ETAG_SIZE);
    }
    INLAY_TRY(provider_check_key(key, err));
    if (data == NULL && size != 0) {
        return refuse(key, "put: no bytes given", err);
    }
    if (size > SIZE_MAX) {
        return refuse(key, "put: more bytes than this machine can address", err);
    }
    data = data != NULL ? data : "";
    status = expected == NULL
                 ? provider->ops->put_atomic(provider, key, data, size, token, err)
                 : provider->ops->put_if_match(provider, key, data, size, expected, token, err);
    if (status == INLAY_OK && etag != NULL) {
        memcpy(etag, token, ETAG_SIZE);
    }
    return finish(status, key, err);
}

inlay_status provider_put_atomic(struct provider *provider, const char *key, const void *data,
                                 uint64_t size, char *etag, inlay_error *err)
{
    return put(provider, key, data, size, NULL, etag, err);
}

inlay_status provider_put_if_match(struct provider *provider, const char *key, const void *data,
                                   uint64_t size, const char *expected, char *etag,
                                   inlay_error *err)
{
    char copy[ETAG_SIZE]; /* callers may pass one buffer as `expected` and `etag` */
    size_t length = expected != NULL ? strnlen(expected, ETAG_SIZE) : 0;
    if (length == 0) {
        return put(provider, key, data, size, NULL, etag, err);
    }
    if (length == ETAG_SIZE) {
        if (etag != NULL) {
            memset(etag, 0, ETAG_SIZE);
        }
        INLAY_TRY(provider_check_key(key, err));
        return refuse(key, "put_if_match: the expected version is longer than any token", err);
    }
    memcpy(copy, expected, length + 1);
    return put(provider, key, data, size, copy, etag, err);
}

inlay_status provider_delete(struct provider *provider, const char *key, inlay_error *err)
{
    INLAY_TRY(provider_check_key(key, err));
    return finish(provider->ops->remove(provider, key, err), key, err);
}

inlay_status provider_list(struct provider *provider, const char *prefix, const char *cursor,
                           struct object_page *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (prefix == NULL || prefix[0] != '\0') {
        INLAY_TRY(provider_check_key(prefix, err));
    }
    status = provider->ops->list(provider, prefix, cursor, out, err);
    if (status != INLAY_OK) {
        object_page_free(out);
    }
    return finish(status, prefix, err);
}

static int entry_compare(const void *a, const void *b)
{
    return strcmp(((const struct object_entry *)a)->key, ((const struct object_entry *)b)->key);
}

/* Moves the entries of `page` to the end of `all`. */
static inlay_status page_append(struct object_page *all, size_t *capacity, struct object_page *page,
                                inlay_error *err)
{
    void *entries = all->entries;
    if (page->count == 0) {
        return INLAY_OK;
    }
    if (!mem_grow(&entries, capacity, all->count + page->count, sizeof(*all->entries))) {
        return error_no_memory(err);
    }
    all->entries = entries;
    memcpy(all->entries + all->count, page->entries, page->count * sizeof(*all->entries));
    all->count += page->count;
    page->count = 0;
    return INLAY_OK;
}

inlay_status provider_list_all(struct provider *provider, const char *prefix,
                               struct object_page *out, inlay_error *err)
{
    struct object_page page = {0};
    char *cursor = NULL;
    size_t capacity = 0;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    do {
        INLAY_TRY_GOTO(status, provider_list(provider, prefix, cursor, &page, err), cleanup);
        INLAY_TRY_GOTO(status, page_append(out, &capacity, &page, err), cleanup);
        if (cursor != NULL && page.next_cursor != NULL && strcmp(cursor, page.next_cursor) == 0) {
            status = error_set(err, INLAY_INTERNAL, "%s: a listing does not advance past '%s'",
                               provider->name, cursor);
            goto cleanup;
        }
        mem_free(cursor);
        cursor = page.next_cursor;
        page.next_cursor = NULL;
        object_page_free(&page);
    } while (cursor != NULL);
    if (out->count > 1) {
        qsort(out->entries, out->count, sizeof(*out->entries), entry_compare);
    }
cleanup:
    mem_free(cursor);
    object_page_free(&page);
    if (status != INLAY_OK) {
        object_page_free(out);
    }
    return finish(status, prefix != NULL ? prefix : "", err);
}

inlay_status provider_multipart_begin(struct provider *provider, const char *key,
                                      struct multipart **out, inlay_error *err)
{
    inlay_status status;
    *out = NULL;
    INLAY_TRY(provider_check_key(key, err));
    status = provider->ops->multipart_begin(provider, key, out, err);
    if (status != INLAY_OK) {
        *out = NULL;
    }
    return finish(status, key, err);
}

inlay_status multipart_put_part(struct multipart *upload, uint32_t number, const void *data,
                                uint64_t size, inlay_error *err)
{
    if (number >= PROVIDER_PARTS_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "part %u: the greatest number is %d", number,
                         PROVIDER_PARTS_MAX - 1);
    }
    if ((data == NULL && size != 0) || size > SIZE_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "part %u: no bytes given", number);
    }
    return upload->ops->put_part(upload, number, data != NULL ? data : "", size, err);
}

inlay_status multipart_complete(struct multipart *upload, char *etag, inlay_error *err)
{
    char token[ETAG_SIZE] = {0};
    inlay_status status = upload->ops->complete(upload, token, err);
    if (etag != NULL) {
        memset(etag, 0, ETAG_SIZE);
        if (status == INLAY_OK) {
            memcpy(etag, token, ETAG_SIZE);
        }
    }
    return status;
}

void multipart_abort(struct multipart *upload)
{
    if (upload != NULL) {
        upload->ops->abort(upload);
    }
}

void multipart_close(struct multipart *upload)
{
    if (upload != NULL) {
        upload->ops->destroy(upload);
    }
}

char *provider_local_path(struct provider *provider, const char *key)
{
    if (provider->ops->local_path == NULL || provider_check_key(key, NULL) != INLAY_OK) {
        return NULL;
    }
    return provider->ops->local_path(provider, key);
}

inlay_status provider_clean_staging(struct provider *provider, int64_t before_unix_ms,
                                    uint64_t *removed, inlay_error *err)
{
    uint64_t count = 0;
    inlay_status status = INLAY_OK;
    if (provider->ops->clean_staging != NULL) {
        status = provider->ops->clean_staging(provider, before_unix_ms, &count, err);
    }
    if (removed != NULL) {
        *removed = count;
    }
    return status;
}

void provider_close(struct provider *provider)
{
    if (provider != NULL) {
        provider->ops->destroy(provider);
    }
}
