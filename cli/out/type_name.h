/* SPDX-License-Identifier: Apache-2.0 */
/* Column types in the words of the command line, both ways: "timestamp[ms, UTC]", "list<utf8>". */
#ifndef INLAY_CLI_OUT_TYPE_NAME_H
#define INLAY_CLI_OUT_TYPE_NAME_H

#include "text.h"

#include "inlay/arrow.h"

void type_name_add(struct text *out, const struct ArrowSchema *schema);

/*
 * Makes a struct schema from columns written as "NAME:TYPE,NAME:TYPE,...", one or more such lists.
 * A type that ends in "!" takes no nulls. On failure *out is not made and `problem` says what is
 * wrong with which column. Release *out with its release function.
 */
bool type_parse_columns(const char *const *lists, size_t count, struct ArrowSchema *out,
                        struct text *problem);

#endif
