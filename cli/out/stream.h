/* SPDX-License-Identifier: Apache-2.0 */
/* Pulling batches out of an Arrow stream, with its errors as error records. */
#ifndef INLAY_CLI_OUT_STREAM_H
#define INLAY_CLI_OUT_STREAM_H

#include "inlay/arrow.h"
#include "inlay/error.h"

/* The caller releases *out. */
inlay_status stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                           inlay_error *err);

/* The next batch, which the caller releases; its release is NULL at the end. */
inlay_status stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out, inlay_error *err);

#endif
