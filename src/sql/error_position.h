/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a statement the engine's error text points to. */
#ifndef INLAY_SQL_ERROR_POSITION_H
#define INLAY_SQL_ERROR_POSITION_H

#include <stdint.h>

/* "...\n\nLINE 3: ...part of the line...\n       ^": the byte offset in `sql` of what stands above
 * the caret; -1 when the text does not say, or shows a part that the line has twice. */
int64_t sql_error_position(const char *engine_text, const char *sql);

#endif
