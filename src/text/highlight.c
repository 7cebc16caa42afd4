/* SPDX-License-Identifier: Apache-2.0 */
#include "text/highlight.h"

#include "base/alloc.h"
#include "base/error.h"
#include "text/analysis/utf8.h"

#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"
#define REPLACEMENT "\xef\xbf\xbd"
#define MAX_WORD_SEARCH 32 /* how far a cut moves to fall between words */

struct hit {
    uint32_t start;
    uint32_t end;
    uint32_t term;
};

struct hits {
    struct hit *items;
    size_t count;
    size_t capacity;
};

struct window {
    size_t start;
    size_t end;
};

struct snippet {
    const uint8_t *text;
    size_t length; /* of the whole text */
    struct hits hits;
    struct window window;
    const char *open_tag;
    const char *close_tag;
    struct buffer *out;
};

/* The start of the item that holds byte `at`, or `at` itself between items. */
static size_t item_start(const uint8_t *text, size_t length, size_t at)
{
    size_t back = 0;
    while (back < UTF8_MAX_SIZE - 1 && back < at && at < length && utf8_is_trail(text[at - back])) {
        back++;
    }
    if (back > 0 && utf8_decode(text + at - back, text + length).size > back) {
        return at - back;
    }
    return at;
}

static size_t find_term(const struct token *token, const struct highlight_term *terms, size_t count)
{
    size_t i = 0;
    while (i < count && (terms[i].length != token->length ||
                         memcmp(terms[i].bytes, token->bytes, token->length) != 0)) {
        i++;
    }
    return i;
}

static inlay_status find_hits(const struct token *tokens, size_t token_count,
                              const struct highlight_term *terms, size_t term_count,
                              struct hits *hits, inlay_error *err)
{
    for (size_t i = 0; i < token_count; i++) {
        size_t term = find_term(&tokens[i], terms, term_count);
        if (term == term_count) {
            continue;
        }
        if (!mem_grow((void **)&hits->items, &hits->capacity, hits->count + 1,
                      sizeof(*hits->items))) {
            return error_no_memory(err);
        }
        hits->items[hits->count++] = (struct hit){tokens[i].start, tokens[i].end, (uint32_t)term};
    }
    return INLAY_OK;
}

/* Two pointers over the hits; `seen` counts those of each term between them. */
static struct window best_window(const struct hits *hits, size_t max_bytes)
{
    uint32_t seen[HIGHLIGHT_MAX_TERMS] = {0};
    struct window best = {0, 0};
    size_t best_terms = 0;
    size_t best_hits = 0;
    size_t terms = 0;
    size_t first = 0;
    for (size_t last = 0; last < hits->count; last++) {
        const struct hit *items = hits->items;
        terms += seen[items[last].term]++ == 0;
        while (first < last && items[last].end - items[first].start > max_bytes) {
            terms -= --seen[items[first].term] == 0;
            first++;
        }
        if (terms > best_terms || (terms == best_terms && last - first + 1 > best_hits)) {
            best = (struct window){items[first].start, items[last].end};
            best_terms = terms;
            best_hits = last - first + 1;
        }
    }
    return best;
}

/* Spreads the bytes that are left over both sides, and to the other one at an end of the text. */
static struct window widen(struct window core, size_t length, size_t max_bytes)
{
    struct window wide = core;
    size_t room = max_bytes - (core.end - core.start);
    size_t left = room / 2 < core.start ? room / 2 : core.start;
    size_t right = room - left;
    if (right > length - core.end) {
        right = length - core.end;
        left = room - right < core.start ? room - right : core.start;
    }
    wide.start -= left;
    wide.end += right;
    return wide;
}

/* The first place from `from` on where a word begins, at most MAX_WORD_SEARCH bytes on; without one
 * the next border of a code point. Not past `to`. */
static size_t cut_forward(const uint8_t *text, size_t length, size_t from, size_t to)
{
    size_t limit = to - from < MAX_WORD_SEARCH ? to : from + MAX_WORD_SEARCH;
    for (size_t at = from; at <= limit; at++) {
        if (at == 0 || text[at - 1] <= ' ') {
            return at;
        }
    }
    while (from < to && item_start(text, length, from) != from) {
        from++;
    }
    return from;
}

/* The same backwards from `to`: the last place where a word ends. Not before `from`. */
static size_t cut_backward(const uint8_t *text, size_t length, size_t from, size_t to)
{
    size_t limit = to - from < MAX_WORD_SEARCH ? from : to - MAX_WORD_SEARCH;
    for (size_t at = to; at > limit; at--) {
        if (at == length || text[at] <= ' ') {
            return at;
        }
    }
    to = item_start(text, length, to);
    return to < from ? from : to;
}

static struct window choose_window(const struct snippet *s, size_t searched, size_t max_bytes)
{
    struct window core = best_window(&s->hits, max_bytes);
    struct window wide;
    if (core.end - core.start > max_bytes) { /* one match, longer than the snippet */
        core.end = item_start(s->text, searched, core.start + max_bytes);
    }
    wide = widen(core, searched, max_bytes);
    wide.start = cut_forward(s->text, searched, wide.start, core.start);
    wide.end = cut_backward(s->text, searched, core.end, wide.end);
    return wide;
}

static void put_text(const struct snippet *s, size_t start, size_t end)
{
    while (start < end) {
        struct utf8_item item = utf8_decode(s->text + start, s->text + end);
        if (item.point == UTF8_INVALID) {
            buffer_append(s->out, REPLACEMENT, strlen(REPLACEMENT));
        } else if (item.point < ' ' || item.point == 0x7f) {
            buffer_u8(s->out, ' ');
        } else {
            buffer_append(s->out, s->text + start, item.size);
        }
        start += item.size;
    }
}

static void put_marked(const struct snippet *s, size_t start, size_t end)
{
    buffer_append(s->out, s->open_tag, strlen(s->open_tag));
    put_text(s, start, end);
    buffer_append(s->out, s->close_tag, strlen(s->close_tag));
}

static void put_snippet(const struct snippet *s)
{
    const struct window *window = &s->window;
    size_t at = window->start;
    if (window->start > 0) {
        buffer_append(s->out, ELLIPSIS, strlen(ELLIPSIS));
    }
    for (size_t i = 0; i < s->hits.count;) {
        size_t start = s->hits.items[i].start;
        size_t end = s->hits.items[i].end;
        for (i++; i < s->hits.count && s->hits.items[i].start <= end; i++) {
            end = s->hits.items[i].end > end ? s->hits.items[i].end : end;
        }
        start = start < at ? at : start;
        end = end > window->end ? window->end : end;
        if (start < end) {
            put_text(s, at, start);
            put_marked(s, start, end);
            at = end;
        }
    }
    put_text(s, at, window->end);
    if (window->end < s->length) {
        buffer_append(s->out, ELLIPSIS, strlen(ELLIPSIS));
    }
}

inlay_status highlight_snippet(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const char *text, size_t length, const struct highlight_term *terms,
                               size_t term_count, size_t max_bytes, const char *open_tag,
                               const char *close_tag, struct buffer *out, inlay_error *err)
{
    struct snippet s = {.text = (const uint8_t *)text,
                        .length = length,
                        .open_tag = open_tag,
                        .close_tag = close_tag,
                        .out = out};
    const struct token *tokens;
    size_t token_count;
    size_t searched = length;
    inlay_status status;
    if (max_bytes == 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a snippet has at least one byte, not 0");
    }
    if (length > HIGHLIGHT_MAX_TEXT) {
        searched = item_start(s.text, length, HIGHLIGHT_MAX_TEXT);
    }
    term_count = term_count < HIGHLIGHT_MAX_TERMS ? term_count : HIGHLIGHT_MAX_TERMS;
    INLAY_TRY_GOTO(status,
                   analyzer_run(analyzer, scratch, text, searched, &tokens, &token_count, err),
                   cleanup);
    INLAY_TRY_GOTO(status, find_hits(tokens, token_count, terms, term_count, &s.hits, err),
                   cleanup);
    s.window = choose_window(&s, searched, max_bytes);
    put_snippet(&s);
    status = buffer_status(out, err);
cleanup:
    mem_free(s.hits.items);
    return status;
}
