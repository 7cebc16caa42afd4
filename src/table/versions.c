/* SPDX-License-Identifier: Apache-2.0 */
/* Finding earlier versions through the records that every snapshot keeps of its ancestors. */
#include "base/alloc.h"
#include "base/error.h"
#include "table/table_priv.h"

static inlay_status load_content(struct snapshot *from, uint64_t id, const struct content *content,
                                 struct snapshot **out, inlay_error *err)
{
    char key[CONTENT_KEY_SIZE];
    struct object_data data;
    inlay_status status;
    *out = NULL;
    snapshot_object_key(id, content, key);
    status = manifest_store_read(from->store, key, content, &data, err);
    if (status == INLAY_NOT_FOUND) {
        return error_wrap(err, INLAY_NOT_FOUND, "version %llu of the table is no longer kept",
                          (unsigned long long)id);
    }
    INLAY_TRY(status);
    status = snapshot_decode(from->store, data.data, (size_t)data.size, from, out, err);
    object_data_free(&data);
    if (status == INLAY_OK && (*out)->id != id) {
        snapshot_release(*out);
        *out = NULL;
        status = error_set(err, INLAY_CORRUPT, "the snapshot of version %llu is another version",
                           (unsigned long long)id);
        error_key(err, key);
    }
    return status;
}

static inlay_status no_version(uint64_t id, inlay_error *err)
{
    return error_set(err, INLAY_NOT_FOUND, "the table has no version %llu", (unsigned long long)id);
}

inlay_status version_load(struct snapshot *from, uint64_t id, struct snapshot **out,
                          inlay_error *err)
{
    struct snapshot *at = snapshot_retain(from);
    *out = NULL;
    for (size_t i = 0; i < from->tag_count; i++) {
        if (from->tags[i].id == id) { /* one step, also when versions between are gone */
            snapshot_release(at);
            return load_content(from, id, &from->tags[i].content, out, err);
        }
    }
    while (at->id > id) {
        const struct history_record *record = snapshot_ancestor(at, id);
        struct snapshot *next = NULL;
        inlay_status status = record == NULL
                                  ? no_version(id, err)
                                  : load_content(at, record->id, &record->content, &next, err);
        snapshot_release(at);
        INLAY_TRY(status);
        at = next;
    }
    if (at->id != id) {
        snapshot_release(at);
        return no_version(id, err);
    }
    *out = at;
    return INLAY_OK;
}

static inlay_status newest(struct table *table, struct snapshot **out, inlay_error *err)
{
    *out = NULL;
    INLAY_TRY(table_refresh(table, err));
    *out = table_current(table);
    return INLAY_OK;
}

inlay_status table_open_version(struct table *table, uint64_t id, struct snapshot **out,
                                inlay_error *err)
{
    struct snapshot *from;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(newest(table, &from, err));
    status = version_load(from, id, out, err);
    snapshot_release(from);
    return status;
}

/* One step towards a time: the newest remembered version that is not after it (*low), and the
 * oldest that is (*high; NULL: `at` itself). */
static void bracket(const struct snapshot *at, int64_t time_ms, const struct history_record **low,
                    const struct history_record **high)
{
    *low = NULL;
    *high = NULL;
    for (size_t i = 0; i < at->history_count; i++) {
        if (at->history[i].time_ms <= time_ms) {
            *low = &at->history[i];
            return;
        }
        *high = &at->history[i];
    }
}

static inlay_status find_at(struct snapshot *from, int64_t time_ms, struct snapshot **out,
                            inlay_error *err)
{
    struct snapshot *at = snapshot_retain(from);
    inlay_status status = INLAY_OK;
    while (status == INLAY_OK && at->time_ms > time_ms) {
        const struct history_record *low;
        const struct history_record *high;
        const struct history_record *step;
        struct snapshot *next = NULL;
        bracket(at, time_ms, &low, &high);
        if (low == NULL) {
            status = error_set(err, INLAY_NOT_FOUND, "the table was created after this time");
            break;
        }
        step = high == NULL || high->id == low->id + 1 ? low : high;
        status = load_content(at, step->id, &step->content, &next, err);
        snapshot_release(at);
        at = next;
    }
    if (status != INLAY_OK) {
        snapshot_release(at);
        at = NULL;
    }
    *out = at;
    return status;
}

inlay_status table_open_at(struct table *table, int64_t time_ms, struct snapshot **out,
                           inlay_error *err)
{
    struct snapshot *from;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(newest(table, &from, err));
    status = find_at(from, time_ms, out, err);
    snapshot_release(from);
    return status;
}

inlay_status table_open_tag(struct table *table, const char *name, struct snapshot **out,
                            inlay_error *err)
{
    struct snapshot *from;
    const struct snapshot_tag *tag;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(newest(table, &from, err));
    tag = snapshot_find_tag(from, name);
    if (tag == NULL) {
        status = error_set(err, INLAY_NOT_FOUND, "the table has no tag '%.128s'", name);
    } else {
        status = load_content(from, tag->id, &tag->content, out, err);
    }
    snapshot_release(from);
    return status;
}

struct version_list {
    struct history_record *records;
    size_t count;
    size_t capacity;
    size_t limit;
};

static bool list_add(struct version_list *list, const struct history_record *record)
{
    void *records = list->records;
    if (!mem_grow(&records, &list->capacity, list->count + 1, sizeof(*list->records))) {
        return false;
    }
    list->records = records;
    list->records[list->count++] = *record;
    return true;
}

/* The ancestors that follow one another without a gap. */
static bool list_contiguous(struct version_list *list, const struct snapshot *at)
{
    uint64_t next = at->id;
    for (size_t i = 0; i < at->history_count && list->count < list->limit; i++) {
        if (at->history[i].id + 1 != next) {
            break;
        }
        if (!list_add(list, &at->history[i])) {
            return false;
        }
        next = at->history[i].id;
    }
    return true;
}

static inlay_status list_versions(struct snapshot *from, struct version_list *list,
                                  inlay_error *err)
{
    struct history_record own = {from->id, from->content, from->commit_id, from->time_ms,
                                 from->operation};
    struct snapshot *at = snapshot_retain(from);
    inlay_status status = INLAY_OK;
    if (list->limit > 0 && !list_add(list, &own)) {
        status = error_no_memory(err);
    }
    while (status == INLAY_OK && list->count < list->limit) {
        const struct history_record *last;
        struct snapshot *next = NULL;
        if (!list_contiguous(list, at)) {
            status = error_no_memory(err);
            break;
        }
        last = &list->records[list->count - 1];
        if (last->id == 0 || list->count == list->limit) {
            break;
        }
        status = load_content(at, last->id, &last->content, &next, err);
        if (status == INLAY_NOT_FOUND) { /* the older ones have been collected */
            status = INLAY_OK;
            break;
        }
        if (status == INLAY_OK) {
            snapshot_release(at);
            at = next;
        }
    }
    snapshot_release(at);
    return status;
}

inlay_status table_versions(struct table *table, size_t limit, struct history_record **records,
                            size_t *count, inlay_error *err)
{
    struct version_list list = {.limit = limit};
    struct snapshot *from;
    inlay_status status;
    *records = NULL;
    *count = 0;
    INLAY_TRY(newest(table, &from, err));
    status = list_versions(from, &list, err);
    snapshot_release(from);
    if (status != INLAY_OK) {
        mem_free(list.records);
        return status;
    }
    *records = list.records;
    *count = list.count;
    return INLAY_OK;
}
