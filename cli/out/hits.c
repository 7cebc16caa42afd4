/* SPDX-License-Identifier: Apache-2.0 */
#include "hits.h"

#include "cell.h"
#include "stream.h"
#include "utf8.h"

#include <string.h>

#define INDENT 5
#define PLAIN_WIDTH 100 /* where the output is no terminal */
#define VALUE_MAX 4096

struct hit {
    const struct printer *printer;
    const struct ArrowSchema *schema;
    const struct ArrowArray *batch;
    int64_t row;
    size_t width;
    struct text out;
};

/* A word with its marks; *columns is what it takes on the screen. */
static void add_word(struct text *word, const char *bytes, size_t length, bool ansi,
                     size_t *columns)
{
    *columns = 0;
    while (length > 0) {
        size_t plain = 0;
        while (plain < length && bytes[plain] != HITS_MARK_OPEN[0] &&
               bytes[plain] != HITS_MARK_CLOSE[0]) {
            plain++;
        }
        *columns += utf8_add_clean(word, bytes, plain, SIZE_MAX);
        if (plain < length) {
            const char *style = bytes[plain] == HITS_MARK_OPEN[0] ? "\033[1m" : "\033[0m";
            text_add_string(word, ansi ? style : "");
            plain++;
        }
        bytes += plain;
        length -= plain;
    }
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

void hits_add_wrapped(struct text *out, const char *bytes, size_t length, size_t indent,
                      size_t width, bool ansi)
{
    struct text word = {0};
    size_t at = 0;
    size_t used = 0; /* columns of the present line; 0 = no line begun */
    while (at < length) {
        size_t end = at;
        size_t columns;
        while (end < length && !is_space(bytes[end])) {
            end++;
        }
        text_clear(&word);
        add_word(&word, bytes + at, end - at, ansi, &columns);
        if (word.length > 0) {
            if (used > 0 && used + 1 + columns > width) {
                text_add_char(out, '\n');
                used = 0;
            }
            if (used == 0) {
                text_add_repeated(out, " ", indent);
                used = indent;
            } else {
                text_add_char(out, ' ');
                used++;
            }
            text_add(out, word.data, word.length);
            used += columns;
        }
        at = end + 1;
    }
    text_add_string(out, used > 0 ? "\n" : "");
    text_free(&word);
}

/* The text of a column; false when there is no such column or it is null or empty. */
static bool value_of(const struct hit *hit, int64_t column, struct text *value)
{
    text_clear(value);
    if (column < 0) {
        return false;
    }
    const struct ArrowSchema *schema = hit->schema->children[column];
    const struct ArrowArray *array = hit->batch->children[column];
    cell_add_text(value, schema, array, hit->row + hit->batch->offset, VALUE_MAX);
    return value->length > 0;
}

static bool named_value(const struct hit *hit, const char *name, struct text *value)
{
    return value_of(hit, printer_column(hit->schema, name), value);
}

static void add_score(struct hit *hit)
{
    int64_t column = printer_column(hit->schema, "score");
    double score = 0;
    if (column < 0) {
        column = printer_column(hit->schema, "distance");
    }
    if (column >= 0) {
        (void)cell_real(hit->schema->children[column], hit->batch->children[column],
                        hit->row + hit->batch->offset, &score);
    }
    text_format(&hit->out, "%8.4f  ", score);
}

/* "path #3": the passage counts from 1 for people. */
static bool add_place(struct hit *hit, struct text *value)
{
    uint64_t passage;
    if (!named_value(hit, "path", value)) {
        return false;
    }
    int64_t column = printer_column(hit->schema, "passage");
    if (column >= 0 && cell_integer(hit->schema->children[column], hit->batch->children[column],
                                    hit->row + hit->batch->offset, &passage)) {
        text_format(value, " (passage %llu)", (unsigned long long)passage + 1);
    }
    return true;
}

static void add_headline(struct hit *hit, uint64_t rank, struct text *value)
{
    text_format(&hit->out, "%3llu. ", (unsigned long long)rank);
    add_score(hit);
    size_t left = hit->width > 20 ? hit->width - 15 : 5;
    bool titled = named_value(hit, "title", value);
    if (titled || add_place(hit, value) || named_value(hit, "_id", value)) {
        text_add_string(&hit->out, hit->printer->ansi ? "\033[1;36m" : "");
        utf8_add_clean(&hit->out, value->data, value->length, left);
        text_add_string(&hit->out, hit->printer->ansi ? "\033[0m" : "");
    }
    text_add_char(&hit->out, '\n');
    if (titled && add_place(hit, value)) {
        text_add_repeated(&hit->out, " ", INDENT);
        text_add_string(&hit->out, hit->printer->ansi ? "\033[2m" : "");
        utf8_add_clean(&hit->out, value->data, value->length, hit->width - INDENT);
        text_add_string(&hit->out, hit->printer->ansi ? "\033[0m\n" : "\n");
    }
}

/* Every column that the headline and the snippet do not show. */
static void add_others(struct hit *hit, struct text *value)
{
    static const char *const elsewhere[] = {"score", "distance", "snippet",
                                            "title", "path",     "passage"};
    for (int64_t i = 0; i < hit->schema->n_children; i++) {
        const char *name = hit->schema->children[i]->name;
        bool shown = false;
        for (size_t j = 0; j < sizeof(elsewhere) / sizeof(elsewhere[0]); j++) {
            shown = shown || strcmp(name, elsewhere[j]) == 0;
        }
        if (!shown && value_of(hit, i, value)) {
            text_add_repeated(&hit->out, " ", INDENT);
            size_t used = utf8_add_clean(&hit->out, name, strlen(name), 30);
            text_add_string(&hit->out, ": ");
            utf8_add_clean(&hit->out, value->data, value->length,
                           hit->width > used + 20 ? hit->width - used - INDENT - 2 : 20);
            text_add_char(&hit->out, '\n');
        }
    }
}

static void print_hit(struct hit *hit, uint64_t rank)
{
    struct text value = {0};
    text_clear(&hit->out);
    add_headline(hit, rank, &value);
    add_others(hit, &value);
    if (named_value(hit, "snippet", &value)) {
        hits_add_wrapped(&hit->out, value.data, value.length, INDENT, hit->width,
                         hit->printer->ansi);
    }
    fwrite(hit->out.data, 1, hit->out.length, hit->printer->file);
    text_free(&value);
}

inlay_status hits_print(const struct printer *printer, struct ArrowArrayStream *stream,
                        uint64_t first_rank, uint64_t *hits, inlay_error *err)
{
    struct ArrowSchema schema = {0};
    struct hit hit = {.printer = printer, .schema = &schema};
    inlay_status status = stream_schema(stream, &schema, err);
    hit.width = printer->width >= 40 ? printer->width : PLAIN_WIDTH;
    *hits = 0;
    while (status == INLAY_OK) {
        struct ArrowArray batch;
        status = stream_next(stream, &batch, err);
        if (status != INLAY_OK || !batch.release) {
            break;
        }
        hit.batch = &batch;
        for (hit.row = 0; hit.row < batch.length; hit.row++) {
            print_hit(&hit, first_rank + *hits);
            *hits += 1;
        }
        batch.release(&batch);
    }
    if (schema.release) {
        schema.release(&schema);
    }
    stream->release(stream);
    text_free(&hit.out);
    return status;
}
