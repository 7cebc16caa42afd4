/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes and the error record.
 *
 * Every fallible function returns an inlay_status. The last parameter of most of them is an
 * inlay_error owned by the caller (usually on its stack), which may be NULL; on failure it says
 * what went wrong, where, and what to do. It holds no memory of the library: it can be copied and
 * dropped. The record is written only on failure. Not shared between threads.
 */
#ifndef INLAY_ERROR_H
#define INLAY_ERROR_H

#include "inlay/visibility.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are part of the ABI and never change; gaps are left for later codes. */
typedef enum inlay_status {
    INLAY_OK = 0,
    /* The caller's mistake. */
    INLAY_INVALID_ARGUMENT = 1, /* a parameter is outside its documented range */
    INLAY_SCHEMA = 2,           /* rows or columns do not fit the table */
    INLAY_QUERY = 3,            /* a SQL statement or query string cannot be run */
    INLAY_UNSUPPORTED = 4,      /* valid, but not something this version does */
    /* Expected outcomes. */
    INLAY_NOT_FOUND = 10,
    INLAY_ALREADY_EXISTS = 11,
    INLAY_PRECONDITION_FAILED = 12, /* a conditional write lost; seen by storage users only */
    INLAY_CONFLICT = 13,            /* concurrent commits won every retry; try again */
    INLAY_CANCELLED = 14,
    INLAY_TIMEOUT = 15,
    /* The world. */
    INLAY_UNAVAILABLE = 20, /* transient, retries are exhausted; try again later */
    INLAY_PERMISSION = 21,
    INLAY_OVER_BUDGET = 22, /* a memory, size or depth limit would be passed */
    INLAY_NO_MEMORY = 23,
    INLAY_IO = 24,
    INLAY_CORRUPT = 25, /* stored bytes are not what was written */
    /* Ours. */
    INLAY_INTERNAL = 30
} inlay_status;

typedef struct inlay_error {
    size_t struct_size;  /* sizeof(inlay_error), set by inlay_error_init */
    inlay_status status; /* the code that the call returned */
    int32_t retryable;   /* 1: the same call may succeed later */
    int32_t sub_code;    /* layer specific: errno, HTTP status, codec error; 0 = none */
    int64_t offset;      /* byte offset in the object or position in the SQL text; -1 = unknown */
    int64_t row;         /* 0-based row, or 1-based line of a text input; -1 = unknown */
    char message[768];   /* one sentence for a person, UTF-8, NUL terminated */
    char key[512];       /* object key, path or column; empty = none */
    char expected[96];   /* what should have been there; empty = not stated */
    char found[96];      /* what was there instead; empty = not stated */
    char cause[512];     /* the message of the lower layer; empty = none */
} inlay_error;

/* Makes an error record empty. Must be called once before its first use. */
INLAY_API void inlay_error_init(inlay_error *error);

/* The stable lower-case name of a status, for example "not found"; never NULL. */
INLAY_API const char *inlay_status_name(inlay_status status);

/* 1 when an error with this status may go away by itself. */
INLAY_API int inlay_status_retryable(inlay_status status);

#ifdef __cplusplus
}
#endif
#endif
