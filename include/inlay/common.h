/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the other headers share: versions, ids, progress, cancellation, cost.
 *
 * Option structs begin with struct_size; make one with its _init function, then set fields. Fields
 * are only ever added at the end, so a program built against an older header keeps working.
 */
#ifndef INLAY_COMMON_H
#define INLAY_COMMON_H

#include "inlay/error.h"

#ifdef __cplusplus
extern "C" {
#endif

#define INLAY_VERSION_MAJOR 0
#define INLAY_VERSION_MINOR 1
#define INLAY_VERSION_PATCH 0
#define INLAY_VERSION "0.1.0"

/* The version of the library that runs, which may be newer than this header. Static text. */
INLAY_API const char *inlay_version(void);

/* A row's _id: 128 bits, ordered by creation time. In Arrow it is decimal128(38, 0). */
typedef struct inlay_id {
    uint64_t hi;
    uint64_t lo;
} inlay_id;

/* 32 lower-case hex digits and a NUL. */
INLAY_API void inlay_id_to_text(inlay_id id, char text[33]);
/* Takes the 32 hex digits above, or the decimal number that SQL shows. */
INLAY_API inlay_status inlay_id_from_text(const char *text, inlay_id *out, inlay_error *err);

/* How far a long operation has come. total values are 0 while unknown. */
typedef struct inlay_progress {
    const char *phase; /* static text such as "importing" */
    uint64_t rows;
    uint64_t bytes;
    uint64_t total_bytes;
    double seconds;
} inlay_progress;

/* Called about ten times a second, by one thread at a time; while an index is built it may be
 * another one than runs the operation. Return 0 to go on, anything else to cancel it
 * (INLAY_CANCELLED). */
typedef int (*inlay_progress_callback)(void *context, const inlay_progress *progress);

/*
 * A handle by which another thread, or a signal handler, ends running queries: put it into the
 * options of any number of calls. They return INLAY_CANCELLED soon after a request, and so does
 * every later call until the handle is reset. It must outlive the calls, and the streams of SQL
 * statements that they gave. All functions are thread-safe.
 */
typedef struct inlay_cancel inlay_cancel;

INLAY_API inlay_status inlay_cancel_create(inlay_cancel **out, inlay_error *err) INLAY_MUST_CHECK;
INLAY_API void inlay_cancel_free(inlay_cancel *cancel); /* NULL-safe */
/* Async-signal-safe. */
INLAY_API void inlay_cancel_request(inlay_cancel *cancel);
INLAY_API int inlay_cancel_is_requested(const inlay_cancel *cancel);
INLAY_API void inlay_cancel_reset(inlay_cancel *cancel);

/* What a query cost. Reset at its start. Counters belong to the connection: queries that run on it
 * at the same time show up in each other's cost. */
typedef struct inlay_cost {
    size_t struct_size;
    uint64_t requests;    /* to the store */
    uint64_t round_trips; /* dependent waves of requests */
    uint64_t bytes_read;
    uint64_t cache_hits;
    uint64_t wait_ns;          /* waiting for the store */
    uint64_t superfiles_total; /* that the version has; SQL: of every table scanned */
    uint64_t elapsed_ns;
    double price; /* US dollars for requests and bytes_read, by the connection's unit prices */
    /* What scans of SQL passed over and read; 0 for searches. */
    uint64_t superfiles_pruned; /* not opened */
    uint64_t row_groups_total;  /* of the superfiles that were opened */
    uint64_t row_groups_pruned;
    uint64_t pages_pruned;  /* pages of rows that statistics excluded */
    uint64_t rows_by_index; /* read because a text index or the index of ids named them */
    uint64_t rows_read;
} inlay_cost;

INLAY_API void inlay_cost_init(inlay_cost *cost);

#ifdef __cplusplus
}
#endif
#endif
