/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/word_break.h"

#include "text/analysis/unicode.h"

/* What rules WB3d to WB999 say about a pair of classes, attached characters left out (WB4). */
enum pair_rule {
    BREAK = 0,        /* WB999 */
    JOIN,             /* WB5, WB8 to WB10, WB13 to WB13b */
    JOIN_IF_RAW,      /* WB3d: nothing attached in between */
    JOIN_IF_ODD,      /* WB15, WB16: the first two of a flag */
    JOIN_TO_LETTER,   /* WB6, WB7: only when a letter follows */
    JOIN_TO_NUMBER,   /* WB11, WB12: only when a digit follows */
    JOIN_TO_HEBREW,   /* WB7b, WB7c: only when a Hebrew letter follows */
    JOIN_HEBREW_QUOTE /* WB7a, and WB6 when a letter follows */
};

#define LETTER_ROW(hebrew_quote, hebrew_double)                                                    \
    {                                                                                              \
        [WB_ALETTER] = JOIN, [WB_HEBREW_LETTER] = JOIN, [WB_NUMERIC] = JOIN,                       \
        [WB_EXTENDNUMLET] = JOIN, [WB_MIDLETTER] = JOIN_TO_LETTER,                                 \
        [WB_MIDNUMLET] = JOIN_TO_LETTER, [WB_SINGLE_QUOTE] = (hebrew_quote),                       \
        [WB_DOUBLE_QUOTE] = (hebrew_double)                                                        \
    }

static const uint8_t pair_rules[WB_WSEGSPACE + 1][WB_WSEGSPACE + 1] = {
    [WB_ALETTER] = LETTER_ROW(JOIN_TO_LETTER, BREAK),
    [WB_HEBREW_LETTER] = LETTER_ROW(JOIN_HEBREW_QUOTE, JOIN_TO_HEBREW),
    [WB_NUMERIC] = {[WB_ALETTER] = JOIN,
                    [WB_HEBREW_LETTER] = JOIN,
                    [WB_NUMERIC] = JOIN,
                    [WB_EXTENDNUMLET] = JOIN,
                    [WB_MIDNUM] = JOIN_TO_NUMBER,
                    [WB_MIDNUMLET] = JOIN_TO_NUMBER,
                    [WB_SINGLE_QUOTE] = JOIN_TO_NUMBER},
    [WB_KATAKANA] = {[WB_KATAKANA] = JOIN, [WB_EXTENDNUMLET] = JOIN},
    [WB_EXTENDNUMLET] = {[WB_ALETTER] = JOIN,
                         [WB_HEBREW_LETTER] = JOIN,
                         [WB_NUMERIC] = JOIN,
                         [WB_KATAKANA] = JOIN,
                         [WB_EXTENDNUMLET] = JOIN},
    [WB_REGIONAL_INDICATOR] = {[WB_REGIONAL_INDICATOR] = JOIN_IF_ODD},
    [WB_WSEGSPACE] = {[WB_WSEGSPACE] = JOIN_IF_RAW},
};

struct scanner {
    const uint8_t *text;
    size_t length;
    struct word_segment segment;
    enum word_break_class previous; /* of the last character that is not attached */
    enum word_break_class raw;      /* of the last character */
    bool lone_indicator;            /* it is the first half of a flag */
};

struct seen {
    uint32_t bits;
    size_t end;
};

static inline struct seen look_at(const struct scanner *s, size_t at)
{
    struct utf8_item item = utf8_decode(s->text + at, s->text + s->length);
    return (struct seen){unicode_bits(item), at + item.size};
}

static inline void take(struct scanner *s, struct seen next)
{
    s->segment.any |= next.bits;
    s->segment.all &= next.bits;
    s->segment.end = next.end;
    s->raw = unicode_break_class(next.bits);
    if (!unicode_attaches(next.bits)) {
        s->previous = s->raw;
    }
}

/* The class behind `middle` and what is attached to it; *end is the byte behind that character. */
static enum word_break_class class_behind(const struct scanner *s, struct seen middle, size_t *end)
{
    struct seen next = middle;
    while (next.end < s->length) {
        next = look_at(s, next.end);
        if (!unicode_attaches(next.bits)) {
            *end = next.end;
            return unicode_break_class(next.bits);
        }
    }
    return WB_OTHER;
}

static bool accepts(enum pair_rule rule, enum word_break_class behind)
{
    switch (rule) {
    case JOIN_TO_LETTER:
    case JOIN_HEBREW_QUOTE:
        return behind == WB_ALETTER || behind == WB_HEBREW_LETTER;
    case JOIN_TO_NUMBER:
        return behind == WB_NUMERIC;
    case JOIN_TO_HEBREW:
        return behind == WB_HEBREW_LETTER;
    default:
        return false;
    }
}

/* Takes `middle` and the character behind it, if that is of the class that the rule asks for. */
static bool take_middle(struct scanner *s, struct seen middle, enum pair_rule rule)
{
    size_t end = 0;
    if (accepts(rule, class_behind(s, middle, &end))) {
        take(s, middle);
        while (s->segment.end < end) {
            take(s, look_at(s, s->segment.end));
        }
        return true;
    }
    if (rule == JOIN_HEBREW_QUOTE) {
        take(s, middle);
        return true;
    }
    return false;
}

/* Takes the next character into the segment unless there is a boundary before it. */
static bool take_next(struct scanner *s)
{
    struct seen next = look_at(s, s->segment.end);
    enum pair_rule rule = pair_rules[s->previous][unicode_break_class(next.bits)];
    bool joins;
    if (unicode_attaches(next.bits)) { /* WB4 */
        joins = true;
    } else if (s->raw == WB_ZWJ && (next.bits & UNICODE_PICTOGRAPHIC) != 0) { /* WB3c */
        joins = true;
    } else if (rule >= JOIN_TO_LETTER) {
        return take_middle(s, next, rule);
    } else if (rule == JOIN_IF_ODD) {
        joins = s->lone_indicator;
        s->lone_indicator = false;
    } else {
        joins = rule == JOIN || (rule == JOIN_IF_RAW && s->raw == WB_WSEGSPACE);
    }
    if (joins) {
        take(s, next);
    }
    return joins;
}

struct word_segment word_break_next(const uint8_t *text, size_t length, size_t start)
{
    struct scanner s = {.text = text, .length = length};
    struct seen first = look_at(&s, start);
    s.segment = (struct word_segment){.end = first.end, .any = first.bits, .all = first.bits};
    s.raw = unicode_break_class(first.bits);
    s.previous = s.raw;
    s.lone_indicator = s.raw == WB_REGIONAL_INDICATOR;
    if (s.raw == WB_CR && first.end < length && text[first.end] == '\n') { /* WB3 */
        take(&s, look_at(&s, first.end));
        return s.segment;
    }
    if (s.raw == WB_CR || s.raw == WB_LF || s.raw == WB_NEWLINE) { /* WB3a */
        return s.segment;
    }
    while (s.segment.end < length && take_next(&s)) {
    }
    return s.segment;
}
