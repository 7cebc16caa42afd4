/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is true of one table's row when a boolean expression is TRUE, or when it is FALSE: NOT asks
 * the one of the other. An expression that is neither leaves no row. Both may be too weak, never
 * too strong; NULL says nothing.
 */
#include "sql/hints/hints_priv.h"

#include <string.h>

#define CONDITION_DEPTH_MAX (PREDICATE_DEPTH_MAX - 8) /* room for what is put around and inside */
#define NOT_IN_MAX 16 /* more values than this leave out too few rows to be of use */

/* ---- predicates ---- */

static const struct predicate never = {.kind = PREDICATE_OR};

const struct predicate *hint_never(struct hint_reader *reader)
{
    (void)reader;
    return &never;
}

static bool is_never(const struct predicate *predicate)
{
    return predicate != NULL && predicate->kind == PREDICATE_OR && predicate->part_count == 0;
}

static struct predicate *new_predicate(struct hint_reader *reader)
{
    struct predicate *made = arena_zalloc(reader->kept, sizeof(*made));
    reader->no_memory |= made == NULL;
    return made;
}

static struct predicate *new_test(struct hint_reader *reader, enum predicate_test test,
                                  uint32_t column, const struct stat_value *values, size_t count)
{
    struct predicate *made = new_predicate(reader);
    struct stat_value *copies;
    size_t i;
    if (made == NULL) {
        return NULL;
    }
    made->kind = PREDICATE_TEST;
    made->test = test;
    made->column = column;
    if (count == 0) {
        return made;
    }
    copies = arena_alloc_array(reader->kept, count, sizeof(*copies));
    for (i = 0; copies != NULL && i < count; i++) {
        copies[i] = values[i];
        if (values[i].kind == STAT_BYTES && values[i].as.bytes.length != 0) {
            copies[i].as.bytes.data =
                arena_dup(reader->kept, values[i].as.bytes.data, values[i].as.bytes.length);
            reader->no_memory |= copies[i].as.bytes.data == NULL;
        } else if (values[i].kind == STAT_BYTES) {
            copies[i].as.bytes.data = (const uint8_t *)"";
        }
    }
    reader->no_memory |= copies == NULL;
    made->values = copies;
    made->value_count = count;
    return reader->no_memory ? NULL : made;
}

const struct predicate *hint_test(struct hint_reader *reader, enum predicate_test test,
                                  uint32_t column, const struct stat_value *values, size_t count)
{
    return new_test(reader, test, column, values, count);
}

static const struct predicate *combine(struct hint_reader *reader, enum predicate_kind kind,
                                       const struct predicate *const *parts, size_t count)
{
    struct predicate *made = new_predicate(reader);
    const struct predicate **copies = arena_alloc_array(reader->kept, count, sizeof(*copies));
    if (made == NULL || copies == NULL) {
        reader->no_memory = true;
        return NULL;
    }
    memcpy(copies, parts, count * sizeof(*copies));
    made->kind = kind;
    made->parts = copies;
    made->part_count = count;
    return made;
}

const struct predicate *hint_and(struct hint_reader *reader, const struct predicate *const *parts,
                                 size_t count)
{
    const struct predicate **kept = arena_alloc_array(reader->arena, count, sizeof(*kept));
    size_t used = 0;
    size_t i;
    if (kept == NULL) {
        reader->no_memory = true;
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (is_never(parts[i])) {
            return &never;
        }
        if (parts[i] != NULL) {
            kept[used++] = parts[i];
        }
    }
    if (used == 0) {
        return NULL;
    }
    return used == 1 ? kept[0] : combine(reader, PREDICATE_AND, kept, used);
}

const struct predicate *hint_or(struct hint_reader *reader, const struct predicate *const *parts,
                                size_t count)
{
    const struct predicate **kept = arena_alloc_array(reader->arena, count, sizeof(*kept));
    size_t used = 0;
    size_t i;
    if (kept == NULL) {
        reader->no_memory = true;
        return NULL;
    }
    for (i = 0; i < count; i++) {
        if (parts[i] == NULL) {
            return NULL;
        }
        if (!is_never(parts[i])) {
            kept[used++] = parts[i];
        }
    }
    if (used == 0) {
        return &never;
    }
    return used == 1 ? kept[0] : combine(reader, PREDICATE_OR, kept, used);
}

bool hint_holds_of_nulls(const struct predicate *predicate)
{
    size_t i;
    if (predicate->kind == PREDICATE_TEST) {
        return predicate->test == PREDICATE_IS_NULL;
    }
    for (i = 0; i < predicate->part_count; i++) {
        if (hint_holds_of_nulls(predicate->parts[i]) == (predicate->kind == PREDICATE_OR)) {
            return predicate->kind == PREDICATE_OR;
        }
    }
    return predicate->kind == PREDICATE_AND;
}

/* ---- expressions ---- */

struct condition {
    struct hint_reader *reader;
    const struct hint_select *select;
    const struct json *expression;
    bool wanted; /* what the expression shall be */
    unsigned depth;
};

static const struct predicate *read_condition(const struct condition *condition);

static const struct predicate *read_child(const struct condition *condition,
                                          const struct json *child, bool wanted)
{
    struct condition inner = *condition;
    inner.expression = child;
    inner.wanted = wanted;
    inner.depth++;
    return read_condition(&inner);
}

static const struct json *child_at(const struct condition *condition, size_t index)
{
    return json_at(json_find(condition->expression, "children"), index);
}

static ptrdiff_t column_of(const struct condition *condition, const struct json *expression)
{
    return hint_column(condition->reader, condition->select, expression);
}

static const struct field *field_of(const struct condition *condition, ptrdiff_t column)
{
    return &condition->reader->target->schema->fields[column];
}

static const struct predicate *plain_test(const struct condition *condition,
                                          enum predicate_test test, ptrdiff_t column)
{
    return hint_test(condition->reader, test, (uint32_t)column, NULL, 0);
}

static const struct predicate *read_conjunction(const struct condition *condition, bool is_and)
{
    const struct json *children = json_find(condition->expression, "children");
    const size_t count = json_length(children);
    const struct predicate **parts =
        arena_alloc_array(condition->reader->arena, count, sizeof(*parts));
    size_t i;
    if (parts == NULL) {
        condition->reader->no_memory = true;
        return NULL;
    }
    for (i = 0; i < count; i++) {
        parts[i] = read_child(condition, json_at(children, i), condition->wanted);
    }
    return is_and == condition->wanted ? hint_and(condition->reader, parts, count)
                                       : hint_or(condition->reader, parts, count);
}

static bool test_of(const char *type, enum predicate_test *out)
{
    static const struct {
        const char *type;
        enum predicate_test test;
    } tests[] = {
        {"COMPARE_EQUAL", PREDICATE_EQ},         {"COMPARE_NOTEQUAL", PREDICATE_NE},
        {"COMPARE_LESSTHAN", PREDICATE_LT},      {"COMPARE_LESSTHANOREQUALTO", PREDICATE_LE},
        {"COMPARE_GREATERTHAN", PREDICATE_GT},   {"COMPARE_GREATERTHANOREQUALTO", PREDICATE_GE},
        {"COMPARE_DISTINCT_FROM", PREDICATE_NE}, {"COMPARE_NOT_DISTINCT_FROM", PREDICATE_EQ}};
    size_t i;
    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (strcmp(type, tests[i].type) == 0) {
            *out = tests[i].test;
            return true;
        }
    }
    return false;
}

static enum predicate_test turned_around(enum predicate_test test)
{
    switch (test) {
    case PREDICATE_LT:
        return PREDICATE_GT;
    case PREDICATE_LE:
        return PREDICATE_GE;
    case PREDICATE_GT:
        return PREDICATE_LT;
    case PREDICATE_GE:
        return PREDICATE_LE;
    default:
        return test;
    }
}

static enum predicate_test negated(enum predicate_test test)
{
    switch (test) {
    case PREDICATE_EQ:
        return PREDICATE_NE;
    case PREDICATE_NE:
        return PREDICATE_EQ;
    case PREDICATE_LT:
        return PREDICATE_GE;
    case PREDICATE_LE:
        return PREDICATE_GT;
    case PREDICATE_GT:
        return PREDICATE_LE;
    case PREDICATE_GE:
        return PREDICATE_LT;
    default:
        return test;
    }
}

/* IS [NOT] DISTINCT FROM: nulls compare like values. */
static const struct predicate *read_distinct(const struct condition *condition, ptrdiff_t column,
                                             enum predicate_test test,
                                             const struct hint_literal *literal)
{
    const struct predicate *parts[2];
    if (literal->kind == HINT_LITERAL_NULL) {
        return plain_test(condition, test == PREDICATE_EQ ? PREDICATE_IS_NULL : PREDICATE_NOT_NULL,
                          column);
    }
    parts[0] = hint_compare(condition->reader, (uint32_t)column, test, literal, false);
    if (test == PREDICATE_EQ || parts[0] == NULL) {
        return parts[0];
    }
    parts[1] = plain_test(condition, PREDICATE_IS_NULL, column);
    return hint_or(condition->reader, parts, 2);
}

/* "flag IS TRUE" casts the flag to what it is. */
static const struct json *without_flag_cast(const struct condition *condition,
                                            const struct json *expression)
{
    const struct json *child = json_find(expression, "child");
    ptrdiff_t column = -1;
    if (tree_is_class(expression, "CAST") && tree_is_class(child, "COLUMN_REF") &&
        strcmp(tree_member(json_find(expression, "cast_type"), "id"), "BOOLEAN") == 0) {
        column = column_of(condition, child);
    }
    return column >= 0 && field_of(condition, column)->type == COLUMN_BOOL ? child : expression;
}

static const struct predicate *read_comparison(const struct condition *condition)
{
    const struct json *expression = condition->expression;
    const struct json *left = without_flag_cast(condition, json_find(expression, "left"));
    const struct json *right = without_flag_cast(condition, json_find(expression, "right"));
    const char *type = tree_member(expression, "type");
    ptrdiff_t column = column_of(condition, left);
    const struct json *other = right;
    struct hint_literal literal;
    enum predicate_test test;
    if (!test_of(type, &test)) {
        return NULL;
    }
    if (column < 0) {
        column = column_of(condition, right);
        other = left;
        test = turned_around(test);
    }
    if (column < 0 || !hint_literal_of(condition->reader, other, &literal)) {
        return NULL;
    }
    test = condition->wanted ? test : negated(test);
    if (strstr(type, "DISTINCT") != NULL) {
        return read_distinct(condition, column, test, &literal);
    }
    return hint_compare(condition->reader, (uint32_t)column, test, &literal, false);
}

static const struct predicate *read_between(const struct condition *condition)
{
    const struct json *expression = condition->expression;
    ptrdiff_t column = column_of(condition, json_find(expression, "input"));
    struct hint_literal literals[2];
    const struct predicate *parts[2];
    enum predicate_test low = condition->wanted ? PREDICATE_GE : PREDICATE_LT;
    enum predicate_test high = condition->wanted ? PREDICATE_LE : PREDICATE_GT;
    bool as_double;
    if (column < 0 ||
        !hint_literal_of(condition->reader, json_find(expression, "lower"), &literals[0]) ||
        !hint_literal_of(condition->reader, json_find(expression, "upper"), &literals[1]) ||
        !hint_literals_agree(field_of(condition, column), literals, 2, &as_double)) {
        return NULL;
    }
    parts[0] = hint_compare(condition->reader, (uint32_t)column, low, &literals[0], as_double);
    parts[1] = hint_compare(condition->reader, (uint32_t)column, high, &literals[1], as_double);
    condition->reader->vague |= parts[0] == NULL || parts[1] == NULL;
    return condition->wanted ? hint_and(condition->reader, parts, 2)
                             : hint_or(condition->reader, parts, 2);
}

/* ---- IN ---- */

/* One of the constants: those that a column can be equal to are put in one test. */
static const struct predicate *one_of(const struct condition *condition, ptrdiff_t column,
                                      const struct hint_literal *literals, size_t count,
                                      bool as_double)
{
    struct hint_reader *reader = condition->reader;
    const struct predicate **parts = arena_alloc_array(reader->arena, count + 1, sizeof(*parts));
    struct stat_value *values = arena_alloc_array(reader->arena, count, sizeof(*values));
    size_t part_count = 0;
    size_t value_count = 0;
    size_t i;
    if (parts == NULL || values == NULL) {
        reader->no_memory = true;
        return NULL;
    }
    for (i = 0; i < count; i++) {
        const struct predicate *part =
            hint_compare(reader, (uint32_t)column, PREDICATE_EQ, &literals[i], as_double);
        if (part != NULL && part->kind == PREDICATE_TEST && part->test == PREDICATE_EQ) {
            values[value_count++] = part->values[0];
        } else {
            parts[part_count++] = part;
        }
    }
    if (value_count != 0) {
        parts[part_count++] = hint_test(reader, value_count == 1 ? PREDICATE_EQ : PREDICATE_IN,
                                        (uint32_t)column, values, value_count);
    }
    return hint_or(reader, parts, part_count);
}

static const struct predicate *none_of(const struct condition *condition, ptrdiff_t column,
                                       const struct hint_literal *literals, size_t count,
                                       bool as_double)
{
    struct hint_reader *reader = condition->reader;
    const struct predicate *parts[NOT_IN_MAX];
    size_t i;
    for (i = 0; i < count; i++) {
        if (literals[i].kind == HINT_LITERAL_NULL) {
            return hint_never(reader);
        }
    }
    if (count > NOT_IN_MAX) {
        reader->vague = true;
        return plain_test(condition, PREDICATE_NOT_NULL, column);
    }
    for (i = 0; i < count; i++) {
        parts[i] = hint_compare(reader, (uint32_t)column, PREDICATE_NE, &literals[i], as_double);
        reader->vague |= parts[i] == NULL;
    }
    return hint_and(reader, parts, count);
}

static const struct predicate *read_in(const struct condition *condition, bool is_in)
{
    const struct json *children = json_find(condition->expression, "children");
    const size_t count = json_length(children);
    ptrdiff_t column = column_of(condition, json_at(children, 0));
    struct hint_literal *literals;
    bool as_double;
    size_t i;
    if (column < 0 || count < 2) {
        return NULL;
    }
    literals = arena_alloc_array(condition->reader->arena, count, sizeof(*literals));
    if (literals == NULL) {
        condition->reader->no_memory = true;
        return NULL;
    }
    for (i = 1; i < count; i++) {
        if (!hint_literal_of(condition->reader, json_at(children, i), &literals[i - 1])) {
            return NULL;
        }
    }
    if (!hint_literals_agree(field_of(condition, column), literals, count - 1, &as_double)) {
        return NULL;
    }
    return is_in == condition->wanted ? one_of(condition, column, literals, count - 1, as_double)
                                      : none_of(condition, column, literals, count - 1, as_double);
}

static const struct predicate *read_operator(const struct condition *condition)
{
    const char *type = tree_member(condition->expression, "type");
    ptrdiff_t column;
    if (strcmp(type, "OPERATOR_NOT") == 0) {
        return read_child(condition, child_at(condition, 0), !condition->wanted);
    }
    if (strcmp(type, "COMPARE_IN") == 0 || strcmp(type, "COMPARE_NOT_IN") == 0) {
        return read_in(condition, strcmp(type, "COMPARE_IN") == 0);
    }
    if (strcmp(type, "OPERATOR_IS_NULL") == 0 || strcmp(type, "OPERATOR_IS_NOT_NULL") == 0) {
        column = column_of(condition, child_at(condition, 0));
        if (column < 0) {
            return NULL;
        }
        return plain_test(condition,
                          (strcmp(type, "OPERATOR_IS_NULL") == 0) == condition->wanted
                              ? PREDICATE_IS_NULL
                              : PREDICATE_NOT_NULL,
                          column);
    }
    return NULL;
}

/* ---- LIKE and its kin ---- */

enum pattern_kind { PATTERN_LIKE, PATTERN_PREFIX, PATTERN_SUFFIX, PATTERN_CONTAINS };

struct pattern_function {
    const char *name;
    enum pattern_kind kind;
    bool negated;
    bool fold_case;
    bool escape; /* has a third argument */
};

static const struct pattern_function pattern_functions[] = {
    {"~~", PATTERN_LIKE, false, false, false},
    {"!~~", PATTERN_LIKE, true, false, false},
    {"~~*", PATTERN_LIKE, false, true, false},
    {"!~~*", PATTERN_LIKE, true, true, false},
    {"like_escape", PATTERN_LIKE, false, false, true},
    {"not_like_escape", PATTERN_LIKE, true, false, true},
    {"ilike_escape", PATTERN_LIKE, false, true, true},
    {"not_ilike_escape", PATTERN_LIKE, true, true, true},
    {"prefix", PATTERN_PREFIX, false, false, false},
    {"starts_with", PATTERN_PREFIX, false, false, false},
    {"^@", PATTERN_PREFIX, false, false, false},
    {"suffix", PATTERN_SUFFIX, false, false, false},
    {"ends_with", PATTERN_SUFFIX, false, false, false},
    {"contains", PATTERN_CONTAINS, false, false, false},
};

/* The texts between the wildcards of a pattern. */
struct pieces {
    struct stat_value *values;
    size_t count;
    bool anchored_start;
    bool anchored_end;
    bool wild; /* there are wildcards */
};

static bool split_pattern(struct hint_reader *reader, const struct hint_literal *pattern,
                          int escape, struct pieces *out)
{
    char *texts = arena_alloc(reader->arena, pattern->length + 1);
    size_t length = 0;
    size_t start = 0;
    size_t i;
    bool last_wild = false;
    memset(out, 0, sizeof(*out));
    out->values = arena_alloc_array(reader->arena, pattern->length + 1, sizeof(*out->values));
    if (texts == NULL || out->values == NULL) {
        reader->no_memory = true;
        return false;
    }
    out->anchored_start = true;
    for (i = 0; i < pattern->length; i++) {
        char c = pattern->bytes[i];
        const bool escaped = escape >= 0 && c == (char)escape;
        last_wild = !escaped && (c == '%' || c == '_');
        reader->vague |= !escaped && c == '_'; /* exactly one character */
        if (escaped) {
            if (++i == pattern->length) {
                return false; /* the engine refuses it */
            }
            c = pattern->bytes[i];
        }
        if (!last_wild) {
            texts[length++] = c;
            continue;
        }
        out->anchored_start &= i != 0;
        out->wild = true;
        if (length != start) {
            out->values[out->count++] = stat_bytes(texts + start, (uint32_t)(length - start));
        }
        start = length;
    }
    if (length != start) {
        out->values[out->count++] = stat_bytes(texts + start, (uint32_t)(length - start));
    }
    out->anchored_end = !last_wild;
    return true;
}

/* Of a text that matches. */
static const struct predicate *matching(const struct condition *condition, ptrdiff_t column,
                                        const struct pieces *pieces, bool fold_case)
{
    struct predicate *made;
    struct stat_value empty = stat_bytes("", 0);
    if (!pieces->wild && pieces->count == 0) {
        return hint_test(condition->reader, PREDICATE_EQ, (uint32_t)column, &empty, 1);
    }
    if (!pieces->wild && !fold_case) {
        return hint_test(condition->reader, PREDICATE_EQ, (uint32_t)column, pieces->values, 1);
    }
    if (pieces->count == 0) {
        return plain_test(condition, PREDICATE_NOT_NULL, column);
    }
    made = new_test(condition->reader, PREDICATE_LIKE, (uint32_t)column, pieces->values,
                    pieces->count);
    if (made != NULL) {
        made->anchored_start = pieces->anchored_start;
        made->anchored_end = pieces->anchored_end;
        made->fold_case = fold_case;
    }
    return made;
}

static bool pieces_of(struct hint_reader *reader, const struct pattern_function *function,
                      const struct hint_literal *text, int escape, struct pieces *out)
{
    if (function->kind == PATTERN_LIKE) {
        return split_pattern(reader, text, escape, out);
    }
    memset(out, 0, sizeof(*out));
    out->wild = true;
    out->values = arena_alloc(reader->arena, sizeof(*out->values));
    if (out->values == NULL) {
        reader->no_memory = true;
        return false;
    }
    out->values[0] = stat_bytes(text->bytes, (uint32_t)text->length);
    out->count = text->length != 0;
    out->anchored_start = function->kind == PATTERN_PREFIX;
    out->anchored_end = function->kind == PATTERN_SUFFIX;
    return true;
}

/* The escape character of a call; -1: none. */
static bool escape_of(const struct condition *condition, const struct pattern_function *function,
                      int *escape)
{
    struct hint_literal literal;
    *escape = -1;
    if (!function->escape) {
        return true;
    }
    if (!hint_literal_of(condition->reader, child_at(condition, 2), &literal) ||
        literal.kind != HINT_LITERAL_TEXT || literal.length > 1) {
        return false;
    }
    if (literal.length == 1) {
        *escape = (unsigned char)literal.bytes[0];
    }
    return *escape < 0x80 && *escape != '%' && *escape != '_';
}

static const struct predicate *read_pattern(const struct condition *condition,
                                            const struct pattern_function *function)
{
    const size_t arguments = json_length(json_find(condition->expression, "children"));
    ptrdiff_t column = column_of(condition, child_at(condition, 0));
    struct hint_literal literal;
    struct pieces pieces;
    int escape;
    if (column < 0 || !column_type_is_utf8(field_of(condition, column)->type) ||
        arguments != (function->escape ? 3u : 2u) ||
        !hint_literal_of(condition->reader, child_at(condition, 1), &literal)) {
        return NULL;
    }
    if (literal.kind == HINT_LITERAL_NULL) {
        return hint_never(condition->reader);
    }
    if (literal.kind != HINT_LITERAL_TEXT || !escape_of(condition, function, &escape) ||
        !pieces_of(condition->reader, function, &literal, escape, &pieces)) {
        return NULL;
    }
    condition->reader->vague |= function->fold_case;
    if (function->negated != condition->wanted) {
        return matching(condition, column, &pieces, function->fold_case);
    }
    if (!pieces.wild && !function->fold_case && pieces.count == 1) {
        return hint_test(condition->reader, PREDICATE_NE, (uint32_t)column, pieces.values, 1);
    }
    condition->reader->vague = true;
    return plain_test(condition, PREDICATE_NOT_NULL, column);
}

static const struct predicate *read_function(const struct condition *condition)
{
    const char *name = tree_member(condition->expression, "function_name");
    size_t i;
    for (i = 0; i < sizeof(pattern_functions) / sizeof(pattern_functions[0]); i++) {
        if (strcmp(name, pattern_functions[i].name) == 0) {
            return read_pattern(condition, &pattern_functions[i]);
        }
    }
    return NULL;
}

/* A boolean column, or a constant. */
static const struct predicate *read_value(const struct condition *condition)
{
    ptrdiff_t column = column_of(condition, condition->expression);
    struct hint_literal literal;
    struct stat_value value = stat_int(condition->wanted);
    if (column >= 0) {
        return field_of(condition, column)->type == COLUMN_BOOL
                   ? hint_test(condition->reader, PREDICATE_EQ, (uint32_t)column, &value, 1)
                   : NULL;
    }
    if (!hint_literal_of(condition->reader, condition->expression, &literal)) {
        return NULL;
    }
    if (literal.kind == HINT_LITERAL_NULL ||
        (literal.kind == HINT_LITERAL_BOOL && (literal.number != 0) != condition->wanted)) {
        return hint_never(condition->reader);
    }
    return NULL;
}

static const struct predicate *read_known(const struct condition *condition)
{
    const struct json *expression = condition->expression;
    if (condition->depth >= CONDITION_DEPTH_MAX) {
        return NULL;
    }
    if (tree_is_class(expression, "CONJUNCTION")) {
        return read_conjunction(condition, tree_is_type(expression, "CONJUNCTION_AND"));
    }
    if (tree_is_class(expression, "COMPARISON")) {
        return read_comparison(condition);
    }
    if (tree_is_class(expression, "BETWEEN")) {
        return read_between(condition);
    }
    if (tree_is_class(expression, "OPERATOR")) {
        return read_operator(condition);
    }
    if (tree_is_class(expression, "FUNCTION")) {
        return read_function(condition);
    }
    return read_value(condition);
}

static const struct predicate *read_condition(const struct condition *condition)
{
    const struct predicate *made = read_known(condition);
    condition->reader->vague |= made == NULL;
    return made;
}

const struct predicate *hint_condition(struct hint_reader *reader, const struct hint_select *select,
                                       const struct json *expression)
{
    const struct condition condition = {
        .reader = reader, .select = select, .expression = expression, .wanted = true};
    return expression != NULL ? read_condition(&condition) : NULL;
}
