/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inlay: tables of plain Parquet files with full-text and vector indexes inside, on a disk or in
 * memory, with SQL, text, vector and hybrid search over that one copy. A first program is
 * examples/quickstart.c.
 */
#ifndef INLAY_INLAY_H
#define INLAY_INLAY_H

#include "inlay/arrow.h"
#include "inlay/common.h"
#include "inlay/connection.h"
#include "inlay/error.h"
#include "inlay/export.h"
#include "inlay/import.h"
#include "inlay/inspect.h"
#include "inlay/search.h"
#include "inlay/sql.h"
#include "inlay/table.h"
#include "inlay/vector.h"

#endif
