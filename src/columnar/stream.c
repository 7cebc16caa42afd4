/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/stream.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/array.h"

#include <errno.h>
#include <string.h>

struct exported {
    struct schema schema;
    struct stream_producer producer;
    inlay_error error;
};

/* The interface speaks errno; the record keeps the rest. */
int stream_errno(inlay_status status)
{
    switch (status) {
    case INLAY_OK:
        return 0;
    case INLAY_NO_MEMORY:
    case INLAY_OVER_BUDGET:
        return ENOMEM;
    case INLAY_INVALID_ARGUMENT:
    case INLAY_SCHEMA:
    case INLAY_QUERY:
        return EINVAL;
    case INLAY_UNSUPPORTED:
        return ENOTSUP;
    case INLAY_CANCELLED:
        return ECANCELED;
    case INLAY_TIMEOUT:
        return ETIMEDOUT;
    case INLAY_CORRUPT:
        return EBADMSG;
    default:
        return EIO;
    }
}

static int exported_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct exported *x = stream->private_data;
    inlay_error_init(&x->error);
    return stream_errno(schema_to_arrow_as_imported(&x->schema, out, &x->error));
}

static int exported_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct exported *x = stream->private_data;
    memset(out, 0, sizeof(*out));
    inlay_error_init(&x->error);
    return stream_errno(x->producer.next(x->producer.context, out, &x->error));
}

static const char *exported_error(struct ArrowArrayStream *stream)
{
    struct exported *x = stream->private_data;
    return x->error.status != INLAY_OK ? x->error.message : NULL;
}

static void destroy_producer(const struct stream_producer *producer)
{
    if (producer->destroy != NULL) {
        producer->destroy(producer->context);
    }
}

static void exported_release(struct ArrowArrayStream *stream)
{
    struct exported *x = stream->private_data;
    destroy_producer(&x->producer);
    schema_free(&x->schema);
    mem_free(x);
    memset(stream, 0, sizeof(*stream));
}

inlay_status stream_export(const struct schema *schema, const struct stream_producer *producer,
                           struct ArrowArrayStream *out, inlay_error *err)
{
    struct exported *x = mem_zalloc(sizeof(*x));
    inlay_status status = INLAY_NO_MEMORY;
    memset(out, 0, sizeof(*out));
    if (x != NULL) {
        status = schema_copy(schema, &x->schema, err);
    }
    if (status != INLAY_OK) {
        mem_free(x);
        destroy_producer(producer);
        return status == INLAY_NO_MEMORY ? error_no_memory(err) : status;
    }
    inlay_error_init(&x->error);
    x->producer = *producer;
    out->get_schema = exported_schema;
    out->get_next = exported_next;
    out->get_last_error = exported_error;
    out->release = exported_release;
    out->private_data = x;
    return INLAY_OK;
}

const inlay_error *stream_last_error(const struct ArrowArrayStream *stream)
{
    const struct exported *x = stream->private_data;
    if (stream->release != exported_release || x->error.status == INLAY_OK) {
        return NULL;
    }
    return &x->error;
}

/* ---- batches in memory ---- */

struct batch_list {
    struct batch *batches; /* owned */
    size_t count;
    size_t next;
};

static inlay_status list_next(void *context, struct ArrowArray *out, inlay_error *err)
{
    struct batch_list *list = context;
    if (list->next == list->count) {
        return INLAY_OK;
    }
    return batch_export(&list->batches[list->next++], NULL, out, err);
}

static void list_destroy(void *context)
{
    struct batch_list *list = context;
    size_t i;
    for (i = 0; i < list->count; i++) {
        batch_release(&list->batches[i]);
    }
    mem_free(list->batches);
    mem_free(list);
}

inlay_status stream_of_batches(const struct schema *schema, struct batch *batches, size_t count,
                               struct ArrowArrayStream *out, inlay_error *err)
{
    struct stream_producer producer = {list_next, list_destroy, NULL};
    struct batch_list *list = mem_zalloc(sizeof(*list));
    size_t i;
    memset(out, 0, sizeof(*out));
    if (list != NULL) {
        list->batches = mem_alloc_array(count, sizeof(*batches));
    }
    if (list == NULL || list->batches == NULL) {
        for (i = 0; i < count; i++) {
            batch_release(&batches[i]);
        }
        mem_free(list);
        return error_no_memory(err);
    }
    if (count != 0) {
        memcpy(list->batches, batches, count * sizeof(*batches));
        memset(batches, 0, count * sizeof(*batches));
    }
    list->count = count;
    producer.context = list;
    return stream_export(schema, &producer, out, err);
}

/* ---- reading ---- */

static inlay_status stream_failed(struct ArrowArrayStream *stream, int code, inlay_error *err)
{
    const inlay_error *own = stream_last_error(stream);
    const char *message;
    inlay_status status;
    if (own != NULL) {
        if (err != NULL) {
            *err = *own;
        }
        return own->status;
    }
    message = stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;
    if (code == ENOMEM) {
        return error_no_memory(err);
    }
    status = error_set(err, code == EINVAL ? INLAY_INVALID_ARGUMENT : INLAY_IO,
                       "the Arrow stream failed (errno %d): %.600s", code,
                       message != NULL ? message : "no message");
    error_sub_code(err, code);
    return status;
}

inlay_status stream_read_schema(struct ArrowArrayStream *stream, struct schema *out,
                                inlay_error *err)
{
    struct ArrowSchema arrow;
    inlay_status status;
    int code;
    memset(out, 0, sizeof(*out));
    if (stream->release == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the Arrow stream was already released");
    }
    memset(&arrow, 0, sizeof(arrow));
    code = stream->get_schema(stream, &arrow);
    if (code != 0) {
        return stream_failed(stream, code, err);
    }
    status = schema_from_arrow(&arrow, out, err);
    if (arrow.release != NULL) {
        arrow.release(&arrow);
    }
    return status;
}

inlay_status stream_read_batch(struct ArrowArrayStream *stream, const struct schema *schema,
                               struct batch *out, bool *end, inlay_error *err)
{
    struct ArrowArray array;
    int code;
    memset(out, 0, sizeof(*out));
    memset(&array, 0, sizeof(array));
    *end = false;
    if (stream->release == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the Arrow stream was already released");
    }
    code = stream->get_next(stream, &array);
    if (code != 0) {
        return stream_failed(stream, code, err);
    }
    if (array.release == NULL) {
        *end = true;
        return INLAY_OK;
    }
    return batch_from_array(schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, out, err);
}
