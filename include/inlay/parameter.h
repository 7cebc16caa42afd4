/* SPDX-License-Identifier: Apache-2.0 */
/* Values for the ? and $name of a statement or condition: they never become part of its text. */
#ifndef INLAY_PARAMETER_H
#define INLAY_PARAMETER_H

#include "inlay/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum inlay_parameter_kind {
    INLAY_PARAMETER_NULL = 0,         /* of any type */
    INLAY_PARAMETER_BOOL = 1,         /* integer, 0 or 1 */
    INLAY_PARAMETER_INT64 = 2,        /* integer */
    INLAY_PARAMETER_DOUBLE = 3,       /* number */
    INLAY_PARAMETER_TEXT = 4,         /* bytes, length in bytes, UTF-8 */
    INLAY_PARAMETER_BLOB = 5,         /* bytes, length in bytes */
    INLAY_PARAMETER_FLOATS = 6,       /* bytes point to float32 values, length in values */
    INLAY_PARAMETER_UINT64 = 7,       /* integer, cast from uint64_t */
    INLAY_PARAMETER_DECIMAL = 8,      /* bytes: "-12.50", at most 38 digits; length in bytes */
    INLAY_PARAMETER_DATE = 9,         /* integer: days since 1970-01-01 */
    INLAY_PARAMETER_TIME = 10,        /* integer: microseconds since midnight */
    INLAY_PARAMETER_TIMESTAMP = 11,   /* integer: microseconds since 1970-01-01 00:00, no zone */
    INLAY_PARAMETER_TIMESTAMPTZ = 12, /* integer: the same in UTC, for columns with a zone */
    INLAY_PARAMETER_ID = 13,          /* bytes point to one inlay_id, length 1: compares with _id */
    INLAY_PARAMETER_TEXTS = 14,       /* a list: bytes point to const char *, length in texts */
    INLAY_PARAMETER_INT64S = 15       /* a list: bytes point to int64_t, length in values */
} inlay_parameter_kind;

typedef struct inlay_parameter {
    const char *name; /* of $name, without the sign; NULL = the next ? or $1, $2, ... */
    int32_t kind;     /* inlay_parameter_kind */
    int64_t integer;
    double number;
    const void *bytes; /* borrowed during the call */
    uint64_t length;
} inlay_parameter;

#ifdef __cplusplus
}
#endif
#endif
