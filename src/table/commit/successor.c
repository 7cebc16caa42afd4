/* SPDX-License-Identifier: Apache-2.0 */
#include "table/commit/successor.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/commit/fold.h"

#include <string.h>

/* A snapshot under construction. Its arrays grow; totals are edited in place. */
struct draft {
    struct snapshot *snapshot;
    size_t tail_capacity;
    struct text_total *texts; /* in the snapshot's arena */
    size_t text_room;
    struct vector_total *vectors;
    size_t vector_room;
};

static inlay_status copy_tail(struct draft *draft, const struct snapshot *base, size_t more,
                              inlay_error *err)
{
    struct snapshot *s = draft->snapshot;
    draft->tail_capacity = base->tail_count + more;
    s->tail = mem_zalloc_array(draft->tail_capacity + 1, sizeof(*s->tail));
    if (s->tail == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < base->tail_count; i++) {
        s->tail[i] = base->tail[i];
        entry_block_retain(s->tail[i].block);
    }
    s->tail_count = base->tail_count;
    return INLAY_OK;
}

static inlay_status copy_parts(struct draft *draft, const struct snapshot *base, inlay_error *err)
{
    struct snapshot *s = draft->snapshot;
    s->parts = mem_zalloc_array(base->part_count + 1, sizeof(*s->parts));
    if (s->parts == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < base->part_count; i++) {
        s->parts[i] = base->parts[i];
        part_retain(s->parts[i].part);
        s->part_count++;
        s->parts[i].dead = arena_dup(&s->arena, base->parts[i].dead,
                                     base->parts[i].dead_count * sizeof(*s->parts[i].dead));
        if (s->parts[i].dead == NULL) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

/* With room for every column that the change may bring. */
static inlay_status copy_totals(struct draft *draft, const struct snapshot *base,
                                const struct change *change, inlay_error *err)
{
    struct snapshot *s = draft->snapshot;
    draft->text_room = base->text_count;
    draft->vector_room = base->vector_count;
    for (size_t i = 0; i < change->added.count; i++) {
        draft->text_room += change->added.items[i].entry->text_count;
        draft->vector_room += change->added.items[i].entry->vector_count;
    }
    for (size_t i = 0; i < change->replaced.count; i++) {
        draft->text_room += change->replaced.items[i].entry->text_count;
        draft->vector_room += change->replaced.items[i].entry->vector_count;
    }
    draft->texts = arena_zalloc_array(&s->arena, draft->text_room + 1, sizeof(*draft->texts));
    draft->vectors = arena_zalloc_array(&s->arena, draft->vector_room + 1, sizeof(*draft->vectors));
    if (draft->texts == NULL || draft->vectors == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < base->text_count; i++) {
        draft->texts[i] = base->texts[i];
        draft->texts[i].column = arena_strdup(&s->arena, base->texts[i].column);
        if (draft->texts[i].column == NULL) {
            return error_no_memory(err);
        }
    }
    for (size_t i = 0; i < base->vector_count; i++) {
        draft->vectors[i] = base->vectors[i];
        draft->vectors[i].column = arena_strdup(&s->arena, base->vectors[i].column);
        if (draft->vectors[i].column == NULL) {
            return error_no_memory(err);
        }
    }
    s->texts = draft->texts;
    s->text_count = base->text_count;
    s->vectors = draft->vectors;
    s->vector_count = base->vector_count;
    return INLAY_OK;
}

static struct text_total *text_total_of(struct draft *draft, const char *column)
{
    struct snapshot *s = draft->snapshot;
    size_t at = 0;
    while (at < s->text_count && strcmp(draft->texts[at].column, column) < 0) {
        at++;
    }
    if (at == s->text_count || strcmp(draft->texts[at].column, column) != 0) {
        const char *name = arena_strdup(&s->arena, column);
        if (name == NULL || s->text_count == draft->text_room) {
            return NULL;
        }
        memmove(&draft->texts[at + 1], &draft->texts[at],
                (s->text_count - at) * sizeof(*draft->texts));
        memset(&draft->texts[at], 0, sizeof(*draft->texts));
        draft->texts[at].column = name;
        s->text_count++;
    }
    return &draft->texts[at];
}

static struct vector_total *vector_total_of(struct draft *draft, const char *column)
{
    struct snapshot *s = draft->snapshot;
    size_t at = 0;
    while (at < s->vector_count && strcmp(draft->vectors[at].column, column) < 0) {
        at++;
    }
    if (at == s->vector_count || strcmp(draft->vectors[at].column, column) != 0) {
        const char *name = arena_strdup(&s->arena, column);
        if (name == NULL || s->vector_count == draft->vector_room) {
            return NULL;
        }
        memmove(&draft->vectors[at + 1], &draft->vectors[at],
                (s->vector_count - at) * sizeof(*draft->vectors));
        memset(&draft->vectors[at], 0, sizeof(*draft->vectors));
        draft->vectors[at].column = name;
        s->vector_count++;
    }
    return &draft->vectors[at];
}

/* Adds (sign 1) or takes away (sign -1, in modular arithmetic) an entry's share of all sums. */
static inlay_status count_entry(struct draft *draft, const struct manifest_entry *entry,
                                uint64_t sign, inlay_error *err)
{
    struct snapshot_counts *counts = &draft->snapshot->counts;
    counts->superfiles += sign;
    counts->rows += sign * entry->rows;
    counts->deleted += sign * entry->tombstones.deleted;
    counts->bytes += sign * entry->size;
    for (size_t i = 0; i < entry->text_count; i++) {
        struct text_total *total = text_total_of(draft, entry->texts[i].column);
        if (total == NULL) {
            return error_no_memory(err);
        }
        total->superfiles += sign;
        total->live_docs += sign * entry->texts[i].live_docs;
        total->live_length += sign * entry->texts[i].live_length;
    }
    for (size_t i = 0; i < entry->vector_count; i++) {
        struct vector_total *total = vector_total_of(draft, entry->vectors[i].column);
        if (total == NULL) {
            return error_no_memory(err);
        }
        total->superfiles += sign;
        total->vectors += sign * entry->vectors[i].count;
    }
    return INLAY_OK;
}

static void set_tail_item(struct draft *draft, size_t index, const struct change_item *item)
{
    struct tail_item *tail = &draft->snapshot->tail[index];
    tail->block = entry_block_retain(item->block);
    tail->entry = *item->entry;
    tail->entry.revision = draft->snapshot->id;
    tail->encoded_size = entry_encoded_size(&tail->entry);
}

static inlay_status append_item(struct draft *draft, const struct change_item *item,
                                inlay_error *err)
{
    set_tail_item(draft, draft->snapshot->tail_count++, item);
    return count_entry(draft, item->entry, 1, err);
}

static bool mark_dead(struct draft *draft, const struct entry_place *place)
{
    struct snapshot_part *part = &draft->snapshot->parts[place->part];
    uint32_t *dead =
        arena_alloc_array(&draft->snapshot->arena, part->dead_count + 1, sizeof(*dead));
    uint32_t before = 0;
    if (dead == NULL) {
        return false;
    }
    while (before < part->dead_count && part->dead[before] < place->index) {
        dead[before] = part->dead[before];
        before++;
    }
    dead[before] = place->index;
    for (uint32_t i = before; i < part->dead_count; i++) {
        dead[i + 1] = part->dead[i];
    }
    part->dead = dead;
    part->dead_count++;
    return true;
}

static void remove_tail_item(struct snapshot *s, uint32_t index)
{
    entry_block_release(s->tail[index].block);
    memmove(&s->tail[index], &s->tail[index + 1], (s->tail_count - index - 1) * sizeof(*s->tail));
    s->tail_count--;
}

static inlay_status conflict(const struct manifest_entry *entry, const char *what, inlay_error *err)
{
    char id[UUID_TEXT_SIZE];
    superfile_id_text(entry->superfile_id, id);
    return error_set(err, INLAY_CONFLICT,
                     "superfile %s was %s by a concurrent commit; read the "
                     "table again and retry",
                     id, what);
}

/* Takes the present state of an entry out of the draft; `wanted` says which and what was seen. */
static inlay_status take_entry(struct draft *draft, const struct manifest_entry *wanted,
                               struct entry_place *place, inlay_error *err)
{
    struct snapshot *s = draft->snapshot;
    struct manifest_entry present;
    bool found;
    INLAY_TRY(snapshot_find(s, wanted->superfile_id, wanted->id_min, wanted->id_max,
                            ENTRY_HAS_TEXTS | ENTRY_HAS_VECTORS, &found, place, &present, err));
    if (!found) {
        return conflict(wanted, "removed", err);
    }
    if (wanted->revision != 0 && wanted->revision != present.revision) {
        return conflict(wanted, "changed", err);
    }
    INLAY_TRY(count_entry(draft, &present, UINT64_MAX, err));
    if (place->part == SIZE_MAX) {
        remove_tail_item(s, place->index);
    } else if (!mark_dead(draft, place)) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status apply_entries(struct draft *draft, const struct change *change,
                                  inlay_error *err)
{
    struct entry_place place;
    for (size_t i = 0; i < change->removed.count; i++) {
        INLAY_TRY(take_entry(draft, change->removed.items[i].entry, &place, err));
    }
    for (size_t i = 0; i < change->replaced.count; i++) {
        INLAY_TRY(take_entry(draft, change->replaced.items[i].entry, &place, err));
        INLAY_TRY(append_item(draft, &change->replaced.items[i], err));
    }
    for (size_t i = 0; i < change->added.count; i++) {
        const struct manifest_entry *entry = change->added.items[i].entry;
        struct manifest_entry present;
        bool found;
        INLAY_TRY(snapshot_find(draft->snapshot, entry->superfile_id, entry->id_min, entry->id_max,
                                0, &found, &place, &present, err));
        if (!found) {
            INLAY_TRY(append_item(draft, &change->added.items[i], err));
        }
    }
    return INLAY_OK;
}

/* Parts whose last entry died need no object any more. */
static void drop_dead_parts(struct snapshot *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->part_count; i++) {
        if (s->parts[i].dead_count == s->parts[i].part->entry_count) {
            part_release(s->parts[i].part);
        } else {
            s->parts[kept++] = s->parts[i];
        }
    }
    s->part_count = kept;
}

static void drop_empty_totals(struct draft *draft)
{
    struct snapshot *s = draft->snapshot;
    size_t kept = 0;
    for (size_t i = 0; i < s->text_count; i++) {
        if (draft->texts[i].superfiles > 0) {
            draft->texts[kept++] = draft->texts[i];
        }
    }
    s->text_count = kept;
    kept = 0;
    for (size_t i = 0; i < s->vector_count; i++) {
        if (draft->vectors[i].superfiles > 0) {
            draft->vectors[kept++] = draft->vectors[i];
        }
    }
    s->vector_count = kept;
}

static inlay_status extend_history(struct snapshot *s, const struct snapshot *base,
                                   inlay_error *err)
{
    struct history_record *records =
        arena_zalloc_array(&s->arena, base->history_count + 1, sizeof(*records));
    if (records == NULL) {
        return error_no_memory(err);
    }
    records[0].id = base->id;
    records[0].content = base->content;
    records[0].commit_id = base->commit_id;
    records[0].time_ms = base->time_ms;
    records[0].operation = base->operation;
    s->history_count = 1;
    for (size_t i = 0; i < base->history_count; i++) {
        if (history_keeps(s->id, base->history[i].id)) {
            records[s->history_count++] = base->history[i];
        }
    }
    s->history = records;
    return INLAY_OK;
}

static bool contains_id(const struct id128 *ids, size_t count, struct id128 id)
{
    for (size_t i = 0; i < count; i++) {
        if (id_compare(ids[i], id) == 0) {
            return true;
        }
    }
    return false;
}

/* Old ids leave first; the horizon remembers that it forgets. */
static inlay_status apply_wals(struct snapshot *s, const struct snapshot *base,
                               const struct change *change, inlay_error *err)
{
    size_t total = base->wal_count + change->published.count;
    size_t excess = total > SNAPSHOT_WALS_MAX ? total - SNAPSHOT_WALS_MAX : 0;
    struct id128 *wals = arena_alloc_array(&s->arena, total + 1, sizeof(*wals));
    if (wals == NULL) {
        return error_no_memory(err);
    }
    s->wal_horizon_ms = base->wal_horizon_ms;
    for (size_t i = 0; i < base->wal_count; i++) {
        struct id128 id = base->wals[i];
        int64_t minted = (int64_t)id_unix_ms(id);
        if (contains_id(change->forgotten.ids, change->forgotten.count, id)) {
            continue;
        }
        if (i < excess || minted < s->time_ms - SNAPSHOT_WAL_RETENTION_MS) {
            s->wal_horizon_ms = minted > s->wal_horizon_ms ? minted : s->wal_horizon_ms;
            continue;
        }
        wals[s->wal_count++] = id;
    }
    for (size_t i = 0; i < change->published.count; i++) {
        wals[s->wal_count++] = change->published.ids[i];
    }
    s->wals = wals;
    return INLAY_OK;
}

static void tag_insert(struct snapshot *s, struct snapshot_tag *tags,
                       const struct snapshot_tag *tag)
{
    size_t at = 0;
    while (at < s->tag_count && strcmp(tags[at].name, tag->name) < 0) {
        at++;
    }
    if (at == s->tag_count || strcmp(tags[at].name, tag->name) != 0) {
        memmove(&tags[at + 1], &tags[at], (s->tag_count - at) * sizeof(*tags));
        s->tag_count++;
    }
    tags[at] = *tag;
}

static bool tag_remove(struct snapshot *s, struct snapshot_tag *tags, const char *name)
{
    for (size_t i = 0; i < s->tag_count; i++) {
        if (strcmp(tags[i].name, name) == 0) {
            memmove(&tags[i], &tags[i + 1], (s->tag_count - i - 1) * sizeof(*tags));
            s->tag_count--;
            return true;
        }
    }
    return false;
}

static inlay_status apply_tags(struct snapshot *s, const struct snapshot *base,
                               const struct change *change, inlay_error *err)
{
    struct snapshot_tag *tags =
        arena_zalloc_array(&s->arena, base->tag_count + change->tag_count + 1, sizeof(*tags));
    if (tags == NULL) {
        return error_no_memory(err);
    }
    s->tags = tags;
    for (size_t i = 0; i < base->tag_count; i++) {
        tags[i] = base->tags[i];
        tags[i].name = arena_strdup(&s->arena, base->tags[i].name);
        if (tags[i].name == NULL) {
            return error_no_memory(err);
        }
        s->tag_count++;
    }
    for (size_t i = 0; i < change->tag_count; i++) {
        const struct change_tag *wanted = &change->tags[i];
        struct snapshot_tag tag = {.id = wanted->of_base ? base->id : wanted->id,
                                   .content = wanted->of_base ? base->content : wanted->content,
                                   .time_ms = wanted->of_base ? base->time_ms : wanted->time_ms};
        if (wanted->remove) {
            if (!tag_remove(s, tags, wanted->name)) {
                return error_set(err, INLAY_NOT_FOUND, "the table has no tag '%s'", wanted->name);
            }
            continue;
        }
        tag.name = arena_strdup(&s->arena, wanted->name);
        if (tag.name == NULL) {
            return error_no_memory(err);
        }
        tag_insert(s, tags, &tag);
    }
    return INLAY_OK;
}

static bool already_published(const struct snapshot *base, const struct change *change)
{
    for (size_t i = 0; i < change->published.count; i++) {
        if (snapshot_wal(base, change->published.ids[i]) != WAL_PUBLISHED) {
            return false;
        }
    }
    return change->published.count > 0;
}

/* Nothing that a reader could see differs from the base. */
static bool is_no_change(const struct draft *draft, const struct snapshot *base,
                         const struct change *change)
{
    return draft->snapshot->counts.superfiles == base->counts.superfiles &&
           change->replaced.count == 0 && change->removed.count == 0 &&
           change->published.count == 0 && change->tag_count == 0;
}

static inlay_status build_draft(struct draft *draft, struct snapshot *base,
                                const struct change *change, struct id128 commit_id,
                                inlay_error *err)
{
    struct snapshot *s = draft->snapshot;
    int64_t now = base->store->env->unix_ms(base->store->env->context);
    s->id = base->id + 1;
    s->commit_id = commit_id;
    s->time_ms = now > base->time_ms ? now : base->time_ms;
    s->operation = change->operation;
    s->counts = base->counts;
    INLAY_TRY(copy_tail(draft, base, change->added.count + change->replaced.count, err));
    INLAY_TRY(copy_parts(draft, base, err));
    INLAY_TRY(copy_totals(draft, base, change, err));
    INLAY_TRY(apply_entries(draft, change, err));
    INLAY_TRY(extend_history(s, base, err));
    INLAY_TRY(apply_wals(s, base, change, err));
    INLAY_TRY(apply_tags(s, base, change, err));
    drop_dead_parts(s);
    drop_empty_totals(draft);
    return INLAY_OK;
}

inlay_status successor_build(struct snapshot *base, const struct change *change,
                             struct id128 commit_id, struct successor *out, inlay_error *err)
{
    struct draft draft = {0};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    buffer_init(&out->bytes, MANIFEST_OBJECT_MAX);
    if (already_published(base, change)) {
        return INLAY_OK;
    }
    INLAY_TRY(snapshot_allocate(base->store, &draft.snapshot, err));
    INLAY_TRY_GOTO(status, build_draft(&draft, base, change, commit_id, err), cleanup);
    if (is_no_change(&draft, base, change)) {
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, fold_tail(draft.snapshot, out, err), cleanup);
    INLAY_TRY_GOTO(status, snapshot_encode(draft.snapshot, &out->bytes, err), cleanup);
    out->snapshot = draft.snapshot;
    draft.snapshot = NULL;
cleanup:
    snapshot_release(draft.snapshot);
    if (status != INLAY_OK) {
        successor_free(out);
    }
    return status;
}

void successor_free(struct successor *successor)
{
    if (successor != NULL) {
        for (size_t i = 0; i < successor->image_count; i++) {
            part_image_free(&successor->images[i]);
        }
        mem_free(successor->images);
        buffer_free(&successor->bytes);
        snapshot_release(successor->snapshot);
        memset(successor, 0, sizeof(*successor));
    }
}
