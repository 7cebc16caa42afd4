/* SPDX-License-Identifier: Apache-2.0 */
/* Which version a name such as "docs@3" or "docs@2026-01-02 03:04" means. */
#ifndef INLAY_API_VERSION_NAME_H
#define INLAY_API_VERSION_NAME_H

#include "table/rows/typed_table.h"

/* What is behind the last @ of a name; NULL: nothing is, the name means the newest version. */
const char *version_name_part(const char *name);

/* The version with this number, or the newest one that was committed at or before a time in UTC;
 * *out is one reference. INLAY_NOT_FOUND: the sentence tells which versions there are. */
inlay_status version_name_open(struct typed_table *table, const char *name, const char *version,
                               struct snapshot **out, inlay_error *err);

#endif
