/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/catalog.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/manifest/pointer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_FOLDER "_catalog/tables"
#define RECORD_KEY_SIZE (TABLE_NAME_MAX + 32)
#define RECORD_SUFFIX ".json"
#define WRITE_TRIES 10

static void record_key(const char *name, char key[RECORD_KEY_SIZE])
{
    snprintf(key, RECORD_KEY_SIZE, RECORD_FOLDER "/%s" RECORD_SUFFIX, name);
}

static inlay_status no_table(const char *name, inlay_error *err)
{
    return error_set(err, INLAY_NOT_FOUND, "there is no table '%s'", name);
}

/* *live = false: the name is free, `etag` is "" or that of the dropped record. `record` (may be
 * NULL) is filled for a live one whose etag is not the one given; *changed (may be NULL) says so.
 */
static inlay_status read_record(struct connection *connection, const char *name, bool *live,
                                char etag[ETAG_SIZE], struct table_record *record, bool *changed,
                                inlay_error *err)
{
    struct provider *provider = connection_provider(connection);
    char key[RECORD_KEY_SIZE];
    struct object_data data = {0};
    inlay_error failure; /* the caller's record stays untouched when there is nothing to read */
    inlay_status status;
    bool is_new = true;
    *live = false;
    record_key(name, key);
    inlay_error_init(&failure);
    status = etag[0] != '\0'
                 ? provider_get_if_changed(provider, key, etag, &is_new, &data, &failure)
                 : provider_get(provider, key, &data, &failure);
    if (status == INLAY_NOT_FOUND) {
        etag[0] = '\0';
        return INLAY_OK;
    }
    if (status != INLAY_OK) {
        if (err != NULL) {
            *err = failure;
        }
        return status;
    }
    *live = !is_new || data.size > 0;
    if (is_new) {
        memcpy(etag, data.meta.etag, ETAG_SIZE);
    }
    if (*live && is_new && record != NULL) {
        status = table_record_decode(data.data, (size_t)data.size, record, err);
        if (status != INLAY_OK) {
            error_key(err, key);
        }
    }
    if (changed != NULL) {
        *changed = is_new;
    }
    object_data_free(&data);
    return status;
}

static inlay_status set_identity(struct connection *connection, const char *name,
                                 struct table_record *record, inlay_error *err)
{
    const struct env *env = connection_env(connection);
    char uuid[UUID_TEXT_SIZE];
    char location[TABLE_NAME_MAX + UUID_TEXT_SIZE + 2];
    INLAY_TRY(uuid_text(env, uuid, err));
    snprintf(location, sizeof(location), "%s-%s", name, uuid);
    mem_free(record->name);
    mem_free(record->location);
    record->name = mem_strdup(name);
    record->location = mem_strdup(location);
    record->created_at_ms = env->unix_ms(env->context);
    return record->name != NULL && record->location != NULL ? INLAY_OK : error_no_memory(err);
}

/* Deletes everything at a location. Nobody reaches it: no record names it. */
static inlay_status purge_location(struct connection *connection, const char *location,
                                   inlay_error *err)
{
    struct provider *provider = connection_provider(connection);
    struct object_page page;
    inlay_status status;
    INLAY_TRY(provider_list_all(provider, location, &page, err));
    status = INLAY_OK;
    for (size_t i = 0; i < page.count && status == INLAY_OK; i++) {
        status = provider_delete(provider, page.entries[i].key, err);
    }
    object_page_free(&page);
    return status;
}

static inlay_status taken(const char *name, inlay_error *err)
{
    return error_set(err, INLAY_ALREADY_EXISTS, "there is a table '%s' already", name);
}

/* Writes the record if the name is still free. A lost response is resolved by the location, which
 * is ours alone. */
static inlay_status claim_name(struct connection *connection, const struct table_record *record,
                               const char *expected, const struct buffer *bytes, inlay_error *err)
{
    char key[RECORD_KEY_SIZE];
    inlay_status status = INLAY_UNAVAILABLE;
    record_key(record->name, key);
    for (unsigned i = 0; i < WRITE_TRIES && status == INLAY_UNAVAILABLE; i++) {
        status = provider_put_if_match(connection_provider(connection), key, bytes->data,
                                       bytes->len, expected, NULL, err);
    }
    if (status == INLAY_PRECONDITION_FAILED || status == INLAY_NOT_FOUND) {
        struct table_record present;
        char etag[ETAG_SIZE] = "";
        bool live;
        table_record_init(&present);
        status = read_record(connection, record->name, &live, etag, &present, NULL, err);
        if (status == INLAY_OK && !(live && strcmp(present.location, record->location) == 0)) {
            status = taken(record->name, err);
        }
        table_record_free(&present);
    }
    return status;
}

static inlay_status create_at(struct connection *connection, struct table_record *record,
                              const char *expected, struct table **out, inlay_error *err)
{
    struct table_options options = connection_table_options(connection, record->location);
    struct buffer bytes;
    inlay_status status;
    buffer_init(&bytes, 16u << 20);
    INLAY_TRY_GOTO(status, table_record_encode(record, &bytes, err), cleanup);
    INLAY_TRY_GOTO(status, table_create(&options, out, err), cleanup);
    status = claim_name(connection, record, expected, &bytes, err);
    if (status != INLAY_OK) {
        table_close(*out);
        *out = NULL;
    }
    if (status == INLAY_ALREADY_EXISTS) { /* certain that nobody will ever look here */
        (void)purge_location(connection, record->location, NULL);
    }
cleanup:
    buffer_free(&bytes);
    return status;
}

inlay_status catalog_create_table(struct connection *connection, const char *name,
                                  struct table_record *record, struct table **out, inlay_error *err)
{
    char etag[ETAG_SIZE] = "";
    bool live;
    *out = NULL;
    INLAY_TRY(table_name_check(name, err));
    INLAY_TRY(table_record_check(record, err));
    INLAY_TRY(read_record(connection, name, &live, etag, NULL, NULL, err));
    if (live) {
        return taken(name, err);
    }
    INLAY_TRY(set_identity(connection, name, record, err));
    return create_at(connection, record, etag, out, err);
}

inlay_status catalog_read_record(struct connection *connection, const char *name,
                                 char etag[ETAG_SIZE], struct table_record *record, bool *changed,
                                 inlay_error *err)
{
    bool live;
    table_record_init(record);
    *changed = true;
    INLAY_TRY(table_name_check(name, err));
    INLAY_TRY(read_record(connection, name, &live, etag, record, changed, err));
    return live ? INLAY_OK : no_table(name, err);
}

inlay_status catalog_open_table(struct connection *connection, const char *name,
                                struct table_record *record, struct table **out, inlay_error *err)
{
    struct table_options options;
    char etag[ETAG_SIZE] = "";
    bool changed;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(catalog_read_record(connection, name, etag, record, &changed, err));
    options = connection_table_options(connection, record->location);
    status = table_open(&options, out, err);
    if (status != INLAY_OK) {
        table_record_free(record);
    }
    return status;
}

inlay_status catalog_drop_table(struct connection *connection, const char *name, bool purge,
                                inlay_error *err)
{
    char key[RECORD_KEY_SIZE];
    char etag[ETAG_SIZE] = "";
    struct table_record record;
    bool live;
    bool sent = false; /* our own drop whose response was lost looks like another's */
    inlay_status status = INLAY_UNAVAILABLE;
    table_record_init(&record);
    INLAY_TRY(table_name_check(name, err));
    INLAY_TRY(read_record(connection, name, &live, etag, &record, NULL, err));
    if (!live) {
        return no_table(name, err);
    }
    record_key(name, key);
    for (unsigned i = 0; i < WRITE_TRIES && status == INLAY_UNAVAILABLE; i++) {
        status =
            provider_put_if_match(connection_provider(connection), key, "", 0, etag, NULL, err);
        sent = sent || status == INLAY_UNAVAILABLE;
    }
    if (status == INLAY_PRECONDITION_FAILED || status == INLAY_NOT_FOUND) {
        /* Records change in no other way: the table that we saw has been dropped. */
        status = sent ? INLAY_OK : no_table(name, err);
    }
    if (status == INLAY_OK && purge) {
        status = purge_location(connection, record.location, err);
    }
    table_record_free(&record);
    return status;
}

void catalog_names_free(char **names, size_t count)
{
    if (names != NULL) {
        for (size_t i = 0; i < count; i++) {
            mem_free(names[i]);
        }
        mem_free(names);
    }
}

/* NULL: this object is no live table's record. */
static char *live_name(const struct object_entry *entry, bool *no_memory)
{
    const size_t prefix = sizeof(RECORD_FOLDER);
    const size_t suffix = sizeof(RECORD_SUFFIX) - 1;
    size_t length = strlen(entry->key);
    char *name;
    if (entry->meta.size == 0 || length <= prefix + suffix ||
        strcmp(entry->key + length - suffix, RECORD_SUFFIX) != 0) {
        return NULL;
    }
    name = mem_strndup(entry->key + prefix, length - prefix - suffix);
    *no_memory = name == NULL;
    if (name != NULL && table_name_check(name, NULL) != INLAY_OK) {
        mem_free(name); /* something foreign */
        return NULL;
    }
    return name;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

inlay_status catalog_list_tables(struct connection *connection, char ***names, size_t *count,
                                 inlay_error *err)
{
    struct object_page page;
    bool no_memory = false;
    *names = NULL;
    *count = 0;
    INLAY_TRY(provider_list_all(connection_provider(connection), RECORD_FOLDER, &page, err));
    *names = mem_zalloc_array(page.count + 1, sizeof(**names));
    no_memory = *names == NULL;
    for (size_t i = 0; i < page.count && !no_memory; i++) {
        char *name = live_name(&page.entries[i], &no_memory);
        if (name != NULL) {
            (*names)[(*count)++] = name;
        }
    }
    object_page_free(&page);
    if (no_memory) {
        catalog_names_free(*names, *count);
        *names = NULL;
        *count = 0;
        return error_no_memory(err);
    }
    /* By name: keys sort "a-b.json" before "a.json". */
    qsort(*names, *count, sizeof(**names), compare_names);
    return INLAY_OK;
}
