/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of earlier versions in a statement: docs@3, docs@'2026-01-02 03:04', docs AS OF 3,
 * docs AS OF '2026-01-02 03:04'. The engine's grammar has none of them, so before it sees the text
 * they become the quoted name "docs@3", which the resolver understands; outside of strings, quoted
 * names and comments. Without an alias the table is called docs. What is quoted by the user stays
 * as it is.
 */
#ifndef INLAY_SQL_VERSION_NAMES_H
#define INLAY_SQL_VERSION_NAMES_H

#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct version_edit {
    size_t from; /* in the user's text */
    size_t from_end;
    size_t to; /* in the rewritten text */
    size_t to_end;
};

struct version_names {
    char *text;                 /* owned; NULL: there is nothing to rewrite */
    struct version_edit *edits; /* owned; ascending */
    size_t count;
    size_t capacity;
};

inlay_status version_names_rewrite(const char *text, struct version_names *out, inlay_error *err);
void version_names_free(struct version_names *names); /* what it owns */

/* A place in the rewritten text as one in the user's; what was written anew is where it was found.
 * Negative places stay as they are. */
int64_t version_names_place(const struct version_names *names, int64_t place);

#endif
