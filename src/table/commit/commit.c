/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit queue of one process: callers line up, the first one is the leader and publishes, the
 * others wait. A leader whose change only adds takes along those right behind it that only add
 * too: one commit for all of them. Order of arrival is order of service.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "table/table_priv.h"

#include <string.h>

static bool can_share(const struct commit_request *request)
{
    return request->prepare == NULL && change_only_adds(request->change) &&
           request->change->operation == OPERATION_APPEND;
}

static void enqueue(struct table *table, struct commit_waiter *waiter)
{
    if (table->last != NULL) {
        table->last->next = waiter;
    } else {
        table->first = waiter;
    }
    table->last = waiter;
}

/* With the lock held, the caller at the head. Returns the last waiter of the group, which leaves
 * the queue. */
static struct commit_waiter *take_group(struct table *table, size_t *members)
{
    struct commit_waiter *first = table->first;
    struct commit_waiter *last = first;
    size_t entries = first->request->change != NULL ? first->request->change->added.count : 0;
    *members = 1;
    while (can_share(first->request) && last->next != NULL && can_share(last->next->request)) {
        entries += last->next->request->change->added.count;
        if (entries > table->options.group_entries) {
            break;
        }
        last = last->next;
        (*members)++;
    }
    table->first = last->next;
    if (table->first == NULL) {
        table->last = NULL;
    }
    last->next = NULL;
    return first;
}

/* Borrows every member's items: their changes stay whole until the commit has succeeded. */
static inlay_status gather(struct change *all, struct commit_waiter *group, inlay_error *err)
{
    for (struct commit_waiter *w = group; w != NULL; w = w->next) {
        const struct change_items *added = &w->request->change->added;
        void *items = all->added.items;
        if (!mem_grow(&items, &all->added.capacity, all->added.count + added->count,
                      sizeof(*all->added.items))) {
            return error_no_memory(err);
        }
        all->added.items = items;
        for (size_t i = 0; i < added->count; i++) {
            all->added.items[all->added.count] = added->items[i];
            entry_block_retain(added->items[i].block);
            all->added.count++;
        }
    }
    return INLAY_OK;
}

static inlay_status publish_alone(struct table *table, struct commit_waiter *waiter)
{
    struct change prepared;
    struct change *change = waiter->request->change;
    inlay_status status;
    change_init(&prepared, waiter->request->operation);
    if (waiter->request->prepare != NULL) {
        change = &prepared;
    }
    status = commit_publish(table, waiter->request, change, &waiter->result, &waiter->error);
    change_free(&prepared);
    return status;
}

static void publish_group(struct table *table, struct commit_waiter *group, size_t members)
{
    struct commit_request request = {0};
    struct commit_result result = {0};
    struct change all;
    inlay_error error;
    inlay_status status;
    inlay_error_init(&error);
    change_init(&all, OPERATION_APPEND);
    request.change = &all;
    status = gather(&all, group, &error);
    if (status == INLAY_OK) {
        status = commit_publish(table, &request, &all, &result, &error);
    }
    change_free(&all);
    for (struct commit_waiter *w = group; w != NULL; w = w->next) {
        w->status = status;
        w->result = result;
        w->result.shared = members;
        w->error = error;
    }
}

static void lead(struct table *table, struct commit_waiter *self)
{
    const struct env *env = table->options.env;
    struct commit_waiter *group;
    size_t members;
    bool share = can_share(self->request);
    if (share && table->options.linger_ns > 0) {
        pthread_mutex_unlock(&table->lock);
        env->sleep_ns(env->context, table->options.linger_ns);
        pthread_mutex_lock(&table->lock);
    }
    group = take_group(table, &members);
    pthread_mutex_unlock(&table->lock);
    if (share) {
        publish_group(table, group, members);
    } else {
        self->status = publish_alone(table, self);
        self->result.shared = 1;
    }
    pthread_mutex_lock(&table->lock);
    for (struct commit_waiter *w = group; w != NULL;) {
        struct commit_waiter *next = w->next; /* a waiter is gone once it sees `done` */
        w->done = true;
        w = next;
    }
    table->committing = false;
    pthread_cond_broadcast(&table->moved);
}

inlay_status table_commit(struct table *table, const struct commit_request *request,
                          struct commit_result *result, inlay_error *err)
{
    struct commit_waiter self = {.request = request};
    inlay_error_init(&self.error);
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
    }
    pthread_mutex_lock(&table->lock);
    enqueue(table, &self);
    while (!self.done) {
        if (!table->committing && table->first == &self) {
            table->committing = true;
            lead(table, &self);
        } else {
            pthread_cond_wait(&table->moved, &table->lock);
        }
    }
    pthread_mutex_unlock(&table->lock);
    if (self.status != INLAY_OK) {
        if (err != NULL) {
            *err = self.error;
        }
        return self.status;
    }
    if (result != NULL) {
        *result = self.result;
    }
    return INLAY_OK;
}

inlay_status table_append(struct table *table, const struct manifest_entry *entries, size_t count,
                          struct commit_result *result, inlay_error *err)
{
    struct commit_request request = {0};
    struct change change;
    inlay_status status;
    change_init(&change, OPERATION_APPEND);
    request.change = &change;
    status = change_add(&change, entries, count, err);
    if (status == INLAY_OK) {
        status = table_commit(table, &request, result, err);
    }
    change_free(&change);
    return status;
}

inlay_status table_stage(struct table *table, const struct manifest_entry *entries, size_t count,
                         inlay_error *err)
{
    struct change change;
    inlay_status status;
    bool full;
    change_init(&change, OPERATION_APPEND);
    INLAY_TRY(change_add(&change, entries, count, err));
    pthread_mutex_lock(&table->lock);
    status = change_merge(&table->staged, &change, err);
    full = table->staged.added.count >= table->options.staged_entries;
    pthread_mutex_unlock(&table->lock);
    change_free(&change);
    if (status == INLAY_OK && full) {
        status = table_flush(table, NULL, err);
    }
    return status;
}

inlay_status table_flush(struct table *table, struct commit_result *result, inlay_error *err)
{
    struct commit_request request = {0};
    struct change change;
    inlay_status status;
    pthread_mutex_lock(&table->lock);
    change = table->staged;
    change_init(&table->staged, OPERATION_APPEND);
    pthread_mutex_unlock(&table->lock);
    if (change_is_empty(&change)) {
        change_free(&change);
        if (result != NULL) {
            memset(result, 0, sizeof(*result));
        }
        return INLAY_OK;
    }
    request.change = &change;
    status = table_commit(table, &request, result, err);
    if (status != INLAY_OK) { /* back in front of what was staged meanwhile */
        struct change later;
        pthread_mutex_lock(&table->lock);
        later = table->staged;
        table->staged = change;
        if (later.added.count > 0 && change_merge(&table->staged, &later, NULL) != INLAY_OK) {
            status = error_no_memory(err);
        }
        pthread_mutex_unlock(&table->lock);
        change_free(&later);
        return status;
    }
    change_free(&change);
    return INLAY_OK;
}

size_t table_staged(struct table *table)
{
    size_t count;
    pthread_mutex_lock(&table->lock);
    count = table->staged.added.count;
    pthread_mutex_unlock(&table->lock);
    return count;
}

inlay_status table_wal_done(struct table *table, struct id128 wal_id, inlay_error *err)
{
    void *ids;
    bool grown;
    pthread_mutex_lock(&table->lock);
    ids = table->finished_wals.ids;
    grown = mem_grow(&ids, &table->finished_wals.capacity, table->finished_wals.count + 1,
                     sizeof(*table->finished_wals.ids));
    if (grown) {
        table->finished_wals.ids = ids;
        table->finished_wals.ids[table->finished_wals.count++] = wal_id;
    }
    pthread_mutex_unlock(&table->lock);
    return grown ? INLAY_OK : error_no_memory(err);
}

static inlay_status commit_tag(struct table *table, struct change *change, inlay_status status,
                               inlay_error *err)
{
    struct commit_request request = {.change = change};
    if (status == INLAY_OK) {
        status = table_commit(table, &request, NULL, err);
    }
    change_free(change);
    return status;
}

inlay_status table_set_tag(struct table *table, const char *name, const struct snapshot *version,
                           inlay_error *err)
{
    struct change change;
    change_init(&change, OPERATION_TAG);
    return commit_tag(table, &change, change_set_tag(&change, name, version, err), err);
}

inlay_status table_remove_tag(struct table *table, const char *name, inlay_error *err)
{
    struct change change;
    change_init(&change, OPERATION_TAG);
    return commit_tag(table, &change, change_remove_tag(&change, name, err), err);
}
