/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text index of one column of one superfile, opened for search. Immutable and shared by
 * threads. Opening reads only the hot part; everything else is read when a query needs it, through
 * views when the source is resident and in batches otherwise. Every fetch unit is checked (CRC-32C
 * and structure) when it is first touched, and each time it is fetched as a copy.
 */
#ifndef INLAY_TEXT_TEXT_INDEX_H
#define INLAY_TEXT_TEXT_INDEX_H

#include "base/byte_source.h"
#include "text/analyzer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text_index;

struct text_index_info {
    uint64_t row_count;    /* rows of the superfile */
    uint64_t documents;    /* rows with a non-null value */
    uint64_t total_length; /* sum of the decoded length codes */
    uint64_t terms;
    uint64_t postings;
    double k1;
    double b;
    bool positions;
};

/*
 * `hot` is borrowed and must outlive the index; the file is retained. The body lies at
 * [body_offset, body_offset + body_length) of the file. INLAY_CORRUPT when any byte of the hot part
 * is not as written, INLAY_UNSUPPORTED for a later format version.
 */
inlay_status text_index_open(const uint8_t *hot, size_t hot_length, struct byte_source *file,
                             uint64_t body_offset, uint64_t body_length, struct text_index **out,
                             inlay_error *err);
void text_index_close(struct text_index *index); /* NULL-safe */

const struct text_index_info *text_index_info(const struct text_index *index);
/* The column's analyzer, as stored; valid as long as the index. */
const struct analyzer_config *text_index_analyzer(const struct text_index *index);
/* What made the tokens: compare with analyzer_stamp_of to learn whether this program would make
 * others. */
struct analyzer_stamp text_index_analyzer_stamp(const struct text_index *index);
/* False when no document holds the term; true may be wrong once in a hundred. */
bool text_index_may_contain(const struct text_index *index, const uint8_t *term, size_t length);

struct text_lookup {
    const uint8_t *term; /* in: token form */
    uint32_t length;     /* in */
    uint32_t df;         /* out: documents with the term, deleted ones included; 0 = none */
};
/* Document frequencies of many terms; one wave of reads. */
inlay_status text_index_lookup(struct text_index *index, struct text_lookup *lookups, size_t count,
                               inlay_error *err);

/* Calls `each` with every term that begins with the prefix (in token form, not empty), in order of
 * bytes, until it returns false. */
inlay_status text_index_prefix(struct text_index *index, const uint8_t *prefix, uint32_t length,
                               bool (*each)(void *context, const uint8_t *text, uint32_t length),
                               void *context, inlay_error *err);

/* The document length of rows, decoded; 0 for a null. For explanations and deletions. */
inlay_status text_index_lengths(struct text_index *index, const uint32_t *rows, size_t count,
                                uint32_t *lengths, bool *present, inlay_error *err);

#endif
