/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of grouping: what grouping.c, grouping_distinct.c and grouping_parts.c share. */
#ifndef INLAY_SQL_GROUPING_PRIV_H
#define INLAY_SQL_GROUPING_PRIV_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/json.h"
#include "sql/grouping.h"
#include "sql/text_edit.h"
#include "sql/tree.h"

#define EDITS_MAX 256

struct rewrite {
    struct statement *statement;
    const char *text;
    size_t skip;        /* places count from here */
    size_t length;      /* of the whole text */
    struct arena arena; /* the edits' texts */
    struct text_edit edits[EDITS_MAX];
    size_t count;
    bool counted;
    size_t all_place;        /* of the ALL in the only GROUP BY ALL; SIZE_MAX = not known */
    const struct json *with; /* the tree, searched for names of WITH */
};

/* One SELECT whose table is read with codes. */
struct grouped_select {
    struct rewrite *rewrite;
    const char *table;
    const char *qualifier; /* what its columns may be qualified with */
    const struct schema *schema;
    struct relation *relation;
    size_t coded[CODED_COLUMNS_MAX];
    size_t coded_count;
    bool refused;
};

/* ---- the tree: empty and null members are not in it ---- */

/* Where it stands in the text; SIZE_MAX: the tree does not say. */
size_t grouping_place(const struct rewrite *rewrite, const struct json *value);

/* ---- the text ---- */

bool grouping_has_word(const char *text, const char *word); /* in any case, anywhere */
bool grouping_name_character(char c);
/* Steps over one name, plain or quoted, that must be `name`. */
bool grouping_step_name(const char **at, const char *name);
/* The length of a name chain ("a.b") at a place; 0 when something else stands there. */
size_t grouping_chain_length(const struct rewrite *rewrite, size_t place, const struct json *names);
/* Where the ALL of the only GROUP BY ALL stands; SIZE_MAX: there is not exactly one, or the text is
 * not easily read. */
size_t grouping_all_place(const char *text);
/* The bytes at a place become `text`. A length of 0, and edits that disagree, refuse the SELECT. */
void grouping_edit(struct grouped_select *select, size_t at, size_t length, struct buffer *text);
void grouping_put_code(const struct grouped_select *select, struct buffer *out, size_t column);
void grouping_put_text(const struct grouped_select *select, struct buffer *out, size_t column);
/* "inlay_scan_coded('table', ['a', 'b'])" with the coded columns. */
void grouping_put_scan(const struct grouped_select *select, struct buffer *out);

/* The table's name in FROM becomes `text`, and is its alias where it has none. Refuses the SELECT
 * where something else stands there. */
void grouping_edit_table(struct grouped_select *select, const struct json *from,
                         struct buffer *text);

/* ---- columns and tables ---- */

ptrdiff_t grouping_find_column(const struct schema *schema, const char *name); /* -1: none */
/* The column that a reference names, plainly or qualified with the table; -1: none. */
ptrdiff_t grouping_column_of(const struct grouped_select *select, const struct json *reference);
bool grouping_is_coded(const struct grouped_select *select, ptrdiff_t column);
/* Makes the column coded if it has codes; the first use asks the relation. */
inlay_status grouping_choose(struct grouped_select *select, ptrdiff_t column, inlay_error *err);
/* Whether FROM is a plain table that the statement has pinned, with enough rows. */
bool grouping_table(struct grouped_select *select, const struct json *from);

/* Counts by the values of one text column, from how many rows have each (grouping_counts.c): then
 * *done is set. */
inlay_status grouping_rewrite_counts(struct rewrite *rewrite, const struct json *node, bool top,
                                     bool *done, inlay_error *err);

/* SELECT DISTINCT without ON? */
bool grouping_is_distinct(const struct json *node);
/* Reads each combination of texts once where nothing else matters (grouping_distinct.c): SELECT
 * DISTINCT of texts, count(DISTINCT text), over one table. */
inlay_status grouping_rewrite_distinct(struct rewrite *rewrite, const struct json *node,
                                       inlay_error *err);

#endif
