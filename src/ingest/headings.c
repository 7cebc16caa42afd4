/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/headings.h"

#include <string.h>

size_t text_cut(const char *text, size_t length, size_t most)
{
    if (length <= most) {
        return length;
    }
    while (most > 0 && ((uint8_t)text[most] & 0xc0) == 0x80) {
        most--;
    }
    return most;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* A line without its end, its indentation and the blanks behind it. */
struct line {
    size_t start; /* of the line itself */
    size_t end;   /* of the line itself, behind the newline */
    const char *text;
    size_t length;
    size_t indent; /* blanks in front, a tab as one that is never few */
};

static struct line line_at(const char *text, size_t length, size_t start)
{
    const char *newline = memchr(text + start, '\n', length - start);
    struct line line;
    size_t end = newline != NULL ? (size_t)(newline - text) : length;
    size_t first = start;
    line.start = start;
    line.end = newline != NULL ? end + 1 : end;
    line.indent = 0;
    while (first < end && is_blank(text[first])) {
        line.indent += text[first] == '\t' ? 4 : 1;
        first++;
    }
    while (end > first && is_blank(text[end - 1])) {
        end--;
    }
    line.text = text + first;
    line.length = end - first;
    return line;
}

static size_t run_of(const struct line *line, char mark)
{
    size_t n = 0;
    while (n < line->length && line->text[n] == mark) {
        n++;
    }
    return n;
}

static void set_title(struct heading *out, size_t start, const char *text, size_t length)
{
    out->start = start;
    out->title.bytes = text;
    out->title.length = text_cut(text, length, PASSAGE_TITLE_MAX);
}

static void forget_line(struct heading_scan *scan)
{
    scan->line_length = 0;
    scan->overline_length = 0;
    scan->after_text = false;
}

/* ---- Markdown ---- */

/* Returns true when the line is inside a fence, or opens or closes one. */
static bool in_fence(struct heading_scan *scan, const struct line *line)
{
    size_t marks;
    if (scan->fence == '-') {
        if (line->length == 3 && run_of(line, '-') == 3) {
            scan->fence = '\0';
        }
        return true;
    }
    if (scan->fence != '\0') {
        marks = run_of(line, scan->fence);
        if (line->indent < 4 && marks >= scan->fence_size && marks == line->length) {
            scan->fence = '\0';
        }
        return true;
    }
    if (line->start == 0 && line->indent == 0 && line->length == 3 && run_of(line, '-') == 3) {
        scan->fence = '-';
        return true;
    }
    if (line->length >= 3 && line->indent < 4 && (line->text[0] == '`' || line->text[0] == '~')) {
        marks = run_of(line, line->text[0]);
        if (marks >= 3 && (line->text[0] == '~' ||
                           memchr(line->text + marks, '`', line->length - marks) == NULL)) {
            scan->fence = line->text[0];
            scan->fence_size = marks;
            return true;
        }
    }
    return false;
}

static bool atx_heading(const struct line *line, struct heading *out)
{
    size_t marks = run_of(line, '#');
    size_t end = line->length;
    size_t first = marks;
    if (marks < 1 || marks > 6 || line->indent >= 4 ||
        (marks < line->length && !is_blank(line->text[marks]))) {
        return false;
    }
    while (first < end && is_blank(line->text[first])) {
        first++;
    }
    while (end > first && line->text[end - 1] == '#') {
        end--;
    }
    if (end > first && end < line->length && !is_blank(line->text[end - 1])) {
        end = line->length; /* "C#" is no closing sequence */
    }
    while (end > first && is_blank(line->text[end - 1])) {
        end--;
    }
    if (end == first) {
        return false;
    }
    set_title(out, line->start, line->text + first, end - first);
    return true;
}

static bool markdown_line(struct heading_scan *scan, const char *text, const struct line *line,
                          struct heading *out)
{
    char mark;
    if (in_fence(scan, line) || line->length == 0) {
        forget_line(scan);
        return false;
    }
    if (atx_heading(line, out)) {
        forget_line(scan);
        return true;
    }
    mark = line->text[0];
    if ((mark == '=' || mark == '-') && line->indent < 4 && run_of(line, mark) == line->length) {
        bool heading = scan->line_length != 0 && !scan->after_text && line->length >= 2;
        if (heading) {
            struct line title = line_at(text, line->start, scan->line_start);
            set_title(out, title.start, title.text, title.length);
        }
        forget_line(scan);
        return heading;
    }
    scan->after_text = scan->line_length != 0 || scan->after_text;
    scan->line_start = line->start;
    scan->line_length = line->indent < 4 ? line->length : 0;
    return false;
}

/* ---- reStructuredText ---- */

/* A line of one punctuation mark, as under and over titles; '\0' when it is not. */
static char adornment(const struct line *line)
{
    static const char marks[] = "=-~^\"'`#*+.:_<>";
    char mark = line->length >= 3 && line->indent == 0 ? line->text[0] : '\0';
    if (mark == '\0' || strchr(marks, mark) == NULL || run_of(line, mark) != line->length) {
        return '\0';
    }
    return mark;
}

static size_t characters(const char *text, size_t length)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < length; i++) {
        count += ((uint8_t)text[i] & 0xc0) != 0x80 ? 1 : 0;
    }
    return count;
}

static bool rst_underline(struct heading_scan *scan, const char *text, const struct line *line,
                          char mark, struct heading *out)
{
    struct line title = line_at(text, line->start, scan->line_start);
    bool over = scan->overline_length == line->length && scan->overline_mark == mark;
    if (scan->after_text || (title.indent != 0 && !over) ||
        (line->length < 4 && line->length < characters(title.text, title.length))) {
        return false;
    }
    set_title(out, over ? scan->overline_start : title.start, title.text, title.length);
    return true;
}

static bool rst_line(struct heading_scan *scan, const char *text, const struct line *line,
                     struct heading *out)
{
    char mark = adornment(line);
    bool heading = false;
    if (line->length == 0) {
        forget_line(scan);
        return false;
    }
    if (mark != '\0' && scan->line_length != 0) {
        heading = rst_underline(scan, text, line, mark, out);
        forget_line(scan);
        scan->after_text = !heading;
        return heading;
    }
    if (mark != '\0' && !scan->after_text) {
        scan->overline_start = line->start;
        scan->overline_length = line->length;
        scan->overline_mark = mark;
        return false;
    }
    scan->after_text = scan->line_length != 0 || scan->after_text;
    scan->line_start = line->start;
    scan->line_length = line->length;
    return false;
}

bool heading_scan_next(struct heading_scan *scan, enum passage_format format, const char *text,
                       size_t length, struct heading *out)
{
    while (scan->next < length) {
        struct line line = line_at(text, length, scan->next);
        scan->next = line.end;
        if (format == PASSAGE_MARKDOWN ? markdown_line(scan, text, &line, out)
                                       : rst_line(scan, text, &line, out)) {
            return true;
        }
    }
    return false;
}
