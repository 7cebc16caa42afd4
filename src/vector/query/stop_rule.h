/* SPDX-License-Identifier: Apache-2.0 */
/* When to stop probing a segment: its probe laws (docs/format/vector-index.md) for a recall and a
 * k, and the margin of a cell. Pure functions. */
#ifndef INLAY_VECTOR_QUERY_STOP_RULE_H
#define INLAY_VECTOR_QUERY_STOP_RULE_H

#include "vector/read/index_priv.h"

struct stop_rule {
    float margin;   /* cells with a greater margin are passed over */
    uint32_t cells; /* only so many, in the order of probing, are looked at */
};

/* Linear in recall and in log k between the laws; outside the nearest law, but beyond the greatest
 * k as many cells more as k is greater, and below the least one the margin goes on growing as it
 * grew to it: k is less than 1 where a segment is expected to hold but a part of a hit. No laws:
 * every cell. */
struct stop_rule stop_rule_make(const struct vector_index *index, double recall, double k);

/* The margin of a cell at `distance` (|q - c|^2 or -<q, c>) for the threshold tau. */
float stop_rule_margin(enum vector_metric metric, float distance, float spread, float query_norm,
                       float tau);

#endif
