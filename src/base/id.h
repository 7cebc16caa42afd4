/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 128-bit time-ordered ids: bits 127..64 Unix milliseconds, 63..24 a random 40-bit worker, 23..0 a
 * sequence within the millisecond. Text form: 32 lower-case hex digits of the big-endian bytes. In
 * Parquet and Arrow an id is a non-negative Decimal128(38,0).
 */
#ifndef INLAY_BASE_ID_H
#define INLAY_BASE_ID_H

#include "base/env.h"
#include "inlay/error.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id128 {
    uint64_t hi;
    uint64_t lo;
};

struct id_span { /* inclusive, contiguous */
    struct id128 first;
    struct id128 last;
};

#define ID_TEXT_SIZE 33 /* with the terminating NUL */

static inline int id_compare(struct id128 a, struct id128 b)
{
    if (a.hi != b.hi) {
        return a.hi < b.hi ? -1 : 1;
    }
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

void id_to_text(struct id128 id, char text[ID_TEXT_SIZE]);
/* Exactly 32 hex digits of either case; `length` excludes a NUL. */
inlay_status id_from_text(const char *text, size_t length, struct id128 *out, inlay_error *err);
uint64_t id_unix_ms(struct id128 id);
struct id128 id_add(struct id128 id, uint64_t n); /* plain 128-bit addition */

/* Strictly increasing per generator, also when the clock steps back; thread-safe. */
struct id_generator {
    const struct env *env;
    pthread_mutex_t lock;
    uint64_t worker; /* 40 bits */
    uint64_t last_ms;
    uint32_t next_sequence;
};

inlay_status id_generator_init(struct id_generator *generator, const struct env *env,
                               inlay_error *err);
void id_generator_destroy(struct id_generator *generator);
struct id128 id_generator_next(struct id_generator *generator);
/* Mints `count` ids as the fewest contiguous ordered spans. *spans is owned by the caller. */
inlay_status id_generator_reserve(struct id_generator *generator, uint64_t count,
                                  struct id_span **spans, size_t *span_count, inlay_error *err);

/* Random (version 4) UUID in lower-case hyphenated text. */
#define UUID_TEXT_SIZE 37
inlay_status uuid_text(const struct env *env, char text[UUID_TEXT_SIZE], inlay_error *err);

#endif
