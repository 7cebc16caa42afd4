/* SPDX-License-Identifier: Apache-2.0 */
/* What finding calls (lateral.c) and writing them anew (lateral_text.c) share. */
#ifndef INLAY_SQL_SEARCH_LATERAL_PRIV_H
#define INLAY_SQL_SEARCH_LATERAL_PRIV_H

#include "sql/search/literal_list.h"
#include "sql/search/search_call.h"
#include "sql/version_names.h"

#define CALL_REFERENCES_MAX 64
#define CALL_LISTS_MAX 8

/* An element of FROM. */
struct lateral_relation {
    const char *alias;   /* "" where it has none */
    const char *pointer; /* what a literal_source needs; NULL: it is no list of literals */
    const struct json *from;
    const struct json *with;
    struct literal_rows *rows; /* NULL: not read */
    bool padded;               /* an outer join adds rows of NULLs */
};

/* A column of a list in a call's arguments. */
struct lateral_reference {
    struct lateral_relation *list;
    size_t column;
    size_t at; /* in the text */
    size_t length;
};

struct lateral_call {
    const struct search_function *function;
    const struct json *tree; /* the call */
    const char *text;        /* of the statement */
    size_t at;               /* of the call in it */
    size_t length;
    bool named;                                               /* it has an alias */
    struct lateral_reference references[CALL_REFERENCES_MAX]; /* ascending */
    size_t reference_count;
};

/* The text that takes the call's place, the caller's (mem_free). */
inlay_status lateral_call_text(struct statement *statement, struct arena *arena,
                               const struct lateral_call *call,
                               const struct sql_parameter *parameters, size_t parameter_count,
                               char **out, inlay_error *err);

/* Is there a ? for a parameter in a part of a text? */
bool lateral_has_marks(const char *text, size_t from, size_t to);
/* Each ? as $1, $2, ... in the order of the text, which is that of the engine: where a call is
 * repeated, its parameters must stay the same. Nothing to do where there is none, or where others
 * have numbers already. version_names_free in any case. */
inlay_status lateral_number_marks(const char *text, struct version_names *out, inlay_error *err);

#endif
