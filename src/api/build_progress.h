/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of index builds, handed on to a caller's callback; what it returns may cancel them. */
#ifndef INLAY_API_BUILD_PROGRESS_H
#define INLAY_API_BUILD_PROGRESS_H

#include "exec/cancel.h"
#include "exec/progress.h"
#include "inlay/common.h"
#include "table/rows/typed_table.h"

struct build_progress {
    struct progress progress;
    struct cancel_token cancel;
    inlay_progress_callback callback;
    void *context;
};

/* Sets the options' cancel and index_progress, unless there is no callback. End it afterwards in
 * any case. */
void build_progress_begin(struct build_progress *build, inlay_progress_callback callback,
                          void *context, struct typed_append_options *options);
void build_progress_end(struct build_progress *build);

#endif
