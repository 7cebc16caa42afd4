/* SPDX-License-Identifier: Apache-2.0 */
/* Names in "--columns a,b --columns c". */
#ifndef INLAY_CLI_COLUMN_LIST_H
#define INLAY_CLI_COLUMN_LIST_H

#include "options.h"

struct column_list {
    const char **names; /* NULL when the option was not given */
    size_t count;
    char *storage;
};

void column_list_parse(const struct option_value *option, struct column_list *out);
void column_list_free(struct column_list *list);

#endif
