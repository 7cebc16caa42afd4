/* SPDX-License-Identifier: Apache-2.0 */
/* What the endings of file names say. Case does not matter. */
#ifndef INLAY_INGEST_FILE_NAMES_H
#define INLAY_INGEST_FILE_NAMES_H

#include "ingest/passages.h"

/* The last ending of a name or path, with its dot; "" when it has none (".profile" has none). */
const char *file_ending(const char *name);
bool file_is_gzip(const char *name);
/* Whether an ending is in the list, which NULL ends. */
bool file_ending_listed(const char *name, const char *const *endings);
/* The format that a text file's name tells, looking through ".gz". */
enum passage_format file_text_format(const char *name);

#endif
