/* SPDX-License-Identifier: Apache-2.0 */
/* Which columns a search shows with its hits. */
#ifndef INLAY_CLI_SHOWN_COLUMNS_H
#define INLAY_CLI_SHOWN_COLUMNS_H

#include "column_list.h"
#include "session.h"

struct shown_columns {
    struct column_list asked; /* --columns */
    const char **chosen;      /* owned list of names that belong to the schema */
    const char *const *names; /* NULL = all */
    size_t count;
};

/*
 * The columns asked for; else, for programs, all; for people title, path and passage where the
 * table has one of the first two, and else all but vectors. Free in any case; `schema` must outlive
 * it.
 */
void shown_columns_choose(const struct session *session, const struct option_value *option,
                          const struct ArrowSchema *schema, struct shown_columns *out);
void shown_columns_free(struct shown_columns *columns);

#endif
