/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/statement_priv.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/explain.h"
#include "sql/table_names.h"

#include <stdatomic.h>
#include <string.h>

inlay_status statement_begin(struct sql_engine *engine, struct statement **out, inlay_error *err)
{
    struct statement *statement = mem_zalloc(sizeof(*statement));
    duckdb_client_context context = NULL;
    *out = NULL;
    if (statement == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&statement->references, 1);
    statement->engine = engine;
    explain_begin(statement);
    arena_init(&statement->arena, SIZE_MAX);
    inlay_error_init(&statement->failure);
    if (duckdb_connect(engine->database, &statement->connection) != DuckDBSuccess) {
        mem_free(statement);
        return error_set(err, INLAY_INTERNAL, "the SQL engine gave no connection");
    }
    duckdb_connection_get_client_context(statement->connection, &context);
    statement->connection_id = duckdb_client_context_get_connection_id(context);
    duckdb_destroy_client_context(&context);
    (void)pthread_mutex_init(&statement->lock, NULL);
    (void)pthread_mutex_lock(&engine->lock);
    statement->next = engine->running;
    engine->running = statement;
    (void)pthread_mutex_unlock(&engine->lock);
    *out = statement;
    return INLAY_OK;
}

void statement_end(struct statement *statement)
{
    struct statement **link;
    if (statement == NULL) {
        return;
    }
    duckdb_disconnect(&statement->connection);
    (void)pthread_mutex_lock(&statement->engine->lock);
    for (link = &statement->engine->running; *link != NULL; link = &(*link)->next) {
        if (*link == statement) {
            *link = statement->next;
            break;
        }
    }
    (void)pthread_mutex_unlock(&statement->engine->lock);
    statement_release(statement);
}

struct statement *statement_retain(struct statement *statement)
{
    atomic_fetch_add_explicit(&statement->references, 1, memory_order_relaxed);
    return statement;
}

void statement_release(struct statement *statement)
{
    struct pinned_values *values;
    size_t i;
    /* acq_rel: the last releaser sees all that the others did with the statement. */
    if (statement == NULL ||
        atomic_fetch_sub_explicit(&statement->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    while ((values = statement->values) != NULL) {
        statement->values = values->next;
        text_values_free(values->values);
        mem_free(values);
    }
    for (i = 0; i < statement->pinned_count; i++) {
        statement->pinned[i].relation->ops->release(statement->pinned[i].relation);
        mem_free(statement->pinned[i].name);
    }
    mem_free(statement->pinned);
    arena_free(&statement->arena);
    (void)pthread_mutex_destroy(&statement->lock);
    mem_free(statement);
}

void statement_limit(struct statement *statement, uint64_t timeout_ns,
                     const struct cancel_token *cancel)
{
    statement->limited = timeout_ns != CANCEL_NO_TIMEOUT || cancel != NULL;
    if (statement->limited) {
        cancel_token_init(&statement->token, env_system(), timeout_ns, cancel);
    }
}

const struct cancel_token *statement_token(const struct statement *statement)
{
    return statement->limited ? &statement->token : NULL;
}

/* Sets a flag that the engine looks at; does not wait. */
static void interrupt(void *context)
{
    duckdb_interrupt(((struct statement *)context)->connection);
}

inlay_status statement_enter(struct statement *statement, inlay_error *err)
{
    if (!statement->limited) {
        return INLAY_OK;
    }
    INLAY_TRY(cancel_check(&statement->token, err));
    statement->watched.token = &statement->token;
    statement->watched.stop = interrupt;
    statement->watched.context = statement;
    return watchdog_add(statement->engine->watchdog, &statement->watched, err);
}

void statement_leave(struct statement *statement)
{
    if (statement->limited) {
        watchdog_remove(statement->engine->watchdog, &statement->watched);
    }
}

struct statement *statement_of(struct sql_engine *engine, idx_t connection_id)
{
    struct statement *statement;
    (void)pthread_mutex_lock(&engine->lock);
    for (statement = engine->running; statement != NULL; statement = statement->next) {
        if (statement->connection_id == connection_id) {
            break;
        }
    }
    (void)pthread_mutex_unlock(&engine->lock);
    return statement;
}

/* Under the lock. The relation is taken over, also on failure. */
static inlay_status add_pinned(struct statement *statement, const char *name,
                               struct relation *relation, inlay_error *err)
{
    void *items = statement->pinned;
    struct pinned_relation *entry;
    char *copy = mem_strdup(name);
    if (copy == NULL || !mem_grow(&items, &statement->pinned_capacity, statement->pinned_count + 1,
                                  sizeof(*statement->pinned))) {
        mem_free(copy);
        relation->ops->release(relation);
        return error_no_memory(err);
    }
    statement->pinned = items;
    entry = &statement->pinned[statement->pinned_count++];
    entry->relation = relation;
    entry->name = copy;
    return INLAY_OK;
}

static inlay_status pin(struct statement *statement, const char *name, struct relation **out,
                        inlay_error *err)
{
    inlay_status status;
    INLAY_TRY(
        statement->engine->resolver.resolve(statement->engine->resolver.context, name, out, err));
    status = add_pinned(statement, name, *out, err);
    *out = status == INLAY_OK ? *out : NULL;
    return status;
}

inlay_status statement_pin(struct statement *statement, const char *name, struct relation *relation,
                           inlay_error *err)
{
    inlay_status status;
    (void)pthread_mutex_lock(&statement->lock);
    status = add_pinned(statement, name, relation, err);
    (void)pthread_mutex_unlock(&statement->lock);
    return status;
}

/* Under the lock. */
static struct relation *find_pinned(const struct statement *statement, const char *name)
{
    size_t i;
    for (i = 0; i < statement->pinned_count; i++) {
        if (strcmp(statement->pinned[i].name, name) == 0) {
            return statement->pinned[i].relation;
        }
    }
    return NULL;
}

struct relation *statement_pinned(struct statement *statement, const char *name)
{
    struct relation *relation;
    (void)pthread_mutex_lock(&statement->lock);
    relation = find_pinned(statement, name);
    (void)pthread_mutex_unlock(&statement->lock);
    return relation;
}

/* Under the lock. */
static inlay_status find_or_pin(struct statement *statement, const char *name,
                                struct relation **out, inlay_error *err)
{
    *out = find_pinned(statement, name);
    return *out != NULL ? INLAY_OK : pin(statement, name, out, err);
}

inlay_status statement_relation(struct statement *statement, const char *name,
                                struct relation **out, inlay_error *err)
{
    char meant[TABLE_NAME_SIZE];
    inlay_status status;
    (void)pthread_mutex_lock(&statement->lock);
    status = find_or_pin(statement, name, out, err);
    if (status == INLAY_NOT_FOUND &&
        table_name_meant(&statement->engine->resolver, name, meant, err)) {
        status = find_or_pin(statement, meant, out, err);
    }
    (void)pthread_mutex_unlock(&statement->lock);
    return status;
}

const struct predicate *statement_hint(struct statement *statement, const struct relation *relation)
{
    const struct statement_hint *hint;
    (void)pthread_mutex_lock(&statement->lock);
    hint = statement->hints;
    while (hint != NULL && hint->relation != relation) {
        hint = hint->next;
    }
    (void)pthread_mutex_unlock(&statement->lock);
    return hint != NULL ? hint->predicate : NULL;
}

bool statement_set_hint(struct statement *statement, const struct relation *relation,
                        const struct predicate *predicate)
{
    struct statement_hint *hint;
    (void)pthread_mutex_lock(&statement->lock);
    hint = arena_zalloc(&statement->arena, sizeof(*hint));
    if (hint != NULL) {
        hint->relation = relation;
        hint->predicate = predicate;
        hint->next = statement->hints;
        statement->hints = hint;
    }
    (void)pthread_mutex_unlock(&statement->lock);
    return hint != NULL;
}

bool statement_is_exact(struct statement *statement, const struct relation *relation)
{
    bool exact;
    (void)pthread_mutex_lock(&statement->lock);
    exact = statement->exact == relation;
    (void)pthread_mutex_unlock(&statement->lock);
    return exact;
}

void statement_set_exact(struct statement *statement, const struct relation *relation)
{
    (void)pthread_mutex_lock(&statement->lock);
    statement->exact = relation;
    (void)pthread_mutex_unlock(&statement->lock);
}

uint64_t statement_most_rows(struct statement *statement)
{
    uint64_t most = 0;
    size_t i;
    (void)pthread_mutex_lock(&statement->lock);
    for (i = 0; i < statement->pinned_count; i++) {
        const struct relation *relation = statement->pinned[i].relation;
        uint64_t rows = relation->ops->row_count(relation);
        most = rows > most ? rows : most;
    }
    (void)pthread_mutex_unlock(&statement->lock);
    return most;
}

void statement_fail(struct statement *statement, const inlay_error *failure)
{
    (void)pthread_mutex_lock(&statement->lock);
    if (statement->failure.status == INLAY_OK) {
        statement->failure = *failure;
    }
    (void)pthread_mutex_unlock(&statement->lock);
}

void statement_forget_failure(struct statement *statement)
{
    (void)pthread_mutex_lock(&statement->lock);
    inlay_error_init(&statement->failure);
    (void)pthread_mutex_unlock(&statement->lock);
}

/* Under the lock. */
static inlay_status add_values(struct statement *statement, struct relation *relation,
                               size_t column, struct pinned_values **out, inlay_error *err)
{
    struct pinned_values *entry = mem_zalloc(sizeof(*entry));
    inlay_status status = INLAY_OK;
    if (entry == NULL) {
        return error_no_memory(err);
    }
    if (relation->ops->text_values != NULL) {
        status = relation->ops->text_values(relation, column, &entry->values, err);
    }
    if (status != INLAY_OK) {
        mem_free(entry);
        return status;
    }
    entry->relation = relation;
    entry->column = column;
    entry->next = statement->values;
    statement->values = entry;
    *out = entry;
    return INLAY_OK;
}

inlay_status statement_text_values(struct statement *statement, struct relation *relation,
                                   size_t column, const struct text_values **out, inlay_error *err)
{
    struct pinned_values *entry;
    inlay_status status = INLAY_OK;
    *out = NULL;
    (void)pthread_mutex_lock(&statement->lock);
    for (entry = statement->values; entry != NULL; entry = entry->next) {
        if (entry->relation == relation && entry->column == column) {
            break;
        }
    }
    if (entry == NULL) {
        status = add_values(statement, relation, column, &entry, err);
    }
    *out = status == INLAY_OK ? entry->values : NULL;
    (void)pthread_mutex_unlock(&statement->lock);
    return status;
}
