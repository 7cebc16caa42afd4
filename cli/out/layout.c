/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include "cell.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

#define BAR 24
#define LABEL_MAX 34

static char *text_value(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                        const char *name, int64_t row)
{
    const char *bytes;
    size_t length;
    int64_t column = printer_column(schema, name);
    if (column < 0 || !cell_bytes(schema->children[column], batch->children[column],
                                  row + batch->offset, &bytes, &length)) {
        return NULL;
    }
    char *copy = resize_or_exit(NULL, length + 1, 1);
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

static bool integer_value(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                          const char *name, int64_t row, uint64_t *value)
{
    int64_t column = printer_column(schema, name);
    return column >= 0 && cell_integer(schema->children[column], batch->children[column],
                                       row + batch->offset, value);
}

static bool flag_value(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                       const char *name, int64_t row)
{
    struct text value = {0};
    int64_t column = printer_column(schema, name);
    if (column >= 0) {
        cell_add_text(&value, schema->children[column], batch->children[column],
                      row + batch->offset, SIZE_MAX);
    }
    bool set = strcmp(text_cstr(&value), "true") == 0;
    text_free(&value);
    return set;
}

void layout_collect(void *context, const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
    struct layout *layout = context;
    for (int64_t row = 0; row < batch->length; row++) {
        layout->regions =
            resize_or_exit(layout->regions, layout->count + 1, sizeof(*layout->regions));
        struct region *r = &layout->regions[layout->count++];
        *r = (struct region){0};
        r->name = text_value(schema, batch, "region", row);
        r->column = text_value(schema, batch, "column", row);
        r->detail = text_value(schema, batch, "detail", row);
        r->has_part = integer_value(schema, batch, "part", row, &r->part);
        r->inside = flag_value(schema, batch, "inside", row);
        (void)integer_value(schema, batch, "offset", row, &r->offset);
        (void)integer_value(schema, batch, "length", row, &r->length);
        if (r->offset + r->length > layout->size) {
            layout->size = r->offset + r->length;
        }
    }
}

static void region_free(struct region *region)
{
    free(region->name);
    free(region->column);
    free(region->detail);
}

static bool mergeable(const struct region *r)
{
    return !r->inside && r->name &&
           (strcmp(r->name, "page index") == 0 || strcmp(r->name, "bloom filter") == 0);
}

void layout_merge(struct layout *layout)
{
    size_t kept = 0;
    for (size_t i = 0; i < layout->count; kept++) {
        struct region *first = &layout->regions[i];
        size_t run = 1;
        while (mergeable(first) && i + run < layout->count && mergeable(&first[run]) &&
               strcmp(first[run].name, first->name) == 0) {
            run++;
        }
        struct region merged = *first;
        if (run > 2) {
            struct text name = {0};
            text_format(&name, "%zu %s%s", run, first->name,
                        strcmp(first->name, "page index") == 0 ? "es" : "s");
            merged = (struct region){.name = name.data, .offset = first->offset};
            for (size_t j = 0; j < run; j++) {
                merged.length += first[j].length;
                region_free(&first[j]);
            }
        } else {
            run = 1;
        }
        layout->regions[kept] = merged;
        i += run;
    }
    layout->count = kept;
}

void layout_free(struct layout *layout)
{
    for (size_t i = 0; i < layout->count; i++) {
        region_free(&layout->regions[i]);
    }
    free(layout->regions);
    *layout = (struct layout){0};
}

/* Whether another region inside the same one follows: decides the branch drawn. */
static bool has_sibling(const struct layout *layout, size_t at)
{
    return at + 1 < layout->count && layout->regions[at + 1].inside;
}

static void add_label(struct text *out, const struct layout *layout, size_t at)
{
    const struct region *r = &layout->regions[at];
    if (r->inside) {
        text_add_string(out, has_sibling(layout, at) ? "├ " : "└ ");
    }
    if (r->name && strcmp(r->name, "column chunk") == 0) {
        text_add_string(out, r->column ? r->column : "?");
        return;
    }
    text_add_string(out, r->name ? r->name : "?");
    if (r->has_part) {
        text_format(out, " %llu", (unsigned long long)r->part);
    }
    if (r->column) {
        text_format(out, " %s", r->column);
    }
}

/* Where the region lies in the file: a bar to scale, at least a sliver wide. */
static void add_bar(struct text *out, const struct layout *layout, const struct region *r)
{
    static const char *const eighths[] = {"▏", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    double scale = layout->size > 0 ? (double)BAR / (double)layout->size : 0;
    size_t start = (size_t)((double)r->offset * scale);
    start = start >= BAR ? BAR - 1 : start;
    size_t eighth = (size_t)((double)r->length * scale * 8 + 0.5);
    size_t whole = eighth / 8;
    whole = whole > BAR - start ? BAR - start : whole;
    size_t used = start + whole;
    text_add_repeated(out, "·", start);
    text_add_repeated(out, r->inside ? "▒" : "█", whole);
    if (used < BAR && (whole == 0 || eighth % 8 > 0)) {
        text_add_string(out, whole > 0 && r->inside ? "▒" : eighths[eighth % 8]);
        used++;
    }
    text_add_repeated(out, "·", BAR - used);
}

static size_t widest_label(const struct layout *layout)
{
    size_t widest = 6;
    struct text label = {0};
    for (size_t i = 0; i < layout->count; i++) {
        text_clear(&label);
        add_label(&label, layout, i);
        size_t width = utf8_width(text_cstr(&label), label.length, LABEL_MAX);
        widest = width > widest ? width : widest;
    }
    text_free(&label);
    return widest;
}

static void draw_region(const struct printer *printer, const struct layout *layout, size_t at,
                        size_t label_width)
{
    const struct region *r = &layout->regions[at];
    struct text line = {0};
    struct text part = {0};
    add_label(&part, layout, at);
    size_t used = utf8_add_clean(&line, text_cstr(&part), part.length, label_width);
    text_add_repeated(&line, " ", label_width - used + 2);
    text_clear(&part);
    text_add_bytes(&part, r->length);
    double share = layout->size > 0 ? 100.0 * (double)r->length / (double)layout->size : 0;
    text_format(&line, "%12llu  %8s  %5.1f %%  ", (unsigned long long)r->offset, text_cstr(&part),
                share);
    add_bar(&line, layout, r);
    if (r->detail && r->detail[0]) {
        size_t before = label_width + 2 + 12 + 2 + 8 + 2 + 7 + 2 + BAR + 2;
        size_t room = printer->width > before + 10 ? printer->width - before : SIZE_MAX;
        text_add_string(&line, printer->ansi ? "  \033[2m" : "  ");
        utf8_add_clean(&line, r->detail, strlen(r->detail), room);
        text_add_string(&line, printer->ansi ? "\033[0m" : "");
    }
    fprintf(printer->file, "%s\n", text_cstr(&line));
    text_free(&line);
    text_free(&part);
}

void layout_draw(const struct printer *printer, const char *path, const struct layout *layout)
{
    struct text size = {0};
    size_t label_width = widest_label(layout);
    text_add_bytes(&size, layout->size);
    fprintf(printer->file, "%s: %s\n\n", path, text_cstr(&size));
    fprintf(printer->file, "%-*s  %12s  %8s  %7s  where it lies\n", (int)label_width, "region",
            "offset", "size", "share");
    for (size_t i = 0; i < layout->count; i++) {
        draw_region(printer, layout, i, label_width);
    }
    text_free(&size);
}
