/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SQL statement reads: relations, pinned for the length of one statement. Tables implement
 * this; search results will too. Relations are reference counted and immutable; scans are used by
 * one statement, workers by one thread at a time.
 */
#ifndef INLAY_SQL_RELATION_H
#define INLAY_SQL_RELATION_H

#include "columnar/colvec.h"
#include "columnar/schema.h"
#include "columnar/text_values.h"
#include "inlay/error.h"
#include "table/predicate/predicate.h"
#include "table/rows/value_counts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most rows that a worker hands over at once: the vector size of the engine. */
#define RELATION_BATCH_ROWS 2048

struct relation;
struct relation_scan;
struct relation_worker;

/* Two columns that every relation has behind those of its schema: where a row is. They mean
 * something to the relation only, and as long as it is held. */
#define RELATION_PLACES 2 /* uint32 each: the part of the relation, the row in it */

/* What the scans of a statement passed over and read; added to by its workers. */
struct scan_account {
    _Atomic uint64_t superfiles;        /* of the scanned relations */
    _Atomic uint64_t superfiles_pruned; /* not opened */
    _Atomic uint64_t row_groups;        /* of the superfiles that were opened */
    _Atomic uint64_t row_groups_pruned;
    _Atomic uint64_t pages_pruned;  /* pages of rows that statistics excluded */
    _Atomic uint64_t rows_by_index; /* read because a text index or the id index named them */
    _Atomic uint64_t rows_read;     /* decoded, and tested or handed to the engine */
};

/* What a worker hands over at once: vectors that it fills and owns until its next call or close. */
struct relation_rows {
    const struct colvec *vectors; /* one per scanned column, of `count` rows each */
    uint64_t count;               /* at most RELATION_BATCH_ROWS; 0: the worker is at its end */
    const uint32_t *picks;        /* the rows that are wanted, ascending; NULL = all */
    uint64_t pick_count;          /* never 0 where there are picks */
};

/* The first rows of an order. */
struct scan_top {
    size_t column; /* of the schema, one of those that are scanned */
    bool descending;
    uint64_t rows; /* 0: all are wanted */
};

struct scan_request {
    const size_t *columns; /* indexes into the schema, then the places; borrowed for the call */
    size_t count;          /* 0: only row counts matter */
    const struct predicate *predicate; /* of the wanted rows; borrowed for the scan; NULL = all */
    bool exact; /* the rows of which the predicate is TRUE and no others (relation_ops.decides);
                   else more may come */
    struct scan_top top; /* rows that are certainly not among these of all rows that the scan
                            would give otherwise may be left out; nulls may not */
    const struct cancel_token *cancel; /* of an exact scan, which may find no row for long */
    struct scan_account *account;      /* borrowed for the scan; NULL = nobody asks */
};

struct relation_column_summary {
    bool count_known;
    uint64_t count;        /* values that are not null */
    bool bounds_known;     /* exactly: rows have these values, and none is NaN */
    struct stat_value min; /* borrowed from the relation */
    struct stat_value max;
};

struct relation_facts {
    uint64_t version;
    uint64_t superfiles;
};

#define RELATION_REPEATS 4

enum relation_text_index {
    RELATION_NOT_INDEXED,
    RELATION_INDEXED,      /* it names rows that may satisfy = and LIKE */
    RELATION_INDEXED_WHOLE /* its terms are the texts: it decides LIKE */
};

struct relation_ops {
    const struct schema *(*schema)(const struct relation *relation);
    uint64_t (*row_count)(const struct relation *relation); /* exact */
    inlay_status (*scan_open)(struct relation *relation, const struct scan_request *request,
                              struct relation_scan **out, inlay_error *err);
    uint64_t (*scan_parallelism)(const struct relation_scan *scan); /* most useful workers, >= 1 */
    inlay_status (*worker_open)(struct relation_scan *scan, struct relation_worker **out,
                                inlay_error *err);
    inlay_status (*worker_next)(struct relation_worker *worker, struct relation_rows *out,
                                inlay_error *err);
    void (*worker_close)(struct relation_worker *worker);
    void (*scan_close)(struct relation_scan *scan);
    void (*release)(struct relation *relation);
    /* Can a scan be exact with this predicate? The function may be missing. */
    bool (*decides)(const struct relation *relation, const struct predicate *predicate);
    /* What a text index of the column does for conditions. The function may be missing. */
    enum relation_text_index (*text_index)(const struct relation *relation, size_t column);
    /* Every value that a text column can have, cheaply: *out is NULL when they are many, not known,
     * or not to be had without reading rows or asking a store. Not NULL: text_values_free. The
     * function may be missing. */
    inlay_status (*text_values)(struct relation *relation, size_t column, struct text_values **out,
                                inlay_error *err);
    /* How many rows have each value of a text column of few values; borrowed from the relation.
     * *out is NULL when that is not to be had as above, or is not known yet and `make` is false:
     * learning it reads the column once. The function may be missing. */
    inlay_status (*value_counts)(struct relation *relation, size_t column, bool make,
                                 const struct cancel_token *cancel, const struct value_counts **out,
                                 inlay_error *err);
    /* Do values of a text column come again and again, so that a row group has one for every
     * RELATION_REPEATS rows or fewer? Judged by one row group, cheaply; what is not known is false.
     * The function may be missing. */
    inlay_status (*repeats)(struct relation *relation, size_t column, bool *out, inlay_error *err);
    /* A value that at least `rows` rows reach from above (descending: they are >= it) or from
     * below, known without reading rows. NaN is above every number, nulls reach nothing. The value
     * is borrowed from the relation. False: none is known. The function may be missing. */
    bool (*top_bound)(const struct relation *relation, size_t column, bool descending,
                      uint64_t rows, struct stat_value *out);
    /* The number that one in `share` of the rows reach so among those that satisfy the predicate's
     * comparisons of the column (NULL: among all), if the values of each superfile lie evenly
     * between their least and their greatest; *rows: how many those are. False: no guess can be
     * made. May be missing. */
    bool (*top_guess)(const struct relation *relation, const struct predicate *predicate,
                      size_t column, bool descending, uint64_t share, struct stat_value *out,
                      uint64_t *rows);
    /* How many rows a scan with this predicate would read at most, by statistics alone that are had
     * cheaply, indexes of words left aside; more than `most` is not counted to its end. May be
     * missing. */
    inlay_status (*rows_left)(struct relation *relation, const struct predicate *predicate,
                              uint64_t most, uint64_t *out, inlay_error *err);
    /* What is known of all values of a column without reading rows. May be missing. */
    void (*column_summary)(const struct relation *relation, size_t column,
                           struct relation_column_summary *out);
    /* The least or greatest value of a text or binary column whose bounds are not exact, from a few
     * pages; borrowed from the relation, NULL: there is none, or it is another column. May be
     * missing. */
    inlay_status (*extreme)(struct relation *relation, size_t column, bool greatest,
                            const struct cancel_token *cancel, const struct stat_value **out,
                            inlay_error *err);
    /* For EXPLAIN. The function may be missing. */
    void (*facts)(const struct relation *relation, struct relation_facts *out);
};

struct relation {
    const struct relation_ops *ops;
};

/* Finds relations for the statements of one connection. */
struct relation_resolver {
    /* Pins the relation that this name means now; the statement releases it. INLAY_NOT_FOUND: no
     * such table, the engine then reports it as SQL does. Called at most once per name and
     * statement. */
    inlay_status (*resolve)(void *context, const char *name, struct relation **out,
                            inlay_error *err);
    /* Calls `each` with every table name, for SHOW TABLES and the error's suggestions. */
    inlay_status (*list)(void *context, void (*each)(void *each_context, const char *name),
                         void *each_context, inlay_error *err);
    void *context;
};

#endif
