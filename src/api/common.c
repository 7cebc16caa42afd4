/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/bytes.h"
#include "base/error.h"
#include "columnar/stream.h"

#include <string.h>

const char *inlay_version(void)
{
    return INLAY_VERSION;
}

void inlay_id_to_text(inlay_id id, char text[33])
{
    struct id128 wide = {id.hi, id.lo};
    id_to_text(wide, text);
}

/* 38 digits at most fit 127 bits, so the product below cannot overflow 128. */
static inlay_status id_from_decimal(const char *text, size_t length, inlay_id *out,
                                    inlay_error *err)
{
    unsigned __int128 value = 0;
    size_t i;
    for (i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "\"%.64s\" is not an id: 32 hex digits or a decimal number", text);
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    out->hi = (uint64_t)(value >> 64);
    out->lo = (uint64_t)value;
    return INLAY_OK;
}

inlay_status inlay_id_from_text(const char *text, inlay_id *out, inlay_error *err)
{
    struct id128 wide;
    size_t length;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(text, "an id", err));
    length = strlen(text);
    /* A decimal id may have 32 digits too. The time in an id's upper half has 48 bits, so hex ids
     * begin with zeros, and decimal ones never do. */
    if (length == 32 && (text[0] == '0' || strspn(text, "0123456789") != length)) {
        INLAY_TRY(id_from_text(text, length, &wide, err));
        out->hi = wide.hi;
        out->lo = wide.lo;
        return INLAY_OK;
    }
    if (length == 0 || length > 38) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "\"%.64s\" is not an id: 32 hex digits or a decimal number", text);
    }
    return id_from_decimal(text, length, out, err);
}

void inlay_cost_init(inlay_cost *cost)
{
    memset(cost, 0, sizeof(*cost));
    cost->struct_size = sizeof(*cost);
}

static uint64_t now_ns(void)
{
    const struct env *env = env_system();
    return env->monotonic_ns(env->context);
}

static uint64_t counter(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

struct cost_meter cost_start(struct inlay_connection *connection, inlay_cost *cost)
{
    struct cost_meter meter = {0};
    meter.cost = cost;
    if (cost != NULL) {
        inlay_cost_init(cost);
        meter.account = &connection->account;
        meter.prices = &connection->prices;
        meter.start_ns = now_ns();
        meter.requests = counter(&meter.account->requests);
        meter.round_trips = counter(&meter.account->round_trips);
        meter.bytes_read = counter(&meter.account->bytes_read);
        meter.cache_hits = counter(&meter.account->cache_hits);
        meter.wait_ns = counter(&meter.account->wait_ns);
    }
    return meter;
}

void cost_finish(const struct cost_meter *meter, const struct table_view *view)
{
    inlay_cost *cost = meter->cost;
    if (cost != NULL) {
        cost->superfiles_total = view != NULL ? view->list.count : 0;
        cost->elapsed_ns = now_ns() - meter->start_ns;
        cost->requests = counter(&meter->account->requests) - meter->requests;
        cost->round_trips = counter(&meter->account->round_trips) - meter->round_trips;
        cost->bytes_read = counter(&meter->account->bytes_read) - meter->bytes_read;
        cost->cache_hits = counter(&meter->account->cache_hits) - meter->cache_hits;
        cost->wait_ns = counter(&meter->account->wait_ns) - meter->wait_ns;
        cost->price = io_price(meter->prices, cost->requests, cost->bytes_read);
    }
}

void cost_finish_sql(const struct cost_meter *meter, const struct ArrowArrayStream *stream)
{
    const struct scan_account *scans = stream != NULL ? sql_stream_account(stream) : NULL;
    inlay_cost *cost = meter->cost;
    cost_finish(meter, NULL);
    if (cost != NULL && scans != NULL) {
        cost->superfiles_total = counter(&scans->superfiles);
        cost->superfiles_pruned = counter(&scans->superfiles_pruned);
        cost->row_groups_total = counter(&scans->row_groups);
        cost->row_groups_pruned = counter(&scans->row_groups_pruned);
        cost->pages_pruned = counter(&scans->pages_pruned);
        cost->rows_by_index = counter(&scans->rows_by_index);
        cost->rows_read = counter(&scans->rows_read);
    }
}

inlay_status check_argument(const void *value, const char *what, inlay_error *err)
{
    if (value == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "%s is missing (NULL)", what);
    }
    return INLAY_OK;
}

inlay_status result_begin(struct result_rows *rows, struct schema *schema, inlay_error *err)
{
    inlay_status status;
    memset(rows, 0, sizeof(*rows));
    rows->schema = *schema;
    memset(schema, 0, sizeof(*schema));
    status = builder_new_batch(&rows->schema, UINT64_MAX, &rows->builder, err);
    if (status != INLAY_OK) {
        result_free(rows);
    }
    return status;
}

void result_free(struct result_rows *rows)
{
    builder_free(rows->builder);
    schema_free(&rows->schema);
    memset(rows, 0, sizeof(*rows));
}

inlay_status result_finish(struct result_rows *rows, struct ArrowArrayStream *out, inlay_error *err)
{
    struct ArrowArray array;
    struct batch batch;
    inlay_status status = builder_finish(rows->builder, &array, err);
    memset(out, 0, sizeof(*out));
    if (status == INLAY_OK) {
        status = batch_from_array(&rows->schema, &array, ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL,
                                  &batch, err);
    }
    if (status == INLAY_OK) {
        status = stream_of_batches(&rows->schema, &batch, 1, out, err);
    }
    result_free(rows);
    return status;
}

inlay_status result_text(struct result_rows *rows, size_t column, const char *text,
                         inlay_error *err)
{
    struct builder *child = builder_child(rows->builder, column);
    return text != NULL ? builder_bytes_value(child, text, strlen(text), err)
                        : builder_null(child, err);
}

inlay_status result_uint(struct result_rows *rows, size_t column, uint64_t value, inlay_error *err)
{
    return builder_uint(builder_child(rows->builder, column), value, err);
}

inlay_status result_id(struct result_rows *rows, size_t column, struct id128 id, inlay_error *err)
{
    uint8_t bytes[16];
    store_u64(bytes, id.lo);
    store_u64(bytes + 8, id.hi);
    return builder_fixed(builder_child(rows->builder, column), bytes, err);
}
