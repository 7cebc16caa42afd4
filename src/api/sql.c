/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "api/limits.h"
#include "api/version_name.h"
#include "base/alloc.h"
#include "base/error.h"
#include "sql/table_relation.h"

#include <string.h>

static inlay_status resolve_table(void *context, const char *name, struct relation **out,
                                  inlay_error *err)
{
    struct inlay_connection *connection = context;
    const char *version = version_name_part(name);
    struct typed_table *typed = NULL;
    struct snapshot *snapshot = NULL;
    struct table_view *view = NULL;
    char *plain;
    inlay_status status;
    *out = NULL;
    plain = version != NULL ? mem_strndup(name, (size_t)(version - name) - 1) : mem_strdup(name);
    if (plain == NULL) {
        return error_no_memory(err);
    }
    status = connection_typed_table(connection, plain, &typed, NULL, err);
    if (status == INLAY_OK && version != NULL) {
        status = version_name_open(typed, name, version, &snapshot, err);
    }
    if (status == INLAY_OK) {
        status = table_view_open(typed, snapshot, &view, err);
    }
    snapshot_release(snapshot);
    typed_table_release(typed);
    mem_free(plain);
    return status == INLAY_OK ? table_relation_create(view, out, err) : status;
}

static inlay_status list_names(void *context, void (*each)(void *each_context, const char *name),
                               void *each_context, inlay_error *err)
{
    struct inlay_connection *connection = context;
    char **names = NULL;
    size_t count = 0;
    size_t i;
    INLAY_TRY(catalog_list_tables(connection->connection, &names, &count, err));
    for (i = 0; i < count; i++) {
        each(each_context, names[i]);
    }
    catalog_names_free(names, count);
    return INLAY_OK;
}

inlay_status connection_engine(struct inlay_connection *connection, struct sql_engine **out,
                               inlay_error *err)
{
    const struct relation_resolver resolver = {resolve_table, list_names, connection};
    struct sql_engine_options options = {0};
    inlay_status status = INLAY_OK;
    (void)pthread_mutex_lock(&connection->lock);
    if (connection->engine == NULL) {
        options.threads = connection->threads;
        options.memory_limit = connection->memory_limit;
        options.spill_folder = connection->spill_folder;
        options.io = &connection->account;
        options.prices = connection->prices;
        status = sql_engine_create(&options, &resolver, &connection->engine, err);
    }
    *out = connection->engine;
    (void)pthread_mutex_unlock(&connection->lock);
    return status;
}

/* Passes a stream through and fills in its cost when it is released. */
struct costed_stream {
    struct ArrowArrayStream inner;
    struct cost_meter meter;
};

static int costed_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct costed_stream *costed = stream->private_data;
    return costed->inner.get_schema(&costed->inner, out);
}

static int costed_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct costed_stream *costed = stream->private_data;
    return costed->inner.get_next(&costed->inner, out);
}

static const char *costed_error(struct ArrowArrayStream *stream)
{
    struct costed_stream *costed = stream->private_data;
    return costed->inner.get_last_error(&costed->inner);
}

static void costed_release(struct ArrowArrayStream *stream)
{
    struct costed_stream *costed = stream->private_data;
    cost_finish_sql(&costed->meter, &costed->inner);
    costed->inner.release(&costed->inner);
    mem_free(costed);
    memset(stream, 0, sizeof(*stream));
}

static inlay_status with_cost(struct ArrowArrayStream *stream, const struct cost_meter *meter,
                              inlay_error *err)
{
    struct costed_stream *costed = mem_zalloc(sizeof(*costed));
    if (costed == NULL) {
        stream->release(stream);
        return error_no_memory(err);
    }
    costed->inner = *stream;
    costed->meter = *meter;
    stream->get_schema = costed_schema;
    stream->get_next = costed_next;
    stream->get_last_error = costed_error;
    stream->release = costed_release;
    stream->private_data = costed;
    return INLAY_OK;
}

void inlay_query_options_init(inlay_query_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

inlay_status connection_query(struct inlay_connection *connection, const char *sql,
                              const inlay_parameter *parameters, size_t parameter_count,
                              const struct sql_limits *limits, struct ArrowArrayStream *out,
                              inlay_error *err)
{
    struct sql_parameter *taken = NULL;
    struct sql_engine *engine;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(connection_engine(connection, &engine, err));
    INLAY_TRY(take_parameters(parameters, parameter_count, &taken, err));
    status = sql_query_within(engine, sql, taken, parameter_count, limits, out, err);
    mem_free(taken);
    return status;
}

inlay_status inlay_query_sql(inlay_connection *connection, const char *sql,
                             const inlay_parameter *parameters, size_t parameter_count,
                             const inlay_query_options *options, struct ArrowArrayStream *out,
                             inlay_cost *cost, inlay_error *err)
{
    struct sql_limits limits = {CANCEL_NO_TIMEOUT, NULL};
    struct cost_meter meter;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(sql, "the statement", err));
    meter = cost_start(connection, cost);
    if (options != NULL) {
        limits.timeout_ns = limits_timeout_ns(options->timeout_ms);
        limits.cancel = options->cancel != NULL ? &options->cancel->token : NULL;
    }
    status = connection_query(connection, sql, parameters, parameter_count, &limits, out, err);
    if (status == INLAY_OK && cost != NULL) {
        status = with_cost(out, &meter, err);
    }
    return status;
}
