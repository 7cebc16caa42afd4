/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One DuckDB instance per connection, locked down: no files, no extensions, no settings. Tables
 * reach it through a relation_resolver and are never copied into it. Thread-safe; statements run
 * side by side, each on an engine connection of its own.
 */
#ifndef INLAY_SQL_ENGINE_H
#define INLAY_SQL_ENGINE_H

#include "base/io_account.h"
#include "exec/cancel.h"
#include "inlay/arrow.h"
#include "inlay/error.h"
#include "sql/relation.h"

#include <stddef.h>
#include <stdint.h>

struct sql_engine_options {
    uint32_t threads;         /* 0 = all cores */
    uint64_t memory_limit;    /* bytes; 0 = the engine's default, 80 % of the machine */
    const char *spill_folder; /* NULL = no spilling: over the limit is an error */
    uint64_t coded_rows;      /* tables from this size on are grouped by codes; 0 = 25 000 */
    uint64_t hint_rows;       /* conditions are looked at from this size on; 0 = 3 000 */
    uint64_t exact_rows;      /* and left to the scans from here on; 0 = 50 000 */
    bool hints_off;           /* scans are told of no condition */
    bool no_push_down;        /* rankings are whole, whatever limit stands above them: for tests */
    const struct io_account *io; /* of what statements read, for EXPLAIN ANALYZE; outlives the
                                    engine; NULL = not counted */
    struct io_prices prices;
};

struct sql_engine;

/* `resolver` is copied; its context must outlive the engine. */
inlay_status sql_engine_create(const struct sql_engine_options *options,
                               const struct relation_resolver *resolver, struct sql_engine **out,
                               inlay_error *err);
/* Every stream must have been released. NULL-safe. */
void sql_engine_free(struct sql_engine *engine);

enum sql_parameter_kind {
    SQL_PARAMETER_NULL = 0, /* of any type */
    SQL_PARAMETER_BOOL = 1,
    SQL_PARAMETER_INT64 = 2,
    SQL_PARAMETER_DOUBLE = 3,
    SQL_PARAMETER_TEXT = 4,
    SQL_PARAMETER_BLOB = 5,
    SQL_PARAMETER_FLOATS = 6, /* a list of float32: a vector */
    SQL_PARAMETER_UINT64 = 7,
    SQL_PARAMETER_DECIMAL = 8,      /* as text: "-12.50", at most 38 digits */
    SQL_PARAMETER_DATE = 9,         /* days since 1970-01-01 */
    SQL_PARAMETER_TIME = 10,        /* microseconds since midnight */
    SQL_PARAMETER_TIMESTAMP = 11,   /* microseconds since 1970-01-01 00:00, without a zone */
    SQL_PARAMETER_TIMESTAMPTZ = 12, /* the same in UTC: an instant */
    SQL_PARAMETER_ID = 13,          /* bytes: a row's _id as two uint64, high half first */
    SQL_PARAMETER_TEXTS = 14,       /* a list of texts: an array of C strings */
    SQL_PARAMETER_INT64S = 15       /* a list of int64 */
};

struct sql_parameter {
    const char *name; /* of $name, without the sign; NULL = by position */
    enum sql_parameter_kind kind;
    int64_t integer; /* whatever is one number; UINT64: its bits */
    double number;
    const void *bytes; /* of all others; borrowed during the call */
    uint64_t length;   /* bytes of TEXT, BLOB and DECIMAL, items of lists */
};

/* When a statement ends before its last row. */
struct sql_limits {
    uint64_t timeout_ns;               /* from the call on; CANCEL_NO_TIMEOUT = none */
    const struct cancel_token *cancel; /* NULL, or outlives the stream */
};

/*
 * Runs one read-only statement (SELECT, WITH, VALUES, EXPLAIN, DESCRIBE, SHOW TABLES). All its
 * table references see one snapshot per table. The stream produces rows as they are computed; it
 * keeps the engine connection until released. A wrong statement is INLAY_QUERY with the position in
 * offset.
 */
inlay_status sql_query(struct sql_engine *engine, const char *text,
                       const struct sql_parameter *parameters, size_t parameter_count,
                       struct ArrowArrayStream *out, inlay_error *err);
/* The same within limits (NULL = none). They hold while the statement is prepared, while it runs
 * and while the stream is read: INLAY_TIMEOUT or INLAY_CANCELLED. */
inlay_status sql_query_within(struct sql_engine *engine, const char *text,
                              const struct sql_parameter *parameters, size_t parameter_count,
                              const struct sql_limits *limits, struct ArrowArrayStream *out,
                              inlay_error *err);

/* Of a stream that sql_query made: what its scans did so far, which is all of it once the stream
 * has ended, and its last failure (NULL: none). NULL for any other stream. Valid until it is
 * released.
 */
const struct scan_account *sql_stream_account(const struct ArrowArrayStream *stream);
const inlay_error *sql_stream_error(const struct ArrowArrayStream *stream);

#endif
