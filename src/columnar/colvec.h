/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A column vector: decoded values of one column for a run of rows, in the layout that the Parquet
 * reader produces and the SQL engine consumes without a copy. Arrow arrays are made from it by
 * colvec_to_arrow.
 *
 * Layouts of `values` in the flat form:
 *   bool             one byte per value, 0 or 1
 *   fixed width      little-endian values, column_type_width bytes each (decimal128: 16-byte two's
 *                    complement; fixed binary: `width` bytes)
 *   utf8, binary     struct colvec_string[count]: 16-byte "German" strings (Neumann & Freitag,
 * "Umbra", CIDR 2020; the layout of DuckDB's string type) list             `offsets`[count + 1]
 * into children[0] fixed list       children[0] holds count * width values struct           one
 * child per field Dictionary form: `codes`[count] into `dictionary` (flat, itself without nulls).
 * Values of null rows are unspecified but initialised.
 */
#ifndef INLAY_COLUMNAR_COLVEC_H
#define INLAY_COLUMNAR_COLVEC_H

#include "columnar/schema.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

struct colvec_string {
    uint32_t length;
    union {
        char inlined[12]; /* length <= 12: the bytes, zero padded */
        struct {
            char prefix[4];
            const char *pointer; /* kept alive by the vector's owner */
        } __attribute__((packed)) far;
    } as;
};
_Static_assert(sizeof(struct colvec_string) == 16, "layout shared with the SQL engine");

static inline const char *colvec_string_data(const struct colvec_string *s)
{
    return s->length <= 12 ? s->as.inlined : s->as.far.pointer;
}

static inline void colvec_string_set(struct colvec_string *s, const char *data, uint32_t length)
{
    s->length = length;
    if (length <= 12) {
        memset(s->as.inlined, 0, sizeof(s->as.inlined));
        if (length != 0) {
            memcpy(s->as.inlined, data, length);
        }
    } else {
        memcpy(s->as.far.prefix, data, 4);
        s->as.far.pointer = data;
    }
}

/* Reference-counted keeper of the memory that vectors point into (pages, dictionaries, arenas). */
struct colvec_owner {
    _Atomic int64_t references;
    void (*destroy)(struct colvec_owner *owner);
};

void colvec_owner_init(struct colvec_owner *owner, void (*destroy)(struct colvec_owner *));
struct colvec_owner *colvec_owner_retain(struct colvec_owner *owner);
void colvec_owner_release(struct colvec_owner *owner); /* NULL-safe */

enum colvec_form { COLVEC_FLAT = 0, COLVEC_DICTIONARY = 1 };

struct colvec {
    const struct field *field; /* borrowed from the reader's schema */
    enum colvec_form form;
    uint64_t count;
    uint64_t null_count;
    const uint64_t *validity; /* bit i (least significant first) set = valid; NULL = all valid */
    const void *values;
    const uint32_t *codes;
    const struct colvec *dictionary;
    const uint64_t *offsets;
    struct colvec *children;
    size_t child_count;
    struct colvec_owner *owner; /* keeps everything above alive, children included */
};

static inline bool colvec_valid(const struct colvec *v, uint64_t i)
{
    return v->validity == NULL || ((v->validity[i >> 6] >> (i & 63)) & 1) != 0;
}

/* Drops the reference and zeroes the struct. */
void colvec_release(struct colvec *vector);

/* Copies into a fresh Arrow array that the caller releases. Dictionary form becomes an Arrow
 * dictionary array only when field->dictionary is set, and a plain array otherwise. */
inlay_status colvec_to_arrow(const struct colvec *vector, struct ArrowArray *out, inlay_error *err);

#endif
