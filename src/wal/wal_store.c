/* SPDX-License-Identifier: Apache-2.0 */
#include "wal/wal_store.h"

#include "base/alloc.h"
#include "base/error.h"
#include "wal/wal_error.h"

#include <stdlib.h>
#include <string.h>

#define MUTATIONS "wal/mutations"
#define SUPERFILES "superfiles"
#define STATE_SUFFIX ".json"
#define ARROW_SUFFIX ".arrow"
#define TOMBSTONE_SUFFIX ".tombstones"

inlay_status wal_store_init(struct wal_store *store, struct provider *provider, const char *root,
                            inlay_error *err)
{
    struct buffer text;
    size_t length = strlen(root);
    memset(store, 0, sizeof(*store));
    while (length != 0 && root[length - 1] == '/') {
        length--;
    }
    buffer_init(&text, 4096);
    buffer_printf(&text, "%.*s%s", (int)length, root, length != 0 ? "/" : "");
    buffer_u8(&text, 0);
    if (text.status != INLAY_OK) {
        inlay_status status = buffer_status(&text, err);
        buffer_free(&text);
        return status;
    }
    store->provider = provider;
    store->root = (char *)buffer_take(&text, &length);
    return INLAY_OK;
}

void wal_store_destroy(struct wal_store *store)
{
    if (store != NULL) {
        mem_free(store->root);
        memset(store, 0, sizeof(*store));
    }
}

/* "<root><folder>[/<name><suffix>]" */
static char *make_key(const struct wal_store *store, const char *folder, const char *name,
                      const char *suffix)
{
    struct buffer key;
    size_t length;
    buffer_init(&key, 8192);
    buffer_printf(&key, "%s%s%s%s%s", store->root, folder, name[0] != '\0' ? "/" : "", name,
                  suffix);
    buffer_u8(&key, 0);
    if (key.status != INLAY_OK) {
        buffer_free(&key);
        return NULL;
    }
    return (char *)buffer_take(&key, &length);
}

static char *mutation_key(const struct wal_store *store, struct id128 wal_id, const char *suffix)
{
    char name[ID_TEXT_SIZE];
    id_to_text(wal_id, name);
    return make_key(store, MUTATIONS, name, suffix);
}

char *wal_store_state_key(const struct wal_store *store, struct id128 wal_id)
{
    return mutation_key(store, wal_id, STATE_SUFFIX);
}

char *wal_store_arrow_key(const struct wal_store *store, struct id128 wal_id)
{
    return mutation_key(store, wal_id, ARROW_SUFFIX);
}

char *wal_store_tombstone_key(const struct wal_store *store, const char *superfile_id)
{
    return make_key(store, SUPERFILES, superfile_id, TOMBSTONE_SUFFIX);
}

/* Gives a provider's failure our code: those that a caller expects their own, all others one that
 * says "the storage", with the provider's status and message. */
static inlay_status storage_failed(inlay_error *err, inlay_status status, const char *key,
                                   const char *what)
{
    enum wal_error_code code = status == INLAY_NOT_FOUND ? WAL_ERROR_NOT_FOUND : WAL_ERROR_STORAGE;
    error_wrap(err, status, "cannot %s '%s'", what, key);
    error_sub_code(err, (int)code);
    error_key(err, key);
    return status;
}

static inlay_status write_lost(inlay_error *err, inlay_status status, enum wal_error_code code,
                               const char *key)
{
    wal_error_set(err, status, code,
                  code == WAL_ERROR_ALREADY_EXISTS ? "'%s' exists already"
                                                   : "'%s' was changed by another writer",
                  key);
    error_key(err, key);
    return status;
}

/* A conditional write whose loss, the object's disappearance included, is WAL_ERROR_CAS_FAILED. */
static inlay_status replace(struct wal_store *store, const char *key, const struct buffer *content,
                            const char *expected, char *etag, inlay_error *err)
{
    inlay_status status = provider_put_if_match(store->provider, key, content->data, content->len,
                                                expected, etag, err);
    if (status == INLAY_PRECONDITION_FAILED || status == INLAY_NOT_FOUND) {
        return write_lost(err, INLAY_PRECONDITION_FAILED, WAL_ERROR_CAS_FAILED, key);
    }
    return status == INLAY_OK ? status : storage_failed(err, status, key, "write");
}

static void empty_etag(char *etag)
{
    if (etag != NULL) {
        etag[0] = '\0';
    }
}

static inlay_status encode_state(struct wal_store *store, const struct wal_document *document,
                                 struct buffer *content, char **key, inlay_error *err)
{
    inlay_status status;
    buffer_init(content, WAL_DOCUMENT_MAX_BYTES);
    *key = wal_store_state_key(store, document->wal_id);
    if (*key == NULL) {
        return error_no_memory(err);
    }
    status = wal_document_encode(document, content, err);
    if (status != INLAY_OK) {
        error_key(err, *key);
    }
    return status;
}

inlay_status wal_store_create(struct wal_store *store, const struct wal_document *document,
                              char *etag, inlay_error *err)
{
    struct buffer content;
    char *key;
    inlay_status status;
    empty_etag(etag);
    INLAY_TRY_GOTO(status, encode_state(store, document, &content, &key, err), cleanup);
    status = provider_put_atomic(store->provider, key, content.data, content.len, etag, err);
    if (status == INLAY_PRECONDITION_FAILED) {
        status = write_lost(err, INLAY_ALREADY_EXISTS, WAL_ERROR_ALREADY_EXISTS, key);
    } else if (status != INLAY_OK) {
        status = storage_failed(err, status, key, "create");
    }
cleanup:
    buffer_free(&content);
    mem_free(key);
    return status;
}

inlay_status wal_store_update(struct wal_store *store, const char *expected,
                              const struct wal_document *document, char *etag, inlay_error *err)
{
    struct buffer content;
    char old[ETAG_SIZE] = "";
    char *key;
    inlay_status status;
    if (expected != NULL) { /* a caller may pass one array for both etags */
        memcpy(old, expected, strnlen(expected, sizeof(old) - 1));
    }
    INLAY_TRY_GOTO(status, encode_state(store, document, &content, &key, err), cleanup);
    status = replace(store, key, &content, old, etag, err);
cleanup:
    buffer_free(&content);
    mem_free(key);
    return status;
}

/* Reads an object whole. */
static inlay_status fetch(struct wal_store *store, const char *key, struct object_data *out,
                          inlay_error *err)
{
    inlay_status status = provider_get(store->provider, key, out, err);
    return status == INLAY_OK ? status : storage_failed(err, status, key, "read");
}

static inlay_status decode_state(const struct object_data *object, struct id128 wal_id,
                                 struct wal_document *out, inlay_error *err)
{
    INLAY_TRY(wal_document_decode(object->data, (size_t)object->size, out, err));
    if (id_compare(out->wal_id, wal_id) != 0) {
        char expected[ID_TEXT_SIZE];
        char found[ID_TEXT_SIZE];
        id_to_text(wal_id, expected);
        id_to_text(out->wal_id, found);
        wal_document_free(out);
        wal_error_set(err, INLAY_CORRUPT, WAL_ERROR_DOCUMENT,
                      "the WAL document of %s says that it is %s", expected, found);
        error_expected(err, "%s", expected);
        error_found(err, "%s", found);
        return INLAY_CORRUPT;
    }
    return INLAY_OK;
}

inlay_status wal_store_read(struct wal_store *store, struct id128 wal_id, struct wal_document *out,
                            char *etag, inlay_error *err)
{
    struct object_data object = {0};
    char *key = wal_store_state_key(store, wal_id);
    inlay_status status;
    wal_document_init(out);
    empty_etag(etag);
    if (key == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY_GOTO(status, fetch(store, key, &object, err), cleanup);
    status = decode_state(&object, wal_id, out, err);
    if (status != INLAY_OK) {
        error_key(err, key);
    } else if (etag != NULL) {
        memcpy(etag, object.meta.etag, ETAG_SIZE);
    }
cleanup:
    object_data_free(&object);
    mem_free(key);
    return status;
}

/* Deletes `key`, which is given up; NULL = no memory. */
static inlay_status remove_key(struct wal_store *store, char *key, inlay_error *err)
{
    inlay_status status;
    if (key == NULL) {
        return error_no_memory(err);
    }
    status = provider_delete(store->provider, key, err);
    if (status != INLAY_OK) {
        status = storage_failed(err, status, key, "delete");
    }
    mem_free(key);
    return status;
}

inlay_status wal_store_delete_state(struct wal_store *store, struct id128 wal_id, inlay_error *err)
{
    return remove_key(store, wal_store_state_key(store, wal_id), err);
}

inlay_status wal_store_delete_arrow(struct wal_store *store, struct id128 wal_id, inlay_error *err)
{
    return remove_key(store, wal_store_arrow_key(store, wal_id), err);
}

inlay_status wal_store_put_arrow(struct wal_store *store, struct id128 wal_id, const void *data,
                                 uint64_t size, inlay_error *err)
{
    char *key = wal_store_arrow_key(store, wal_id);
    inlay_status status;
    if (key == NULL) {
        return error_no_memory(err);
    }
    status = provider_put_atomic(store->provider, key, data, size, NULL, err);
    if (status == INLAY_PRECONDITION_FAILED) {
        status = INLAY_OK;
    } else if (status != INLAY_OK) {
        status = storage_failed(err, status, key, "write");
    }
    mem_free(key);
    return status;
}

static inlay_status check_hash(const struct object_data *object, const char *expected,
                               const char *key, inlay_error *err)
{
    char found[HASH_BLAKE3_TEXT_SIZE];
    hash_blake3_hex(object->data, (size_t)object->size, found);
    if (strcmp(found, expected) == 0) {
        return INLAY_OK;
    }
    wal_error_set(err, INLAY_CORRUPT, WAL_ERROR_HASH_MISMATCH,
                  "the payload '%s' is not what its WAL document pinned", key);
    error_expected(err, "%s", expected);
    error_found(err, "%s", found);
    error_key(err, key);
    return INLAY_CORRUPT;
}

inlay_status wal_store_get_arrow(struct wal_store *store, struct id128 wal_id,
                                 const char *expected_hash, struct object_data *out,
                                 inlay_error *err)
{
    char *key = wal_store_arrow_key(store, wal_id);
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (key == NULL) {
        return error_no_memory(err);
    }
    status = fetch(store, key, out, err);
    if (status == INLAY_OK && expected_hash != NULL) {
        status = check_hash(out, expected_hash, key, err);
    }
    if (status != INLAY_OK) {
        object_data_free(out);
        memset(out, 0, sizeof(*out));
    }
    mem_free(key);
    return status;
}

static inlay_status checked_tombstone_key(const struct wal_store *store, const char *superfile_id,
                                          char **key, inlay_error *err)
{
    *key = NULL;
    if (!wal_is_superfile_id(superfile_id, strlen(superfile_id))) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "'%.64s' is no superfile id", superfile_id);
    }
    *key = wal_store_tombstone_key(store, superfile_id);
    return *key != NULL ? INLAY_OK : error_no_memory(err);
}

inlay_status wal_store_get_tombstones(struct wal_store *store, const char *superfile_id,
                                      struct tombstone_sidecar **out, char *etag, inlay_error *err)
{
    struct object_data object = {0};
    char *key;
    inlay_status status;
    *out = NULL;
    empty_etag(etag);
    INLAY_TRY(checked_tombstone_key(store, superfile_id, &key, err));
    status = provider_get(store->provider, key, &object, err);
    if (status == INLAY_NOT_FOUND) {
        inlay_error_init(err);
        status = INLAY_OK;
    } else if (status != INLAY_OK) {
        status = storage_failed(err, status, key, "read");
    } else {
        status = tombstone_decode(object.data, (size_t)object.size, out, err);
        if (status != INLAY_OK) {
            error_key(err, key);
        } else if (etag != NULL) {
            memcpy(etag, object.meta.etag, ETAG_SIZE);
        }
    }
    object_data_free(&object);
    mem_free(key);
    return status;
}

inlay_status wal_store_put_tombstones(struct wal_store *store, const char *superfile_id,
                                      const char *expected, struct tombstone_sidecar *sidecar,
                                      char *etag, inlay_error *err)
{
    struct buffer content;
    char old[ETAG_SIZE] = "";
    char *key;
    inlay_status status;
    INLAY_TRY(checked_tombstone_key(store, superfile_id, &key, err));
    if (expected != NULL) {
        memcpy(old, expected, strnlen(expected, sizeof(old) - 1));
    }
    buffer_init(&content, TOMBSTONE_MAX_BYTES);
    status = tombstone_encode(sidecar, &content, err);
    if (status == INLAY_OK) {
        status = replace(store, key, &content, old, etag, err);
    } else {
        error_key(err, key);
    }
    buffer_free(&content);
    mem_free(key);
    return status;
}

inlay_status wal_store_delete_tombstones(struct wal_store *store, const char *superfile_id,
                                         inlay_error *err)
{
    char *key;
    INLAY_TRY(checked_tombstone_key(store, superfile_id, &key, err));
    return remove_key(store, key, err);
}

/* The part of `key` between the folder and the suffix, or NULL when it is no such name. */
static const char *stem_of(const char *key, const char *folder, const char *suffix, size_t *length)
{
    size_t folder_length = strlen(folder);
    size_t suffix_length = strlen(suffix);
    size_t key_length = strlen(key);
    if (key_length <= folder_length + 1 + suffix_length ||
        memcmp(key, folder, folder_length) != 0 || key[folder_length] != '/' ||
        strcmp(key + key_length - suffix_length, suffix) != 0) {
        return NULL;
    }
    *length = key_length - suffix_length - folder_length - 1;
    return key + folder_length + 1;
}

static inlay_status list_folder(struct wal_store *store, const char *folder, char **prefix,
                                struct object_page *page, inlay_error *err)
{
    inlay_status status;
    *prefix = make_key(store, folder, "", "");
    if (*prefix == NULL) {
        return error_no_memory(err);
    }
    status = provider_list_all(store->provider, *prefix, page, err);
    return status == INLAY_OK ? status : storage_failed(err, status, *prefix, "list");
}

static int compare_ids(const void *a, const void *b)
{
    return id_compare(*(const struct id128 *)a, *(const struct id128 *)b);
}

/* Our own names are in lower case; another spelling of an id is another object. */
static bool is_own_id(const char *stem, size_t length, struct id128 *id)
{
    char text[ID_TEXT_SIZE];
    if (id_from_text(stem, length, id, NULL) != INLAY_OK) {
        return false;
    }
    id_to_text(*id, text);
    return memcmp(text, stem, length) == 0;
}

static inlay_status list_mutations(struct wal_store *store, const char *suffix, struct id128 **ids,
                                   size_t *count, inlay_error *err)
{
    struct object_page page = {0};
    char *prefix = NULL;
    struct id128 *found = NULL;
    inlay_status status;
    size_t i;
    *ids = NULL;
    *count = 0;
    INLAY_TRY_GOTO(status, list_folder(store, MUTATIONS, &prefix, &page, err), cleanup);
    found = mem_alloc_array(page.count, sizeof(*found));
    if (found == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < page.count; i++) {
        size_t length;
        const char *stem = stem_of(page.entries[i].key, prefix, suffix, &length);
        if (stem != NULL && is_own_id(stem, length, &found[*count])) {
            (*count)++;
        }
    }
    qsort(found, *count, sizeof(*found), compare_ids);
    *ids = found;
cleanup:
    object_page_free(&page);
    mem_free(prefix);
    return status;
}

inlay_status wal_store_list(struct wal_store *store, struct id128 **ids, size_t *count,
                            inlay_error *err)
{
    return list_mutations(store, STATE_SUFFIX, ids, count, err);
}

inlay_status wal_store_list_arrow(struct wal_store *store, struct id128 **ids, size_t *count,
                                  inlay_error *err)
{
    return list_mutations(store, ARROW_SUFFIX, ids, count, err);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

inlay_status wal_store_list_tombstones(struct wal_store *store, char (**ids)[UUID_TEXT_SIZE],
                                       size_t *count, inlay_error *err)
{
    struct object_page page = {0};
    char *prefix = NULL;
    char(*found)[UUID_TEXT_SIZE] = NULL;
    inlay_status status;
    size_t i;
    *ids = NULL;
    *count = 0;
    INLAY_TRY_GOTO(status, list_folder(store, SUPERFILES, &prefix, &page, err), cleanup);
    found = mem_zalloc_array(page.count, sizeof(*found));
    if (found == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < page.count; i++) {
        size_t length;
        const char *stem = stem_of(page.entries[i].key, prefix, TOMBSTONE_SUFFIX, &length);
        if (stem != NULL && wal_is_superfile_id(stem, length)) {
            memcpy(found[(*count)++], stem, length);
        }
    }
    qsort(found, *count, sizeof(*found), compare_texts);
    *ids = found;
cleanup:
    object_page_free(&page);
    mem_free(prefix);
    return status;
}
