/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void inlay_error_init(inlay_error *error)
{
    if (error == NULL) {
        return;
    }
    memset(error, 0, sizeof(*error));
    error->struct_size = sizeof(*error);
    error->offset = -1;
    error->row = -1;
}

const char *inlay_status_name(inlay_status status)
{
    switch (status) {
    case INLAY_OK:
        return "ok";
    case INLAY_INVALID_ARGUMENT:
        return "invalid argument";
    case INLAY_SCHEMA:
        return "schema";
    case INLAY_QUERY:
        return "query";
    case INLAY_UNSUPPORTED:
        return "unsupported";
    case INLAY_NOT_FOUND:
        return "not found";
    case INLAY_ALREADY_EXISTS:
        return "already exists";
    case INLAY_PRECONDITION_FAILED:
        return "precondition failed";
    case INLAY_CONFLICT:
        return "conflict";
    case INLAY_CANCELLED:
        return "cancelled";
    case INLAY_TIMEOUT:
        return "timeout";
    case INLAY_UNAVAILABLE:
        return "unavailable";
    case INLAY_PERMISSION:
        return "permission";
    case INLAY_OVER_BUDGET:
        return "over budget";
    case INLAY_NO_MEMORY:
        return "no memory";
    case INLAY_IO:
        return "io";
    case INLAY_CORRUPT:
        return "corrupt";
    case INLAY_INTERNAL:
        return "internal";
    }
    return "unknown";
}

int inlay_status_retryable(inlay_status status)
{
    return status == INLAY_CONFLICT || status == INLAY_UNAVAILABLE || status == INLAY_TIMEOUT;
}

static void error_start(inlay_error *err, inlay_status status)
{
    inlay_error_init(err);
    err->status = status;
    err->retryable = inlay_status_retryable(status);
}

inlay_status error_set(inlay_error *err, inlay_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        error_start(err, status);
        va_start(arguments, format);
        (void)vsnprintf(err->message, sizeof(err->message), format, arguments);
        va_end(arguments);
    }
    return status;
}

static inlay_status status_from_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
        return INLAY_NOT_FOUND;
    case EEXIST:
        return INLAY_ALREADY_EXISTS;
    case EACCES:
    case EPERM:
    case EROFS:
        return INLAY_PERMISSION;
    case ENOMEM:
        return INLAY_NO_MEMORY;
    default:
        return INLAY_IO;
    }
}

inlay_status error_from_errno(inlay_error *err, int errnum, const char *format, ...)
{
    inlay_status status = status_from_errno(errnum);
    if (err != NULL) {
        char reason[128];
        va_list arguments;
        int used;
        error_start(err, status);
        err->sub_code = errnum;
        va_start(arguments, format);
        used = vsnprintf(err->message, sizeof(err->message), format, arguments);
        va_end(arguments);
        if (used >= 0 && (size_t)used < sizeof(err->message)) {
            (void)snprintf(err->message + used, sizeof(err->message) - (size_t)used, ": %s",
                           strerror_r(errnum, reason, sizeof(reason)));
        }
    }
    return status;
}

inlay_status error_wrap(inlay_error *err, inlay_status status, const char *format, ...)
{
    va_list arguments;
    if (err == NULL) {
        return status;
    }
    err->status = status;
    (void)snprintf(err->cause, sizeof(err->cause), "%.*s", (int)sizeof(err->cause) - 1,
                   err->message);
    va_start(arguments, format);
    (void)vsnprintf(err->message, sizeof(err->message), format, arguments);
    va_end(arguments);
    return status;
}

void error_key(inlay_error *err, const char *key)
{
    if (err != NULL && key != NULL) {
        (void)snprintf(err->key, sizeof(err->key), "%s", key);
    }
}

void error_offset(inlay_error *err, uint64_t offset)
{
    if (err != NULL) {
        err->offset = offset > INT64_MAX ? INT64_MAX : (int64_t)offset;
    }
}

void error_row(inlay_error *err, int64_t row)
{
    if (err != NULL) {
        err->row = row;
    }
}

void error_sub_code(inlay_error *err, int sub_code)
{
    if (err != NULL) {
        err->sub_code = sub_code;
    }
}

void error_expected(inlay_error *err, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(err->expected, sizeof(err->expected), format, arguments);
        va_end(arguments);
    }
}

void error_found(inlay_error *err, const char *format, ...)
{
    if (err != NULL) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(err->found, sizeof(err->found), format, arguments);
        va_end(arguments);
    }
}

inlay_status error_no_memory(inlay_error *err)
{
    if (err != NULL) {
        error_start(err, INLAY_NO_MEMORY);
        memcpy(err->message, "out of memory", sizeof("out of memory"));
    }
    return INLAY_NO_MEMORY;
}
