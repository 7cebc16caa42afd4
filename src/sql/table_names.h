/* SPDX-License-Identifier: Apache-2.0 */
/* What a name of no table may have meant. */
#ifndef INLAY_SQL_TABLE_NAMES_H
#define INLAY_SQL_TABLE_NAMES_H

#include "sql/relation.h"

#define TABLE_NAME_SIZE 256u

/*
 * Asked after `resolver` found no table `name`. SQL's names are the same in upper and lower case:
 * when exactly one table differs from `name` in case only, `meant` is its name and the answer true.
 * Otherwise `err`, which says that there is no such table, is told the nearest name, if one is
 * near. In "docs@3" the name is what stands before the last @; when that is a table's, `err`, which
 * tells its versions, stays.
 */
bool table_name_meant(const struct relation_resolver *resolver, const char *name,
                      char meant[TABLE_NAME_SIZE], inlay_error *err);

#endif
