/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/normalize.h"

#include "text/analysis/unicode.h"

#include <stdlib.h>
#include <utf8proc.h>

#define MAX_DECOMPOSITION 4

struct spelling {
    uint16_t point;
    char ascii[3];
};

/* Lower-case Latin letters that have no canonical decomposition, in code point order. The choices
 * are those of Lucene's ASCIIFoldingFilter. */
static const struct spelling spellings[] = {
    {0x00e6, "ae"}, {0x00f0, "d"},  {0x00f8, "o"}, {0x00fe, "th"}, {0x0111, "d"},  {0x0127, "h"},
    {0x0131, "i"},  {0x0138, "q"},  {0x0142, "l"}, {0x014b, "n"},  {0x0153, "oe"}, {0x0167, "t"},
    {0x0180, "b"},  {0x0183, "b"},  {0x0188, "c"}, {0x018c, "d"},  {0x0192, "f"},  {0x0199, "k"},
    {0x019a, "l"},  {0x019e, "n"},  {0x01a5, "p"}, {0x01ab, "t"},  {0x01ad, "t"},  {0x01b4, "y"},
    {0x01b6, "z"},  {0x01bf, "w"},  {0x01dd, "e"}, {0x01e5, "g"},  {0x021d, "z"},  {0x0221, "d"},
    {0x0223, "ou"}, {0x0225, "z"},  {0x0234, "l"}, {0x0235, "n"},  {0x0236, "t"},  {0x0237, "j"},
    {0x0238, "db"}, {0x0239, "qp"}, {0x023c, "c"}, {0x023f, "s"},  {0x0240, "z"},  {0x0247, "e"},
    {0x0249, "j"},  {0x024b, "q"},  {0x024d, "r"}, {0x024f, "y"},  {0x0250, "a"},  {0x0253, "b"},
    {0x0254, "o"},  {0x0255, "c"},  {0x0256, "d"}, {0x0257, "d"},  {0x0259, "a"},  {0x025b, "e"},
    {0x025f, "j"},  {0x0260, "g"},  {0x0261, "g"}, {0x0266, "h"},  {0x0268, "i"},  {0x026b, "l"},
    {0x026c, "l"},  {0x026d, "l"},  {0x026f, "m"}, {0x0271, "m"},  {0x0272, "n"},  {0x0273, "n"},
    {0x0275, "o"},  {0x027d, "r"},  {0x0282, "s"}, {0x0288, "t"},  {0x0289, "u"},  {0x028b, "v"},
    {0x0290, "z"},  {0x0291, "z"},
};

static int by_point(const void *key, const void *item)
{
    uint32_t point = *(const uint32_t *)key;
    const struct spelling *spelling = item;
    return point < spelling->point ? -1 : point > spelling->point;
}

static size_t put_latin(uint32_t point, uint8_t *out)
{
    int32_t parts[MAX_DECOMPOSITION];
    int boundary = 0;
    const struct spelling *found;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        (utf8proc_int32_t)point, parts, MAX_DECOMPOSITION, UTF8PROC_DECOMPOSE, &boundary);
    uint32_t base = count > 0 && count <= MAX_DECOMPOSITION ? (uint32_t)parts[0] : point;
    size_t size = 0;
    found = bsearch(&base, spellings, sizeof(spellings) / sizeof(spellings[0]),
                    sizeof(spellings[0]), by_point);
    if (found == NULL) {
        return utf8_encode(base, out);
    }
    while (found->ascii[size] != '\0') {
        out[size] = (uint8_t)found->ascii[size];
        size++;
    }
    return size;
}

size_t fold_to_ascii(const uint8_t *word, size_t length, uint8_t *out)
{
    const uint8_t *end = word + length;
    bool after_latin = false;
    size_t size = 0;
    for (const uint8_t *p = word; p < end;) {
        struct utf8_item item = utf8_decode(p, end);
        uint32_t bits = unicode_bits(item);
        p += item.size;
        if (after_latin && unicode_break_class(bits) == WB_EXTEND) {
            continue; /* a mark that did not compose */
        }
        after_latin = (bits & UNICODE_LATIN) != 0;
        if (item.point < 0x80) {
            out[size++] = (uint8_t)item.point;
        } else if (after_latin) {
            size += put_latin(item.point, out + size);
        } else if (item.point != UTF8_INVALID) {
            size += utf8_encode(item.point, out + size);
        }
    }
    return size;
}
