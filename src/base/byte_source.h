/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte source serves ranges of one immutable object. Format layers read through it and never see
 * storage. Batches are the unit of planning: ranges asked for together cost one round trip.
 * Sources are thread-safe. cache/ holds the implementations over files and storage providers.
 */
#ifndef INLAY_BASE_BYTE_SOURCE_H
#define INLAY_BASE_BYTE_SOURCE_H

#include "base/io_account.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct byte_range {
    uint64_t offset;
    uint64_t length;
    uint8_t *into; /* caller's memory, `length` bytes */
};

struct byte_source;

struct byte_source_ops {
    /* Reads all ranges or fails; a range past the end is INLAY_CORRUPT, checked by the caller
     * below. */
    inlay_status (*read)(struct byte_source *source, const struct byte_range *ranges, size_t count,
                         inlay_error *err);
    /* Resident bytes without a copy, valid as long as the source; NULL when not resident. May be
     * NULL itself. */
    const uint8_t *(*view)(struct byte_source *source, uint64_t offset, uint64_t length);
    void (*destroy)(struct byte_source *source);
};

struct byte_source {
    const struct byte_source_ops *ops;
    uint64_t size;
    const char *name;           /* object key or path, for messages; owned by the implementation */
    struct io_account *account; /* may be NULL; borrowed */
    _Atomic int64_t references;
};

/* The implementation calls this once; the caller then owns one reference. */
void byte_source_init(struct byte_source *source, const struct byte_source_ops *ops, uint64_t size,
                      const char *name, struct io_account *account);
struct byte_source *byte_source_retain(struct byte_source *source);
void byte_source_release(struct byte_source *source); /* NULL-safe; destroys with the last one */

/* Checks every range against the size (INLAY_CORRUPT with key and offset), then reads. */
inlay_status byte_source_read(struct byte_source *source, const struct byte_range *ranges,
                              size_t count, inlay_error *err);
inlay_status byte_source_read_one(struct byte_source *source, uint64_t offset, uint64_t length,
                                  uint8_t *into, inlay_error *err);
/* NULL when out of range or not resident. Counted as bytes read, without a request. */
const uint8_t *byte_source_view(struct byte_source *source, uint64_t offset, uint64_t length);

/* A range, as a view when resident and else as a fresh copy: release with byte_slice_free. */
struct byte_slice {
    const uint8_t *data;
    uint64_t length;
    uint8_t *owned; /* NULL when `data` is a view */
};
inlay_status byte_source_slice(struct byte_source *source, uint64_t offset, uint64_t length,
                               struct byte_slice *out, inlay_error *err);
void byte_slice_free(struct byte_slice *slice);

/* A source over bytes in memory. `take` != 0: the source frees `data` with mem_free. */
inlay_status byte_source_from_memory(const uint8_t *data, uint64_t size, int take, const char *name,
                                     struct byte_source **out, inlay_error *err);

#endif
