/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* Made by tools/gen_unicode_tables.py from the Unicode Character Database. Do not edit. */
#ifndef INLAY_TEXT_UNICODE_TABLES_H
#define INLAY_TEXT_UNICODE_TABLES_H

#include <stdint.h>

#define UNICODE_VERSION_MAJOR 15
#define UNICODE_VERSION_MINOR 0
#define UNICODE_VERSION_UPDATE 0

enum word_break_class { /* UAX #29, table 3 */
    WB_OTHER = 0,
    WB_CR = 1,
    WB_LF = 2,
    WB_NEWLINE = 3,
    WB_EXTEND = 4,
    WB_ZWJ = 5,
    WB_REGIONAL_INDICATOR = 6,
    WB_FORMAT = 7,
    WB_KATAKANA = 8,
    WB_HEBREW_LETTER = 9,
    WB_ALETTER = 10,
    WB_SINGLE_QUOTE = 11,
    WB_DOUBLE_QUOTE = 12,
    WB_MIDNUMLET = 13,
    WB_MIDLETTER = 14,
    WB_MIDNUM = 15,
    WB_NUMERIC = 16,
    WB_EXTENDNUMLET = 17,
    WB_WSEGSPACE = 18,
};

/* Bits of a record: the low five are its word_break_class. */
#define UNICODE_BREAK_MASK 0x1fu
#define UNICODE_PICTOGRAPHIC 0x20u /* Extended_Pictographic, for rule WB3c */
#define UNICODE_WORD 0x40u /* makes its segment a token: letter, decimal or letter number, ideograph, kana */
#define UNICODE_CJK 0x80u /* Han, Hiragana, Katakana or another ideograph: runs become bigrams */
#define UNICODE_COMPLEX 0x100u /* a letter of a script written without spaces (Thai, Khmer, ...): bigrams too */
#define UNICODE_UPPER 0x200u /* general category Lu or Lt */
#define UNICODE_LOWER 0x400u /* general category Ll */
#define UNICODE_DIGIT 0x800u /* general category Nd */
#define UNICODE_LATIN 0x1000u /* script Latin */
#define UNICODE_SPACE 0x2000u /* White_Space */
#define UNICODE_IGNORED 0x4000u /* NFKC_Casefold removes it */
#define UNICODE_SIMPLE 0x8000u /* NFKC_Casefold is one inert code point, at `fold` from it */

struct unicode_record {
    uint32_t bits;
    int32_t fold; /* added to a SIMPLE code point it gives its NFKC_Casefold */
};

#define UNICODE_BLOCK_SHIFT 7
extern const uint16_t unicode_stage1[8704];
extern const uint16_t unicode_stage2[32768];
extern const struct unicode_record unicode_records[2277];

#endif
