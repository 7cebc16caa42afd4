/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/decorator.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

const char *provider_op_name(enum provider_op op)
{
    static const char *const names[PROVIDER_OP_COUNT] = {"get",
                                                         "get_if_changed",
                                                         "get_ranges",
                                                         "get_tail",
                                                         "head",
                                                         "put_atomic",
                                                         "put_if_match",
                                                         "multipart_begin",
                                                         "multipart_part",
                                                         "multipart_complete",
                                                         "multipart_abort",
                                                         "delete",
                                                         "list"};
    return (unsigned)op < PROVIDER_OP_COUNT ? names[op] : "unknown";
}

inlay_status provider_call_run(struct provider *inner, struct provider_call *call, inlay_error *err)
{
    switch (call->op) {
    case PROVIDER_GET:
        return provider_get(inner, call->key, call->object, err);
    case PROVIDER_GET_IF_CHANGED:
        return provider_get_if_changed(inner, call->key, call->expected, call->changed,
                                       call->object, err);
    case PROVIDER_GET_RANGES:
        return provider_get_ranges(inner, call->key, call->ranges, call->range_count, err);
    case PROVIDER_GET_TAIL:
        return provider_get_tail(inner, call->key, call->number, call->object, err);
    case PROVIDER_HEAD:
        return provider_head(inner, call->key, call->meta, err);
    case PROVIDER_PUT_ATOMIC:
        return provider_put_atomic(inner, call->key, call->data, call->size, call->etag, err);
    case PROVIDER_PUT_IF_MATCH:
        return provider_put_if_match(inner, call->key, call->data, call->size, call->expected,
                                     call->etag, err);
    case PROVIDER_MULTIPART_BEGIN:
        return provider_multipart_begin(inner, call->key, call->begun, err);
    case PROVIDER_MULTIPART_PART:
        return multipart_put_part(call->upload, (uint32_t)call->number, call->data, call->size,
                                  err);
    case PROVIDER_MULTIPART_COMPLETE:
        return multipart_complete(call->upload, call->etag, err);
    case PROVIDER_MULTIPART_ABORT:
        multipart_abort(call->upload);
        return INLAY_OK;
    case PROVIDER_DELETE:
        return provider_delete(inner, call->key, err);
    case PROVIDER_LIST:
        return provider_list(inner, call->key, call->expected, call->page, err);
    case PROVIDER_OP_COUNT:
        break;
    }
    return error_set(err, INLAY_INTERNAL, "unknown storage operation %d", (int)call->op);
}

void provider_call_drop(struct provider_call *call)
{
    object_data_free(call->object);
    object_page_free(call->page);
    if (call->begun != NULL) {
        multipart_close(*call->begun);
        *call->begun = NULL;
    }
    if (call->changed != NULL) {
        *call->changed = false;
    }
    if (call->meta != NULL) {
        memset(call->meta, 0, sizeof(*call->meta));
    }
    if (call->etag != NULL) {
        memset(call->etag, 0, ETAG_SIZE);
    }
}

uint64_t provider_call_bytes_read(const struct provider_call *call, inlay_status status)
{
    uint64_t total = 0;
    size_t i;
    if (status != INLAY_OK) {
        return 0;
    }
    for (i = 0; i < call->range_count; i++) {
        total += call->ranges[i].length;
    }
    return call->object != NULL ? call->object->size : total;
}

uint64_t provider_call_bytes_written(const struct provider_call *call)
{
    return call->size;
}

static inlay_status around(struct provider *provider, struct provider_call *call, inlay_error *err)
{
    struct decorator *decorator = (struct decorator *)provider;
    return decorator->hooks->around(decorator, call, err);
}

static inlay_status around_get(struct provider *provider, const char *key, struct object_data *out,
                               inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_GET, .key = key, .object = out};
    return around(provider, &call, err);
}

static inlay_status around_get_if_changed(struct provider *provider, const char *key,
                                          const char *etag, bool *changed, struct object_data *out,
                                          inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_GET_IF_CHANGED,
                                 .key = key,
                                 .expected = etag,
                                 .changed = changed,
                                 .object = out};
    return around(provider, &call, err);
}

static inlay_status around_get_ranges(struct provider *provider, const char *key,
                                      const struct object_range *ranges, size_t count,
                                      inlay_error *err)
{
    struct provider_call call = {
        .op = PROVIDER_GET_RANGES, .key = key, .ranges = ranges, .range_count = count};
    return around(provider, &call, err);
}

static inlay_status around_get_tail(struct provider *provider, const char *key, uint64_t n,
                                    struct object_data *out, inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_GET_TAIL, .key = key, .number = n, .object = out};
    return around(provider, &call, err);
}

static inlay_status around_head(struct provider *provider, const char *key, struct object_meta *out,
                                inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_HEAD, .key = key, .meta = out};
    return around(provider, &call, err);
}

static inlay_status around_put_atomic(struct provider *provider, const char *key, const void *data,
                                      uint64_t size, char etag[ETAG_SIZE], inlay_error *err)
{
    struct provider_call call = {
        .op = PROVIDER_PUT_ATOMIC, .key = key, .data = data, .size = size, .etag = etag};
    return around(provider, &call, err);
}

static inlay_status around_put_if_match(struct provider *provider, const char *key,
                                        const void *data, uint64_t size, const char *expected,
                                        char etag[ETAG_SIZE], inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_PUT_IF_MATCH,
                                 .key = key,
                                 .data = data,
                                 .size = size,
                                 .expected = expected,
                                 .etag = etag};
    return around(provider, &call, err);
}

static inlay_status around_remove(struct provider *provider, const char *key, inlay_error *err)
{
    struct provider_call call = {.op = PROVIDER_DELETE, .key = key};
    return around(provider, &call, err);
}

static inlay_status around_list(struct provider *provider, const char *prefix, const char *cursor,
                                struct object_page *out, inlay_error *err)
{
    struct provider_call call = {
        .op = PROVIDER_LIST, .key = prefix, .expected = cursor, .page = out};
    return around(provider, &call, err);
}

/* An upload whose every step goes around too. */
struct decorated_upload {
    struct multipart multipart;
    struct decorator *decorator;
    struct multipart *inner;
    char *key;
    void *state;
};

static struct provider_call upload_call(struct decorated_upload *upload, enum provider_op op)
{
    return (struct provider_call){
        .op = op, .key = upload->key, .upload = upload->inner, .upload_state = &upload->state};
}

static inlay_status upload_run(struct decorated_upload *upload, struct provider_call *call,
                               inlay_error *err)
{
    inlay_status status = around(&upload->decorator->provider, call, err);
    if (status != INLAY_OK && err != NULL && err->key[0] == '\0') {
        error_key(err, upload->key);
    }
    return status;
}

static inlay_status upload_put_part(struct multipart *multipart, uint32_t number, const void *data,
                                    uint64_t size, inlay_error *err)
{
    struct decorated_upload *upload = (struct decorated_upload *)multipart;
    struct provider_call call = upload_call(upload, PROVIDER_MULTIPART_PART);
    call.number = number;
    call.data = data;
    call.size = size;
    return upload_run(upload, &call, err);
}

static inlay_status upload_complete(struct multipart *multipart, char etag[ETAG_SIZE],
                                    inlay_error *err)
{
    struct decorated_upload *upload = (struct decorated_upload *)multipart;
    struct provider_call call = upload_call(upload, PROVIDER_MULTIPART_COMPLETE);
    call.etag = etag;
    return upload_run(upload, &call, err);
}

static void upload_abort(struct multipart *multipart)
{
    struct decorated_upload *upload = (struct decorated_upload *)multipart;
    struct provider_call call = upload_call(upload, PROVIDER_MULTIPART_ABORT);
    (void)upload_run(upload, &call, NULL);
}

static void upload_destroy(struct multipart *multipart)
{
    struct decorated_upload *upload = (struct decorated_upload *)multipart;
    if (upload->decorator->hooks->upload_free != NULL) {
        upload->decorator->hooks->upload_free(upload->state);
    }
    multipart_close(upload->inner);
    mem_free(upload->key);
    mem_free(upload);
}

static const struct multipart_ops upload_ops = {
    .put_part = upload_put_part,
    .complete = upload_complete,
    .abort = upload_abort,
    .destroy = upload_destroy,
};

static inlay_status around_multipart_begin(struct provider *provider, const char *key,
                                           struct multipart **out, inlay_error *err)
{
    struct decorated_upload *upload = mem_zalloc(sizeof(*upload));
    struct provider_call call = {.op = PROVIDER_MULTIPART_BEGIN, .key = key};
    inlay_status status;
    if (upload == NULL) {
        return error_no_memory(err);
    }
    upload->multipart.ops = &upload_ops;
    upload->decorator = (struct decorator *)provider;
    upload->key = mem_strdup(key);
    call.begun = &upload->inner;
    call.upload_state = &upload->state;
    status = upload->key != NULL ? around(provider, &call, err) : error_no_memory(err);
    if (status != INLAY_OK) {
        upload_destroy(&upload->multipart);
        return status;
    }
    *out = &upload->multipart;
    return INLAY_OK;
}

static char *around_local_path(struct provider *provider, const char *key)
{
    return provider_local_path(((struct decorator *)provider)->inner, key);
}

static inlay_status around_clean_staging(struct provider *provider, int64_t before_unix_ms,
                                         uint64_t *removed, inlay_error *err)
{
    return provider_clean_staging(((struct decorator *)provider)->inner, before_unix_ms, removed,
                                  err);
}

static void around_destroy(struct provider *provider)
{
    struct decorator *decorator = (struct decorator *)provider;
    struct provider *inner = decorator->take ? decorator->inner : NULL;
    decorator->hooks->free(decorator);
    provider_close(inner);
}

static const struct provider_ops decorator_ops = {
    .get = around_get,
    .get_if_changed = around_get_if_changed,
    .get_ranges = around_get_ranges,
    .get_tail = around_get_tail,
    .head = around_head,
    .put_atomic = around_put_atomic,
    .put_if_match = around_put_if_match,
    .multipart_begin = around_multipart_begin,
    .remove = around_remove,
    .list = around_list,
    .local_path = around_local_path,
    .clean_staging = around_clean_staging,
    .destroy = around_destroy,
};

void decorator_init(struct decorator *decorator, const struct decorator_hooks *hooks,
                    struct provider *inner, bool take)
{
    decorator->provider.ops = &decorator_ops;
    decorator->provider.name = inner->name;
    decorator->provider.part_bytes = inner->part_bytes;
    decorator->inner = inner;
    decorator->take = take;
    decorator->hooks = hooks;
}
