/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/html_entity.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT 0xfffdu

struct entity {
    const char *name;
    uint32_t code;
};

/* The frequent ones first: the list is searched from the front. */
static const struct entity entities[] = {
    {"lt", '<'},        {"gt", '>'},        {"amp", '&'},       {"quot", '"'},
    {"nbsp", ' '},      {"apos", '\''},     {"mdash", 0x2014},  {"ndash", 0x2013},
    {"rsquo", 0x2019},  {"lsquo", 0x2018},  {"rdquo", 0x201d},  {"ldquo", 0x201c},
    {"hellip", 0x2026}, {"bull", 0x2022},   {"euro", 0x20ac},   {"trade", 0x2122},
    {"sbquo", 0x201a},  {"bdquo", 0x201e},  {"dagger", 0x2020}, {"Dagger", 0x2021},
    {"prime", 0x2032},  {"larr", 0x2190},   {"uarr", 0x2191},   {"rarr", 0x2192},
    {"darr", 0x2193},   {"minus", 0x2212},  {"le", 0x2264},     {"ge", 0x2265},
    {"ne", 0x2260},     {"infin", 0x221e},  {"ensp", ' '},      {"emsp", ' '},
    {"thinsp", ' '},    {"OElig", 0x152},   {"oelig", 0x153},   {"Scaron", 0x160},
    {"scaron", 0x161},  {"alpha", 0x3b1},   {"beta", 0x3b2},    {"gamma", 0x3b3},
    {"delta", 0x3b4},   {"epsilon", 0x3b5}, {"lambda", 0x3bb},  {"mu", 0x3bc},
    {"pi", 0x3c0},      {"sigma", 0x3c3},   {"omega", 0x3c9},   {"Omega", 0x3a9},
};

/* U+00A1 to U+00FF in order. */
static const char *const latin1[] = {
    "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",
    "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",
    "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",
    "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",
    "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute",
    "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",
    "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave",
    "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",    "ntilde",
    "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave", "uacute",
    "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};
_Static_assert(sizeof(latin1) / sizeof(latin1[0]) == 0xff - 0xa0, "one name per character");

uint32_t windows_1252(uint8_t byte)
{
    static const uint16_t high[32] = {
        0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
    };
    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

size_t utf8_encode(uint32_t code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static int digit_of(char c, bool hexadecimal)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (hexadecimal && (c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        return (c | 0x20) - 'a' + 10;
    }
    return -1;
}

static uint32_t valid_code(uint32_t code)
{
    if (code >= 0x80 && code < 0xa0) {
        return windows_1252((uint8_t)code);
    }
    if (code == '\n' || code == '\t' || code == 0xa0) {
        return ' ';
    }
    if (code < 0x20 || code == 0x7f || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff) {
        return REPLACEMENT;
    }
    return code;
}

/* "&#123;" and "&#x7b;". A reference that is too short for its character is none: "&#0" without a
 * semicolon is three bytes, as U+FFFD is. */
static size_t decode_number(const char *text, size_t length, uint32_t *code)
{
    bool hexadecimal = length > 2 && (text[2] | 0x20) == 'x';
    size_t first = hexadecimal ? 3 : 2;
    size_t i = first;
    uint32_t value = 0;
    while (i < length && digit_of(text[i], hexadecimal) >= 0) {
        if (value <= 0x10ffff) {
            value = value * (hexadecimal ? 16 : 10) + (uint32_t)digit_of(text[i], hexadecimal);
        }
        i++;
    }
    if (i == first) {
        return 0;
    }
    *code = valid_code(value);
    return i < length && text[i] == ';' ? i + 1 : i;
}

size_t html_entity_decode(const char *text, size_t length, uint32_t *code)
{
    size_t end = 1;
    size_t i;
    if (length > 1 && text[1] == '#') {
        return decode_number(text, length, code);
    }
    while (end < length && end < 10 &&
           ((text[end] >= '0' && text[end] <= '9') ||
            ((text[end] | 0x20) >= 'a' && (text[end] | 0x20) <= 'z'))) {
        end++;
    }
    if (end == 1 || end >= length || text[end] != ';') {
        return 0;
    }
    for (i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        if (strncmp(entities[i].name, text + 1, end - 1) == 0 &&
            entities[i].name[end - 1] == '\0') {
            *code = entities[i].code;
            return end + 1;
        }
    }
    for (i = 0; i < sizeof(latin1) / sizeof(latin1[0]); i++) {
        if (strncmp(latin1[i], text + 1, end - 1) == 0 && latin1[i][end - 1] == '\0') {
            *code = 0xa1 + (uint32_t)i;
            return end + 1;
        }
    }
    return 0;
}
