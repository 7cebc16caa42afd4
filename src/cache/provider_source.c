/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Joining: ranges are taken in order of their offsets; one that starts within `gap` bytes of the
 * end of the request before it (or overlaps it) joins it. A request of a single range reads
 * straight into the caller's memory; joined ones read into one scratch block and are copied out.
 */
#include "cache/provider_source.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/env.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_REQUEST_MAX ((uint64_t)16 << 20)

struct provider_source {
    struct byte_source source;
    struct provider *provider;
    char *key;
    struct provider_source_options options;
};

/* The requests of one read. request[i] serves order[first[i]] .. order[first[i + 1] - 1]. */
struct plan {
    const struct byte_range **order; /* by offset, empty ranges left out */
    size_t range_count;
    struct object_range *requests;
    size_t *first;
    size_t request_count;
    uint8_t *scratch; /* all joined requests behind each other */
};

static int order_compare(const void *a, const void *b)
{
    const struct byte_range *left = *(const struct byte_range *const *)a;
    const struct byte_range *right = *(const struct byte_range *const *)b;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void plan_free(struct plan *plan)
{
    mem_free(plan->order);
    mem_free(plan->requests);
    mem_free(plan->first);
    mem_free(plan->scratch);
}

/* True when `range` may be read together with the request before it. */
static bool joins(const struct provider_source_options *options, const struct object_range *request,
                  const struct byte_range *range)
{
    uint64_t end = request->offset + request->length; /* both lie inside the object */
    uint64_t new_end = range->offset + range->length;
    new_end = new_end > end ? new_end : end;
    if (range->offset < end) { /* overlapping bytes are never fetched twice */
        return !options->no_join;
    }
    return !options->no_join && range->offset - end <= options->gap &&
           new_end - request->offset <= options->request_max;
}

static void plan_join(const struct provider_source *source, struct plan *plan)
{
    size_t i;
    for (i = 0; i < plan->range_count; i++) {
        const struct byte_range *range = plan->order[i];
        struct object_range *last =
            plan->request_count != 0 ? &plan->requests[plan->request_count - 1] : NULL;
        if (last != NULL && joins(&source->options, last, range)) {
            uint64_t end = range->offset + range->length;
            if (end > last->offset + last->length) {
                last->length = end - last->offset;
            }
            last->into = NULL; /* several ranges: through the scratch block */
            continue;
        }
        plan->first[plan->request_count] = i;
        plan->requests[plan->request_count++] =
            (struct object_range){range->offset, range->length, range->into};
    }
    plan->first[plan->request_count] = plan->range_count;
}

static inlay_status plan_scratch(struct plan *plan, inlay_error *err)
{
    uint64_t total = 0;
    size_t i;
    for (i = 0; i < plan->request_count; i++) {
        if (plan->requests[i].into == NULL && !u64_add(total, plan->requests[i].length, &total)) {
            return error_no_memory(err);
        }
    }
    if (total == 0) {
        return INLAY_OK;
    }
    plan->scratch = total <= SIZE_MAX ? mem_alloc((size_t)total) : NULL;
    if (plan->scratch == NULL) {
        return error_no_memory(err);
    }
    for (i = 0, total = 0; i < plan->request_count; i++) {
        if (plan->requests[i].into == NULL) {
            plan->requests[i].into = plan->scratch + total;
            total += plan->requests[i].length;
        }
    }
    return INLAY_OK;
}

static inlay_status plan_make(const struct provider_source *source, const struct byte_range *ranges,
                              size_t count, struct plan *plan, inlay_error *err)
{
    size_t i;
    plan->order = mem_alloc_array(count, sizeof(*plan->order));
    plan->requests = mem_alloc_array(count, sizeof(*plan->requests));
    plan->first = mem_alloc_array(count + 1, sizeof(*plan->first));
    if (plan->order == NULL || plan->requests == NULL || plan->first == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        if (ranges[i].length != 0) {
            plan->order[plan->range_count++] = &ranges[i];
        }
    }
    if (plan->range_count > 1) {
        qsort(plan->order, plan->range_count, sizeof(*plan->order), order_compare);
    }
    plan_join(source, plan);
    return plan_scratch(plan, err);
}

static void plan_copy_out(const struct plan *plan)
{
    size_t i;
    size_t r;
    for (i = 0; i < plan->request_count; i++) {
        const struct object_range *request = &plan->requests[i];
        for (r = plan->first[i]; r < plan->first[i + 1]; r++) {
            const struct byte_range *range = plan->order[r];
            if (request->into != range->into) {
                memcpy(range->into, request->into + (range->offset - request->offset),
                       (size_t)range->length);
            }
        }
    }
}

static void account_add(struct io_account *account, const struct plan *plan, uint64_t ns)
{
    uint64_t bytes = 0;
    size_t i;
    if (account == NULL) {
        return;
    }
    for (i = 0; i < plan->request_count; i++) {
        bytes += plan->requests[i].length;
    }
    io_account_add(&account->requests, plan->request_count);
    io_account_add(&account->round_trips, 1);
    io_account_add(&account->bytes_read, bytes);
    io_account_add(&account->wait_ns, ns);
}

static inlay_status source_read(struct byte_source *base, const struct byte_range *ranges,
                                size_t count, inlay_error *err)
{
    struct provider_source *source = (struct provider_source *)base;
    const struct env *env = env_system();
    struct plan plan = {0};
    uint64_t start;
    inlay_status status;
    INLAY_TRY_GOTO(status, plan_make(source, ranges, count, &plan, err), cleanup);
    if (plan.request_count == 0) {
        goto cleanup;
    }
    start = env->monotonic_ns(env->context);
    status =
        provider_get_ranges(source->provider, source->key, plan.requests, plan.request_count, err);
    account_add(base->account, &plan, env->monotonic_ns(env->context) - start);
    if (status == INLAY_INVALID_ARGUMENT) { /* inside the claimed size, yet past the end */
        status = error_wrap(err, INLAY_CORRUPT,
                            "%s: the object is shorter than the %llu bytes it should have",
                            source->key, (unsigned long long)base->size);
    }
    if (status == INLAY_OK) {
        plan_copy_out(&plan);
    }
cleanup:
    plan_free(&plan);
    return status;
}

static void source_destroy(struct byte_source *base)
{
    struct provider_source *source = (struct provider_source *)base;
    mem_free(source->key);
    mem_free(source);
}

static const struct byte_source_ops source_ops = {source_read, NULL, source_destroy};

inlay_status provider_source_open(struct provider *provider, const char *key, uint64_t size,
                                  const struct provider_source_options *options,
                                  struct io_account *account, struct byte_source **out,
                                  inlay_error *err)
{
    static const struct provider_source_options defaults = {0};
    struct provider_source *source;
    *out = NULL;
    INLAY_TRY(provider_check_key(key, err));
    source = mem_zalloc(sizeof(*source));
    if (source == NULL) {
        return error_no_memory(err);
    }
    source->key = mem_strdup(key);
    if (source->key == NULL) {
        mem_free(source);
        return error_no_memory(err);
    }
    source->provider = provider;
    source->options = options != NULL ? *options : defaults;
    if (source->options.gap == 0) {
        source->options.gap = PROVIDER_SOURCE_GAP;
    }
    if (source->options.request_max == 0) {
        source->options.request_max = DEFAULT_REQUEST_MAX;
    }
    byte_source_init(&source->source, &source_ops, size, source->key, account);
    *out = &source->source;
    return INLAY_OK;
}
