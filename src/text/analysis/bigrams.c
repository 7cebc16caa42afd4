/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/bigrams.h"

#include "text/analysis/analyzer_priv.h"
#include "text/analysis/unicode.h"

#include <string.h>

static void push_pair(struct analyzer_scratch *scratch, const struct bigram_unit *a,
                      const struct bigram_unit *b)
{
    uint8_t *room = scratch_room(scratch);
    if (room == NULL) {
        return;
    }
    memcpy(room, a->bytes, a->length);
    memcpy(room + a->length, b->bytes, b->length);
    scratch_push(scratch, room, (size_t)a->length + b->length, a->start, b->end);
}

void bigrams_end(struct analyzer_scratch *scratch)
{
    struct bigram_run *run = &scratch->bigrams;
    if (run->count == 1) {
        uint8_t *room = scratch_room(scratch);
        if (room != NULL) {
            memcpy(room, run->last.bytes, run->last.length);
            scratch_push(scratch, room, run->last.length, run->last.start, run->last.end);
        }
    }
    run->count = 0;
}

/* The bytes of the first unit: a code point and what attaches to it, cut at BIGRAM_UNIT_MAX. */
static size_t unit_length(const uint8_t *bytes, size_t length, size_t *cut)
{
    const uint8_t *end = bytes + length;
    size_t at = utf8_decode(bytes, end).size;
    *cut = at;
    while (at < length) {
        struct utf8_item item = utf8_decode(bytes + at, end);
        if (!unicode_attaches(unicode_bits(item))) {
            break;
        }
        at += item.size;
        if (at <= BIGRAM_UNIT_MAX) {
            *cut = at;
        }
    }
    return at;
}

static void add_unit(struct analyzer_scratch *scratch, const struct bigram_unit *unit)
{
    struct bigram_run *run = &scratch->bigrams;
    if (run->count > 0) {
        push_pair(scratch, &run->last, unit);
    }
    memcpy(run->last.bytes, unit->bytes, unit->length);
    run->last.length = unit->length;
    run->last.start = unit->start;
    run->last.end = unit->end;
    run->count++;
}

void bigrams_add(struct analyzer_scratch *scratch, const uint8_t *text, size_t start, size_t end,
                 uint32_t kind, uint32_t all)
{
    struct bigram_run *run = &scratch->bigrams;
    uint8_t normal[TOKEN_ROOM];
    struct bigram_unit unit;
    size_t length = normalize_word(&scratch->normalizer, text + start, end - start, all, normal);
    if (run->count > 0 && (run->last.end != start || run->kind != kind)) {
        bigrams_end(scratch);
    }
    run->kind = kind;
    for (size_t at = 0; at < length;) {
        size_t cut;
        size_t whole = unit_length(normal + at, length - at, &cut);
        memcpy(unit.bytes, normal + at, cut);
        unit.length = (uint8_t)cut;
        unit.start = start;
        unit.end = end;
        add_unit(scratch, &unit);
        at += whole;
    }
}
