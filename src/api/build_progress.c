/* SPDX-License-Identifier: Apache-2.0 */
#include "api/build_progress.h"

static void report(void *context, const struct progress_event *event)
{
    struct build_progress *build = context;
    inlay_progress progress = {0};
    progress.phase = event->stage;
    progress.rows = event->done;
    progress.seconds = (double)event->elapsed_ns * 1e-9;
    if (build->callback(build->context, &progress) != 0) {
        cancel_token_cancel(&build->cancel);
    }
}

void build_progress_begin(struct build_progress *build, inlay_progress_callback callback,
                          void *context, struct typed_append_options *options)
{
    build->callback = callback;
    build->context = context;
    progress_init(&build->progress, callback != NULL ? report : NULL, build, env_system(),
                  PROGRESS_INTERVAL_NS);
    cancel_token_init(&build->cancel, env_system(), CANCEL_NO_TIMEOUT, NULL);
    if (callback != NULL) {
        options->cancel = &build->cancel;
        options->index_progress = &build->progress;
    }
}

void build_progress_end(struct build_progress *build)
{
    progress_destroy(&build->progress);
}
