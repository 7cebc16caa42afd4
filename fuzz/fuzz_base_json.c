/* SPDX-License-Identifier: Apache-2.0 */
/* JSON from arbitrary bytes: what parses can be walked, and written again to an equal document. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void write_value(struct json_writer *writer, const char *key, const struct json *value);

static void write_object(struct json_writer *writer, const char *key, const struct json *value)
{
    struct json_cursor cursor = {NULL, false};
    const struct json *member;
    const char *name;
    json_begin_object(writer, key);
    while (json_next_member(value, &cursor, &name, &member)) {
        require(json_find(value, name) == member);
        write_value(writer, name, member);
    }
    json_end_object(writer);
}

static void write_scalar(struct json_writer *writer, const char *key, const struct json *value)
{
    const char *text;
    size_t length;
    int64_t integer;
    double real;
    bool boolean;
    if (json_as_string(value, "value", &text, &length, NULL) == INLAY_OK) {
        require(strlen(text) == length);
        json_write_text(writer, key, text, length);
    } else if (json_as_i64(value, "value", &integer, NULL) == INLAY_OK) {
        json_write_i64(writer, key, integer);
    } else if (json_as_f64(value, "value", &real, NULL) == INLAY_OK) {
        json_write_f64(writer, key, real);
    } else if (json_as_bool(value, "value", &boolean, NULL) == INLAY_OK) {
        json_write_bool(writer, key, boolean);
    } else {
        require(json_kind_of(value) == JSON_KIND_NULL);
        json_write_null(writer, key);
    }
}

static void write_value(struct json_writer *writer, const char *key, const struct json *value)
{
    size_t i;
    if (json_kind_of(value) == JSON_KIND_OBJECT) {
        write_object(writer, key, value);
    } else if (json_kind_of(value) == JSON_KIND_ARRAY) {
        json_begin_array(writer, key);
        for (i = 0; i < json_length(value); i++) {
            write_value(writer, NULL, json_at(value, i));
        }
        json_end_array(writer);
    } else {
        write_scalar(writer, key, value);
    }
}

static void write_document(const struct json *document, struct buffer *out)
{
    struct json_writer writer;
    buffer_init(out, SIZE_MAX);
    json_writer_init(&writer, out);
    write_value(&writer, NULL, document);
    require(json_writer_finish(&writer, NULL) == INLAY_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json *document;
    struct json *again;
    struct buffer first;
    struct buffer second;
    if (json_parse(data, size, 0, 0, &document, NULL) != INLAY_OK) {
        return 0;
    }
    write_document(document, &first);
    require(json_parse(first.data, first.len, 0, 0, &again, NULL) == INLAY_OK);
    write_document(again, &second);
    require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    json_free(document);
    json_free(again);
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
