/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filling error records. Every function accepts a NULL record and returns the status, so that a
 * failure is one line: return error_set(err, INLAY_CORRUPT, "page %u has no header", page);
 */
#ifndef INLAY_BASE_ERROR_H
#define INLAY_BASE_ERROR_H

#include "inlay/error.h"

/* Sets status and message, forgets everything else. */
inlay_status error_set(inlay_error *err, inlay_status status, const char *format, ...)
    INLAY_PRINTF(3, 4);

/* The message of a failed system call: "<what>: <strerror>", errno in sub_code. Maps ENOENT,
 * EEXIST, EACCES, EPERM, ENOSPC, ENOMEM to their statuses; everything else is INLAY_IO. */
inlay_status error_from_errno(inlay_error *err, int errnum, const char *format, ...)
    INLAY_PRINTF(3, 4);

/* Moves the present message to cause and puts a new one in front; keeps key and offsets. Returns
 * `status`, which must be the status that the record holds (a NULL record holds none). */
inlay_status error_wrap(inlay_error *err, inlay_status status, const char *format, ...)
    INLAY_PRINTF(3, 4);

/* Add a detail to a record already set. */
void error_key(inlay_error *err, const char *key);
void error_offset(inlay_error *err, uint64_t offset);
void error_row(inlay_error *err, int64_t row);
void error_sub_code(inlay_error *err, int sub_code);
void error_expected(inlay_error *err, const char *format, ...) INLAY_PRINTF(2, 3);
void error_found(inlay_error *err, const char *format, ...) INLAY_PRINTF(2, 3);

/* Out of memory needs no formatting. */
inlay_status error_no_memory(inlay_error *err);

/* Return, or go to the label, when an expression is not INLAY_OK. TRY only where nothing is held.
 */
#define INLAY_TRY(expression)                                                                      \
    do {                                                                                           \
        inlay_status try_status_ = (expression);                                                   \
        if (try_status_ != INLAY_OK) {                                                             \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)

#define INLAY_TRY_GOTO(status_variable, expression, label)                                         \
    do {                                                                                           \
        (status_variable) = (expression);                                                          \
        if ((status_variable) != INLAY_OK) {                                                       \
            goto label;                                                                            \
        }                                                                                          \
    } while (0)

#endif
