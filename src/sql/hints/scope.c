/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SELECTs of a statement, what their FROM reads, and which column of a table a name means. A
 * condition belongs to one SELECT, and only what stands in its FROM can be a column of it that
 * matters here: a name that is found there means that, and one that is not belongs to a query
 * around, or is an alias.
 *
 * The walk must meet every reference to a table. What it does not know may hide one: then the
 * statement is refused, and so it is when a count over the whole tree finds more.
 */
#include "sql/hints/hints_priv.h"

#include <string.h>
#include <strings.h>

struct walk {
    struct hint_reader *reader;
    struct hint_with *with; /* visible names of WITH, innermost first */
};

static void visit_expressions(struct walk *walk, const struct json *value);

static void *made(struct walk *walk, size_t size)
{
    void *item = arena_zalloc(walk->reader->arena, size);
    walk->reader->no_memory |= item == NULL;
    walk->reader->refused |= item == NULL;
    return item;
}

static const char *string_at(const struct json *array, size_t index)
{
    const char *text = "";
    return json_as_string(json_at(array, index), "name", &text, NULL, NULL) == INLAY_OK ? text : "";
}

static bool same_name(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

/* ---- does a row of the result depend on one row of FROM only? ---- */

/* Functions that are no aggregates, among those that are often used. */
static bool is_scalar_function(const struct json *function)
{
    static const char *const names[] = {
        "lower",   "upper",    "length",    "trim",          "ltrim",       "rtrim",
        "abs",     "round",    "floor",     "ceil",          "concat",      "substr",
        "replace", "year",     "month",     "day",           "hour",        "minute",
        "second",  "strftime", "substring", "date_trunc",    "date_part",   "starts_with",
        "prefix",  "suffix",   "ends_with", "contains",      "like_escape", "ilike_escape",
        "left",    "right",    "reverse",   "strlen",        "greatest",    "least",
        "sqrt",    "ln",       "log10",     "regexp_matches"};
    const char *name = tree_member(function, "function_name");
    bool is_operator = false;
    size_t i;
    if (json_has(function, "filter") ||
        (json_get_bool(function, "distinct", &is_operator, NULL) == INLAY_OK && is_operator)) {
        return false;
    }
    if (json_get_bool(function, "is_operator", &is_operator, NULL) == INLAY_OK && is_operator) {
        return true;
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Columns, constants and what is made of them row by row. */
static bool is_row_expression(const struct json *value)
{
    static const char *const classes[] = {"COLUMN_REF", "CONSTANT", "COMPARISON", "CONJUNCTION",
                                          "OPERATOR",   "CAST",     "CASE",       "BETWEEN",
                                          "PARAMETER",  "STAR",     "COLLATE"};
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    bool known = !json_has(value, "class") ||
                 (tree_is_class(value, "FUNCTION") && is_scalar_function(value));
    bool columns = false;
    size_t i;
    for (i = 0; !known && i < sizeof(classes) / sizeof(classes[0]); i++) {
        known = tree_is_class(value, classes[i]);
    }
    /* COLUMNS(...) is a star that is called so. */
    if (!known || (json_get_bool(value, "columns", &columns, NULL) == INLAY_OK && columns)) {
        return false;
    }
    for (i = 0; i < json_length(value); i++) {
        if (!is_row_expression(json_at(value, i))) {
            return false;
        }
    }
    while (value != NULL && json_kind_of(value) == JSON_KIND_OBJECT &&
           json_next_member(value, &cursor, &key, &member)) {
        if (!is_row_expression(member)) {
            return false;
        }
    }
    return true;
}

bool hint_rows_stand_alone(const struct json *node)
{
    return tree_is_type(node, "SELECT_NODE") && !json_has(node, "group_expressions") &&
           !json_has(node, "group_sets") && !json_has(node, "having") &&
           !json_has(node, "qualify") && !json_has(node, "sample") &&
           strcmp(tree_member(node, "aggregate_handling"), "STANDARD_HANDLING") == 0 &&
           is_row_expression(json_find(node, "select_list"));
}

/* Only DISTINCT of whole rows, and ORDER BY, may stand behind the query. */
static bool modifiers_are_transparent(const struct json *node)
{
    const struct json *modifiers = json_find(node, "modifiers");
    size_t i;
    for (i = 0; i < json_length(modifiers); i++) {
        const struct json *modifier = json_at(modifiers, i);
        if (tree_is_type(modifier, "ORDER_MODIFIER")
                ? !is_row_expression(json_find(modifier, "orders"))
                : !tree_is_type(modifier, "DISTINCT_MODIFIER") ||
                      json_has(modifier, "distinct_on_targets")) {
            return false;
        }
    }
    return true;
}

/* ---- FROM ---- */

struct place {
    struct hint_select *select;
    struct hint_join *join;
    bool on_right;
};

static struct hint_select *visit_query(struct walk *walk, const struct json *node);

static struct hint_item *add_item(struct walk *walk, const struct place *place,
                                  const struct json *from, enum hint_item_kind kind)
{
    struct hint_item *item = made(walk, sizeof(*item));
    if (item == NULL) {
        return NULL;
    }
    item->kind = kind;
    item->alias = tree_member(from, "alias");
    item->aliases = json_find(from, "column_name_alias");
    item->select = place->select;
    item->join = place->join;
    item->on_right = place->on_right;
    item->sampled = json_has(from, "sample");
    item->next = place->select->items;
    place->select->items = item;
    return item;
}

static bool names_are_distinct(const struct schema *schema)
{
    size_t i;
    size_t k;
    for (i = 0; i < schema->count; i++) {
        for (k = 0; k < i; k++) {
            if (same_name(schema->fields[i].name, schema->fields[k].name)) {
                return false;
            }
        }
    }
    return true;
}

static void add_table(struct walk *walk, const struct place *place, const struct json *from,
                      const char *name, bool blind)
{
    struct hint_item *item;
    struct relation *relation = statement_pinned(walk->reader->statement, name);
    item = add_item(walk, place, from, relation != NULL ? HINT_TABLE : HINT_OPAQUE);
    if (item == NULL || relation == NULL) {
        return;
    }
    item->relation = relation;
    item->schema = relation->ops->schema(relation);
    item->next_table = walk->reader->tables;
    walk->reader->tables = item;
    item->blind = blind;
    if (!names_are_distinct(item->schema)) {
        item->kind = HINT_OPAQUE;
        item->blind = true;
    }
}

/* The rows of the SELECTs are those of this item alone. */
static void own_parts(struct hint_item *item, struct hint_select *parts)
{
    struct hint_select *part;
    for (part = parts; part != NULL; part = part->sibling) {
        part->owner = item;
    }
}

static void use_with(struct hint_item *item, struct hint_with *with)
{
    struct hint_select *part;
    item->parts = with->parts;
    item->with_aliases = with->aliases;
    item->kind = with->parts != NULL ? HINT_QUERY : HINT_OPAQUE;
    if (with->user == NULL && !with->several) {
        with->user = item;
        own_parts(item, with->parts);
        return;
    }
    with->several = true;
    for (part = with->parts; part != NULL; part = part->sibling) {
        part->owner = NULL;
    }
}

static void visit_base_table(struct walk *walk, const struct place *place, const struct json *from)
{
    const char *name = tree_member(from, "table_name");
    const bool qualified = json_has(from, "schema_name") || json_has(from, "catalog_name");
    struct hint_with *with = walk->with;
    struct hint_item *item;
    walk->reader->references++;
    while (with != NULL && (qualified || !same_name(with->name, name))) {
        with = with->next;
    }
    if (with == NULL) {
        add_table(walk, place, from, name, qualified || json_has(from, "at_clause"));
        item = place->select->items;
    } else {
        item = add_item(walk, place, from, HINT_QUERY);
        if (item != NULL) {
            use_with(item, with);
        }
    }
    if (item != NULL && item->alias[0] == '\0') {
        item->alias = name;
    }
}

static bool is_harmless_function(const char *name)
{
    static const char *const names[] = {"range",         "generate_series", "unnest",
                                        "repeat",        "bm25_search",     "bm25_search_prefix",
                                        "vector_search", "hybrid_search",   "token_match",
                                        "exact_match"};
    size_t i;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (same_name(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void visit_table_function(struct walk *walk, const struct place *place,
                                 const struct json *from)
{
    const struct json *function = json_find(from, "function");
    const struct json *first = json_at(json_find(function, "children"), 0);
    const char *name = tree_member(function, "function_name");
    const char *ordinality = tree_member(from, "with_ordinality");
    struct hint_item *item;
    walk->reader->references++;
    visit_expressions(walk, function);
    if (same_name(name, "inlay_scan") || same_name(name, "inlay_scan_coded")) {
        if (!tree_is_class(first, "CONSTANT")) {
            walk->reader->refused = true;
            return;
        }
        add_table(walk, place, from, tree_member(json_find(first, "value"), "value"),
                  !same_name(name, "inlay_scan") || strcmp(ordinality, "WITHOUT_ORDINALITY") != 0);
    } else {
        (void)add_item(walk, place, from, HINT_OPAQUE);
        walk->reader->refused |= !is_harmless_function(name);
    }
    item = place->select->items;
    if (item != NULL && item->alias[0] == '\0') {
        item->alias = name;
    }
}

static void visit_from(struct walk *walk, const struct place *place, const struct json *from);

static void visit_join(struct walk *walk, const struct place *place, const struct json *from)
{
    struct hint_join *join = made(walk, sizeof(*join));
    struct place side = *place;
    if (join == NULL) {
        return;
    }
    join->node = from;
    join->up = place->join;
    join->on_right = place->on_right;
    walk->reader->refused |=
        json_has(from, "alias") || json_has(from, "sample") || json_has(from, "column_name_alias");
    side.join = join;
    side.on_right = false;
    visit_from(walk, &side, json_find(from, "left"));
    side.on_right = true;
    visit_from(walk, &side, json_find(from, "right"));
    visit_expressions(walk, json_find(from, "condition"));
}

static void visit_values(struct walk *walk, const struct place *place, const struct json *from)
{
    const struct json *rows = json_find(from, "values");
    struct hint_item *item = add_item(walk, place, from, HINT_QUERY);
    if (item != NULL) {
        item->values = true;
        item->value_columns = json_length(json_at(rows, 0));
    }
    visit_expressions(walk, rows);
}

static void visit_from(struct walk *walk, const struct place *place, const struct json *from)
{
    struct hint_item *item;
    if (walk->reader->refused) {
        return;
    }
    if (tree_is_type(from, "BASE_TABLE")) {
        visit_base_table(walk, place, from);
    } else if (tree_is_type(from, "JOIN")) {
        visit_join(walk, place, from);
    } else if (tree_is_type(from, "SUBQUERY")) {
        struct hint_select *parts =
            visit_query(walk, json_find(json_find(from, "subquery"), "node"));
        item = add_item(walk, place, from, parts != NULL ? HINT_QUERY : HINT_OPAQUE);
        if (item != NULL) {
            item->parts = parts;
            own_parts(item, parts);
        }
    } else if (tree_is_type(from, "TABLE_FUNCTION")) {
        visit_table_function(walk, place, from);
    } else if (tree_is_type(from, "EXPRESSION_LIST")) {
        visit_values(walk, place, from);
    } else {
        walk->reader->refused |= !tree_is_type(from, "EMPTY");
    }
}

/* ---- queries ---- */

static struct hint_select *visit_select(struct walk *walk, const struct json *node)
{
    static const char *const expressions[] = {"select_list", "where_clause", "group_expressions",
                                              "having",      "qualify",      "modifiers"};
    struct hint_select *select = made(walk, sizeof(*select));
    struct place place = {.select = select};
    size_t i;
    if (select == NULL) {
        return NULL;
    }
    select->node = node;
    select->transparent = hint_rows_stand_alone(node) && modifiers_are_transparent(node);
    visit_from(walk, &place, json_find(node, "from_table"));
    for (i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
        visit_expressions(walk, json_find(node, expressions[i]));
    }
    return select;
}

static void hide_parts(struct hint_select *parts)
{
    for (; parts != NULL; parts = parts->sibling) {
        parts->transparent = false;
    }
}

static struct hint_select *joined_parts(struct hint_select *left, struct hint_select *right)
{
    struct hint_select *last = left;
    while (last != NULL && last->sibling != NULL) {
        last = last->sibling;
    }
    if (last == NULL || right == NULL) {
        return NULL;
    }
    last->sibling = right;
    return left;
}

static struct hint_select *visit_set_operation(struct walk *walk, const struct json *node)
{
    /* The engine writes two sides, or a list of them. */
    const struct json *children = json_find(node, "children");
    struct hint_select *left = NULL;
    size_t i;
    if (json_length(children) != 0) {
        for (i = 0; i < json_length(children); i++) {
            struct hint_select *part = visit_query(walk, json_at(children, i));
            left = i == 0 ? part : joined_parts(left, part);
        }
    } else {
        left = visit_query(walk, json_find(node, "left"));
        left = joined_parts(left, visit_query(walk, json_find(node, "right")));
    }
    visit_expressions(walk, json_find(node, "modifiers"));
    if (strcmp(tree_member(node, "setop_type"), "UNION") != 0 || !modifiers_are_transparent(node)) {
        hide_parts(left);
    }
    return left;
}

static struct hint_select *visit_recursive(struct walk *walk, const struct json *node)
{
    struct walk inner = *walk;
    struct hint_with *self = made(walk, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    self->name = tree_member(node, "cte_name");
    self->next = walk->with;
    (void)visit_query(walk, json_find(node, "left"));
    inner.with = self;
    (void)visit_query(&inner, json_find(node, "right"));
    visit_expressions(&inner, json_find(node, "key_targets"));
    visit_expressions(&inner, json_find(node, "modifiers"));
    return NULL;
}

static void visit_with(struct walk *walk, const struct json *entry)
{
    const struct json *value = json_find(entry, "value");
    struct hint_with *with = made(walk, sizeof(*with));
    if (with == NULL) {
        return;
    }
    with->name = tree_member(entry, "key");
    with->aliases = json_find(value, "aliases");
    walk->reader->refused |= json_has(value, "key_targets");
    with->parts = visit_query(walk, json_find(json_find(value, "query"), "node"));
    with->next = walk->with;
    walk->with = with;
}

/* The SELECTs whose rows together are those of the query; NULL: that is not known. */
static struct hint_select *visit_query(struct walk *walk, const struct json *node)
{
    const struct json *map = json_find(json_find(node, "cte_map"), "map");
    struct walk inner = *walk;
    size_t i;
    for (i = 0; i < json_length(map); i++) {
        visit_with(&inner, json_at(map, i));
    }
    if (tree_is_type(node, "SELECT_NODE")) {
        return visit_select(&inner, node);
    }
    if (tree_is_type(node, "SET_OPERATION_NODE")) {
        return visit_set_operation(&inner, node);
    }
    if (tree_is_type(node, "RECURSIVE_CTE_NODE")) {
        return visit_recursive(&inner, node);
    }
    walk->reader->refused = true;
    return NULL;
}

/* The subqueries in an expression. */
static void visit_expressions(struct walk *walk, const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        visit_expressions(walk, json_at(value, i));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT || walk->reader->refused) {
        return;
    }
    while (json_next_member(value, &cursor, &key, &member)) {
        if (strcmp(key, "subquery") == 0) {
            (void)visit_query(walk, json_find(member, "node"));
        } else {
            visit_expressions(walk, member);
        }
    }
}

/* All references to tables and functions that the tree holds, wherever. */
static uint64_t count_references(const struct json *value)
{
    struct json_cursor cursor = {0};
    const struct json *member;
    const char *key;
    uint64_t count = 0;
    size_t i;
    for (i = 0; i < json_length(value); i++) {
        count += count_references(json_at(value, i));
    }
    if (value == NULL || json_kind_of(value) != JSON_KIND_OBJECT) {
        return count;
    }
    count += tree_is_type(value, "BASE_TABLE") || tree_is_type(value, "TABLE_FUNCTION");
    while (json_next_member(value, &cursor, &key, &member)) {
        count += count_references(member);
    }
    return count;
}

void hint_scope_build(struct hint_reader *reader)
{
    struct walk walk = {.reader = reader};
    (void)visit_query(&walk, reader->tree->node);
    reader->refused |= count_references(reader->tree->node) != reader->references;
}

/* ---- names ---- */

/* Which columns of an item have a name: how many, 2 = several or not known; and one of them. */
struct found {
    unsigned count;
    size_t position; /* in the schema, or in the list of SELECT */
    bool by_star;    /* `position` is that of a star */
};

static struct found find_in_item(const struct hint_item *item, const char *name, unsigned depth);

/* The name that aliases give to a column; NULL: none. */
static const char *alias_of(const struct hint_item *item, size_t position)
{
    if (position < json_length(item->aliases)) {
        return string_at(item->aliases, position);
    }
    return position < json_length(item->with_aliases) ? string_at(item->with_aliases, position)
                                                      : NULL;
}

static void count_name(struct found *found, size_t position, const char *name, const char *wanted)
{
    if (same_name(name, wanted)) {
        found->count = found->count != 0 ? 2 : 1;
        found->position = position;
        found->by_star = false;
    }
}

static struct found find_in_table(const struct hint_item *item, const char *name)
{
    struct found found = {0};
    size_t i;
    for (i = 0; i < item->schema->count; i++) {
        const char *alias = alias_of(item, i);
        count_name(&found, i, alias != NULL ? alias : item->schema->fields[i].name, name);
    }
    return found;
}

static struct found find_in_values(const struct hint_item *item, const char *name)
{
    struct found found = {0};
    char standard[24] = "col";
    size_t i;
    for (i = 0; i < item->value_columns; i++) {
        const char *alias = alias_of(item, i);
        size_t at = 3;
        size_t digits = i;
        do {
            at++;
            digits /= 10;
        } while (digits != 0);
        standard[at] = '\0';
        for (digits = i; at > 3; digits /= 10) {
            standard[--at] = (char)('0' + digits % 10);
        }
        count_name(&found, i, alias != NULL ? alias : standard, name);
    }
    return found;
}

static const char *natural_name(const struct json *entry)
{
    const struct json *names = json_find(entry, "column_names");
    const char *alias = tree_member(entry, "alias");
    if (alias[0] != '\0' || !tree_is_class(entry, "COLUMN_REF")) {
        return alias;
    }
    return string_at(names, json_length(names) - 1);
}

static bool is_plain_star(const struct json *entry)
{
    return tree_is_class(entry, "STAR") && !json_has(entry, "exclude_list") &&
           !json_has(entry, "replace_list") && !json_has(entry, "rename_list") &&
           !json_has(entry, "qualified_exclude_list") && !json_has(entry, "expr");
}

/* How many columns of that name a star stands for. */
static unsigned count_in_star(const struct hint_select *select, const struct json *star,
                              const char *name, unsigned depth)
{
    const char *relation = tree_member(star, "relation_name");
    const struct hint_item *item;
    unsigned count = 0;
    if (!is_plain_star(star)) {
        return 2;
    }
    for (item = select->items; item != NULL; item = item->next) {
        if (relation[0] == '\0' || same_name(item->alias, relation)) {
            count += find_in_item(item, name, depth).count;
        }
    }
    return count;
}

static struct found find_in_list(const struct hint_item *item, const char *name, unsigned depth)
{
    const struct json *list = json_find(item->parts->node, "select_list");
    const struct found unknown = {.count = 2};
    const bool aliased = json_length(item->aliases) != 0 || json_length(item->with_aliases) != 0;
    struct found found = {0};
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        const struct json *entry = json_at(list, i);
        const char *alias = alias_of(item, i);
        if (tree_is_class(entry, "STAR")) {
            const struct hint_item *only = item->parts->items;
            unsigned inside;
            if (aliased && only != NULL && only->values && json_length(list) == 1) {
                struct hint_item renamed = *only;
                renamed.aliases = item->aliases;
                renamed.with_aliases = item->with_aliases;
                return find_in_values(&renamed, name);
            }
            inside = count_in_star(item->parts, entry, name, depth + 1);
            if (aliased || inside > 1 || (inside == 1 && found.count != 0)) {
                return unknown;
            }
            if (inside == 1) {
                found = (struct found){.count = 1, .position = i, .by_star = true};
            }
        } else if (tree_is_class(entry, "FUNCTION") &&
                   same_name(tree_member(entry, "function_name"), "unnest")) {
            return unknown; /* of a struct: its fields */
        } else {
            count_name(&found, i, alias != NULL ? alias : natural_name(entry), name);
        }
    }
    return found;
}

static struct found find_in_item(const struct hint_item *item, const char *name, unsigned depth)
{
    const struct found unknown = {.count = 2};
    if (item->kind == HINT_TABLE) {
        return find_in_table(item, name);
    }
    if (item->values) {
        return find_in_values(item, name);
    }
    /* Stars of stars could be looked through in very many ways. */
    return item->kind == HINT_QUERY && depth < 8 ? find_in_list(item, name, depth) : unknown;
}

/* The item of a SELECT that has the column; NULL: none, or several may. */
static const struct hint_item *find_item(const struct hint_select *select, const char *qualifier,
                                         const char *name, struct found *out)
{
    const struct hint_item *item;
    const struct hint_item *found = NULL;
    for (item = select->items; item != NULL; item = item->next) {
        struct found here;
        if (qualifier != NULL && !same_name(item->alias, qualifier)) {
            continue;
        }
        here = find_in_item(item, name, 0);
        if (here.count > 1 || (here.count == 1 && found != NULL)) {
            return NULL;
        }
        if (here.count == 1) {
            found = item;
            *out = here;
        } else if (qualifier != NULL) {
            return NULL;
        }
    }
    return found;
}

struct origin {
    const struct hint_item *table; /* NULL: not the plain column of a table */
    size_t column;
};

static struct origin origin_of(const struct hint_reader *reader, const struct hint_select *select,
                               const char *qualifier, const char *name, unsigned depth);

static struct origin origin_of_reference(const struct hint_reader *reader,
                                         const struct hint_select *select,
                                         const struct json *reference, unsigned depth)
{
    const struct json *names = json_find(reference, "column_names");
    const size_t count = json_length(names);
    const struct origin none = {0};
    if (!tree_is_class(reference, "COLUMN_REF") || count < 1 || count > 2) {
        return none;
    }
    return origin_of(reader, select, count == 2 ? string_at(names, 0) : NULL,
                     string_at(names, count - 1), depth);
}

/* Are the target's rows among those of this SELECT's FROM? */
static bool holds_target(const struct hint_reader *reader, const struct hint_select *select)
{
    const struct hint_select *at = reader->target->select;
    while (at != NULL && at != select) {
        at = at->owner != NULL ? at->owner->select : NULL;
    }
    return at != NULL;
}

static struct origin origin_in_part(const struct hint_reader *reader,
                                    const struct hint_select *part, const struct found *found,
                                    const char *name, unsigned depth)
{
    const struct json *entry = json_at(json_find(part->node, "select_list"), found->position);
    const char *relation = tree_member(entry, "relation_name");
    if (found->by_star) {
        return origin_of(reader, part, relation[0] != '\0' ? relation : NULL, name, depth);
    }
    return origin_of_reference(reader, part, entry, depth);
}

static bool has_star(const struct hint_select *select)
{
    const struct json *list = json_find(select->node, "select_list");
    size_t i;
    for (i = 0; i < json_length(list); i++) {
        if (tree_is_class(json_at(list, i), "STAR")) {
            return true;
        }
    }
    return false;
}

/* The column of a query's rows: where all its parts have it from columns of the same type. */
static struct origin origin_in_query(const struct hint_reader *reader, const struct hint_item *item,
                                     const struct found *found, const char *name, unsigned depth)
{
    const struct origin none = {0};
    const struct field *first = NULL;
    const struct hint_select *part;
    struct origin chosen = {0};
    for (part = item->parts; part != NULL; part = part->sibling) {
        struct origin origin;
        const struct field *field;
        if (!part->transparent || (item->parts->sibling != NULL && has_star(part))) {
            return none;
        }
        origin = origin_in_part(reader, part, found, name, depth + 1);
        if (origin.table == NULL) {
            return none;
        }
        field = &origin.table->schema->fields[origin.column];
        first = first != NULL ? first : field;
        if (!field_same_type(first, field)) {
            return none;
        }
        if (chosen.table == NULL || holds_target(reader, part)) {
            chosen = origin;
        }
    }
    return chosen;
}

static struct origin origin_of(const struct hint_reader *reader, const struct hint_select *select,
                               const char *qualifier, const char *name, unsigned depth)
{
    const struct origin none = {0};
    struct found found = {0};
    const struct hint_item *item = find_item(select, qualifier, name, &found);
    if (item == NULL || depth > 16) {
        return none;
    }
    if (item->kind == HINT_TABLE) {
        return (struct origin){.table = item, .column = found.position};
    }
    return item->kind == HINT_QUERY && !item->values
               ? origin_in_query(reader, item, &found, name, depth)
               : none;
}

ptrdiff_t hint_column(const struct hint_reader *reader, const struct hint_select *select,
                      const struct json *reference)
{
    struct origin origin = origin_of_reference(reader, select, reference, 0);
    return origin.table == reader->target && origin.table != NULL ? (ptrdiff_t)origin.column : -1;
}

bool hint_stands_alone(const struct hint_item *item)
{
    return item == item->select->items && item->next == NULL && item->join == NULL &&
           !item->sampled && !item->blind;
}

const struct hint_item *hint_only_table(const struct hint_reader *reader)
{
    const struct hint_item *item = reader->tables;
    return item != NULL && item->next_table == NULL && item->select->node == reader->tree->node &&
                   hint_stands_alone(item)
               ? item
               : NULL;
}
