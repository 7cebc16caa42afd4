/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recognises "SELECT count(*) FROM table", the one statement whose answer a snapshot holds. The
 * engine cannot tell it from a scan of the first column, so it would read a million ids to count
 * them.
 */
#ifndef INLAY_SQL_BARE_COUNT_H
#define INLAY_SQL_BARE_COUNT_H

#include <stdbool.h>

#define BARE_COUNT_NAME 256

/* True when the statement is exactly SELECT count(*) [AS alias] FROM table [;], in any case and
 * spacing, names plain or in double quotes without quotes inside. Anything else is false, and is
 * answered by the engine. `alias` is "" when none was given. */
bool bare_count_parse(const char *text, char table[BARE_COUNT_NAME], char alias[BARE_COUNT_NAME]);

#endif
