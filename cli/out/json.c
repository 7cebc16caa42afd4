/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "number.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void add_escaped(struct text *out, uint32_t c, const char *bytes, size_t used)
{
    switch (c) {
    case '"':
        text_add_string(out, "\\\"");
        return;
    case '\\':
        text_add_string(out, "\\\\");
        return;
    case '\n':
        text_add_string(out, "\\n");
        return;
    case '\r':
        text_add_string(out, "\\r");
        return;
    case '\t':
        text_add_string(out, "\\t");
        return;
    case 0xfffd:
        text_add_string(out, "\xef\xbf\xbd");
        return;
    default:
        if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
            text_format(out, "\\u%04x", (unsigned)c);
        } else {
            text_add(out, bytes, used);
        }
    }
}

void json_add_string(struct text *out, const char *bytes, size_t length)
{
    text_add_char(out, '"');
    for (size_t at = 0, used; at < length; at += used) {
        uint32_t c = utf8_next(bytes + at, length - at, &used);
        add_escaped(out, c, bytes + at, used);
    }
    text_add_char(out, '"');
}

void json_add_base64(struct text *out, const void *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;
    text_add_char(out, '"');
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)p[i + 2] : 0);
        text_add_char(out, digits[group >> 18]);
        text_add_char(out, digits[group >> 12 & 63]);
        text_add_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
        text_add_char(out, left > 2 ? digits[group & 63] : '=');
    }
    text_add_char(out, '"');
}

void json_object_begin(struct text *out)
{
    text_add_char(out, '{');
}

void json_object_end(struct text *out)
{
    text_add_char(out, '}');
}

void json_member_name(struct text *out, const char *name)
{
    if (out->length > 0 && out->data[out->length - 1] != '{') {
        text_add_char(out, ',');
    }
    json_add_string(out, name, strlen(name));
    text_add_char(out, ':');
}

void json_member_string(struct text *out, const char *name, const char *value)
{
    json_member_name(out, name);
    if (value) {
        json_add_string(out, value, strlen(value));
    } else {
        text_add_string(out, "null");
    }
}

void json_member_uint(struct text *out, const char *name, uint64_t value)
{
    json_member_name(out, name);
    text_format(out, "%" PRIu64, value);
}

void json_member_int(struct text *out, const char *name, int64_t value)
{
    json_member_name(out, name);
    text_format(out, "%" PRId64, value);
}

void json_member_double(struct text *out, const char *name, double value)
{
    json_member_name(out, name);
    if (isfinite(value)) {
        number_add_double(out, value);
    } else {
        text_add_string(out, "null");
    }
}

void json_member_bool(struct text *out, const char *name, bool value)
{
    json_member_name(out, name);
    text_add_string(out, value ? "true" : "false");
}
