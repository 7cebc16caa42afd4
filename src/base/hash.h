/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashes. XXH3 and XXH64 (xxHash) are fast and not cryptographic: hash tables, filters. XXH64 with
 * seed 0 is what Parquet's Bloom filters ask for. BLAKE3 names and checks content. All values are
 * fixed by their specifications and may be stored. Thread-safe; one incremental state per thread.
 */
#ifndef INLAY_BASE_HASH_H
#define INLAY_BASE_HASH_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t hash_xxh3_64(const void *data, size_t length);
uint64_t hash_xxh64(const void *data, size_t length, uint64_t seed);

#define HASH_BLAKE3_SIZE 32
#define HASH_BLAKE3_TEXT_SIZE 65 /* 64 lower-case hex digits and a NUL */

/* Incremental state; holds no memory, may be copied and dropped. */
struct hash_blake3 {
    uint64_t opaque[240];
};

void hash_blake3_init(struct hash_blake3 *state);
void hash_blake3_update(struct hash_blake3 *state, const void *data, size_t length);
/* The digest of everything so far; the state stays usable. */
void hash_blake3_final(const struct hash_blake3 *state, uint8_t digest[HASH_BLAKE3_SIZE]);

void hash_blake3(const void *data, size_t length, uint8_t digest[HASH_BLAKE3_SIZE]);
void hash_blake3_hex(const void *data, size_t length, char text[HASH_BLAKE3_TEXT_SIZE]);

void hash_blake3_to_text(const uint8_t digest[HASH_BLAKE3_SIZE], char text[HASH_BLAKE3_TEXT_SIZE]);
/* Exactly 64 hex digits of either case (`length` excludes a NUL), else INLAY_INVALID_ARGUMENT. */
inlay_status hash_blake3_from_text(const char *text, size_t length,
                                   uint8_t digest[HASH_BLAKE3_SIZE], inlay_error *err);

#endif
