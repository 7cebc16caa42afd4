/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/ipc_reader.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/array.h"
#include "columnar/array_view.h"
#include "columnar/ipc_message.h"

#include <string.h>

/* Rows that a batch may claim when no byte of its body stands behind them (null columns). */
#define ROWS_WITHOUT_BYTES (1 << 20)

struct ipc_reader {
    struct ipc_stream stream;
    struct schema schema;
    struct ipc_dictionary_ids ids;   /* one per dictionary field, depth first */
    struct ArrowArray *dictionaries; /* the same order; shared arrays */
};

/* One batch (or dictionary) being read: cursors over its nodes and buffers. */
struct batch_reader {
    struct ipc_reader *reader;
    struct ipc_message *message;
    struct fb_vector nodes;
    struct fb_vector buffers;
    struct fb_vector variadic;
    uint32_t next_node;
    uint32_t next_buffer;
    uint32_t next_variadic;
    size_t next_dictionary;
    struct colvec_owner *owner; /* of the body's copy */
    const uint8_t *body;
    inlay_error *err;
};

/* ---- the body's copy ---- */

struct body_owner {
    struct colvec_owner owner;
    uint8_t *data;
};

static void destroy_body(struct colvec_owner *owner)
{
    struct body_owner *body = (struct body_owner *)(void *)owner;
    mem_free_aligned(body->data);
    mem_free(body);
}

static inlay_status copy_body(struct batch_reader *b)
{
    struct body_owner *body = mem_zalloc(sizeof(*body));
    size_t size = b->message->body_size;
    if (body == NULL) {
        return error_no_memory(b->err);
    }
    colvec_owner_init(&body->owner, destroy_body);
    b->owner = &body->owner;
    body->data = mem_alloc_aligned(size != 0 ? size : 1, 64);
    if (body->data == NULL) {
        return error_no_memory(b->err);
    }
    if (size != 0) {
        memcpy(body->data, b->message->body, size);
    }
    b->body = body->data;
    return INLAY_OK;
}

/* ---- nodes and buffers ---- */

static inlay_status bad_batch(const struct batch_reader *b, const char *what)
{
    return ipc_corrupt(b->message->body_offset, what, b->err);
}

static inlay_status take_node(struct batch_reader *b, int64_t *length, int64_t *nulls)
{
    uint64_t most = (uint64_t)b->message->body_size * 8;
    *length = 0;
    *nulls = 0;
    if (b->next_node >= b->nodes.count) {
        return bad_batch(b, "a batch has fewer nodes than its schema has fields");
    }
    *length = fb_vector_i64(&b->nodes, b->next_node, 16, 0);
    *nulls = fb_vector_i64(&b->nodes, b->next_node, 16, 8);
    b->next_node++;
    if (most < ROWS_WITHOUT_BYTES) {
        most = ROWS_WITHOUT_BYTES;
    }
    if (*length < 0 || *nulls < 0 || *nulls > *length || (uint64_t)*length > most) {
        return bad_batch(b, "a column claims more rows than the batch has bytes for");
    }
    return INLAY_OK;
}

/* The next buffer, which must have at least `needed` bytes. */
static inlay_status take_buffer(struct batch_reader *b, uint64_t needed, const uint8_t **out,
                                uint64_t *length)
{
    int64_t offset;
    int64_t size;
    *out = NULL;
    *length = 0;
    if (b->next_buffer >= b->buffers.count) {
        return bad_batch(b, "a batch has fewer buffers than its columns need");
    }
    offset = fb_vector_i64(&b->buffers, b->next_buffer, 16, 0);
    size = fb_vector_i64(&b->buffers, b->next_buffer, 16, 8);
    b->next_buffer++;
    if (offset < 0 || size < 0 ||
        !range_inside((uint64_t)offset, (uint64_t)size, b->message->body_size)) {
        return bad_batch(b, "a buffer lies outside the batch's body");
    }
    if ((uint64_t)size < needed) {
        return ipc_corrupt(b->message->body_offset + (uint64_t)offset,
                           "a buffer is shorter than its column", b->err);
    }
    *out = b->body + offset;
    *length = (uint64_t)size;
    return INLAY_OK;
}

static inlay_status read_validity(struct batch_reader *b, struct ArrowArray *out)
{
    const uint8_t *bits;
    uint64_t size;
    uint64_t bytes = ((uint64_t)out->length + 7) / 8;
    INLAY_TRY(take_buffer(b, out->null_count != 0 ? bytes : 0, &bits, &size));
    if (size != 0) {
        if (size < bytes) {
            return bad_batch(b, "a validity bitmap is shorter than its column");
        }
        array_borrow_buffer(out, 0, bits);
    }
    return INLAY_OK;
}

static inlay_status read_offsets(struct batch_reader *b, bool wide, struct ArrowArray *out,
                                 uint64_t *end)
{
    const uint8_t *offsets;
    uint64_t size;
    uint64_t width = wide ? 8 : 4;
    uint64_t last = (uint64_t)out->length * width;
    INLAY_TRY(take_buffer(b, out->length != 0 ? last + width : 0, &offsets, &size));
    *end = 0;
    if (out->length != 0) {
        *end = wide ? load_u64(offsets + last) : load_u32(offsets + last);
    }
    array_borrow_buffer(out, 1, offsets);
    if (out->length == 0 && size < width) {
        /* Arrow wants one entry even then; a static zero stands in. */
        static const uint64_t zero = 0;
        array_borrow_buffer(out, 1, &zero);
    }
    return INLAY_OK;
}

static inlay_status read_strings(struct batch_reader *b, const struct field *field,
                                 struct ArrowArray *out)
{
    bool wide = field->type == COLUMN_LARGE_UTF8 || field->type == COLUMN_LARGE_BINARY;
    const uint8_t *data;
    uint64_t size;
    uint64_t end;
    INLAY_TRY(read_offsets(b, wide, out, &end));
    INLAY_TRY(take_buffer(b, 0, &data, &size));
    if (end > size) { /* that offsets ascend up to `end` is checked with all values */
        return bad_batch(b, "text offsets pass the end of the text");
    }
    array_borrow_buffer(out, 2, data);
    return INLAY_OK;
}

/* Views, their data buffers, and the sizes of those in the last buffer. */
static inlay_status read_views(struct batch_reader *b, int64_t data_count, struct ArrowArray *out)
{
    uint8_t *sizes = mem_alloc_array((size_t)data_count, 8);
    const uint8_t *buffer;
    uint64_t size;
    int64_t i;
    if (sizes == NULL) {
        return error_no_memory(b->err);
    }
    array_own_buffer(out, out->n_buffers - 1, sizes);
    INLAY_TRY(take_buffer(b, (uint64_t)out->length * 16, &buffer, &size));
    array_borrow_buffer(out, 1, buffer);
    for (i = 0; i < data_count; i++) {
        INLAY_TRY(take_buffer(b, 0, &buffer, &size));
        array_borrow_buffer(out, 2 + i, buffer);
        store_u64(sizes + 8 * i, size);
    }
    return INLAY_OK;
}

static inlay_status take_variadic(struct batch_reader *b, int64_t *count)
{
    if (b->next_variadic >= b->variadic.count) {
        return bad_batch(b, "a batch has no buffer count for a view column");
    }
    *count = fb_vector_i64(&b->variadic, b->next_variadic++, 8, 0);
    if (*count < 0 || (uint64_t)*count > b->buffers.count) {
        return bad_batch(b, "a view column claims more buffers than the batch has");
    }
    return INLAY_OK;
}

static inlay_status read_array(struct batch_reader *b, const struct field *field,
                               struct ArrowArray *out);

static inlay_status read_children(struct batch_reader *b, const struct field *field,
                                  struct ArrowArray *out)
{
    size_t i;
    for (i = 0; i < field->child_count; i++) {
        INLAY_TRY(read_array(b, &field->children[i], out->children[i]));
        if (field->type == COLUMN_STRUCT && out->children[i]->length != out->length) {
            return bad_batch(b, "columns of different lengths");
        }
    }
    return INLAY_OK;
}

static inlay_status read_codes(struct batch_reader *b, const struct field *field,
                               struct ArrowArray *out)
{
    struct field index;
    const struct ArrowArray *dictionary = &b->reader->dictionaries[b->next_dictionary++];
    const uint8_t *codes;
    uint64_t size;
    memset(&index, 0, sizeof(index));
    index.type = field->index_type != COLUMN_NULL ? field->index_type : COLUMN_INT32;
    INLAY_TRY(take_buffer(b, (uint64_t)out->length * column_type_width(&index), &codes, &size));
    array_borrow_buffer(out, 1, codes);
    if (dictionary->release == NULL) {
        return bad_batch(b, "a dictionary was not sent before its first use");
    }
    return array_slice(dictionary, 0, dictionary->length, out->dictionary, b->err);
}

static inlay_status read_values(struct batch_reader *b, const struct field *field, int64_t variadic,
                                struct ArrowArray *out)
{
    const uint8_t *values;
    uint64_t size;
    uint64_t end;
    if (field->dictionary) {
        return read_codes(b, field, out);
    }
    if (field->view) {
        return read_views(b, variadic, out);
    }
    if (column_type_is_string(field->type)) {
        return read_strings(b, field, out);
    }
    switch (field->type) {
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
        INLAY_TRY(read_offsets(b, field->type == COLUMN_LARGE_LIST, out, &end));
        return read_children(b, field, out);
    case COLUMN_FIXED_LIST:
    case COLUMN_STRUCT:
        return read_children(b, field, out);
    case COLUMN_BOOL:
        INLAY_TRY(take_buffer(b, ((uint64_t)out->length + 7) / 8, &values, &size));
        break;
    default:
        /* No overflow: the length is below 2^40 or so, the width below 2^31. */
        if ((uint64_t)out->length > b->message->body_size / column_type_width(field)) {
            return bad_batch(b, "a buffer is shorter than its column");
        }
        INLAY_TRY(take_buffer(b, (uint64_t)out->length * column_type_width(field), &values, &size));
        break;
    }
    array_borrow_buffer(out, 1, values);
    return INLAY_OK;
}

static int64_t buffer_count(const struct field *field, int64_t variadic)
{
    if (field->dictionary) {
        return 2;
    }
    if (field->view) {
        return 3 + variadic;
    }
    if (field->type == COLUMN_NULL) {
        return 0;
    }
    if (field->type == COLUMN_STRUCT || field->type == COLUMN_FIXED_LIST) {
        return 1;
    }
    return column_type_is_string(field->type) ? 3 : 2;
}

static inlay_status read_array(struct batch_reader *b, const struct field *field,
                               struct ArrowArray *out)
{
    int64_t length;
    int64_t nulls;
    int64_t variadic = 0;
    INLAY_TRY(take_node(b, &length, &nulls));
    if (field->view && !field->dictionary) {
        INLAY_TRY(take_variadic(b, &variadic));
    }
    INLAY_TRY(array_new(out, buffer_count(field, variadic), (int64_t)field->child_count,
                        field->dictionary, b->owner, b->err));
    out->length = length;
    out->null_count = nulls;
    if (field->type == COLUMN_NULL) {
        out->null_count = length;
        return INLAY_OK;
    }
    INLAY_TRY(read_validity(b, out));
    return read_values(b, field, variadic, out);
}

/* ---- batches ---- */

static inlay_status refuse_compression(const struct fb_table *batch, inlay_error *err)
{
    struct fb_table compression = fb_child(batch, BATCH_COMPRESSION);
    if (!fb_present(&compression)) {
        return INLAY_OK;
    }
    return error_set(err, INLAY_UNSUPPORTED,
                     "an Arrow IPC body compressed with %s; write it without compression",
                     fb_u8(&compression, 0, 0) == 0 ? "LZ4" : "Zstandard");
}

static inlay_status begin_batch(struct batch_reader *b, struct ipc_reader *reader,
                                struct ipc_message *message, const struct fb_table *batch,
                                inlay_error *err)
{
    memset(b, 0, sizeof(*b));
    b->reader = reader;
    b->message = message;
    b->err = err;
    b->nodes = fb_vector(batch, BATCH_NODES, 16);
    b->buffers = fb_vector(batch, BATCH_BUFFERS, 16);
    b->variadic = fb_vector(batch, BATCH_VARIADIC, 8);
    INLAY_TRY(refuse_compression(batch, err));
    INLAY_TRY(ipc_message_status(message, err));
    return copy_body(b);
}

static inlay_status end_batch(const struct batch_reader *b)
{
    if (b->next_node != b->nodes.count || b->next_buffer != b->buffers.count) {
        return bad_batch(b, "a batch has more nodes or buffers than its schema needs");
    }
    return INLAY_OK;
}

static inlay_status check_array(const struct batch_reader *b, const struct field *field,
                                const struct ArrowArray *array)
{
    struct array_view view;
    inlay_status status =
        array_view_open(field, array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, b->err);
    if (status != INLAY_OK) {
        error_offset(b->err, b->message->body_offset);
        return status;
    }
    array_view_close(&view);
    return INLAY_OK;
}

static inlay_status read_record_batch(struct ipc_reader *reader, struct ipc_message *message,
                                      struct ArrowArray *out, inlay_error *err)
{
    struct batch_reader b;
    struct field root;
    inlay_status status;
    int64_t length = fb_i64(&message->header, BATCH_LENGTH, 0);
    memset(&root, 0, sizeof(root));
    root.type = COLUMN_STRUCT;
    root.children = reader->schema.fields;
    root.child_count = reader->schema.count;
    INLAY_TRY_GOTO(status, begin_batch(&b, reader, message, &message->header, err), cleanup);
    if (length < 0 || (root.child_count == 0 && length > ROWS_WITHOUT_BYTES)) {
        status = bad_batch(&b, "a batch with a bad number of rows");
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, array_new(out, 1, (int64_t)root.child_count, false, b.owner, err),
                   cleanup);
    out->length = length;
    INLAY_TRY_GOTO(status, read_children(&b, &root, out), cleanup);
    INLAY_TRY_GOTO(status, end_batch(&b), cleanup);
    status = check_array(&b, &root, out);
cleanup:
    if (status != INLAY_OK) {
        array_release(out);
    }
    colvec_owner_release(b.owner);
    return status;
}

/* The field whose dictionary has number `index` in depth-first order; counts down. */
static const struct field *find_dictionary_field(const struct field *fields, size_t count,
                                                 size_t *index)
{
    size_t i;
    for (i = 0; i < count; i++) {
        const struct field *found;
        if (fields[i].dictionary && (*index)-- == 0) {
            return &fields[i];
        }
        found = find_dictionary_field(fields[i].children, fields[i].child_count, index);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static inlay_status read_dictionary_values(struct ipc_reader *reader, struct ipc_message *message,
                                           const struct fb_table *batch, size_t index,
                                           inlay_error *err)
{
    struct batch_reader b;
    struct ArrowArray array = {0};
    struct field values;
    size_t counter = index;
    inlay_status status;
    values = *find_dictionary_field(reader->schema.fields, reader->schema.count, &counter);
    values.dictionary = false;
    values.nullable = true;
    INLAY_TRY_GOTO(status, begin_batch(&b, reader, message, batch, err), cleanup);
    INLAY_TRY_GOTO(status, read_array(&b, &values, &array), cleanup);
    INLAY_TRY_GOTO(status, end_batch(&b), cleanup);
    INLAY_TRY_GOTO(status, check_array(&b, &values, &array), cleanup);
    INLAY_TRY_GOTO(status, array_share(&array, err), cleanup);
    array_release(&reader->dictionaries[index]); /* batches keep the one that they were read with */
    array_move(&array, &reader->dictionaries[index]);
cleanup:
    array_release(&array);
    colvec_owner_release(b.owner);
    return status;
}

static inlay_status read_dictionary(struct ipc_reader *reader, struct ipc_message *message,
                                    inlay_error *err)
{
    int64_t id = fb_i64(&message->header, DICTIONARY_ID, 0);
    struct fb_table batch = fb_child(&message->header, DICTIONARY_DATA);
    bool used = false;
    size_t i;
    INLAY_TRY(ipc_message_status(message, err));
    if (fb_u8(&message->header, DICTIONARY_IS_DELTA, 0) != 0) {
        return error_set(err, INLAY_UNSUPPORTED, "an Arrow IPC stream with delta dictionaries");
    }
    for (i = 0; i < reader->ids.count; i++) {
        if (reader->ids.ids[i] == id) {
            INLAY_TRY(read_dictionary_values(reader, message, &batch, i, err));
            used = true;
        }
    }
    return used ? INLAY_OK
                : ipc_corrupt(message->body_offset, "a dictionary that no column uses", err);
}

inlay_status ipc_reader_next(struct ipc_reader *reader, struct ArrowArray *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    while (!reader->stream.ended) {
        struct ipc_message message;
        INLAY_TRY(ipc_message_next(&reader->stream, &message, err));
        if (reader->stream.ended) {
            break;
        }
        if (message.type == IPC_RECORD_BATCH) {
            return read_record_batch(reader, &message, out, err);
        }
        if (message.type != IPC_DICTIONARY) {
            return ipc_corrupt(message.metadata.base_offset, "a message of an unexpected kind",
                               err);
        }
        INLAY_TRY(read_dictionary(reader, &message, err));
    }
    return INLAY_OK;
}

static inlay_status read_first_message(struct ipc_stream *stream, struct schema *schema,
                                       struct ipc_dictionary_ids *ids, inlay_error *err)
{
    struct ipc_message message;
    INLAY_TRY(ipc_message_next(stream, &message, err));
    if (stream->ended) {
        return ipc_corrupt(0, "the stream has no schema", err);
    }
    return ipc_schema_read(&message, schema, ids, err);
}

inlay_status ipc_read_schema(const void *data, size_t size, struct schema *out, inlay_error *err)
{
    struct ipc_stream stream = {data, size, 0, false};
    memset(out, 0, sizeof(*out));
    return read_first_message(&stream, out, NULL, err);
}

inlay_status ipc_reader_open(const void *data, size_t size, struct ipc_reader **out,
                             inlay_error *err)
{
    struct ipc_reader *reader = mem_zalloc(sizeof(*reader));
    inlay_status status;
    *out = NULL;
    if (reader == NULL) {
        return error_no_memory(err);
    }
    reader->stream.data = data;
    reader->stream.size = size;
    status = read_first_message(&reader->stream, &reader->schema, &reader->ids, err);
    if (status == INLAY_OK) {
        reader->dictionaries = mem_zalloc_array(reader->ids.count, sizeof(struct ArrowArray));
        status = reader->dictionaries != NULL ? INLAY_OK : error_no_memory(err);
    }
    if (status != INLAY_OK) {
        ipc_reader_close(reader);
        return status;
    }
    *out = reader;
    return INLAY_OK;
}

void ipc_reader_close(struct ipc_reader *reader)
{
    size_t i;
    if (reader != NULL) {
        for (i = 0; reader->dictionaries != NULL && i < reader->ids.count; i++) {
            array_release(&reader->dictionaries[i]);
        }
        mem_free(reader->dictionaries);
        mem_free(reader->ids.ids);
        schema_free(&reader->schema);
        mem_free(reader);
    }
}

const struct schema *ipc_reader_schema(const struct ipc_reader *reader)
{
    return &reader->schema;
}
