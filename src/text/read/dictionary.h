/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the term dictionary: find the block of a term in the sparse index, scan the block. */
#ifndef INLAY_TEXT_READ_DICTIONARY_H
#define INLAY_TEXT_READ_DICTIONARY_H

#include "text/read/index_priv.h"

/* Where the postings of one term are. Offsets are in the file. */
struct text_term {
    uint32_t df; /* 0 = the term is absent */
    uint32_t block;
    uint32_t rows[TEXT_INLINE_POSTINGS]; /* df <= 4: the postings themselves */
    uint32_t tfs[TEXT_INLINE_POSTINGS];
    uint8_t codes[TEXT_INLINE_POSTINGS];
    uint64_t postings;        /* the short unit, or the list */
    uint64_t postings_length; /* of the unit, or of the list */
    uint32_t postings_crc;    /* of the short unit */
    uint64_t part;            /* df <= 128: the term's part of the short unit */
    uint64_t part_length;
    uint64_t positions; /* the short positions unit, or the list's positions */
    uint64_t positions_length;
    uint32_t positions_crc;
    uint64_t positions_part;
    uint64_t positions_part_length;
    uint64_t bounds; /* df > 128: the bounds record */
    uint64_t unit;   /* its first chunk's number */
};

/* One dictionary block while it is scanned, term by term in order. */
struct dictionary_scan {
    const struct text_index *index;
    const uint8_t *p;
    const uint8_t *end;
    uint32_t left;
    uint8_t text[TOKEN_MAX_BYTES];
    uint32_t length; /* of the present term */
    struct text_term term;
    uint64_t short_unit; /* ends of what the entries before used */
    uint64_t short_length;
    uint32_t short_crc;
    uint64_t short_positions;
    uint64_t short_positions_length;
    uint32_t short_positions_crc;
    uint64_t next_part;
    uint64_t next_positions_part;
    uint64_t next_list;
    uint64_t next_positions;
    uint64_t next_bounds;
    uint64_t next_unit;
};

/* Starts on the bytes of a block whose checksum was verified. */
inlay_status dictionary_scan_start(struct dictionary_scan *scan, const struct text_index *index,
                                   uint32_t block, const uint8_t *bytes, size_t length,
                                   inlay_error *err);
/* Steps to the next term. INLAY_NOT_FOUND (no message) behind the last one. */
inlay_status dictionary_scan_next(struct dictionary_scan *scan, inlay_error *err);

/* How many blocks begin with a term that is not above this one. */
uint32_t dictionary_blocks_before(const struct text_index *index, const uint8_t *text,
                                  uint32_t length);
/* Verifies the checksum of a block's bytes; a resident block's only once. */
inlay_status dictionary_block_check(const struct text_index *index, uint32_t block,
                                    const uint8_t *bytes, size_t length, bool resident,
                                    inlay_error *err);

/* Resolves terms; absent ones get df 0. One wave of reads, none when resident. */
struct dictionary_key {
    const uint8_t *text;
    uint32_t length;
};
inlay_status dictionary_lookup(const struct text_index *index, const struct dictionary_key *keys,
                               size_t count, struct text_term *terms, inlay_error *err);

/* Calls `each` with every term that begins with the prefix (not empty), in order, until it returns
 * false. The text is valid during the call. Blocks are read a wave of many at a time. */
inlay_status dictionary_prefix(const struct text_index *index, const uint8_t *prefix,
                               uint32_t length,
                               bool (*each)(void *context, const uint8_t *text, uint32_t length),
                               void *context, inlay_error *err);

#endif
