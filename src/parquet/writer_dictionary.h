/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dictionary of one column chunk being written: distinct values in order of first appearance, found
 * by an open-addressing hash table (XXH3). Not thread-safe.
 */
#ifndef INLAY_PARQUET_WRITER_DICTIONARY_H
#define INLAY_PARQUET_WRITER_DICTIONARY_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer_dictionary {
    uint32_t *slots; /* 0 = free, else entry number + 1; owned */
    uint32_t *tags;  /* upper hash bits of the slot's entry; owned */
    size_t slot_count;
    uint32_t *starts; /* start of entry i in `data`; owned */
    size_t start_capacity;
    uint32_t count;
    struct buffer data;    /* entries without lengths */
    struct buffer lengths; /* byte arrays: 4 bytes each */
    unsigned width;        /* bytes of a value; 0 = byte arrays */
};

void writer_dictionary_init(struct writer_dictionary *dictionary, unsigned width);
void writer_dictionary_free(struct writer_dictionary *dictionary); /* NULL-safe; reusable */
/* Forgets the entries, keeps the memory. */
void writer_dictionary_clear(struct writer_dictionary *dictionary);

/* The code of every value, appended to `codes` (count items). *fits = false when the entries passed
 * `byte_limit` bytes: the codes are then incomplete, and the dictionary keeps what it had plus some
 * entries of this run. */
inlay_status writer_dictionary_encode(struct writer_dictionary *dictionary, const uint8_t *lengths,
                                      const uint8_t *data, size_t count, size_t byte_limit,
                                      uint32_t *codes, bool *fits, inlay_error *err);

/* Keeps the first `count` entries; afterwards it can only be cleared or written, not encode. */
void writer_dictionary_truncate(struct writer_dictionary *dictionary, uint32_t count);

/* Bytes of the dictionary page's body. */
size_t writer_dictionary_size(const struct writer_dictionary *dictionary);
/* The page's body: the entries, PLAIN. */
void writer_dictionary_write(const struct writer_dictionary *dictionary, struct buffer *out);

#endif
