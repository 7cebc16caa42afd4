/* SPDX-License-Identifier: Apache-2.0 */
/* Separated values and NDJSON, a row at a time through one buffer. */
#include "base/alloc.h"
#include "base/error.h"
#include "columnar/scalar_text.h"
#include "columnar/value_text.h"
#include "export/encoder.h"

#include <string.h>

/* A batch's rows are handed on when they have so many bytes. */
#define CHUNK_BYTES ((size_t)64 << 10)

struct text_encoder {
    struct row_encoder base;
    char separator;      /* 0 = NDJSON */
    struct buffer out;   /* rows that were not handed on yet */
    struct buffer value; /* of one field, before it is quoted */
    struct buffer names; /* of NDJSON: every column's name as JSON, with its colon */
    size_t *name_ends;   /* owned; in `names` */
};

static inlay_status hand_on(struct text_encoder *text, inlay_error *err)
{
    inlay_status status = buffer_status(&text->out, err);
    if (status == INLAY_OK) {
        status = byte_sink_write(text->base.sink, text->out.data, text->out.len, err);
    }
    buffer_clear(&text->out);
    return status;
}

static inlay_status text_end(struct row_encoder *encoder, inlay_error *err)
{
    return hand_on((struct text_encoder *)encoder, err);
}

static void text_free(struct row_encoder *encoder)
{
    struct text_encoder *text = (struct text_encoder *)encoder;
    buffer_free(&text->out);
    buffer_free(&text->value);
    buffer_free(&text->names);
    mem_free(text->name_ends);
    mem_free(text);
}

static inlay_status text_create(const struct row_encoder_ops *ops, char separator,
                                struct row_encoder **out, inlay_error *err)
{
    struct text_encoder *text = mem_zalloc(sizeof(*text));
    if (text == NULL) {
        return error_no_memory(err);
    }
    text->base.ops = ops;
    text->separator = separator;
    buffer_init(&text->out, SIZE_MAX);
    buffer_init(&text->value, SIZE_MAX);
    buffer_init(&text->names, SIZE_MAX);
    *out = &text->base;
    return INLAY_OK;
}

/* ---- separated values ---- */

static bool needs_quotes(const struct text_encoder *text, const uint8_t *bytes, size_t length)
{
    size_t i;
    for (i = 0; i < length; i++) {
        uint8_t c = bytes[i];
        if (c == (uint8_t)text->separator || c == '"' || c == '\r' || c == '\n') {
            return true;
        }
    }
    /* An empty field is null. Readers strip spaces, or take a leading # for a comment. */
    return length == 0 || bytes[0] == ' ' || bytes[0] == '#' || bytes[length - 1] == ' ';
}

static void add_field(struct text_encoder *text, const uint8_t *bytes, size_t length)
{
    size_t i;
    if (!needs_quotes(text, bytes, length)) {
        buffer_append(&text->out, bytes, length);
        return;
    }
    buffer_u8(&text->out, '"');
    for (i = 0; i < length; i++) {
        if (bytes[i] == '"') {
            buffer_u8(&text->out, '"');
        }
        buffer_u8(&text->out, bytes[i]);
    }
    buffer_u8(&text->out, '"');
}

static inlay_status separated_begin(struct row_encoder *encoder, inlay_error *err)
{
    struct text_encoder *text = (struct text_encoder *)encoder;
    size_t i;
    (void)err;
    for (i = 0; i < encoder->schema->count; i++) {
        const char *name = encoder->schema->fields[i].name;
        if (i != 0) {
            buffer_u8(&text->out, (uint8_t)text->separator);
        }
        add_field(text, (const uint8_t *)name, strlen(name));
    }
    buffer_u8(&text->out, '\n');
    return INLAY_OK;
}

static bool is_null(const struct array_view *column, int64_t row)
{
    return column->field->type == COLUMN_NULL || array_view_is_null(column, row);
}

static inlay_status separated_batch(struct row_encoder *encoder, const struct batch *batch,
                                    const struct array_view *view, inlay_error *err)
{
    struct text_encoder *text = (struct text_encoder *)encoder;
    int64_t row;
    size_t i;
    (void)batch;
    for (row = 0; row < view->length; row++) {
        for (i = 0; i < view->child_count; i++) {
            if (i != 0) {
                buffer_u8(&text->out, (uint8_t)text->separator);
            }
            if (!is_null(&view->children[i], row)) {
                buffer_clear(&text->value);
                value_text_plain(&text->value, &view->children[i], row);
                INLAY_TRY(buffer_status(&text->value, err));
                add_field(text, text->value.data, text->value.len);
            }
        }
        buffer_u8(&text->out, '\n');
        if (text->out.len >= CHUNK_BYTES || text->out.status != INLAY_OK) {
            INLAY_TRY(hand_on(text, err));
        }
    }
    return INLAY_OK;
}

static const struct row_encoder_ops separated_ops = {separated_begin, separated_batch, text_end,
                                                     text_free};

inlay_status encoder_separated_create(char separator, struct row_encoder **out, inlay_error *err)
{
    return text_create(&separated_ops, separator, out, err);
}

/* ---- NDJSON ---- */

static inlay_status ndjson_begin(struct row_encoder *encoder, inlay_error *err)
{
    struct text_encoder *text = (struct text_encoder *)encoder;
    size_t count = encoder->schema->count;
    size_t i;
    text->name_ends = mem_alloc_array(count, sizeof(*text->name_ends));
    if (text->name_ends == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        const char *name = encoder->schema->fields[i].name;
        buffer_u8(&text->names, i == 0 ? '{' : ',');
        scalar_text_json_string(&text->names, (const uint8_t *)name, strlen(name));
        buffer_u8(&text->names, ':');
        text->name_ends[i] = text->names.len;
    }
    return buffer_status(&text->names, err);
}

static inlay_status ndjson_batch(struct row_encoder *encoder, const struct batch *batch,
                                 const struct array_view *view, inlay_error *err)
{
    struct text_encoder *text = (struct text_encoder *)encoder;
    int64_t row;
    size_t i;
    (void)batch;
    for (row = 0; row < view->length; row++) {
        size_t start = 0;
        for (i = 0; i < view->child_count; i++) {
            buffer_append(&text->out, text->names.data + start, text->name_ends[i] - start);
            start = text->name_ends[i];
            value_text_json(&text->out, &view->children[i], row);
        }
        buffer_append(&text->out, "}\n", 2);
        if (text->out.len >= CHUNK_BYTES || text->out.status != INLAY_OK) {
            INLAY_TRY(hand_on(text, err));
        }
    }
    return INLAY_OK;
}

static const struct row_encoder_ops ndjson_ops = {ndjson_begin, ndjson_batch, text_end, text_free};

inlay_status encoder_ndjson_create(struct row_encoder **out, inlay_error *err)
{
    return text_create(&ndjson_ops, 0, out, err);
}
