/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/query/stop_rule.h"

#include <math.h>

/* The distance of a cell is an estimate: a divisor below this part of it says nothing (cells of
 * equal rows have spread 0). */
#define ESTIMATE_SLACK 0.04f

static double between(double a, double b, double t)
{
    return a + (b - a) * t;
}

struct law_point {
    double margin;
    double log_cells;
};

/* The laws [first, end) of one k at a recall. */
static struct law_point at_recall(const struct probe_law *laws, uint32_t first, uint32_t end,
                                  double recall)
{
    struct law_point out = {(double)laws[first].margin, log((double)laws[first].cells)};
    uint32_t i;
    for (i = first + 1; i < end && (double)laws[i - 1].recall < recall; i++) {
        double low = (double)laws[i - 1].recall;
        double t = (recall - low) / ((double)laws[i].recall - low);
        t = t < 1 ? t : 1;
        out.margin = between((double)laws[i - 1].margin, (double)laws[i].margin, t);
        out.log_cells = between(log((double)laws[i - 1].cells), log((double)laws[i].cells), t);
    }
    return out;
}

static uint32_t end_of_k(const struct vector_index *index, uint32_t first)
{
    uint32_t end = first;
    while (end < index->law_count && index->laws[end].k == index->laws[first].k) {
        end++;
    }
    return end;
}

struct stop_rule stop_rule_make(const struct vector_index *index, double recall, double k)
{
    struct stop_rule rule = {INFINITY, index->info.cells};
    struct law_point low = {0, 0};
    struct law_point high = {0, 0};
    const double log_k = log(k);
    double low_k = 0;
    double high_k = 0;
    double cells;
    double t;
    uint32_t groups = 0;
    uint32_t first;
    uint32_t end;
    if (index->law_count == 0) {
        return rule;
    }
    for (first = 0; first < index->law_count && (groups < 2 || high_k < log_k); first = end) {
        end = end_of_k(index, first);
        low = high;
        low_k = high_k;
        high = at_recall(index->laws, first, end, recall);
        high_k = log((double)index->laws[first].k);
        groups++;
    }
    if (groups == 1) {
        low = high;
        low_k = high_k - 1;
    }
    t = (log_k - low_k) / (high_k - low_k);
    t = t < 1 ? t : 1;
    rule.margin =
        (float)between(low.margin, high.margin, t > 0 || low.margin > high.margin ? t : 0);
    t = t > 0 ? t : 0;
    cells = exp(between(low.log_cells, high.log_cells, t));
    cells = ceil(cells * (log_k > high_k ? exp(log_k - high_k) : 1) - 1e-6);
    rule.cells = cells < (double)rule.cells ? (uint32_t)(cells > 1 ? cells : 1) : rule.cells;
    return rule;
}

float stop_rule_margin(enum vector_metric metric, float distance, float spread, float query_norm,
                       float tau)
{
    float numerator = distance - tau;
    float divisor = query_norm * spread;
    float least = ESTIMATE_SLACK * fabsf(distance);
    if (metric != VECTOR_INNER_PRODUCT) {
        numerator += spread * spread;
        divisor = 2 * sqrtf(distance) * spread;
    }
    divisor = divisor > least ? divisor : least;
    if (divisor > 0) {
        return numerator / divisor;
    }
    return numerator <= 0 ? -1 : INFINITY;
}
