/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include "base/error.h"

#include <jansson.h>
#include <string.h>

static const json_t *jansson_of(const struct json *value)
{
    return (const json_t *)(const void *)value;
}

static const struct json *value_of(const json_t *value)
{
    return (const struct json *)(const void *)value;
}

struct extent {
    size_t depth;  /* the deepest nesting of brackets */
    size_t values; /* no fewer than there are */
};

/* Measures before parsing, since the parser recurses and allocates for every value. Bytes that are
 * no JSON may give any numbers; the parser then refuses them, having met no more than these. */
static struct extent measure(const uint8_t *bytes, size_t size)
{
    struct extent extent = {0, 1};
    size_t depth = 0;
    bool in_string = false;
    size_t i;
    for (i = 0; i < size; i++) {
        uint8_t c = bytes[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            depth++;
            extent.values++;
            extent.depth = depth > extent.depth ? depth : extent.depth;
        } else if (c == ',') {
            extent.values++;
        } else if ((c == ']' || c == '}') && depth != 0) {
            depth--;
        }
    }
    return extent;
}

static inlay_status over_limit(inlay_error *err, const char *what, size_t found, size_t limit)
{
    error_set(err, INLAY_OVER_BUDGET, "a JSON document has %zu %s; the limit is %zu", found, what,
              limit);
    error_expected(err, "at most %zu %s", limit, what);
    error_found(err, "%zu", found);
    return INLAY_OVER_BUDGET;
}

static inlay_status parse_error(inlay_error *err, const json_error_t *reason)
{
    if (json_error_code(reason) == json_error_out_of_memory) {
        return error_no_memory(err);
    }
    error_set(err, INLAY_CORRUPT, "not a JSON document: %s (line %d, column %d)", reason->text,
              reason->line, reason->column);
    error_offset(err, reason->position > 0 ? (uint64_t)reason->position : 0);
    error_row(err, reason->line);
    return INLAY_CORRUPT;
}

inlay_status json_parse(const void *data, size_t size, size_t max_bytes, unsigned max_depth,
                        struct json **out, inlay_error *err)
{
    json_error_t reason;
    json_t *root;
    struct extent extent;
    *out = NULL;
    max_bytes = max_bytes != 0 ? max_bytes : JSON_DEFAULT_MAX_BYTES;
    max_depth = max_depth != 0 ? max_depth : JSON_DEFAULT_MAX_DEPTH;
    if (size > max_bytes) {
        return over_limit(err, "bytes", size, max_bytes);
    }
    extent = measure(data, size);
    if (extent.depth > max_depth) {
        return over_limit(err, "levels", extent.depth, max_depth);
    }
    if (extent.values > JSON_MAX_VALUES) {
        return over_limit(err, "values", extent.values, JSON_MAX_VALUES);
    }
    root = json_loadb(size != 0 ? data : "", size, JSON_REJECT_DUPLICATES, &reason);
    if (root == NULL) {
        return parse_error(err, &reason);
    }
    *out = (struct json *)(void *)root;
    return INLAY_OK;
}

void json_free(struct json *document)
{
    json_decref((json_t *)(void *)document);
}

enum json_kind json_kind_of(const struct json *value)
{
    switch (json_typeof(jansson_of(value))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_STRING;
    case JSON_INTEGER:
        return JSON_KIND_INTEGER;
    case JSON_REAL:
        return JSON_KIND_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_KIND_NULL;
}

const char *json_kind_name(enum json_kind kind)
{
    static const char *const names[] = {"null",   "boolean", "integer", "real",
                                        "string", "array",   "object"};
    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "unknown";
}

const struct json *json_find(const struct json *object, const char *key)
{
    return object != NULL ? value_of(json_object_get(jansson_of(object), key)) : NULL;
}

bool json_has(const struct json *object, const char *key)
{
    const struct json *value = json_find(object, key);
    return value != NULL && json_kind_of(value) != JSON_KIND_NULL;
}

size_t json_length(const struct json *array)
{
    return array != NULL ? json_array_size(jansson_of(array)) : 0;
}

const struct json *json_at(const struct json *array, size_t index)
{
    return array != NULL ? value_of(json_array_get(jansson_of(array), index)) : NULL;
}

bool json_next_member(const struct json *object, struct json_cursor *cursor, const char **key,
                      const struct json **value)
{
    /* The library's iterators take the object as writable and only read it. */
    json_t *members;
    memcpy(&members, &object, sizeof(members));
    cursor->position = cursor->started ? json_object_iter_next(members, cursor->position)
                                       : json_object_iter(members);
    cursor->started = cursor->position != NULL;
    if (cursor->position == NULL) {
        return false;
    }
    *key = json_object_iter_key(cursor->position);
    *value = value_of(json_object_iter_value(cursor->position));
    return true;
}

static inlay_status wrong_kind(const struct json *value, const char *name, const char *expected,
                               inlay_error *err)
{
    const char *found = value != NULL ? json_kind_name(json_kind_of(value)) : "nothing";
    error_set(err, INLAY_CORRUPT, "JSON member '%s' should be %s, found %s", name, expected, found);
    error_key(err, name);
    error_expected(err, "%s", expected);
    error_found(err, "%s", found);
    return INLAY_CORRUPT;
}

static bool is_kind(const struct json *value, enum json_kind kind)
{
    return value != NULL && json_kind_of(value) == kind;
}

inlay_status json_as_string(const struct json *value, const char *name, const char **text,
                            size_t *length, inlay_error *err)
{
    *text = NULL;
    if (length != NULL) {
        *length = 0;
    }
    if (!is_kind(value, JSON_KIND_STRING)) {
        return wrong_kind(value, name, "string", err);
    }
    *text = json_string_value(jansson_of(value));
    if (length != NULL) {
        *length = json_string_length(jansson_of(value));
    }
    return INLAY_OK;
}

inlay_status json_as_i64(const struct json *value, const char *name, int64_t *out, inlay_error *err)
{
    *out = 0;
    if (!is_kind(value, JSON_KIND_INTEGER)) {
        return wrong_kind(value, name, "integer", err);
    }
    *out = json_integer_value(jansson_of(value));
    return INLAY_OK;
}

inlay_status json_as_u64(const struct json *value, const char *name, uint64_t *out,
                         inlay_error *err)
{
    int64_t number;
    *out = 0;
    INLAY_TRY(json_as_i64(value, name, &number, err));
    if (number < 0) {
        error_set(err, INLAY_CORRUPT, "JSON member '%s' should not be negative, found %lld", name,
                  (long long)number);
        error_key(err, name);
        error_expected(err, "0 or more");
        error_found(err, "%lld", (long long)number);
        return INLAY_CORRUPT;
    }
    *out = (uint64_t)number;
    return INLAY_OK;
}

inlay_status json_as_f64(const struct json *value, const char *name, double *out, inlay_error *err)
{
    *out = 0;
    if (!is_kind(value, JSON_KIND_REAL) && !is_kind(value, JSON_KIND_INTEGER)) {
        return wrong_kind(value, name, "real", err);
    }
    *out = json_number_value(jansson_of(value));
    return INLAY_OK;
}

inlay_status json_as_bool(const struct json *value, const char *name, bool *out, inlay_error *err)
{
    *out = false;
    if (!is_kind(value, JSON_KIND_BOOL)) {
        return wrong_kind(value, name, "boolean", err);
    }
    *out = json_is_true(jansson_of(value));
    return INLAY_OK;
}

inlay_status json_as_array(const struct json *value, const char *name, const struct json **out,
                           inlay_error *err)
{
    *out = is_kind(value, JSON_KIND_ARRAY) ? value : NULL;
    return *out != NULL ? INLAY_OK : wrong_kind(value, name, "array", err);
}

inlay_status json_as_object(const struct json *value, const char *name, const struct json **out,
                            inlay_error *err)
{
    *out = is_kind(value, JSON_KIND_OBJECT) ? value : NULL;
    return *out != NULL ? INLAY_OK : wrong_kind(value, name, "object", err);
}

inlay_status json_get_string(const struct json *object, const char *key, const char **text,
                             size_t *length, inlay_error *err)
{
    return json_as_string(json_find(object, key), key, text, length, err);
}

inlay_status json_get_i64(const struct json *object, const char *key, int64_t *out,
                          inlay_error *err)
{
    return json_as_i64(json_find(object, key), key, out, err);
}

inlay_status json_get_u64(const struct json *object, const char *key, uint64_t *out,
                          inlay_error *err)
{
    return json_as_u64(json_find(object, key), key, out, err);
}

inlay_status json_get_f64(const struct json *object, const char *key, double *out, inlay_error *err)
{
    return json_as_f64(json_find(object, key), key, out, err);
}

inlay_status json_get_bool(const struct json *object, const char *key, bool *out, inlay_error *err)
{
    return json_as_bool(json_find(object, key), key, out, err);
}

inlay_status json_get_array(const struct json *object, const char *key, const struct json **out,
                            inlay_error *err)
{
    return json_as_array(json_find(object, key), key, out, err);
}

inlay_status json_get_object(const struct json *object, const char *key, const struct json **out,
                             inlay_error *err)
{
    return json_as_object(json_find(object, key), key, out, err);
}
