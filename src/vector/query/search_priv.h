/* SPDX-License-Identifier: Apache-2.0 */
/* One search in progress, and its steps. */
#ifndef INLAY_VECTOR_QUERY_SEARCH_PRIV_H
#define INLAY_VECTOR_QUERY_SEARCH_PRIV_H

#include "vector/query/candidates.h"
#include "vector/query/exact.h"
#include "vector/query/hit_list.h"
#include "vector/query/probe.h"
#include "vector/query/query_code.h"
#include "vector/query/rank.h"
#include "vector/query/segment_filter.h"
#include "vector/query/stop_rule.h"

/* How one segment is searched. */
struct segment_plan {
    struct segment_filter filter;
    const struct query_code *code; /* NULL: not through the index */
    struct stop_rule rule;
    struct stop_rule near; /* of its first cells, where there are other segments */
    bool filtered;         /* so much that the rule's number of cells does not hold */
    double passing;        /* the part of all rows that pass */
    struct pass_rate rate;
    uint32_t reach;    /* cells of the order that are worth a look at this rate */
    bool filter_first; /* probe.h */
    bool few;          /* so few rows pass that each is compared exactly */
    uint32_t seen;     /* cells that came up in the order */
};

struct search {
    const struct vector_segment *segments;
    size_t count;
    const struct vector_search_options *options;
    const struct vector_kernels *kernels;
    struct arena arena; /* of this search */
    struct exact_query exact;
    uint64_t live; /* rows that pass the filters, of all segments */
    size_t k;      /* at most the rows that pass */
    size_t keep;   /* candidates worth an exact distance */
    struct segment_plan *plans;
    struct cell_ranking ranking;
    struct candidates candidates;
    struct hit_list hits;
    struct vector_search_cost cost;
    inlay_error *err;
};

/* Compares every row that passes with the raw vectors, in parallel over the pool; `few_only`: only
 * in segments that are planned so, in the calling thread. Adds to hits. */
inlay_status search_exact(struct search *search, bool few_only);

/* Probes cells in the order of the ranking until the stop rule ends it. Fills candidates. */
inlay_status search_probe(struct search *search);

/* Turns candidates into hits, by exact distances or by their estimates. */
inlay_status search_rerank(struct search *search);

#endif
