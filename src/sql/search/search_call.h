/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Search as relations: bm25_search, bm25_search_prefix, vector_search, hybrid_search, token_match
 * and exact_match in FROM. This is one call of one of them, read from the statement and checked.
 *
 * The engine's table functions take a fixed number of arguments by place, so each is a function
 * inlay_<name> of all its arguments and a macro <name> that gives them by place or by name; an
 * argument that is not given is NULL. All arguments are read when the statement is bound, so that
 * wrong ones are errors whatever the table holds; searching begins with the scan.
 *
 * pushed_k and pushed_filter are not for people: push_down.h puts them where only so many rows,
 * under that condition, can come out of the statement around the call. They may be ignored.
 */
#ifndef INLAY_SQL_SEARCH_SEARCH_CALL_H
#define INLAY_SQL_SEARCH_SEARCH_CALL_H

#include "sql/statement_priv.h"
#include "table/rows/vector_search.h"

enum search_kind {
    SEARCH_BM25,
    SEARCH_PREFIX,
    SEARCH_VECTOR,
    SEARCH_HYBRID,
    SEARCH_TOKENS, /* token_match */
    SEARCH_VALUE   /* exact_match */
};

enum search_argument {
    ARGUMENT_TABLE,
    ARGUMENT_COLUMN,
    ARGUMENT_TEXT_COLUMN,
    ARGUMENT_QUERY,
    ARGUMENT_PREFIX,
    ARGUMENT_VALUE,
    ARGUMENT_VECTOR_COLUMN,
    ARGUMENT_VECTOR,
    ARGUMENT_K,
    ARGUMENT_MODE,
    ARGUMENT_NPROBE,
    ARGUMENT_RECALL,
    ARGUMENT_RERANK,
    ARGUMENT_MAX_DISTANCE,
    ARGUMENT_DEPTH,
    ARGUMENT_RRF_K,
    ARGUMENT_WEIGHTS,
    ARGUMENT_FUSION,
    ARGUMENT_FILTER,
    ARGUMENT_OFFSET,
    ARGUMENT_SKIP, /* the same: OFFSET is a reserved word and needs quotes as a name */
    ARGUMENT_PUSHED_K,
    ARGUMENT_PUSHED_FILTER
};

#define SEARCH_ARGUMENTS_MAX 20

struct search_function {
    const char *name;
    enum search_kind kind;
    size_t required; /* the first so many must be given */
    size_t count;
    enum search_argument arguments[SEARCH_ARGUMENTS_MAX]; /* by place */
};

extern const struct search_function search_functions[];
extern const size_t search_function_count;
const char *search_argument_name(enum search_argument argument);
/* The place of an argument; -1: the function has none such. */
ptrdiff_t search_argument_place(const struct search_function *function,
                                enum search_argument argument);

/* Columns behind those of the table. */
#define SEARCH_ADDED_MAX 5
enum search_added {
    ADDED_SCORE,          /* FLOAT: the BM25 score, or the distance; 0 where nothing is ranked */
    ADDED_FUSED_SCORE,    /* DOUBLE */
    ADDED_TEXT_RANK,      /* UINTEGER, from 1; NULL: not in that ranking */
    ADDED_TEXT_SCORE,     /* FLOAT */
    ADDED_VECTOR_RANK,    /* UINTEGER */
    ADDED_VECTOR_DISTANCE /* FLOAT */
};

/* The added columns of a function, in order. */
size_t search_added_columns(enum search_kind kind, enum search_added added[SEARCH_ADDED_MAX]);
/* What an added column is called: its own name, or the first of name_1, name_2, ... where the table
 * has a column of that name already. */
#define SEARCH_NAME_SIZE 64
void search_added_name(const struct schema *schema, enum search_added added,
                       char name[SEARCH_NAME_SIZE]);

/* Immutable once bound; used by the threads of one statement. */
struct search_call {
    const struct search_function *function;
    struct statement *statement; /* one reference */
    struct table_view *view;     /* borrowed from the statement's relation */
    const struct schema *schema; /* of the table's file, _id first */
    char *table;                 /* owned, as all texts here */
    struct text_target *targets; /* text columns with their queries; owned */
    size_t target_count;
    char **columns; /* their names; owned */
    char *value;    /* of exact_match */
    size_t value_length;
    bool value_has_tokens;
    char *vector_column;
    float *vector;
    size_t dim;
    uint64_t k; /* SEARCH_ALL: the whole ranked relation */
    uint64_t offset;
    char *filter; /* NULL: all rows */
    uint64_t pushed_k;
    char *pushed_filter;
    struct vector_search_options vector_options;
    struct hybrid_options hybrid;
    enum search_added added[SEARCH_ADDED_MAX];
    size_t added_count;
};

/* Reads and checks the arguments. A message names function and argument; a wrong argument is
 * INLAY_QUERY. */
inlay_status search_call_bind(duckdb_bind_info info, const struct search_function *function,
                              struct statement *statement, struct search_call **out,
                              inlay_error *err);
void search_call_free(void *call); /* NULL-safe */

/* The engine's complaint that a call of a search function has arguments that it does not take, as a
 * sentence that names those it does. False: the text says something else. */
bool search_usage(const char *engine_text, char *out, size_t size);

/* Puts the function's name in front of the message. */
inlay_status search_call_error(const struct search_function *function, inlay_status status,
                               inlay_error *err);

#endif
