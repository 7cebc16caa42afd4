/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of hints: the statement's SELECTs and what they read (scope.c), constants (literal.c),
 * conditions (condition.c), the first rows of an order (top.c). */
#ifndef INLAY_SQL_HINTS_HINTS_PRIV_H
#define INLAY_SQL_HINTS_HINTS_PRIV_H

#include "base/arena.h"
#include "sql/hints/hints.h"

/* ---- scopes ---- */

enum hint_item_kind {
    HINT_TABLE, /* a relation of ours */
    HINT_QUERY, /* a subquery or WITH: the rows of `parts` */
    HINT_OPAQUE /* anything else; which columns it has is not known */
};

/* One JOIN above an item of FROM. */
struct hint_join {
    const struct json *node;
    struct hint_join *up; /* the join above; NULL = none */
    bool on_right;        /* of `up` */
};

/* One entry of FROM. */
struct hint_item {
    struct hint_item *next;     /* in its SELECT */
    struct hint_select *select; /* where it stands */
    enum hint_item_kind kind;
    const char *alias;      /* "" = none */
    struct hint_join *join; /* right above it; NULL = none */
    bool on_right;          /* of `join` */
    bool sampled;
    const struct json *aliases;      /* of its columns; may be shorter than they are many */
    const struct json *with_aliases; /* those of WITH, which come after */
    /* HINT_TABLE */
    struct hint_item *next_table; /* of the statement */
    struct relation *relation;
    const struct schema *schema;
    bool blind; /* it reads the relation in a way that is not understood: all of it */
    /* HINT_QUERY */
    struct hint_select *parts; /* by `sibling`; the first gives the columns their names */
    bool values;               /* VALUES: columns col0, col1, ... */
    size_t value_columns;
};

struct hint_select {
    const struct json *node;
    struct hint_item *items;
    struct hint_item *owner;     /* the one item whose rows these are; NULL: none, or several */
    struct hint_select *sibling; /* the next branch of a UNION */
    bool transparent;            /* conditions on its columns may be asked of its rows */
};

struct hint_with {
    struct hint_with *next; /* the ones that are visible too */
    const char *name;
    const struct json *aliases;
    struct hint_select *parts; /* NULL: its columns are not known */
    struct hint_item *user;    /* the first reference */
    bool several;              /* there are more */
};

/* What is worked on. */
struct hint_reader {
    struct statement *statement;
    struct arena *arena; /* of what is thrown away */
    struct arena *kept;  /* of predicates */
    const struct sql_tree *tree;
    const struct sql_parameter *parameters;
    size_t parameter_count;
    struct hint_item *tables; /* of all SELECTs, by `next_table` */
    uint64_t references;      /* met by the walk */
    bool refused;             /* something is in the statement that may read any table */
    bool no_memory;
    bool vague; /* set where a predicate is weaker than the condition that it was made of */
    const struct hint_item *target; /* whose columns conditions are asked of */
};

/* Builds the SELECTs of the statement. */
void hint_scope_build(struct hint_reader *reader);
/* The column of the reader's target that a reference in `select` names; -1: none, or not surely. */
ptrdiff_t hint_column(const struct hint_reader *reader, const struct hint_select *select,
                      const struct json *reference);
/* Has it neither groups, aggregates nor windows, nor anything else by which a row of the result
 * depends on more than one row of FROM, DISTINCT and ORDER BY left aside? */
bool hint_rows_stand_alone(const struct json *node);

/* Is it all of its FROM, and all of its rows? */
bool hint_stands_alone(const struct hint_item *item);
/* The only table of the statement, when it stands alone in the outermost SELECT; NULL: it is not
 * so.
 */
const struct hint_item *hint_only_table(const struct hint_reader *reader);

/* ---- constants ---- */

__extension__ typedef __int128 hint_wide;

enum hint_literal_class {
    HINT_LITERAL_NULL,
    HINT_LITERAL_INTEGER,
    HINT_LITERAL_DECIMAL,
    HINT_LITERAL_DOUBLE,
    HINT_LITERAL_TEXT, /* casts itself to what it is compared with */
    HINT_LITERAL_BLOB,
    HINT_LITERAL_BOOL,
    HINT_LITERAL_DATE,      /* days */
    HINT_LITERAL_TIMESTAMP, /* `unit`s */
    HINT_LITERAL_ZONED,     /* microseconds, if the session's zone were UTC */
    HINT_LITERAL_TIME       /* `unit`s */
};

struct hint_literal {
    enum hint_literal_class kind;
    hint_wide number; /* unscaled */
    uint8_t width;    /* of DECIMAL */
    uint8_t scale;
    enum time_unit unit;
    double real;
    const char *bytes; /* TEXT, BLOB; borrowed */
    size_t length;
    bool parameter;
};

bool hint_literal_of(const struct hint_reader *reader, const struct json *expression,
                     struct hint_literal *out);
/* A text as the engine casts it to BLOB; the bytes are in the reader's arena. False also for what
 * is not understood. */
bool hint_blob_of_text(const struct hint_reader *reader, const struct hint_literal *text,
                       struct hint_literal *out);
/* Are constants that are compared together, as in IN, each compared as if alone? *as_double: the
 * numbers among them are compared as DOUBLE. */
bool hint_literals_agree(const struct field *field, const struct hint_literal *literals,
                         size_t count, bool *as_double);

/* ---- conditions ---- */

/* NULL: every row. */
const struct predicate *hint_never(struct hint_reader *reader);
const struct predicate *hint_test(struct hint_reader *reader, enum predicate_test test,
                                  uint32_t column, const struct stat_value *values, size_t count);
const struct predicate *hint_and(struct hint_reader *reader, const struct predicate *const *parts,
                                 size_t count);
const struct predicate *hint_or(struct hint_reader *reader, const struct predicate *const *parts,
                                size_t count);
/* The rows whose column compares so with the constant. */
const struct predicate *hint_compare(struct hint_reader *reader, uint32_t column,
                                     enum predicate_test test, const struct hint_literal *literal,
                                     bool as_double);
/* What is true of the target's row when an expression of `select` is TRUE. */
const struct predicate *hint_condition(struct hint_reader *reader, const struct hint_select *select,
                                       const struct json *expression);
/* Can the predicate be true of a row of nulls? */
bool hint_holds_of_nulls(const struct predicate *predicate);

/* What is true of the target's rows that a SELECT ... FROM t ORDER BY c LIMIT n wants; NULL: it is
 * none, or not known. */
const struct predicate *hint_top(struct hint_reader *reader, const struct hint_select *select);
/* Is the hint of the statement's only table its whole WHERE, and one that scans can decide, and is
 * that worth the while? */
bool hint_is_exact(const struct hint_reader *reader, const struct predicate *predicate);
/* Tells the statement's scans of its only table that the first rows of an order are wanted. */
void hint_first_rows(struct hint_reader *reader);
/* Gives the statement its guess, if there may be one; `wide` is the hint of its table. */
void hint_guess(struct hint_reader *reader, const struct predicate *wide);

#endif
