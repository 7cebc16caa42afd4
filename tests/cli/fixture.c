/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/fixture.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct source {
    const char *const *columns;
    size_t column_count;
    const char *const *cells;
    size_t row_count;
    size_t batch_rows;
    size_t next;
};

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n > 0 ? n : 1, size);
    if (!p) {
        abort();
    }
    return p;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    free(schema->private_data); /* the name; the format is borrowed */
    schema->release = NULL;
}

void fixture_schema(struct ArrowSchema *out, const char *const *columns, size_t column_count)
{
    *out = (struct ArrowSchema){.format = "+s", .name = "", .release = release_schema};
    out->n_children = (int64_t)column_count;
    out->children = zeroed(column_count, sizeof(*out->children));
    for (size_t i = 0; i < column_count; i++) {
        const char *colon = strchr(columns[i], ':');
        char *name = strndup(columns[i], (size_t)(colon - columns[i]));
        out->children[i] = zeroed(1, sizeof(struct ArrowSchema));
        *out->children[i] = (struct ArrowSchema){.format = colon + 1,
                                                 .name = name,
                                                 .flags = ARROW_FLAG_NULLABLE,
                                                 .release = release_schema,
                                                 .private_data = name};
    }
}

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_buffers; i++) {
        free((void *)(uintptr_t)array->buffers[i]);
    }
    for (int64_t i = 0; i < array->n_children; i++) {
        array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->buffers);
    free(array->children);
    array->release = NULL;
}

static size_t width_of(const char *format)
{
    switch (format[0]) {
    case 'e':
        return 2;
    case 'i':
    case 'f':
        return 4;
    case 'd':
        return 16;
    case 't':
        return format[1] == 'd' ? 4 : 8;
    default:
        return 8;
    }
}

static void store_fixed(const char *format, char *at, const char *cell)
{
    int64_t integers[2] = {strtoll(cell, NULL, 10), 0};
    if (format[0] == 'f') {
        float value = strtof(cell, NULL);
        memcpy(at, &value, sizeof(value));
    } else if (format[0] == 'g') {
        double value = strtod(cell, NULL);
        memcpy(at, &value, sizeof(value));
    } else {
        if (format[0] == 'L') {
            integers[0] = (int64_t)strtoull(cell, NULL, 10);
        }
        integers[1] = format[0] == 'd' && integers[0] < 0 ? -1 : 0;
        memcpy(at, integers, width_of(format)); /* little-endian hosts only, as the fixtures need */
    }
}

/* Slot 0 is a row that the offset skips. */
static struct ArrowArray *make_column(const char *format, const char *const *cells, size_t stride,
                                      size_t from, size_t to)
{
    size_t rows = to - from;
    bool is_text = format[0] == 'u' || format[0] == 'z';
    struct ArrowArray *array = zeroed(1, sizeof(*array));
    uint8_t *validity = zeroed(rows / 8 + 1, 1);
    char *data = zeroed(rows + 2, 16);
    char *text = NULL;
    size_t text_size = 0;
    *array = (struct ArrowArray){.length = (int64_t)rows, .offset = 1, .release = release_array};
    array->null_count = -1;
    validity = realloc(validity, (rows + 1) / 8 + 1);
    memset(validity, 0, (rows + 1) / 8 + 1);
    for (size_t i = 0; i < rows; i++) {
        const char *cell = cells[(from + i) * stride];
        size_t slot = i + 1;
        if (cell) {
            validity[slot / 8] |= (uint8_t)(1u << slot % 8);
        }
        if (is_text) {
            size_t length = cell ? strlen(cell) : 0;
            text = realloc(text, text_size + length + 1);
            memcpy(text + text_size, cell ? cell : "", length);
            text_size += length;
            int32_t end = (int32_t)text_size;
            memcpy(data + (slot + 1) * 4, &end, sizeof(end));
        } else if (format[0] == 'b') {
            data[slot / 8] |= (char)(cell && cell[0] == 't' ? 1 << slot % 8 : 0);
        } else if (cell) {
            store_fixed(format, data + slot * width_of(format), cell);
        }
    }
    array->n_buffers = is_text ? 3 : 2;
    array->buffers = zeroed(3, sizeof(*array->buffers));
    array->buffers[0] = validity;
    array->buffers[1] = data;
    array->buffers[2] = text;
    return array;
}

void fixture_batch(struct ArrowArray *out, const char *const *columns, size_t column_count,
                   const char *const *cells, size_t from, size_t to)
{
    *out = (struct ArrowArray){.length = (int64_t)(to - from), .release = release_array};
    out->n_children = (int64_t)column_count;
    out->children = zeroed(column_count, sizeof(*out->children));
    out->n_buffers = 1;
    out->buffers = zeroed(1, sizeof(*out->buffers));
    for (size_t i = 0; i < column_count; i++) {
        out->children[i] =
            make_column(strchr(columns[i], ':') + 1, cells + i, column_count, from, to);
    }
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    const struct source *s = stream->private_data;
    fixture_schema(out, s->columns, s->column_count);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct source *s = stream->private_data;
    *out = (struct ArrowArray){0};
    if (s->next < s->row_count) {
        size_t to = s->next + s->batch_rows < s->row_count ? s->next + s->batch_rows : s->row_count;
        fixture_batch(out, s->columns, s->column_count, s->cells, s->next, to);
        s->next = to;
    }
    return 0;
}

static const char *last_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return NULL;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    free(stream->private_data);
    stream->release = NULL;
}

void fixture_stream(struct ArrowArrayStream *out, const char *const *columns, size_t column_count,
                    const char *const *cells, size_t row_count, size_t batch_rows)
{
    struct source *s = zeroed(1, sizeof(*s));
    *s = (struct source){columns, column_count, cells, row_count, batch_rows, 0};
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = last_error,
                                     .release = release_stream,
                                     .private_data = s};
}
