/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a statement's text at places that its parse tree gives. Pure functions. */
#ifndef INLAY_SQL_TEXT_EDIT_H
#define INLAY_SQL_TEXT_EDIT_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stddef.h>

#define REWRITTEN_MAX (2u << 20) /* bytes of a statement after its edits */

/* `length` bytes at `at` of the text become `text`. */
struct text_edit {
    size_t at;
    size_t length;
    const char *text; /* borrowed */
};

/* The text between two `quote`s, those inside it doubled: a name or a literal of SQL. */
void text_put_quoted(struct buffer *out, const char *text, char quote);

/* The edited text, the caller's (mem_free). The edits do not overlap; they are put in order. */
inlay_status text_edits_apply(const char *text, struct text_edit *edits, size_t count, char **out,
                              inlay_error *err);

#endif
