/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_TABLE_COMMIT_FOLD_H
#define INLAY_TABLE_COMMIT_FOLD_H

#include "table/commit/successor.h"

/* Folds the tail of a version under construction when it is past its bounds; the new parts' bytes
 * are added to `out`. May load the parts that it merges. */
inlay_status fold_tail(struct snapshot *draft, struct successor *out, inlay_error *err);

#endif
