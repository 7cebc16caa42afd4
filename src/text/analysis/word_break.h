/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Word boundaries of Unicode Standard Annex #29 (revision 41, Unicode 15.0), rules WB1 to WB999
 * without tailoring. Invalid UTF-8 bytes behave like line breaks, one by one.
 */
#ifndef INLAY_TEXT_WORD_BREAK_H
#define INLAY_TEXT_WORD_BREAK_H

#include <stddef.h>
#include <stdint.h>

struct word_segment {
    size_t end;   /* the boundary after `start` */
    uint32_t any; /* UNICODE_ bits that some code point of the segment has */
    uint32_t all; /* UNICODE_ bits that all of them have */
};

/* The segment that begins at `start`, a boundary before `length`. Its end depends on no byte before
 * `start`, and takes time linear in the segment (one attached run behind it is looked at, too). */
struct word_segment word_break_next(const uint8_t *text, size_t length, size_t start);

#endif
