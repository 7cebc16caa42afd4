/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares all that a text index says with itself: every checksum, and the structure behind it. The
 * dictionary is sorted and agrees with the sparse index and the filter; every list holds as many
 * postings as its df, with rows that ascend, frequencies that match the positions, length codes
 * that match the rows' own, and bounds that no posting passes; the totals are those of the header.
 */
#ifndef INLAY_TEXT_TEXT_VERIFY_H
#define INLAY_TEXT_TEXT_VERIFY_H

#include "text/text_index.h"

struct text_verify_counts {
    uint64_t checksums; /* compared; the hot part's own, which open compares, is not among them */
    uint64_t bytes;     /* of the body, padding included */
};

/* Reads the whole body. A resident source is read once; from another one, short lists are fetched
 * term by term. Memory: 4 bytes per row. The index may be in use by other threads. INLAY_CORRUPT
 * with key and offset at the first difference. */
inlay_status text_index_verify(struct text_index *index, struct text_verify_counts *counts,
                               inlay_error *err);

#endif
