/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/html.h"

#include "base/alloc.h"
#include "base/error.h"
#include "ingest/html_entity.h"

#include <string.h>
#include <strings.h>

/* What stands between two stretches of text: the strongest request since the last one wins. */
enum gap { GAP_NONE, GAP_SPACE, GAP_TAB, GAP_LINE, GAP_PARAGRAPH };

enum role { ROLE_INLINE, ROLE_CELL, ROLE_LINE, ROLE_BLOCK, ROLE_PRE, ROLE_HEADING, ROLE_RAW };

struct converter {
    struct html_text *html;
    const char *p;
    const char *end;
    char *out; /* next byte of html->text, which is large enough: see put() */
    char *limit;
    enum gap gap;
    unsigned pre; /* open <pre> elements */
    bool heading; /* inside h1 to h6 or title */
    bool started; /* the heading has text */
    bool failed;  /* no memory */
};

void html_text_init(struct html_text *html)
{
    memset(html, 0, sizeof(*html));
    buffer_init(&html->text, UINT32_MAX);
}

void html_text_free(struct html_text *html)
{
    buffer_free(&html->text);
    mem_free(html->headings);
    html->headings = NULL;
    html->heading_count = 0;
    html->heading_capacity = 0;
}

/* ---- output: every byte comes from a byte of the source, gaps from the tags that ask for them;
 * the limit is a safeguard only ---- */

static void put(struct converter *c, const char *bytes, size_t length)
{
    if (length <= (size_t)(c->limit - c->out)) {
        memcpy(c->out, bytes, length);
        c->out += length;
    }
}

static size_t written(const struct converter *c)
{
    return (size_t)(c->out - (char *)c->html->text.data);
}

static void ask(struct converter *c, enum gap gap)
{
    c->gap = gap > c->gap ? gap : c->gap;
}

static void open_heading(struct converter *c)
{
    void *items = c->html->headings;
    if (!mem_grow(&items, &c->html->heading_capacity, c->html->heading_count + 1,
                  sizeof(*c->html->headings))) {
        c->failed = true;
        return;
    }
    c->html->headings = items;
    c->html->headings[c->html->heading_count].start = (uint32_t)written(c);
    c->html->headings[c->html->heading_count].length = 0;
    c->started = true;
}

static void close_heading(struct converter *c)
{
    if (c->heading && c->started && !c->failed) {
        struct html_heading *heading = &c->html->headings[c->html->heading_count++];
        heading->length = (uint32_t)written(c) - heading->start;
    }
    c->heading = false;
    c->started = false;
}

/* Before text: the gap, which the document's start does not need. */
static void settle(struct converter *c)
{
    static const char gaps[][3] = {"", " ", "\t", "\n", "\n\n"};
    if (c->gap != GAP_NONE && written(c) != 0) {
        enum gap gap = c->heading && c->started && c->gap > GAP_SPACE ? GAP_SPACE : c->gap;
        put(c, gaps[gap], gap == GAP_PARAGRAPH ? 2 : 1);
    }
    c->gap = GAP_NONE;
    if (c->heading && !c->started) {
        open_heading(c);
    }
}

/* ---- text ---- */

/* Bytes that end a word. */
static const bool stops[256] = {[' '] = true,  ['\n'] = true, ['\t'] = true, ['\r'] = true,
                                ['\f'] = true, ['<'] = true,  ['&'] = true};

static bool is_space(char ch)
{
    return ch == ' ' || ch == '\n' || ch == '\t' || ch == '\r' || ch == '\f';
}

static void reference(struct converter *c)
{
    uint32_t code = '&';
    size_t used = html_entity_decode(c->p, (size_t)(c->end - c->p), &code);
    char bytes[4];
    if (used == 0) {
        code = '&';
        used = 1;
    }
    c->p += used;
    if (code == ' ' && c->pre == 0) {
        ask(c, GAP_SPACE);
    } else if (code != 0xad) { /* soft hyphens would part words */
        settle(c);
        put(c, bytes, utf8_encode(code, bytes));
    }
}

/* Everything up to the next '<' or '&'. */
static void text_run(struct converter *c)
{
    while (c->p < c->end && *c->p != '<' && *c->p != '&') {
        const char *start = c->p;
        if (c->pre != 0) {
            while (c->p < c->end && *c->p != '<' && *c->p != '&') {
                c->p++;
            }
        } else if (is_space(*c->p)) {
            ask(c, GAP_SPACE);
            c->p++;
            continue;
        } else {
            while (c->p < c->end && !stops[(uint8_t)*c->p]) {
                c->p++;
            }
        }
        settle(c);
        put(c, start, (size_t)(c->p - start));
    }
}

/* ---- tags ---- */

/* A name in lower case as a number, for comparing; longer ones are told by their first letters. */
#define NAME_BYTES 8
#define NAME(a, b, c, d, e, f, g, h)                                                               \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

static uint64_t name_number(const char *name, size_t length)
{
    uint64_t number = 0;
    size_t i;
    for (i = 0; i < length && i < NAME_BYTES; i++) {
        uint8_t letter = (uint8_t)name[i];
        number |= (uint64_t)(letter >= 'A' && letter <= 'Z' ? letter | 0x20 : letter) << (8 * i);
    }
    return number;
}

static enum role role_of(const char *name, size_t length)
{
    switch (name_number(name, length)) {
    case NAME('p', 0, 0, 0, 0, 0, 0, 0):
    case NAME('d', 'i', 'v', 0, 0, 0, 0, 0):
    case NAME('u', 'l', 0, 0, 0, 0, 0, 0):
    case NAME('o', 'l', 0, 0, 0, 0, 0, 0):
    case NAME('d', 'l', 0, 0, 0, 0, 0, 0):
    case NAME('t', 'a', 'b', 'l', 'e', 0, 0, 0):
    case NAME('b', 'l', 'o', 'c', 'k', 'q', 'u', 'o'): /* blockquote */
    case NAME('s', 'e', 'c', 't', 'i', 'o', 'n', 0):
    case NAME('a', 'r', 't', 'i', 'c', 'l', 'e', 0):
    case NAME('h', 'e', 'a', 'd', 'e', 'r', 0, 0):
    case NAME('f', 'o', 'o', 't', 'e', 'r', 0, 0):
    case NAME('n', 'a', 'v', 0, 0, 0, 0, 0):
    case NAME('a', 's', 'i', 'd', 'e', 0, 0, 0):
    case NAME('m', 'a', 'i', 'n', 0, 0, 0, 0):
    case NAME('h', 'r', 0, 0, 0, 0, 0, 0):
    case NAME('f', 'o', 'r', 'm', 0, 0, 0, 0):
    case NAME('f', 'i', 'g', 'u', 'r', 'e', 0, 0):
    case NAME('b', 'o', 'd', 'y', 0, 0, 0, 0):
    case NAME('h', 'e', 'a', 'd', 0, 0, 0, 0):
    case NAME('a', 'd', 'd', 'r', 'e', 's', 's', 0):
    case NAME('d', 'e', 't', 'a', 'i', 'l', 's', 0):
    case NAME('t', 'e', 'x', 't', 'a', 'r', 'e', 'a'):
    case NAME('f', 'i', 'e', 'l', 'd', 's', 'e', 't'):
        return ROLE_BLOCK;
    case NAME('l', 'i', 0, 0, 0, 0, 0, 0):
    case NAME('b', 'r', 0, 0, 0, 0, 0, 0):
    case NAME('t', 'r', 0, 0, 0, 0, 0, 0):
    case NAME('d', 't', 0, 0, 0, 0, 0, 0):
    case NAME('d', 'd', 0, 0, 0, 0, 0, 0):
    case NAME('c', 'a', 'p', 't', 'i', 'o', 'n', 0):
    case NAME('f', 'i', 'g', 'c', 'a', 'p', 't', 'i'): /* figcaption */
    case NAME('s', 'u', 'm', 'm', 'a', 'r', 'y', 0):
    case NAME('o', 'p', 't', 'i', 'o', 'n', 0, 0):
        return ROLE_LINE;
    case NAME('t', 'd', 0, 0, 0, 0, 0, 0):
    case NAME('t', 'h', 0, 0, 0, 0, 0, 0):
        return ROLE_CELL;
    case NAME('p', 'r', 'e', 0, 0, 0, 0, 0):
        return ROLE_PRE;
    case NAME('h', '1', 0, 0, 0, 0, 0, 0):
    case NAME('h', '2', 0, 0, 0, 0, 0, 0):
    case NAME('h', '3', 0, 0, 0, 0, 0, 0):
    case NAME('h', '4', 0, 0, 0, 0, 0, 0):
    case NAME('h', '5', 0, 0, 0, 0, 0, 0):
    case NAME('h', '6', 0, 0, 0, 0, 0, 0):
    case NAME('t', 'i', 't', 'l', 'e', 0, 0, 0):
        return ROLE_HEADING;
    case NAME('s', 'c', 'r', 'i', 'p', 't', 0, 0):
    case NAME('s', 't', 'y', 'l', 'e', 0, 0, 0):
        return ROLE_RAW;
    default:
        return ROLE_INLINE;
    }
}

static bool is_letter(char ch)
{
    return (ch | 0x20) >= 'a' && (ch | 0x20) <= 'z';
}

/* Behind the '>' that ends the tag; quotes count only behind '='. Ends the text when there is none,
 * as browsers do. */
static void skip_attributes(struct converter *c)
{
    char before = '\0';
    while (c->p < c->end && *c->p != '>') {
        if ((*c->p == '"' || *c->p == '\'') && before == '=') {
            const char *close = memchr(c->p + 1, *c->p, (size_t)(c->end - c->p) - 1);
            c->p = close != NULL ? close : c->end - 1;
        }
        before = is_space(*c->p) ? before : *c->p;
        c->p++;
    }
    c->p += c->p < c->end ? 1 : 0;
}

/* Behind the closing tag of a script or style. */
static void skip_raw(struct converter *c, const char *name, size_t length)
{
    while (c->p < c->end) {
        const char *at = memchr(c->p, '<', (size_t)(c->end - c->p));
        if (at == NULL || (size_t)(c->end - at) < length + 2) {
            c->p = c->end;
            return;
        }
        c->p = at + 1;
        if (at[1] == '/' && strncasecmp(at + 2, name, length) == 0) {
            skip_attributes(c);
            return;
        }
    }
}

static void apply(struct converter *c, enum role role, bool closing)
{
    static const enum gap gaps[] = {
        [ROLE_INLINE] = GAP_NONE,     [ROLE_CELL] = GAP_TAB,      [ROLE_LINE] = GAP_LINE,
        [ROLE_BLOCK] = GAP_PARAGRAPH, [ROLE_PRE] = GAP_PARAGRAPH, [ROLE_HEADING] = GAP_PARAGRAPH,
        [ROLE_RAW] = GAP_SPACE};
    /* A block ends a heading that nobody closed, but may stand between its tag and its text. */
    if (c->heading && c->started && gaps[role] == GAP_PARAGRAPH) {
        close_heading(c);
    }
    if (role == ROLE_HEADING) {
        close_heading(c);
        c->heading = !closing;
    } else if (role == ROLE_PRE) {
        c->pre = closing ? (c->pre != 0 ? c->pre - 1 : 0) : c->pre + 1;
    }
    /* A line's end is written once, at the next item's start. */
    if (!(closing && (role == ROLE_CELL || role == ROLE_RAW))) {
        ask(c, gaps[role]);
    }
}

static void markup(struct converter *c)
{
    size_t left = (size_t)(c->end - c->p);
    bool closing = left > 1 && c->p[1] == '/';
    const char *name = c->p + (closing ? 2 : 1);
    const char *name_end = name;
    enum role role;
    if (left >= 4 && memcmp(c->p, "<!--", 4) == 0) {
        const char *close = memmem(c->p + 4, left - 4, "-->", 3);
        c->p = close != NULL ? close + 3 : c->end;
        return;
    }
    if (left > 1 && (c->p[1] == '!' || c->p[1] == '?')) {
        const char *close = memchr(c->p, '>', left);
        c->p = close != NULL ? close + 1 : c->end;
        return;
    }
    if (name >= c->end || !is_letter(*name)) {
        settle(c);
        put(c, c->p++, 1);
        return;
    }
    while (name_end < c->end && (is_letter(*name_end) || (*name_end >= '0' && *name_end <= '9'))) {
        name_end++;
    }
    role = role_of(name, (size_t)(name_end - name));
    c->p = name_end;
    skip_attributes(c);
    apply(c, role, closing);
    if (role == ROLE_RAW && !closing) {
        skip_raw(c, name, (size_t)(name_end - name));
    }
}

inlay_status html_text_convert(struct html_text *html, const char *source, size_t length,
                               inlay_error *err)
{
    struct converter c = {0};
    buffer_clear(&html->text);
    html->heading_count = 0;
    if (buffer_extend(&html->text, length) == NULL && length != 0) {
        return buffer_status(&html->text, err);
    }
    c.html = html;
    c.p = source;
    c.end = source + length;
    c.out = (char *)html->text.data;
    c.limit = c.out + length;
    while (c.p < c.end && !c.failed) {
        if (*c.p == '<') {
            markup(&c);
        } else if (*c.p == '&') {
            reference(&c);
        } else {
            text_run(&c);
        }
    }
    close_heading(&c);
    html->text.len = written(&c);
    return c.failed ? error_no_memory(err) : INLAY_OK;
}
