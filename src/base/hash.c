/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "base/error.h"
#include "base/hex.h"

#include <blake3.h>
#include <xxhash.h>

_Static_assert(sizeof(struct hash_blake3) >= sizeof(blake3_hasher), "room for the library's state");
_Static_assert(BLAKE3_OUT_LEN == HASH_BLAKE3_SIZE, "digest size");

uint64_t hash_xxh3_64(const void *data, size_t length)
{
    return XXH3_64bits(data, length);
}

uint64_t hash_xxh64(const void *data, size_t length, uint64_t seed)
{
    return XXH64(data, length, seed);
}

void hash_blake3_init(struct hash_blake3 *state)
{
    blake3_hasher_init((blake3_hasher *)(void *)state);
}

void hash_blake3_update(struct hash_blake3 *state, const void *data, size_t length)
{
    if (length != 0) {
        blake3_hasher_update((blake3_hasher *)(void *)state, data, length);
    }
}

void hash_blake3_final(const struct hash_blake3 *state, uint8_t digest[HASH_BLAKE3_SIZE])
{
    blake3_hasher_finalize((const blake3_hasher *)(const void *)state, digest, HASH_BLAKE3_SIZE);
}

void hash_blake3(const void *data, size_t length, uint8_t digest[HASH_BLAKE3_SIZE])
{
    struct hash_blake3 state;
    hash_blake3_init(&state);
    hash_blake3_update(&state, data, length);
    hash_blake3_final(&state, digest);
}

void hash_blake3_to_text(const uint8_t digest[HASH_BLAKE3_SIZE], char text[HASH_BLAKE3_TEXT_SIZE])
{
    hex_encode(digest, HASH_BLAKE3_SIZE, text);
}

void hash_blake3_hex(const void *data, size_t length, char text[HASH_BLAKE3_TEXT_SIZE])
{
    uint8_t digest[HASH_BLAKE3_SIZE];
    hash_blake3(data, length, digest);
    hash_blake3_to_text(digest, text);
}

inlay_status hash_blake3_from_text(const char *text, size_t length,
                                   uint8_t digest[HASH_BLAKE3_SIZE], inlay_error *err)
{
    size_t good;
    if (length != 2 * HASH_BLAKE3_SIZE) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a BLAKE3 hash has %d hex digits, this text has %zu characters",
                         2 * HASH_BLAKE3_SIZE, length);
    }
    good = hex_decode(text, HASH_BLAKE3_SIZE, digest);
    if (good != length) {
        error_set(err, INLAY_INVALID_ARGUMENT, "a BLAKE3 hash has no hex digit at position %zu",
                  good);
        error_offset(err, good);
        return INLAY_INVALID_ARGUMENT;
    }
    return INLAY_OK;
}
