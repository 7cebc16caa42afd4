/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The stream interface reports errno values; these are the ones that the library's streams use. */
static inlay_status from_errno(int code)
{
    switch (code) {
    case ENOMEM:
        return INLAY_NO_MEMORY;
    case EINVAL:
        return INLAY_QUERY;
    case ENOTSUP:
        return INLAY_UNSUPPORTED;
    case ECANCELED:
        return INLAY_CANCELLED;
    case ETIMEDOUT:
        return INLAY_TIMEOUT;
    case EBADMSG:
        return INLAY_CORRUPT;
    default:
        return INLAY_IO;
    }
}

static inlay_status failed(struct ArrowArrayStream *stream, int code, inlay_error *err)
{
    const char *message = stream->get_last_error(stream);
    err->status = from_errno(code);
    err->retryable = inlay_status_retryable(err->status);
    err->sub_code = code;
    snprintf(err->message, sizeof(err->message), "%s", message ? message : strerror(code));
    return err->status;
}

inlay_status stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out,
                           inlay_error *err)
{
    int code = stream->get_schema(stream, out);
    return code == 0 ? INLAY_OK : failed(stream, code, err);
}

inlay_status stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out, inlay_error *err)
{
    *out = (struct ArrowArray){0};
    int code = stream->get_next(stream, out);
    return code == 0 ? INLAY_OK : failed(stream, code, err);
}
