/* SPDX-License-Identifier: Apache-2.0 */
#include "type_name.h"

#include "../suggest.h"

#include <stdlib.h>
#include <string.h>

struct simple_type {
    const char *name; /* the first of several names for a format is the one that is printed */
    const char *format;
};

static const struct simple_type simple_types[] = {
    {"utf8", "u"},
    {"utf8", "U"},
    {"utf8", "vu"},
    {"text", "u"},
    {"string", "u"},
    {"bool", "b"},
    {"int8", "c"},
    {"int16", "s"},
    {"int32", "i"},
    {"int", "i"},
    {"int64", "l"},
    {"bigint", "l"},
    {"uint8", "C"},
    {"uint16", "S"},
    {"uint32", "I"},
    {"uint64", "L"},
    {"float16", "e"},
    {"float32", "f"},
    {"float", "f"},
    {"float64", "g"},
    {"double", "g"},
    {"binary", "z"},
    {"binary", "Z"},
    {"binary", "vz"},
    {"date", "tdD"},
    {"date64", "tdm"},
    {"time", "ttu"},
    {"time[s]", "tts"},
    {"time[ms]", "ttm"},
    {"time[us]", "ttu"},
    {"time[ns]", "ttn"},
    {"timestamp", "tsm:UTC"},
    {"timestamp[s]", "tss:"},
    {"timestamp[ms]", "tsm:"},
    {"timestamp[us]", "tsu:"},
    {"timestamp[ns]", "tsn:"},
    {"timestamp[s, UTC]", "tss:UTC"},
    {"timestamp[ms, UTC]", "tsm:UTC"},
    {"timestamp[us, UTC]", "tsu:UTC"},
    {"timestamp[ns, UTC]", "tsn:UTC"},
    {"duration[s]", "tDs"},
    {"duration[ms]", "tDm"},
    {"duration[us]", "tDu"},
    {"duration[ns]", "tDn"},
    {"null", "n"},
};
#define SIMPLE_TYPE_COUNT (sizeof(simple_types) / sizeof(simple_types[0]))

static void add_nested_name(struct text *out, const struct ArrowSchema *schema)
{
    const char *f = schema->format;
    if (f[1] == 's') {
        text_add_string(out, "struct<");
        for (int64_t i = 0; i < schema->n_children; i++) {
            const char *name = schema->children[i]->name;
            text_format(out, "%s%s: ", i > 0 ? ", " : "", name ? name : "");
            type_name_add(out, schema->children[i]);
        }
        text_add_char(out, '>');
    } else if (f[1] == 'w') {
        type_name_add(out, schema->children[0]);
        text_format(out, "[%s]", f + 3);
    } else if (schema->n_children > 0) {
        text_add_string(out, f[1] == 'm' ? "map<" : "list<");
        type_name_add(out, schema->children[0]);
        text_add_char(out, '>');
    } else {
        text_add_string(out, f);
    }
}

void type_name_add(struct text *out, const struct ArrowSchema *schema)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    if (schema->dictionary) {
        type_name_add(out, schema->dictionary);
        return;
    }
    const char *f = schema->format;
    const char *unit = f[0] == 't' && f[1] == 's' ? strchr("smun", f[2]) : NULL;
    if (unit && *unit) {
        const char *zone = f[3] == ':' ? f + 4 : "";
        text_format(out, "timestamp[%s%s%s]", units[unit - strchr("smun", 's')], *zone ? ", " : "",
                    zone);
        return;
    }
    for (size_t i = 0; i < SIMPLE_TYPE_COUNT; i++) {
        if (strcmp(simple_types[i].format, f) == 0) {
            text_add_string(out, simple_types[i].name);
            return;
        }
    }
    if (f[0] == 'd') {
        text_format(out, "decimal(%s)", f + 2);
    } else if (f[0] == 'w') {
        text_format(out, "binary(%s)", f + 2);
    } else if (f[0] == '+') {
        add_nested_name(out, schema);
    } else {
        text_add_string(out, f);
    }
}

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child && child->release) {
            child->release(child);
        }
        free(child);
    }
    free(schema->children);
    free((void *)(uintptr_t)schema->format);
    free((void *)(uintptr_t)schema->name);
    schema->release = NULL;
}

static void schema_make(struct ArrowSchema *out, const char *name, const char *format,
                        size_t children)
{
    *out = (struct ArrowSchema){.format = copy_or_exit(format),
                                .name = copy_or_exit(name),
                                .flags = ARROW_FLAG_NULLABLE,
                                .release = schema_release};
    if (children > 0) {
        out->children = memory_or_exit(calloc(children, sizeof(*out->children)));
        out->n_children = (int64_t)children;
        for (size_t i = 0; i < children; i++) {
            out->children[i] = memory_or_exit(calloc(1, sizeof(*out->children[i])));
        }
    }
}

static bool is_digits(const char *p, size_t length)
{
    return length > 0 && length < 10 && strspn(p, "0123456789") >= length;
}

static void unknown_type(const char *column, const char *type, struct text *problem)
{
    const char *names[SIMPLE_TYPE_COUNT];
    for (size_t i = 0; i < SIMPLE_TYPE_COUNT; i++) {
        names[i] = simple_types[i].name;
    }
    const char *nearest = suggest_nearest(type, names, SIMPLE_TYPE_COUNT);
    text_format(problem, "column \"%s\": unknown type \"%s\"", column, type);
    if (nearest) {
        text_format(problem, "; did you mean \"%s\"?", nearest);
    } else {
        text_add_string(problem, "; see `inlay help create` for the types");
    }
}

static bool parse_type(const char *column, const char *name, char *type, struct ArrowSchema *out,
                       struct text *problem);

/* "list<T>" and "T[n]". */
static bool parse_nested(const char *column, const char *name, char *type, struct ArrowSchema *out,
                         struct text *problem)
{
    size_t length = strlen(type);
    char *bracket = strrchr(type, '[');
    struct text format = {0};
    char *inner = NULL;
    if (strncmp(type, "list<", 5) == 0 && type[length - 1] == '>') {
        type[length - 1] = '\0';
        inner = type + 5;
        text_add_string(&format, "+l");
    } else if (bracket && type[length - 1] == ']' &&
               is_digits(bracket + 1, length - (size_t)(bracket + 1 - type) - 1)) {
        type[length - 1] = '\0';
        *bracket = '\0';
        inner = type;
        text_format(&format, "+w:%s", bracket + 1);
    }
    if (!inner) {
        unknown_type(column, type, problem);
        return false;
    }
    schema_make(out, name, text_cstr(&format), 1);
    text_free(&format);
    if (!parse_type(column, "item", inner, out->children[0], problem)) {
        out->release(out);
        return false;
    }
    return true;
}

/* "decimal(p,s)" and "binary(n)" to their formats; false when it is neither. */
static bool parametric_format(const char *type, struct text *format)
{
    size_t length = strlen(type);
    if (length < 4 || type[length - 1] != ')') {
        return false;
    }
    if (strncmp(type, "binary(", 7) == 0 && is_digits(type + 7, length - 8)) {
        text_format(format, "w:%.*s", (int)(length - 8), type + 7);
        return true;
    }
    const char *comma = strchr(type, ',');
    if (strncmp(type, "decimal(", 8) == 0 && comma &&
        is_digits(type + 8, (size_t)(comma - type) - 8) &&
        is_digits(comma + 1, length - (size_t)(comma + 1 - type) - 1)) {
        text_format(format, "d:%.*s", (int)(length - 9), type + 8);
        return true;
    }
    return false;
}

static bool parse_type(const char *column, const char *name, char *type, struct ArrowSchema *out,
                       struct text *problem)
{
    struct text format = {0};
    for (size_t i = 0; i < SIMPLE_TYPE_COUNT; i++) {
        if (strcmp(simple_types[i].name, type) == 0) {
            schema_make(out, name, simple_types[i].format, 0);
            return true;
        }
    }
    bool found = parametric_format(type, &format);
    if (found) {
        schema_make(out, name, text_cstr(&format), 0);
    }
    text_free(&format);
    return found || parse_nested(column, name, type, out, problem);
}

/* The end of a column: the next comma outside brackets. */
static size_t column_length(const char *list)
{
    int depth = 0;
    size_t i = 0;
    for (; list[i] && (depth > 0 || list[i] != ','); i++) {
        depth += strchr("([<", list[i]) != NULL;
        depth -= strchr(")]>", list[i]) != NULL;
    }
    return i;
}

static bool parse_column(const char *text, size_t length, struct ArrowSchema *out,
                         struct text *problem)
{
    char *column = memory_or_exit(strndup(text, length));
    char *colon = strchr(column, ':');
    bool parsed = false;
    if (!colon || colon == column || !colon[1]) {
        text_format(problem, "\"%s\" is not a column; write NAME:TYPE, for example title:utf8",
                    column);
    } else {
        *colon = '\0';
        char *type = colon + 1;
        size_t type_length = strlen(type);
        bool required = type[type_length - 1] == '!';
        if (required) {
            type[type_length - 1] = '\0';
        }
        parsed = parse_type(column, column, type, out, problem);
        if (parsed && required) {
            out->flags = 0;
        }
    }
    free(column);
    return parsed;
}

bool type_parse_columns(const char *const *lists, size_t count, struct ArrowSchema *out,
                        struct text *problem)
{
    size_t columns = 0;
    for (size_t i = 0; i < count; i++) {
        for (const char *p = lists[i]; *p; p += *p == ',') {
            p += column_length(p);
            columns++;
        }
    }
    if (columns == 0) {
        text_add_string(problem, "a table needs at least one column: --column NAME:TYPE");
        return false;
    }
    schema_make(out, "", "+s", columns);
    out->flags = 0;
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        for (const char *p = lists[i]; *p; p += *p == ',') {
            size_t length = column_length(p);
            if (!parse_column(p, length, out->children[made], problem)) {
                out->release(out);
                return false;
            }
            made++;
            p += length;
        }
    }
    return true;
}
