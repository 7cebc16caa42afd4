/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void json_writer_init(struct json_writer *writer, struct buffer *out)
{
    writer->out = out;
    writer->depth = 0;
    writer->comma = false;
}

static void writer_fail(struct json_writer *writer, inlay_status status)
{
    if (writer->out->status == INLAY_OK) {
        writer->out->status = status;
    }
}

/* Bytes of the well-formed UTF-8 sequence at `text` (Unicode 15, table 3-7), 0 when it is none. */
static size_t utf8_sequence(const uint8_t *text, size_t left)
{
    uint8_t lead = text[0];
    size_t length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    uint8_t lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    size_t i;
    if (lead > 0xf4 || length > left) {
        return 0;
    }
    for (i = 1; i < length; i++) {
        if (text[i] < lowest || text[i] > highest) {
            return 0;
        }
        lowest = 0x80;
        highest = 0xbf;
    }
    return length;
}

static void append_escaped(struct json_writer *writer, uint8_t c)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t i;
    for (i = 0; i < sizeof(shorts) - 1; i += 2) {
        if ((uint8_t)shorts[i] == c) {
            buffer_u8(writer->out, '\\');
            buffer_u8(writer->out, (uint8_t)shorts[i + 1]);
            return;
        }
    }
    buffer_printf(writer->out, "\\u%04x", c);
}

static void append_quoted(struct json_writer *writer, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    size_t start = 0;
    size_t i = 0;
    buffer_u8(writer->out, '"');
    while (i < length) {
        size_t step = utf8_sequence(bytes + i, length - i);
        if (step == 0 || bytes[i] == 0) {
            writer_fail(writer, INLAY_INVALID_ARGUMENT);
            return;
        }
        if (bytes[i] < 0x20 || bytes[i] == '"' || bytes[i] == '\\') {
            buffer_append(writer->out, bytes + start, i - start);
            append_escaped(writer, bytes[i]);
            start = i + 1;
        }
        i += step;
    }
    buffer_append(writer->out, bytes + start, length - start);
    buffer_u8(writer->out, '"');
}

/* What stands before every value. */
static void start_value(struct json_writer *writer, const char *key)
{
    if (writer->comma) {
        buffer_u8(writer->out, ',');
    }
    writer->comma = true;
    if (key != NULL) {
        append_quoted(writer, key, strlen(key));
        buffer_u8(writer->out, ':');
    }
}

static void open_bracket(struct json_writer *writer, const char *key, char bracket)
{
    start_value(writer, key);
    buffer_u8(writer->out, (uint8_t)bracket);
    writer->comma = false;
    writer->depth++;
}

static void close_bracket(struct json_writer *writer, char bracket)
{
    if (writer->depth == 0) {
        writer_fail(writer, INLAY_INTERNAL);
        return;
    }
    buffer_u8(writer->out, (uint8_t)bracket);
    writer->comma = true;
    writer->depth--;
}

void json_begin_object(struct json_writer *writer, const char *key)
{
    open_bracket(writer, key, '{');
}

void json_end_object(struct json_writer *writer)
{
    close_bracket(writer, '}');
}

void json_begin_array(struct json_writer *writer, const char *key)
{
    open_bracket(writer, key, '[');
}

void json_end_array(struct json_writer *writer)
{
    close_bracket(writer, ']');
}

void json_write_text(struct json_writer *writer, const char *key, const char *text, size_t length)
{
    start_value(writer, key);
    append_quoted(writer, text, length);
}

void json_write_string(struct json_writer *writer, const char *key, const char *text)
{
    json_write_text(writer, key, text, strlen(text));
}

void json_write_i64(struct json_writer *writer, const char *key, int64_t value)
{
    start_value(writer, key);
    buffer_printf(writer->out, "%lld", (long long)value);
}

void json_write_u64(struct json_writer *writer, const char *key, uint64_t value)
{
    if (value > INT64_MAX) {
        writer_fail(writer, INLAY_INVALID_ARGUMENT);
        return;
    }
    json_write_i64(writer, key, (int64_t)value);
}

void json_write_f64(struct json_writer *writer, const char *key, double value)
{
    char text[40];
    char plain[40];
    size_t length = 0;
    bool is_real = false;
    const char *c;
    if (!isfinite(value)) {
        writer_fail(writer, INLAY_INVALID_ARGUMENT);
        return;
    }
    (void)snprintf(text, sizeof(text), "%.17g", value);
    for (c = text; *c != '\0'; c++) {
        bool known = strchr("+-e0123456789", *c) != NULL;
        is_real = is_real || !known || *c == 'e';
        /* Anything else is the decimal separator of the host's locale, perhaps several bytes. */
        if (known || plain[length - 1] != '.') {
            plain[length++] = known ? *c : '.';
        }
    }
    start_value(writer, key);
    buffer_printf(writer->out, "%.*s%s", (int)length, plain, is_real ? "" : ".0");
}

void json_write_bool(struct json_writer *writer, const char *key, bool value)
{
    start_value(writer, key);
    buffer_printf(writer->out, "%s", value ? "true" : "false");
}

void json_write_null(struct json_writer *writer, const char *key)
{
    start_value(writer, key);
    buffer_append(writer->out, "null", 4);
}

inlay_status json_writer_finish(const struct json_writer *writer, inlay_error *err)
{
    if (writer->out->status == INLAY_INVALID_ARGUMENT) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "JSON cannot hold text that is not UTF-8 or has a NUL, numbers above "
                         "2^63 - 1, infinities or NaN");
    }
    if (writer->out->status == INLAY_OK && writer->depth != 0) {
        return error_set(err, INLAY_INTERNAL, "a JSON writer left %u brackets open", writer->depth);
    }
    return buffer_status(writer->out, err);
}
