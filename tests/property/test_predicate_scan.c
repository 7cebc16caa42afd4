/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scans with a predicate leave out no row of which it is true: random tables (several superfiles,
 * row groups and pages, columns of every type with an order, texts with all analyzers and without
 * index), random trees of conditions, judged row by row by an evaluation that is slow and obvious.
 * Rows that come out are the table's, in its order, with their ids and places. And scans that can
 * be cheap are, by what the account says.
 */
#include "support/test.h"

#include "api/handles.h"
#include "base/alloc.h"
#include "base/bytes.h"
#include "columnar/stream.h"
#include "sql/table_relation.h"
#include "table/predicate/row_bounds.h"
#include "tables/tables.h"
#include "unit/sql/stream_text.inc"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the table ---- */

static const char *const type_texts[] = {
    "int64",
    "bool",
    "int8",
    "int16",
    "int32",
    "list<int32>",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "utf8",
    "large_utf8",
    "binary",
    "large_binary",
    "date32",
    "date64",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "timestamp[s]",
    "timestamp[ms]",
    "timestamp[us]",
    "timestamp[ns]",
    "decimal128[7, 2]",
    "duration[ms]",
    "int64",
    "fixed_binary[5]",
    "decimal128[38, 10]",
};
enum {
    TYPES = sizeof(type_texts) / sizeof(type_texts[0]),
    KEY = 0,    /* ascends with the rows, without nulls */
    LIST = 5,   /* no condition names it */
    TEXTS = 10, /* columns of texts behind the typed ones */
    COLUMNS = TYPES + TEXTS,
    PARTS = 5,
    PAGE_ROWS = 32,
    GROUP_ROWS = 160,
};
static const size_t part_rows[PARTS] = {700, 90, 1, 400, 330};

struct text_kind {
    const char *analyzer; /* NULL: no index */
    const char *stemmer;
    const char *stop_words;
    bool ascii_folding;
};
static const struct text_kind text_kinds[TEXTS] = {
    {"standard", NULL, NULL, false},      {"standard", "english", NULL, false},
    {"standard", NULL, "english", false}, {"standard", NULL, NULL, true},
    {"ascii", NULL, NULL, false},         {"whitespace", NULL, NULL, false},
    {"keyword", NULL, NULL, false},       {"code", NULL, NULL, false},
    {"ascii", NULL, "english", true},     {NULL, NULL, NULL, false},
};

struct cell {
    bool null;
    struct stat_value value; /* bytes are in the arena */
};

struct world {
    struct test_random random;
    struct arena arena;
    inlay_connection *connection;
    inlay_table *table;
    struct table_view *view;
    struct relation *relation;
    struct schema schema; /* without _id */
    bool odd_texts;       /* texts, too, may be all null or all the same in a superfile */
    size_t rows;
    struct cell *cells; /* [row * COLUMNS + column] */
    struct id128 *ids;
    uint64_t wanted; /* rows, by all scans */
    uint64_t read;
    uint64_t decided; /* conditions */
    uint64_t scanned; /* would have been read without predicates */
    inlay_error err;
};

static struct cell *cell_at(const struct world *w, size_t row, size_t column)
{
    return &w->cells[row * COLUMNS + column];
}

/* ---- values ---- */

static const char *const words[] = {
    "the",         "The",        "fox",        "Foxes",      "jumped",     "jumping",  "camelCase",
    "snake_case",  "HTTPServer", "v2beta3",    "don't",      "3.14",       "a,b",      "naïve",
    "NAÏVE",       "café",       "cafe\u0301", "Straße",     "STRASSE",    "İstanbul", "istanbul",
    "\u212Aelvin", "kelvin",     "日本語",     "日本",       "ﬁne",        "x\u0301y", "e\u0301",
    "ŉ",           "ς",          "Σ",          "wifi",       "WiFi",       "i\u0307x", "wİfi",
    "カ_a",        "it",         "ITS",        "\u00adsoft", "so\u00adft", "kiKİ",     "١٢",
};
static const char *const gaps[] = {" ", " ", " ",  ", ", "-", "_",
                                   ".", "",  "\n", "/",  "'", "\u00a0"};
enum { WORDS = sizeof(words) / sizeof(words[0]), GAPS = sizeof(gaps) / sizeof(gaps[0]) };

static struct stat_value random_text(struct world *w, size_t row)
{
    char text[1024];
    size_t length = 0;
    uint64_t parts = test_random_below(&w->random, 5);
    uint64_t kind = test_random_below(&w->random, 60);
    if (kind == 0) {
        (void)snprintf(text, sizeof(text), "?!...");
        length = strlen(text);
        parts = 0;
    } else if (kind == 1) { /* longer than a token */
        length = 245 + (size_t)test_random_below(&w->random, 30);
        memset(text, 'a', length);
        text[length / 2] = 'B';
        length += (size_t)snprintf(text + length, 16, "%s",
                                   test_random_below(&w->random, 2) ? "zé" : "xyz");
        parts = 0;
    } else if (kind < 12) {
        length = (size_t)snprintf(text, sizeof(text), "key%zu ", row);
    }
    for (; parts != 0; parts--) {
        const char *word = words[test_random_below(&w->random, WORDS)];
        const char *gap = gaps[test_random_below(&w->random, GAPS)];
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s", word, gap);
    }
    return stat_bytes(arena_dup(&w->arena, text, length), (uint32_t)length);
}

/* Small numbers that drift with the rows, so that equal ones are near each other. */
static int64_t drifting(struct world *w, size_t row)
{
    return (int64_t)(row / 100) + (int64_t)test_random_below(&w->random, 5) - 8;
}

static struct stat_value random_float(struct world *w, size_t row)
{
    switch (test_random_below(&w->random, 40)) {
    case 0:
        return stat_float(NAN);
    case 1:
        return stat_float(INFINITY);
    case 2:
        return stat_float(-0.0);
    default:
        return stat_float((double)drifting(w, row) / 2);
    }
}

static struct stat_value random_bytes(struct world *w, size_t row, uint32_t fixed)
{
    char text[128];
    uint32_t length = fixed;
    memset(text, 'q', sizeof(text));
    if (fixed == 0) { /* some pass the length of a bound */
        length = test_random_below(&w->random, 6) == 0 ? 70 : 0;
        length += (uint32_t)snprintf(text + length, 40, "%c%lld", (int)('a' + row / 200),
                                     (long long)drifting(w, row));
        text[0] = (char)('a' + row / 200);
    } else {
        text[0] = (char)drifting(w, row);
    }
    return stat_bytes(arena_dup(&w->arena, text, length), length);
}

static struct stat_value random_value(struct world *w, size_t column, size_t row)
{
    const struct field *field = &w->schema.fields[column];
    int64_t number = drifting(w, row);
    if (column >= TYPES) {
        return random_text(w, row);
    }
    switch (stat_kind_of_type(field->type)) {
    case STAT_INT:
        if (field->type == COLUMN_BOOL) {
            return stat_int(test_random_below(&w->random, 30) == 0);
        }
        if (field->type == COLUMN_DATE64) {
            return stat_int(number * 86400000);
        }
        if (field->type == COLUMN_TIME32 || field->type == COLUMN_TIME64) {
            return stat_int(number + 10);
        }
        return stat_int(column == KEY ? (int64_t)row * 3 : number);
    case STAT_UINT:
        return stat_uint((uint64_t)(number + 10));
    case STAT_FLOAT:
        return random_float(w, row);
    case STAT_INT128:
        return stat_int128(number < 0 ? -1 : 0, (uint64_t)number);
    default:
        return random_bytes(w, row, field->type == COLUMN_FIXED_BINARY ? 5 : 0);
    }
}

static void put(struct world *w, struct builder *b, const struct field *field,
                const struct cell *cell)
{
    const struct stat_value *v = &cell->value;
    uint8_t wide[16];
    if (cell->null) {
        assert_ok(builder_null(b, &w->err), w->err);
    } else if (field->type == COLUMN_LIST) {
        assert_ok(builder_close_row(b, &w->err), w->err);
    } else if (field->type == COLUMN_BOOL) {
        assert_ok(builder_bool(b, v->as.i != 0, &w->err), w->err);
    } else if (field->type == COLUMN_FIXED_BINARY) {
        assert_ok(builder_fixed(b, v->as.bytes.data, &w->err), w->err);
    } else if (v->kind == STAT_INT) {
        assert_ok(builder_int(b, v->as.i, &w->err), w->err);
    } else if (v->kind == STAT_UINT) {
        assert_ok(builder_uint(b, v->as.u, &w->err), w->err);
    } else if (v->kind == STAT_FLOAT) {
        assert_ok(builder_float(b, v->as.f, &w->err), w->err);
    } else if (v->kind == STAT_INT128) {
        store_u64(wide, v->as.wide.lo);
        store_u64(wide + 8, (uint64_t)v->as.wide.hi);
        assert_ok(builder_fixed(b, wide, &w->err), w->err);
    } else {
        assert_ok(builder_bytes_value(b, v->as.bytes.data, v->as.bytes.length, &w->err), w->err);
    }
}

static void make_columns(struct world *w)
{
    size_t i;
    for (i = 0; i < COLUMNS; i++) {
        struct field *field = schema_add(&w->schema, "", COLUMN_NULL, true);
        char name[16];
        field_free(field);
        assert_ok(field_type_parse(i < TYPES ? type_texts[i] : "utf8", field, &w->err), w->err);
        free(field->name);
        (void)snprintf(name, sizeof(name), "c%02zu", i);
        field->name = strdup(name);
        field->nullable = i != KEY;
    }
}

static void make_table(struct world *w)
{
    inlay_text_index indexes[TEXTS];
    inlay_table_options options;
    struct ArrowSchema arrow;
    size_t count = 0;
    size_t i;
    inlay_table_options_init(&options);
    for (i = 0; i < TEXTS; i++) {
        const struct text_kind *kind = &text_kinds[i];
        if (kind->analyzer != NULL) {
            inlay_text_index_init(&indexes[count]);
            indexes[count].column = w->schema.fields[TYPES + i].name;
            indexes[count].analyzer = kind->analyzer;
            indexes[count].stemmer = kind->stemmer;
            indexes[count].stop_words = kind->stop_words;
            indexes[count++].ascii_folding = kind->ascii_folding;
        }
    }
    options.text_indexes = indexes;
    options.text_index_count = count;
    assert_ok(schema_to_arrow(&w->schema, &arrow, &w->err), w->err);
    assert_ok(inlay_connect("memory://", NULL, &w->connection, &w->err), w->err);
    assert_ok(inlay_create_table(w->connection, "t", &arrow, &options, &w->table, &w->err), w->err);
    arrow.release(&arrow);
}

/* One superfile of the next rows. Some columns of some superfiles have one value, or only nulls. */
static void append(struct world *w, size_t first, size_t count)
{
    struct typed_append_options options = {.row_group_rows = GROUP_ROWS, .page_rows = PAGE_ROWS};
    struct typed_append_result result;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    struct table_view *view;
    struct builder *builder;
    struct batch batch;
    size_t odd[2];
    size_t row;
    size_t c;
    for (c = 0; c < 2; c++) {
        odd[c] = 1 + (size_t)test_random_below(&w->random, (w->odd_texts ? COLUMNS : TYPES) - 1);
    }
    assert_ok(builder_new_batch(&w->schema, SIZE_MAX, &builder, &w->err), w->err);
    for (row = first; row < first + count; row++) {
        for (c = 0; c < COLUMNS; c++) {
            struct cell *cell = cell_at(w, row, c);
            cell->value = random_value(w, c, row);
            cell->null = c != KEY && (c == odd[0] || test_random_below(&w->random, 12) == 0);
            if (c == odd[1] && row > first && c != odd[0]) {
                *cell = *cell_at(w, row - 1, c);
            }
            put(w, builder_child(builder, c), &w->schema.fields[c], cell);
        }
        assert_ok(builder_close_row(builder, &w->err), w->err);
    }
    assert_ok(builder_finish(builder, &array, &w->err), w->err);
    builder_free(builder);
    assert_ok(batch_from_array(&w->schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch,
                               &w->err),
              w->err);
    assert_ok(stream_of_batches(&w->schema, &batch, 1, &stream, &w->err), w->err);
    assert_ok(table_handle_view(w->table, &view, &w->err), w->err);
    assert_ok(typed_table_append(view->table, &stream, &options, &result, &w->err), w->err);
    assert_int_equal(result.superfiles, 1);
    table_view_release(view);
}

static void read_ids(struct world *w)
{
    size_t row = 0;
    size_t i;
    for (i = 0; i < w->view->list.count; i++) {
        struct superfile *file;
        uint32_t k;
        assert_ok(table_view_superfile(w->view, i, &file, &w->err), w->err);
        assert_int_equal(superfile_rows(file), part_rows[i]);
        assert_int_equal(parquet_reader_row_groups(superfile_parquet(file)),
                         (part_rows[i] + GROUP_ROWS - 1) / GROUP_ROWS);
        for (k = 0; k < part_rows[i]; k++) {
            w->ids[row++] = superfile_id(file, k);
        }
        superfile_release(file);
    }
}

static void world_open(struct world *w, uint64_t seed, bool odd_texts)
{
    size_t first = 0;
    size_t i;
    memset(w, 0, sizeof(*w));
    inlay_error_init(&w->err);
    w->random = test_random_init(seed);
    w->odd_texts = odd_texts;
    arena_init(&w->arena, SIZE_MAX);
    for (i = 0; i < PARTS; i++) {
        w->rows += part_rows[i];
    }
    w->cells = calloc(w->rows * COLUMNS, sizeof(*w->cells));
    w->ids = calloc(w->rows, sizeof(*w->ids));
    make_columns(w);
    make_table(w);
    for (i = 0; i < PARTS; i++) {
        append(w, first, part_rows[i]);
        first += part_rows[i];
    }
    assert_ok(table_handle_view(w->table, &w->view, &w->err), w->err);
    assert_int_equal(w->view->list.count, PARTS);
    read_ids(w);
    assert_ok(table_relation_create(table_view_retain(w->view), &w->relation, &w->err), w->err);
}

static void world_close(struct world *w)
{
    w->relation->ops->release(w->relation);
    table_view_release(w->view);
    inlay_table_close(w->table);
    inlay_close(w->connection);
    schema_free(&w->schema);
    arena_free(&w->arena);
    free(w->cells);
    free(w->ids);
}

/* ---- the slow evaluation ---- */

enum truth { FALSE, UNKNOWN, TRUE };

static int compare(const struct stat_value *a, const struct stat_value *b)
{
    bool x = a->kind == STAT_FLOAT && isnan(a->as.f);
    bool y = b->kind == STAT_FLOAT && isnan(b->as.f);
    return x || y ? x - y : stat_compare(a, b);
}

/* Lower case as the engine's lower() gives it, of the characters that occur here. */
static struct stat_value lowered(struct world *w, const struct stat_value *text)
{
    static const char *const pairs[][2] = {
        {"İ", "i"}, {"\u212A", "k"}, {"Ï", "ï"}, {"Σ", "σ"}, {"É", "é"}};
    uint8_t *out = arena_alloc(&w->arena, text->as.bytes.length + 1);
    uint32_t length = 0;
    uint32_t i = 0;
    while (i < text->as.bytes.length) {
        const uint8_t *at = text->as.bytes.data + i;
        size_t p;
        for (p = 0; p < sizeof(pairs) / sizeof(pairs[0]); p++) {
            size_t size = strlen(pairs[p][0]);
            if (text->as.bytes.length - i >= size && memcmp(at, pairs[p][0], size) == 0) {
                memcpy(out + length, pairs[p][1], strlen(pairs[p][1]));
                length += (uint32_t)strlen(pairs[p][1]);
                i += (uint32_t)size;
                break;
            }
        }
        if (p == sizeof(pairs) / sizeof(pairs[0])) {
            out[length++] = *at >= 'A' && *at <= 'Z' ? (uint8_t)(*at + 32) : *at;
            i++;
        }
    }
    return stat_bytes(out, length);
}

static bool is_like(struct world *w, const struct predicate *test, const struct stat_value *value)
{
    struct stat_value text = test->fold_case ? lowered(w, value) : *value;
    const uint8_t *data = text.as.bytes.data;
    uint32_t length = text.as.bytes.length;
    uint32_t at = 0;
    size_t i;
    for (i = 0; i < test->value_count; i++) {
        struct stat_value piece = test->fold_case ? lowered(w, &test->values[i]) : test->values[i];
        uint32_t size = piece.as.bytes.length;
        bool first = i == 0 && test->anchored_start;
        bool last = i + 1 == test->value_count && test->anchored_end;
        uint32_t to = at;
        if (size > length || length - size < at || (first && last && size != length)) {
            return false;
        }
        if (last) {
            to = length - size;
        } else if (!first) {
            while (to + size <= length && memcmp(data + to, piece.as.bytes.data, size) != 0) {
                to++;
            }
        }
        if (to + size > length || memcmp(data + to, piece.as.bytes.data, size) != 0) {
            return false;
        }
        at = to + size;
    }
    return true;
}

static bool test_holds(struct world *w, const struct predicate *test,
                       const struct stat_value *value)
{
    int order =
        test->value_count != 0 && test->test < PREDICATE_IN ? compare(value, &test->values[0]) : 0;
    size_t i;
    switch (test->test) {
    case PREDICATE_EQ:
        return order == 0;
    case PREDICATE_NE:
        return order != 0;
    case PREDICATE_LT:
        return order < 0;
    case PREDICATE_LE:
        return order <= 0;
    case PREDICATE_GT:
        return order > 0;
    case PREDICATE_GE:
        return order >= 0;
    case PREDICATE_IN:
        for (i = 0; i < test->value_count; i++) {
            if (compare(value, &test->values[i]) == 0) {
                return true;
            }
        }
        return false;
    default:
        return is_like(w, test, value);
    }
}

static enum truth evaluate(struct world *w, const struct predicate *p, size_t row)
{
    enum truth truth;
    size_t i;
    if (p->kind == PREDICATE_TEST) {
        struct cell cell = {false, stat_int128((int64_t)w->ids[row].hi, w->ids[row].lo)};
        if (p->column != 0) {
            cell = *cell_at(w, row, p->column - 1);
        }
        if (p->test == PREDICATE_IS_NULL || p->test == PREDICATE_NOT_NULL) {
            return cell.null == (p->test == PREDICATE_IS_NULL) ? TRUE : FALSE;
        }
        return cell.null ? UNKNOWN : test_holds(w, p, &cell.value) ? TRUE : FALSE;
    }
    truth = p->kind == PREDICATE_AND ? TRUE : FALSE;
    for (i = 0; i < p->part_count; i++) {
        enum truth part = evaluate(w, p->parts[i], row);
        if (p->kind == PREDICATE_AND ? part < truth : part > truth) {
            truth = part;
        }
    }
    return truth;
}

/* ---- random conditions ---- */

static bool starts_character(const struct stat_value *text, uint32_t at)
{
    return at >= text->as.bytes.length || (text->as.bytes.data[at] & 0xc0) != 0x80;
}

/* A part of a text from `from` on, of whole characters; moves `from` behind it. */
static struct stat_value part_of(struct world *w, const struct stat_value *text, uint32_t *from,
                                 uint64_t most)
{
    uint32_t start = *from;
    uint32_t end;
    while (!starts_character(text, start)) {
        start++;
    }
    end = start + 1 + (uint32_t)test_random_below(&w->random, most);
    while (!starts_character(text, end)) {
        end++;
    }
    end = end < text->as.bytes.length ? end : text->as.bytes.length;
    *from = end;
    return stat_bytes(text->as.bytes.data + start, end > start ? end - start : 0);
}

static void make_like(struct world *w, struct predicate *test, struct stat_value *values,
                      const struct stat_value *text)
{
    uint32_t at = (uint32_t)test_random_below(&w->random, text->as.bytes.length + 1);
    uint64_t pieces = 1 + test_random_below(&w->random, 2);
    size_t i;
    test->fold_case = test_random_below(&w->random, 2) != 0;
    test->anchored_start = test_random_below(&w->random, 3) == 0;
    test->anchored_end = test_random_below(&w->random, 3) == 0;
    at = test->anchored_start ? 0 : at;
    test->value_count = 0;
    for (; pieces != 0; pieces--) {
        bool last = pieces == 1 && test->anchored_end;
        struct stat_value piece = part_of(w, text, &at, last ? 2000 : 14);
        if (piece.as.bytes.length != 0) {
            values[test->value_count++] = piece;
        }
        at += (uint32_t)test_random_below(&w->random, 3);
        at = at < text->as.bytes.length ? at : text->as.bytes.length;
    }
    for (i = 0; i < test->value_count && test->fold_case; i++) {
        values[i] = lowered(w, &values[i]);
    }
    if (test->value_count == 0) {
        test->anchored_start = false;
        test->anchored_end = false;
    }
}

#define VALUES 80

static const struct predicate *make_test(struct world *w)
{
    struct predicate *test = arena_zalloc(&w->arena, sizeof(*test));
    struct stat_value *values = arena_zalloc_array(&w->arena, VALUES, sizeof(*values));
    size_t i;
    test->column = (uint32_t)test_random_below(&w->random, COLUMNS + 1);
    if (test_random_below(&w->random, 2) != 0) {
        test->column = 1 + TYPES + (uint32_t)test_random_below(&w->random, TEXTS);
    }
    test->column = test->column == 1 + LIST ? 1 + KEY : test->column;
    test->test = (enum predicate_test)test_random_below(&w->random, PREDICATE_LIKE + 1);
    if (test->column > TYPES && test_random_below(&w->random, 2) != 0) {
        test->test = test_random_below(&w->random, 3) == 0 ? PREDICATE_EQ : PREDICATE_LIKE;
    } else if (test->test == PREDICATE_LIKE && test->column <= TYPES) {
        test->test = PREDICATE_EQ;
    }
    test->values = values;
    test->value_count = test->test == PREDICATE_IN ? (size_t)test_random_below(&w->random, 6) : 1;
    if (test->test == PREDICATE_IN && test_random_below(&w->random, 3) == 0) {
        test->value_count = VALUES - (size_t)test_random_below(&w->random, VALUES / 2);
    }
    for (i = 0; i < VALUES; i++) {
        size_t row = (size_t)test_random_below(&w->random, w->rows);
        bool stored = test_random_below(&w->random, 4) != 0;
        if (test->column == 0) {
            values[i] = stat_int128((int64_t)w->ids[row].hi, w->ids[row].lo + !stored * 77777);
        } else {
            values[i] = stored ? cell_at(w, row, test->column - 1)->value
                               : random_value(w, test->column - 1, row);
        }
    }
    if (test->test == PREDICATE_LIKE) {
        make_like(w, test, values, &values[7]);
    }
    return test;
}

static const struct predicate *make_predicate(struct world *w, unsigned depth)
{
    struct predicate *node;
    const struct predicate **parts;
    size_t i;
    if (depth == 0 || test_random_below(&w->random, 3) == 0) {
        return make_test(w);
    }
    node = arena_zalloc(&w->arena, sizeof(*node));
    node->kind = test_random_below(&w->random, 2) != 0 ? PREDICATE_AND : PREDICATE_OR;
    node->part_count = (size_t)test_random_below(&w->random, 20) == 0
                           ? 0
                           : 1 + (size_t)test_random_below(&w->random, 3);
    parts = arena_zalloc_array(&w->arena, node->part_count, sizeof(*parts));
    for (i = 0; i < node->part_count; i++) {
        parts[i] = make_predicate(w, depth - 1);
    }
    node->parts = parts;
    return node;
}

/* ---- scans ---- */

static struct stat_value vector_value(const struct colvec *vector, uint64_t i)
{
    const struct field *field = vector->field;
    const uint8_t *data;
    uint32_t width = field->type == COLUMN_BOOL ? 1 : column_type_width(field);
    uint64_t bits = 0;
    float narrow;
    double wide;
    if (vector->form == COLVEC_DICTIONARY) {
        return vector_value(vector->dictionary, vector->codes[i]);
    }
    if (column_type_is_string(field->type)) {
        const struct colvec_string *s = (const struct colvec_string *)vector->values + i;
        return stat_bytes(colvec_string_data(s), s->length);
    }
    data = (const uint8_t *)vector->values + i * width;
    if (field->type == COLUMN_FIXED_BINARY) {
        return stat_bytes(data, width);
    }
    if (field->type == COLUMN_DECIMAL128) {
        return stat_int128((int64_t)load_u64(data + 8), load_u64(data));
    }
    memcpy(&bits, data, width);
    switch (field->type) {
    case COLUMN_FLOAT16:
        return stat_float((double)float16_to_float((uint16_t)bits));
    case COLUMN_FLOAT32:
        memcpy(&narrow, data, sizeof(narrow));
        return stat_float((double)narrow);
    case COLUMN_FLOAT64:
        memcpy(&wide, data, sizeof(wide));
        return stat_float(wide);
    default:
        break;
    }
    if (stat_kind_of_type(field->type) == STAT_UINT) {
        return stat_uint(bits);
    }
    return stat_int((int64_t)(bits << (64 - 8 * width)) >> (64 - 8 * width));
}

static void check_value(struct world *w, size_t row, size_t column, const struct colvec *vector,
                        uint64_t i)
{
    const struct cell *cell = cell_at(w, row, column);
    const struct field *field = &w->schema.fields[column];
    struct stat_value value;
    if (colvec_valid(vector, i) == cell->null) {
        fail_msg("row %zu, column %zu: null where it should not be, or the other way", row, column);
    }
    if (cell->null || field->type == COLUMN_LIST) {
        return;
    }
    value = vector_value(vector, i);
    if (compare(&value, &cell->value) != 0) {
        fail_msg("row %zu, column %zu: another value (type %d for %d)", row, column,
                 (int)vector->field->type, (int)field->type);
    }
}

struct scanned {
    bool exact;
    bool *seen; /* by row; NULL: nobody asks */
    size_t *rows;
    size_t count;
    struct scan_account account;
};

static size_t row_of_place(uint32_t part, uint32_t row)
{
    size_t first = 0;
    uint32_t i;
    for (i = 0; i < part; i++) {
        first += part_rows[i];
    }
    return first + row;
}

/* The rows that a scan of these columns gives, checked against the truth; `places` says that its
 * last two columns are where they are, else `order` has the rows. Two workers take turns. */
static void scan(struct world *w, const struct predicate *predicate, const size_t *columns,
                 size_t count, bool places, const size_t *order, unsigned workers,
                 struct scanned *out)
{
    struct scan_request request = {.columns = columns,
                                   .count = count,
                                   .predicate = predicate,
                                   .exact = out->exact,
                                   .account = &out->account};
    const struct relation_ops *ops = w->relation->ops;
    struct relation_worker *worker[2] = {NULL, NULL};
    struct relation_scan *running;
    uint64_t read = 0;
    unsigned ended = 0;
    unsigned turn;
    out->count = 0;
    memset(&out->account, 0, sizeof(out->account));
    assert_ok(ops->scan_open(w->relation, &request, &running, &w->err), w->err);
    assert_true(ops->scan_parallelism(running) >= 1);
    for (turn = 0; turn < workers; turn++) {
        assert_ok(ops->worker_open(running, &worker[turn], &w->err), w->err);
    }
    for (turn = 0; ended < workers; turn++) {
        struct relation_rows rows;
        const struct colvec *vectors;
        uint64_t wanted;
        uint64_t pick;
        size_t c;
        assert_ok(ops->worker_next(worker[turn % workers], &rows, &w->err), w->err);
        vectors = rows.vectors;
        assert_true(rows.count <= RELATION_BATCH_ROWS);
        read += rows.count;
        ended = rows.count == 0 ? ended + 1 : 0;
        wanted = rows.picks != NULL ? rows.pick_count : rows.count;
        assert_true(wanted <= rows.count && (wanted != 0) == (rows.count != 0));
        for (pick = 0; pick < wanted; pick++) {
            const uint64_t i = rows.picks != NULL ? rows.picks[pick] : pick;
            size_t row = SIZE_MAX;
            assert_true(i < rows.count &&
                        (pick == 0 || rows.picks == NULL || i > rows.picks[pick - 1]));
            if (places) {
                row = row_of_place(((const uint32_t *)vectors[count - 2].values)[i],
                                   ((const uint32_t *)vectors[count - 1].values)[i]);
            } else if (order != NULL) {
                row = order[out->count];
            }
            for (c = 0; c < count - (places ? 2 : 0) && row != SIZE_MAX; c++) {
                assert_int_equal(vectors[c].count, rows.count);
                if (columns[c] == 0) {
                    const uint8_t *id = (const uint8_t *)vectors[c].values + 16 * i;
                    assert_int_equal(load_u64(id), w->ids[row].lo);
                    assert_int_equal(load_u64(id + 8), w->ids[row].hi);
                } else {
                    check_value(w, row, columns[c] - 1, &vectors[c], i);
                }
            }
            if (out->rows != NULL && row != SIZE_MAX) {
                out->rows[out->count] = row;
            }
            out->count++;
        }
    }
    for (turn = 0; turn < workers; turn++) {
        ops->worker_close(worker[turn]);
    }
    ops->scan_close(running);
    assert_true(out->account.rows_read >= read && read >= out->count);
    assert_int_equal(out->account.superfiles, PARTS);
}

static size_t choose_columns(struct world *w, size_t *columns)
{
    size_t count = 0;
    size_t c;
    uint64_t share = test_random_below(&w->random, 5);
    for (c = 0; c <= COLUMNS; c++) {
        if (test_random_below(&w->random, 8) < share) {
            columns[count++] = c;
        }
    }
    if (share == 0 && test_random_below(&w->random, 2) != 0) {
        columns[count++] = 0;
    }
    return count;
}

static void show_value(const struct stat_value *v)
{
    if (v->kind == STAT_BYTES) {
        print_error(" '%.*s'", (int)v->as.bytes.length, (const char *)v->as.bytes.data);
    } else if (v->kind == STAT_FLOAT) {
        print_error(" %g", v->as.f);
    } else {
        print_error(" %lld",
                    (long long)(v->kind == STAT_INT128 ? (int64_t)v->as.wide.lo : v->as.i));
    }
}

/* A tree and what it is of a row, for the message of a failure. */
static void show_predicate(struct world *w, const struct predicate *p, size_t row, int depth)
{
    static const char *const kinds[] = {"test", "and", "or"};
    size_t i;
    print_error("%*s%s: %d", 2 * depth, "", kinds[p->kind], (int)evaluate(w, p, row));
    if (p->kind == PREDICATE_TEST) {
        print_error(" column %u test %d start %d end %d fold %d:", p->column, (int)p->test,
                    p->anchored_start, p->anchored_end, p->fold_case);
        for (i = 0; i < p->value_count; i++) {
            show_value(&p->values[i]);
        }
        if (p->column != 0 && !cell_at(w, row, p->column - 1)->null) {
            print_error(" of");
            show_value(&cell_at(w, row, p->column - 1)->value);
        }
    }
    print_error("\n");
    for (i = 0; i < p->part_count; i++) {
        show_predicate(w, p->parts[i], row, depth + 1);
    }
}

/* The rows of one scan: each that is wanted, in order, each once. */
static size_t check_rows(struct world *w, const struct predicate *predicate,
                         const struct scanned *scanned, unsigned round)
{
    size_t wanted = 0;
    size_t next = 0;
    size_t row;
    for (row = 0; row < w->rows; row++) {
        bool is_wanted = evaluate(w, predicate, row) == TRUE;
        wanted += is_wanted;
        if (next < scanned->count && scanned->rows[next] == row) {
            next++;
        } else if (is_wanted) {
            show_predicate(w, predicate, row, 0);
            fail_msg("round %u: row %zu is missing", round, row);
        }
    }
    assert_int_equal(next, scanned->count);
    return wanted;
}

/* Which rows are left besides those wanted depends on the columns that are read: their values are
 * tested. Reading none leaves most. */
static void check_predicate(struct world *w, const struct predicate *predicate, unsigned round)
{
    size_t columns[COLUMNS + 3];
    struct scanned with = {.rows = calloc(w->rows, sizeof(size_t))};
    struct scanned bare = {0};
    size_t least = SIZE_MAX;
    unsigned turn;
    for (turn = 0; turn < 2; turn++) {
        size_t count = choose_columns(w, columns);
        columns[count] = COLUMNS + 1;
        columns[count + 1] = COLUMNS + 2;
        scan(w, predicate, columns, count + 2, true, NULL, 1, &with);
        w->wanted += check_rows(w, predicate, &with, round);
        w->read += with.count;
        w->scanned += w->rows;
        least = with.count < least ? with.count : least;
    }
    scan(w, predicate, NULL, 0, false, NULL, 2, &bare);
    assert_true(bare.count >= least);
    if (w->relation->ops->decides(w->relation, predicate)) {
        size_t count = choose_columns(w, columns);
        columns[count] = COLUMNS + 1;
        columns[count + 1] = COLUMNS + 2;
        with.exact = true;
        scan(w, predicate, columns, count + 2, true, NULL, 1 + round % 2, &with);
        assert_int_equal(check_rows(w, predicate, &with, round), with.count);
        bare.exact = true;
        scan(w, predicate, NULL, 0, false, NULL, 2, &bare);
        assert_int_equal(bare.count, with.count);
        w->decided++;
    }
    free(with.rows);
}

static void no_true_row_is_left_out(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    uint64_t table;
    unsigned round;
    (void)state;
    for (table = 0; table < 2 * tables_scale(); table++) {
        world_open(w, 90 + table, true);
        w->random.state += table * 1000003;
        for (round = 0; round < 400; round++) {
            check_predicate(w, make_predicate(w, 3), round);
        }
        print_message("of %llu rows %llu are wanted, %llu were read\n",
                      (unsigned long long)w->scanned, (unsigned long long)w->wanted,
                      (unsigned long long)w->read);
        assert_true(w->read - w->wanted < (w->scanned - w->wanted) / 2);
        print_message("%llu conditions were decided\n", (unsigned long long)w->decided);
        assert_true(w->decided > 50);
        world_close(w);
    }
    free(w);
}

/* The rows of an exact scan that reads no column; returns how many an index named. */
static uint64_t check_exact_text(struct world *w, const struct predicate *test, size_t *rows)
{
    const size_t columns[] = {COLUMNS + 1, COLUMNS + 2};
    struct scanned scanned = {.exact = true, .rows = rows};
    if (!w->relation->ops->decides(w->relation, test)) {
        return 0;
    }
    scan(w, test, columns, 2, true, NULL, 1, &scanned);
    assert_int_equal(check_rows(w, test, &scanned, 0), scanned.count);
    return scanned.account.rows_by_index;
}

/* Parts of words of stored texts, where analysis has most ways to make other words of them. */
static void no_text_is_missed(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    const size_t columns[] = {COLUMNS + 1, COLUMNS + 2};
    size_t *rows;
    uint64_t by_index = 0;
    uint64_t decided = 0;
    unsigned round;
    (void)state;
    world_open(w, 91, true);
    rows = calloc(w->rows, sizeof(*rows));
    for (round = 0; round < 2000 * tables_scale(); round++) {
        struct predicate test = {.column = 1 + TYPES + round % TEXTS, .test = PREDICATE_LIKE};
        struct scanned scanned = {.rows = rows};
        struct stat_value values[2];
        size_t next = 0;
        size_t row = (size_t)test_random_below(&w->random, w->rows);
        test.values = values;
        make_like(w, &test, values, &cell_at(w, row, test.column - 1)->value);
        scan(w, &test, columns, 2, true, NULL, 1, &scanned);
        for (row = 0; row < w->rows; row++) {
            if (next < scanned.count && rows[next] == row) {
                next++;
            } else if (evaluate(w, &test, row) == TRUE) {
                show_predicate(w, &test, row, 0);
                fail_msg("round %u: row %zu is missing", round, row);
            }
        }
        by_index += scanned.account.rows_by_index;
        decided += check_exact_text(w, &test, rows);
    }
    print_message("%llu rows by index, %llu of them without the text\n",
                  (unsigned long long)by_index, (unsigned long long)decided);
    assert_true(by_index > 1000 && decided > 100);
    free(rows);
    world_close(w);
    free(w);
}

/* ---- below the engine ---- */

/* The table's relation, whose scans have a predicate whatever the statement says. */
struct hinted {
    struct relation base;
    struct relation *inner; /* borrowed */
    const struct predicate *predicate;
};

static struct hinted hinted;
static struct relation_ops hinted_ops;
static uint64_t hinted_rows; /* handed to the engine; by one statement at a time */

static const struct schema *hinted_schema(const struct relation *relation)
{
    const struct hinted *h = (const struct hinted *)relation;
    return h->inner->ops->schema(h->inner);
}

static uint64_t hinted_row_count(const struct relation *relation)
{
    const struct hinted *h = (const struct hinted *)relation;
    return h->inner->ops->row_count(h->inner);
}

static struct scan_account hinted_account;

static inlay_status hinted_open(struct relation *relation, const struct scan_request *request,
                                struct relation_scan **out, inlay_error *err)
{
    struct hinted *h = (struct hinted *)relation;
    struct scan_request with = *request;
    with.predicate = h->predicate;
    with.account = &hinted_account;
    return h->inner->ops->scan_open(h->inner, &with, out, err);
}

static void hinted_release(struct relation *relation)
{
    (void)relation;
}

static inlay_status resolve_hinted(void *context, const char *name, struct relation **out,
                                   inlay_error *err)
{
    (void)context;
    (void)name;
    (void)err;
    *out = &hinted.base;
    return INLAY_OK;
}

static inlay_status list_hinted(void *context, void (*each)(void *each_context, const char *name),
                                void *each_context, inlay_error *err)
{
    (void)context;
    (void)err;
    each(each_context, "t");
    return INLAY_OK;
}

static char *answer(struct sql_engine *engine, const struct predicate *predicate, const char *sql)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    char *text;
    inlay_error_init(&err);
    hinted.predicate = predicate;
    memset(&hinted_account, 0, sizeof(hinted_account));
    assert_ok(sql_query(engine, sql, NULL, 0, &stream, &err), err);
    text = stream_text(&stream, true);
    hinted_rows = hinted_account.rows_read;
    return text;
}

/* The engine checks its own condition again, so a predicate that is true of more rows, and scans
 * that leave some of the others out, change no answer. */
static void answers_stay_the_same(void **state)
{
    static const char *const statements[] = {
        "SELECT count(*), sum(c00)::VARCHAR FROM t WHERE c00 >= 900 AND c00 < 930",
        "SELECT t::VARCHAR FROM t WHERE c00 >= 900 AND c00 < 930 ORDER BY c00",
        "SELECT _id::VARCHAR, c40 FROM t WHERE c00 BETWEEN 900 AND 929 ORDER BY c00 DESC LIMIT 7",
        "SELECT c01::VARCHAR, count(*) FROM t WHERE c00 >= 900 AND c00 < 930 GROUP BY c01 ORDER BY "
        "1",
    };
    const struct relation_resolver resolver = {resolve_hinted, list_hinted, NULL};
    const struct sql_engine_options options = {.threads = 2};
    struct world *w = calloc(1, sizeof(*w));
    struct stat_value values[2] = {stat_int(900), stat_int(930)};
    struct predicate low = {
        .column = 1 + KEY, .test = PREDICATE_GE, .values = values, .value_count = 1};
    struct predicate high = {
        .column = 1 + KEY, .test = PREDICATE_LT, .values = values + 1, .value_count = 1};
    const struct predicate *const parts[2] = {&low, &high};
    const struct predicate both = {.kind = PREDICATE_AND, .parts = parts, .part_count = 2};
    struct sql_engine *engine;
    size_t i;
    (void)state;
    world_open(w, 17, true);
    hinted_ops = *w->relation->ops;
    hinted_ops.schema = hinted_schema;
    hinted_ops.row_count = hinted_row_count;
    hinted_ops.scan_open = hinted_open;
    hinted_ops.release = hinted_release;
    hinted_ops.text_values = NULL;
    hinted.base.ops = &hinted_ops;
    hinted.inner = w->relation;
    assert_ok(sql_engine_create(&options, &resolver, &engine, &w->err), w->err);
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        char *plain = answer(engine, NULL, statements[i]);
        char *with;
        assert_int_equal(hinted_rows, w->rows);
        with = answer(engine, &both, statements[i]);
        assert_int_equal(hinted_rows, PAGE_ROWS);
        assert_string_equal(with, plain);
        assert_true(strlen(plain) > 3);
        free(plain);
        free(with);
    }
    sql_engine_free(engine);
    world_close(w);
    free(w);
}

/* ---- what must be cheap ---- */

static void count_rows(struct world *w, const struct predicate *predicate, struct scanned *out)
{
    const size_t columns[] = {1 + KEY, 1 + TYPES};
    memset(out, 0, sizeof(*out));
    scan(w, predicate, columns, 2, false, NULL, 1, out);
}

static struct predicate text_test(enum predicate_test test, size_t kind,
                                  const struct stat_value *value)
{
    return (struct predicate){
        .test = test, .column = (uint32_t)(1 + TYPES + kind), .values = value, .value_count = 1};
}

static void statistics_leave_rows_out(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct stat_value value = stat_int(300 * 3);
    struct predicate test = {
        .column = 1 + KEY, .test = PREDICATE_EQ, .values = &value, .value_count = 1};
    struct scanned scanned;
    (void)state;
    world_open(w, 17, false);
    /* A value of an ordered column: one page of one row group of one superfile. */
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS - 1);
    assert_int_equal(scanned.account.row_groups, 5);
    assert_int_equal(scanned.account.row_groups_pruned, 4);
    assert_int_equal(scanned.account.pages_pruned, GROUP_ROWS / PAGE_ROWS - 1);
    assert_int_equal(scanned.account.rows_read, PAGE_ROWS);
    assert_int_equal(scanned.account.rows_by_index, 0);
    test.test = PREDICATE_LT;
    value = stat_int(300 * 3 + 1);
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS - 1);
    assert_int_equal(scanned.account.row_groups_pruned, 3);
    assert_int_equal(scanned.account.pages_pruned, 0);
    assert_int_equal(scanned.account.rows_read, 2 * GROUP_ROWS);
    value = stat_int(3 * GROUP_ROWS + 1); /* the second row group has one row below it */
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.pages_pruned, GROUP_ROWS / PAGE_ROWS - 1);
    assert_int_equal(scanned.account.rows_read, GROUP_ROWS + PAGE_ROWS);
    value = stat_int(-1);
    test.test = PREDICATE_LE;
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS);
    assert_int_equal(scanned.account.row_groups, 0);
    assert_int_equal(scanned.account.rows_read, 0);
    test.test = PREDICATE_IS_NULL;
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS);
    test.test = PREDICATE_NOT_NULL;
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.rows_read, w->rows);
    assert_int_equal(scanned.account.row_groups_pruned, 0);
    world_close(w);
    free(w);
}

static struct stat_value id_value(const struct world *w, size_t row)
{
    return stat_int128((int64_t)w->ids[row].hi, w->ids[row].lo);
}

static void ids_name_their_rows(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct stat_value values[3];
    struct predicate low = {.test = PREDICATE_EQ, .values = &values[0], .value_count = 1};
    struct predicate high = {.test = PREDICATE_LT, .values = &values[1], .value_count = 1};
    const struct predicate *const parts[2] = {&low, &high};
    struct predicate both = {.kind = PREDICATE_AND, .parts = parts, .part_count = 2};
    struct scanned scanned;
    (void)state;
    world_open(w, 17, false);
    values[0] = id_value(w, 800);
    values[1] = id_value(w, 810);
    values[2] = id_value(w, 5);
    count_rows(w, &low, &scanned);
    assert_int_equal(scanned.account.rows_read, 1);
    assert_int_equal(scanned.account.rows_by_index, 1);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS - 1);
    low.test = PREDICATE_GE;
    count_rows(w, &low, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, 3);
    assert_int_equal(scanned.account.rows_read, w->rows - 800);
    count_rows(w, &both, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS - 1);
    assert_int_equal(scanned.account.rows_read, 10);
    assert_int_equal(scanned.account.rows_by_index, 0); /* a range needs no index */
    low.test = PREDICATE_IN;
    low.value_count = 3;
    count_rows(w, &low, &scanned);
    assert_int_equal(scanned.account.rows_by_index, 3);
    values[0].as.wide.hi = -1; /* no id */
    low.test = PREDICATE_EQ;
    low.value_count = 1;
    count_rows(w, &low, &scanned);
    assert_int_equal(scanned.account.superfiles_pruned, PARTS);
    world_close(w);
    free(w);
}

/* A row of the first superfile whose text has a word of its own: "key<row>". */
static size_t keyed_row(const struct world *w, size_t kind)
{
    size_t row;
    for (row = 100; row < part_rows[0]; row++) {
        const struct cell *cell = cell_at(w, row, TYPES + kind);
        if (!cell->null && cell->value.as.bytes.length > 7 &&
            memcmp(cell->value.as.bytes.data, "key", 3) == 0) {
            return row;
        }
    }
    fail_msg("no text has a key");
    return 0;
}

static void words_name_their_rows(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct scanned scanned;
    size_t kind;
    (void)state;
    world_open(w, 17, false);
    for (kind = 0; kind < TEXTS; kind++) {
        size_t row = keyed_row(w, kind);
        struct stat_value value = cell_at(w, row, TYPES + kind)->value;
        struct predicate test = text_test(PREDICATE_EQ, kind, &value);
        bool indexed = text_kinds[kind].analyzer != NULL;
        bool walked = indexed && text_kinds[kind].stemmer == NULL &&
                      strcmp(text_kinds[kind].analyzer, "code") != 0;
        char key[16];
        count_rows(w, &test, &scanned);
        assert_int_equal(scanned.account.rows_by_index, indexed ? 1 : 0);
        assert_true(!indexed || scanned.account.rows_read == 1);
        /* LIKE '%key<row> %': a word that ends; only of whole words the last character counts. */
        (void)snprintf(key, sizeof(key), "key%zu ", row);
        value = stat_bytes(key, (uint32_t)strlen(key));
        test = text_test(PREDICATE_LIKE, kind, &value);
        count_rows(w, &test, &scanned);
        assert_true(scanned.account.rows_by_index == (walked ? scanned.account.rows_read : 0));
        assert_true(!walked || scanned.account.rows_read < 60); /* texts that may be cut, too */
        test.anchored_start = true;
        count_rows(w, &test, &scanned);
        assert_int_equal(scanned.account.rows_by_index,
                         indexed && scanned.account.rows_read < 60 ? scanned.account.rows_read : 0);
        assert_true(!indexed || scanned.account.rows_read < 60);
        /* A word that no row has. */
        value = stat_bytes("zyxwv", 5);
        test = text_test(PREDICATE_EQ, kind, &value);
        count_rows(w, &test, &scanned);
        assert_true(!indexed || scanned.account.rows_read == 0);
    }
    world_close(w);
    free(w);
}

/* Texts that are many rows, or have no words, are not for the index. */
static void frequent_words_are_scanned(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct stat_value values[WORDS];
    struct predicate test = text_test(PREDICATE_IN, 0, values);
    struct scanned scanned;
    size_t i;
    (void)state;
    world_open(w, 17, false);
    for (i = 0; i < WORDS; i++) {
        values[i] = stat_bytes(words[i], (uint32_t)strlen(words[i]));
    }
    test.value_count = WORDS;
    count_rows(w, &test, &scanned);
    assert_true(scanned.account.rows_by_index < ROW_BOUNDS_FEW * 2); /* of the small superfiles */
    assert_true(scanned.account.rows_read > w->rows / 2);
    values[0] = stat_bytes("?!...", 5);
    test = text_test(PREDICATE_EQ, 0, values);
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.rows_by_index, 0);
    assert_true(scanned.account.rows_read > 0);
    values[0] = stat_bytes("e", 1);
    test = text_test(PREDICATE_LIKE, 0, values);
    count_rows(w, &test, &scanned);
    assert_int_equal(scanned.account.rows_by_index, 0);
    world_close(w);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_true_row_is_left_out),    cmocka_unit_test(no_text_is_missed),
        cmocka_unit_test(answers_stay_the_same),      cmocka_unit_test(statistics_leave_rows_out),
        cmocka_unit_test(ids_name_their_rows),        cmocka_unit_test(words_name_their_rows),
        cmocka_unit_test(frequent_words_are_scanned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
