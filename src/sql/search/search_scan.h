/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_SQL_SEARCH_SEARCH_SCAN_H
#define INLAY_SQL_SEARCH_SEARCH_SCAN_H

#include "inlay/error.h"

struct sql_engine;

/* Registers the search functions and what goes with them (search_call.h, text_functions.h). */
inlay_status search_register(struct sql_engine *engine, inlay_error *err);

#endif
