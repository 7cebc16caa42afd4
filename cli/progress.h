/* SPDX-License-Identifier: Apache-2.0 */
/* A progress line on stderr for inlay_progress_callback, and the way Ctrl-C reaches the library. */
#ifndef INLAY_CLI_PROGRESS_H
#define INLAY_CLI_PROGRESS_H

#include "inlay/common.h"

#include "out/text.h"

struct progress {
    bool shown;
    bool drawn;        /* there is a line to erase */
    double drawn_at;   /* seconds of the operation */
    const char *phase; /* of the line drawn last */
};

/* An inlay_progress_callback; the context is a struct progress. */
int progress_report(void *context, const inlay_progress *now);

/* Erases the line. */
void progress_end(struct progress *progress);

/* The line itself, at most `width` columns. */
void progress_add_line(struct text *out, const inlay_progress *now, size_t width);

#endif
