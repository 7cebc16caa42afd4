/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON (RFC 8259): parsing of untrusted bytes, typed reading, and compact writing. The only user of
 * jansson, which takes its memory from malloc. Duplicate keys, invalid UTF-8, NUL characters,
 * integers beyond 64 signed bits, and anything behind the document are refused. A parsed document
 * may be read from many threads.
 */
#ifndef INLAY_BASE_JSON_H
#define INLAY_BASE_JSON_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json; /* a document or a value inside one */

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INTEGER,
    JSON_KIND_REAL,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

#define JSON_DEFAULT_MAX_BYTES (64u << 20)
#define JSON_DEFAULT_MAX_DEPTH 64u
#define JSON_MAX_VALUES (4u << 20) /* a parsed value takes up to 130 bytes of memory */

/* The document's top is an object or an array. `max_bytes` and `max_depth` of 0 mean the defaults.
 * INLAY_CORRUPT has the byte offset in `offset`, the line in `row` and the column in the message;
 * a document over a limit is INLAY_OVER_BUDGET. Free with json_free; values inside are borrowed. */
inlay_status json_parse(const void *data, size_t size, size_t max_bytes, unsigned max_depth,
                        struct json **out, inlay_error *err);
void json_free(struct json *document); /* NULL-safe */

enum json_kind json_kind_of(const struct json *value);
const char *json_kind_name(enum json_kind kind); /* "string", ...; never NULL */

/* The value of a key, NULL when absent or when `object` is no object. */
const struct json *json_find(const struct json *object, const char *key);
/* True when the key is there and its value is not null. */
bool json_has(const struct json *object, const char *key);

size_t json_length(const struct json *array); /* 0 for what is no array */
const struct json *json_at(const struct json *array, size_t index);

/* The members of an object in the order of the text. Start with a zeroed cursor. */
struct json_cursor {
    void *position;
    bool started;
};
bool json_next_member(const struct json *object, struct json_cursor *cursor, const char **key,
                      const struct json **value);

/* A value as a C type. A wrong kind is INLAY_CORRUPT with `name` as the error's key and the kinds
 * as expected and found; an absent one (NULL) likewise. Strings are borrowed, NUL terminated and
 * hold no other NUL; `length` may be NULL. An integer is also accepted as a real. */
inlay_status json_as_string(const struct json *value, const char *name, const char **text,
                            size_t *length, inlay_error *err);
inlay_status json_as_i64(const struct json *value, const char *name, int64_t *out,
                         inlay_error *err);
inlay_status json_as_u64(const struct json *value, const char *name, uint64_t *out,
                         inlay_error *err); /* 0 to 2^63 - 1 */
inlay_status json_as_f64(const struct json *value, const char *name, double *out, inlay_error *err);
inlay_status json_as_bool(const struct json *value, const char *name, bool *out, inlay_error *err);
inlay_status json_as_array(const struct json *value, const char *name, const struct json **out,
                           inlay_error *err);
inlay_status json_as_object(const struct json *value, const char *name, const struct json **out,
                            inlay_error *err);

/* The same for a required member of an object. */
inlay_status json_get_string(const struct json *object, const char *key, const char **text,
                             size_t *length, inlay_error *err);
inlay_status json_get_i64(const struct json *object, const char *key, int64_t *out,
                          inlay_error *err);
inlay_status json_get_u64(const struct json *object, const char *key, uint64_t *out,
                          inlay_error *err);
inlay_status json_get_f64(const struct json *object, const char *key, double *out,
                          inlay_error *err);
inlay_status json_get_bool(const struct json *object, const char *key, bool *out, inlay_error *err);
inlay_status json_get_array(const struct json *object, const char *key, const struct json **out,
                            inlay_error *err);
inlay_status json_get_object(const struct json *object, const char *key, const struct json **out,
                             inlay_error *err);

/*
 * Compact, deterministic writing into a buffer, members in the order of the calls. Errors stick in
 * the buffer's status: look once, with json_writer_finish. Text that is not UTF-8 or holds a NUL,
 * a number above 2^63 - 1 and a real that is not finite are INLAY_INVALID_ARGUMENT, since no reader
 * would accept them.
 */
struct json_writer {
    struct buffer *out; /* borrowed */
    unsigned depth;
    bool comma; /* a value stands before */
};

void json_writer_init(struct json_writer *writer, struct buffer *out);
/* `key` is NULL at the top and inside arrays. */
void json_begin_object(struct json_writer *writer, const char *key);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer, const char *key);
void json_end_array(struct json_writer *writer);
void json_write_string(struct json_writer *writer, const char *key, const char *text);
void json_write_text(struct json_writer *writer, const char *key, const char *text, size_t length);
void json_write_i64(struct json_writer *writer, const char *key, int64_t value);
void json_write_u64(struct json_writer *writer, const char *key, uint64_t value);
void json_write_f64(struct json_writer *writer, const char *key, double value);
void json_write_bool(struct json_writer *writer, const char *key, bool value);
void json_write_null(struct json_writer *writer, const char *key);
inlay_status json_writer_finish(const struct json_writer *writer, inlay_error *err);

#endif
