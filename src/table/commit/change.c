/* SPDX-License-Identifier: Apache-2.0 */
#include "table/commit/change.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

void change_init(struct change *change, enum table_operation operation)
{
    memset(change, 0, sizeof(*change));
    change->operation = operation;
}

static void items_free(struct change_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        entry_block_release(items->items[i].block);
    }
    mem_free(items->items);
    memset(items, 0, sizeof(*items));
}

void change_clear(struct change *change)
{
    items_free(&change->added);
    items_free(&change->replaced);
    items_free(&change->removed);
    mem_free(change->published.ids);
    mem_free(change->forgotten.ids);
    mem_free(change->tags);
    change_init(change, change->operation);
}

void change_free(struct change *change)
{
    if (change != NULL) {
        change_clear(change);
    }
}

bool change_only_adds(const struct change *change)
{
    return change->replaced.count == 0 && change->removed.count == 0 &&
           change->published.count == 0 && change->forgotten.count == 0 && change->tag_count == 0;
}

bool change_is_empty(const struct change *change)
{
    return change_only_adds(change) && change->added.count == 0;
}

static bool items_grow(struct change_items *items, size_t more)
{
    void *array = items->items;
    if (!mem_grow(&array, &items->capacity, items->count + more, sizeof(*items->items))) {
        return false;
    }
    items->items = array;
    return true;
}

static inlay_status items_append(struct change_items *items, const struct manifest_entry *entries,
                                 size_t count, inlay_error *err)
{
    struct entry_block *block;
    if (count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(entry_block_copy(entries, count, &block, err));
    if (!items_grow(items, count)) {
        entry_block_release(block);
        return error_no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        items->items[items->count].block = entry_block_retain(block);
        items->items[items->count].entry = &block->entries[i];
        items->count++;
    }
    entry_block_release(block);
    return INLAY_OK;
}

static inlay_status check_complete(const struct manifest_entry *entry, inlay_error *err)
{
    char id[UUID_TEXT_SIZE];
    if ((entry->loaded & ENTRY_HAS_TEXTS) != 0 && (entry->loaded & ENTRY_HAS_VECTORS) != 0) {
        return INLAY_OK;
    }
    superfile_id_text(entry->superfile_id, id);
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "manifest entry of superfile %s lacks its text or vector summaries; scan with "
                     "ENTRY_HAS_TEXTS | ENTRY_HAS_VECTORS before changing an entry",
                     id);
}

inlay_status change_add(struct change *change, const struct manifest_entry *entries, size_t count,
                        inlay_error *err)
{
    for (size_t i = 0; i < count; i++) {
        INLAY_TRY(check_complete(&entries[i], err));
    }
    return items_append(&change->added, entries, count, err);
}

inlay_status change_replace(struct change *change, const struct manifest_entry *entry,
                            inlay_error *err)
{
    INLAY_TRY(check_complete(entry, err));
    return items_append(&change->replaced, entry, 1, err);
}

inlay_status change_remove(struct change *change, const struct manifest_entry *entry,
                           inlay_error *err)
{
    return items_append(&change->removed, entry, 1, err);
}

static inlay_status ids_append(struct change_ids *ids, struct id128 id, inlay_error *err)
{
    void *array = ids->ids;
    if (!mem_grow(&array, &ids->capacity, ids->count + 1, sizeof(*ids->ids))) {
        return error_no_memory(err);
    }
    ids->ids = array;
    ids->ids[ids->count++] = id;
    return INLAY_OK;
}

inlay_status change_publish_wal(struct change *change, struct id128 wal_id, inlay_error *err)
{
    return ids_append(&change->published, wal_id, err);
}

inlay_status change_forget_wal(struct change *change, struct id128 wal_id, inlay_error *err)
{
    return ids_append(&change->forgotten, wal_id, err);
}

static inlay_status tag_append(struct change *change, const char *name, struct change_tag **out,
                               inlay_error *err)
{
    size_t length = strlen(name);
    void *array = change->tags;
    if (length == 0 || length > TAG_NAME_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a tag's name has 1 to %u bytes, not %zu",
                         TAG_NAME_MAX, length);
    }
    for (size_t i = 0; i < length; i++) {
        if (name[i] <= ' ' || name[i] > '~') {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "a tag's name is visible ASCII without spaces; byte %zu is not", i);
        }
    }
    if (!mem_grow(&array, &change->tag_capacity, change->tag_count + 1, sizeof(*change->tags))) {
        return error_no_memory(err);
    }
    change->tags = array;
    *out = &change->tags[change->tag_count++];
    memset(*out, 0, sizeof(**out));
    memcpy((*out)->name, name, length + 1);
    return INLAY_OK;
}

inlay_status change_set_tag(struct change *change, const char *name, const struct snapshot *version,
                            inlay_error *err)
{
    struct change_tag *tag;
    INLAY_TRY(tag_append(change, name, &tag, err));
    tag->of_base = version == NULL;
    if (version != NULL) {
        tag->id = version->id;
        tag->content = version->content;
        tag->time_ms = version->time_ms;
    }
    return INLAY_OK;
}

inlay_status change_remove_tag(struct change *change, const char *name, inlay_error *err)
{
    struct change_tag *tag;
    INLAY_TRY(tag_append(change, name, &tag, err));
    tag->remove = true;
    return INLAY_OK;
}

inlay_status change_merge(struct change *to, struct change *from, inlay_error *err)
{
    if (!items_grow(&to->added, from->added.count)) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < from->added.count; i++) {
        to->added.items[to->added.count++] = from->added.items[i];
    }
    from->added.count = 0;
    change_clear(from);
    return INLAY_OK;
}
