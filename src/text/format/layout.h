/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the text index format that writer and reader share; docs/format/text-index.md. */
#ifndef INLAY_TEXT_FORMAT_LAYOUT_H
#define INLAY_TEXT_FORMAT_LAYOUT_H

#define TEXT_MAGIC 0x31545849u /* "IXT1" */
#define TEXT_VERSION 1u
#define TEXT_FLAG_POSITIONS 1u
#define TEXT_ALIGNMENT 64          /* of every region; the body ends with as many zero bytes */
#define TEXT_DICTIONARY_TERMS 64   /* of one dictionary block */
#define TEXT_INLINE_POSTINGS 4     /* df up to this: in the dictionary */
#define TEXT_SHORT_POSTINGS 128    /* df up to this: one block, in the short unit */
#define TEXT_CODE_CHUNK (64 << 10) /* rows of one fetch unit of length codes */
#define TEXT_HOT_FIXED 192         /* bytes of the fixed part of the hot region */

enum text_region { /* in file order */
                   TEXT_POSTINGS,
                   TEXT_POSITIONS,
                   TEXT_BOUNDS,
                   TEXT_DICTIONARY,
                   TEXT_CODES,
                   TEXT_REGION_COUNT
};

#endif
