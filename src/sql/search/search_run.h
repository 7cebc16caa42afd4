/* SPDX-License-Identifier: Apache-2.0 */
/* Running a search call: its hits, in runs of as many as the engine takes at once. One thread. */
#ifndef INLAY_SQL_SEARCH_SEARCH_RUN_H
#define INLAY_SQL_SEARCH_SEARCH_RUN_H

#include "sql/search/search_call.h"

struct search_run;

/* Ranked calls search here, all at once; matches without a ranking are looked for superfile by
 * superfile as they are asked for. */
inlay_status search_run_open(const struct search_call *call, struct search_run **out,
                             inlay_error *err);
void search_run_close(struct search_run *run); /* NULL-safe */

/* The next hits, at most RELATION_BATCH_ROWS; 0: there are none left. Borrowed until the next call.
 * `hits` always has place and id; of a hybrid search the rest is in `fused`, else *fused is NULL.
 */
inlay_status search_run_next(struct search_run *run, const struct table_hit **hits,
                             const struct fused_hit **fused, size_t *count, inlay_error *err);

#endif
