/* SPDX-License-Identifier: Apache-2.0 */
#include "base/id.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hex.h"

#include <string.h>

#define SEQUENCES_PER_MS (1u << 24)
#define WORKER_MASK ((1ull << 40) - 1)
#define MAX_RESERVATION (1ull << 40) /* 65,536 spans */

static void store_big_endian(uint8_t *bytes, uint64_t value)
{
    int i;
    for (i = 7; i >= 0; i--) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
}

static uint64_t load_big_endian(const uint8_t *bytes)
{
    uint64_t value = 0;
    int i;
    for (i = 0; i < 8; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

void id_to_text(struct id128 id, char text[ID_TEXT_SIZE])
{
    uint8_t bytes[16];
    store_big_endian(bytes, id.hi);
    store_big_endian(bytes + 8, id.lo);
    hex_encode(bytes, sizeof(bytes), text);
}

inlay_status id_from_text(const char *text, size_t length, struct id128 *out, inlay_error *err)
{
    uint8_t bytes[16];
    size_t good;
    memset(out, 0, sizeof(*out));
    if (length != 2 * sizeof(bytes)) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "an id has 32 hex digits, this text has %zu characters", length);
    }
    good = hex_decode(text, sizeof(bytes), bytes);
    if (good != length) {
        error_set(err, INLAY_INVALID_ARGUMENT, "an id has no hex digit at position %zu", good);
        error_offset(err, good);
        return INLAY_INVALID_ARGUMENT;
    }
    out->hi = load_big_endian(bytes);
    out->lo = load_big_endian(bytes + 8);
    return INLAY_OK;
}

uint64_t id_unix_ms(struct id128 id)
{
    return id.hi;
}

struct id128 id_add(struct id128 id, uint64_t n)
{
    id.hi += __builtin_add_overflow(id.lo, n, &id.lo) ? 1 : 0;
    return id;
}

inlay_status id_generator_init(struct id_generator *generator, const struct env *env,
                               inlay_error *err)
{
    uint64_t worker;
    memset(generator, 0, sizeof(*generator));
    if (!env->random(env->context, &worker, sizeof(worker))) {
        return error_set(err, INLAY_IO, "the system gives no random bytes for an id generator");
    }
    if (pthread_mutex_init(&generator->lock, NULL) != 0) {
        return error_no_memory(err);
    }
    generator->env = env;
    generator->worker = worker & WORKER_MASK;
    return INLAY_OK;
}

void id_generator_destroy(struct id_generator *generator)
{
    if (generator != NULL && generator->env != NULL) {
        (void)pthread_mutex_destroy(&generator->lock);
        generator->env = NULL;
    }
}

/* Follows the clock forwards only. A clock that is stuck or stepped back leaves the last
 * millisecond in force; when its sequence is used up the time advances by itself. */
static void follow_clock(struct id_generator *generator)
{
    int64_t now = generator->env->unix_ms(generator->env->context);
    if (now > 0 && (uint64_t)now > generator->last_ms) {
        generator->last_ms = (uint64_t)now;
        generator->next_sequence = 0;
    }
}

/* Takes `count` consecutive ids of one millisecond; at most SEQUENCES_PER_MS. */
static struct id_span take_span(struct id_generator *generator, uint32_t count)
{
    struct id_span span;
    if (SEQUENCES_PER_MS - generator->next_sequence < count) {
        generator->last_ms++;
        generator->next_sequence = 0;
    }
    span.first.hi = generator->last_ms;
    span.first.lo = generator->worker << 24 | generator->next_sequence;
    span.last = id_add(span.first, count - 1);
    generator->next_sequence += count;
    return span;
}

struct id128 id_generator_next(struct id_generator *generator)
{
    struct id_span span;
    (void)pthread_mutex_lock(&generator->lock);
    follow_clock(generator);
    span = take_span(generator, 1);
    (void)pthread_mutex_unlock(&generator->lock);
    return span.first;
}

inlay_status id_generator_reserve(struct id_generator *generator, uint64_t count,
                                  struct id_span **spans, size_t *span_count, inlay_error *err)
{
    struct id_span *result;
    size_t needed = (size_t)((count + SEQUENCES_PER_MS - 1) / SEQUENCES_PER_MS);
    size_t i;
    *spans = NULL;
    *span_count = 0;
    if (count > MAX_RESERVATION) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "cannot reserve %llu ids at once; the limit is %llu",
                         (unsigned long long)count, (unsigned long long)MAX_RESERVATION);
    }
    if (count == 0) {
        return INLAY_OK;
    }
    result = mem_alloc_array(needed, sizeof(*result));
    if (result == NULL) {
        return error_no_memory(err);
    }
    (void)pthread_mutex_lock(&generator->lock);
    follow_clock(generator);
    for (i = 0; i < needed; i++) {
        uint32_t part = count < SEQUENCES_PER_MS ? (uint32_t)count : SEQUENCES_PER_MS;
        result[i] = take_span(generator, part);
        count -= part;
    }
    (void)pthread_mutex_unlock(&generator->lock);
    *spans = result;
    *span_count = needed;
    return INLAY_OK;
}

inlay_status uuid_text(const struct env *env, char text[UUID_TEXT_SIZE], inlay_error *err)
{
    static const uint8_t group_sizes[] = {4, 2, 2, 2, 6};
    uint8_t bytes[16];
    const uint8_t *from = bytes;
    char *to = text;
    size_t group;
    text[0] = '\0';
    if (!env->random(env->context, bytes, sizeof(bytes))) {
        return error_set(err, INLAY_IO, "the system gives no random bytes for a UUID");
    }
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* RFC 4122 variant */
    for (group = 0; group < sizeof(group_sizes); group++) {
        if (group != 0) {
            *to++ = '-';
        }
        hex_encode(from, group_sizes[group], to);
        from += group_sizes[group];
        to += 2 * group_sizes[group];
    }
    return INLAY_OK;
}
