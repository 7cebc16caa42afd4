/* SPDX-License-Identifier: Apache-2.0 */
#include "cost.h"

#include "out/json.h"

#include <math.h>

#define CENTS 2 /* digits after the point of an ordinary sum */

static void add_plural(struct text *out, uint64_t n, const char *one, const char *many)
{
    text_add_count(out, n);
    text_format(out, " %s", n == 1 ? one : many);
}

/* "$0.0000012": two digits that count, at least cents. */
static void add_dollars(struct text *out, double sum)
{
    int digits = CENTS;
    if (sum > 0 && sum < 0.1) {
        digits = 1 - (int)floor(log10(sum));
    }
    text_format(out, "$%.*f", digits, sum);
}

/* Only statements scan. */
static bool has_scans(const inlay_cost *cost)
{
    return cost->superfiles_pruned > 0 || cost->row_groups_total > 0 || cost->rows_read > 0;
}

/* "  row groups  12, 8 pruned" */
static void add_part(struct text *out, const char *what, uint64_t total, uint64_t part,
                     const char *how)
{
    text_add_string(out, what);
    text_add_count(out, total);
    text_add_string(out, ", ");
    text_add_count(out, part);
    text_add_string(out, how);
}

static void add_scans(struct text *out, const inlay_cost *cost)
{
    add_part(out, "  superfiles  ", cost->superfiles_total, cost->superfiles_pruned, " pruned\n");
    add_part(out, "  row groups  ", cost->row_groups_total, cost->row_groups_pruned, " pruned\n");
    text_add_string(out, "  pages       ");
    text_add_count(out, cost->pages_pruned);
    text_add_string(out, " pruned\n");
    add_part(out, "  rows read   ", cost->rows_read, cost->rows_by_index, " of them by index\n");
}

void cost_add_text(struct text *out, const inlay_cost *cost, const struct unit_prices *prices)
{
    text_add_string(out, "cost: ");
    text_add_seconds(out, (double)cost->elapsed_ns / 1e9);
    text_add_string(out, ", ");
    add_plural(out, cost->requests, "request", "requests");
    text_add_string(out, " in ");
    add_plural(out, cost->round_trips, "round trip", "round trips");
    text_add_string(out, ", ");
    text_add_bytes(out, cost->bytes_read);
    text_add_string(out, " read");
    if (cost->superfiles_total > 0) {
        text_add_string(out, ", ");
        add_plural(out, cost->superfiles_total, "superfile", "superfiles");
    }
    text_add_char(out, '\n');
    if (has_scans(cost)) {
        add_scans(out, cost);
    }
    text_add_string(out, "  store       ");
    text_add_count(out, cost->cache_hits);
    text_add_string(out, " reads from cache, ");
    text_add_seconds(out, (double)cost->wait_ns / 1e9);
    text_add_string(out, " waiting\n  price       ");
    add_dollars(out, cost->price);
    text_add_string(out, ", ");
    add_dollars(out, cost->price * 1e6);
    text_format(out, " per million (at $%g per 1,000 requests, $%g per GB)\n",
                prices->per_1000_requests, prices->per_gb);
}

void cost_add_json(struct text *out, const inlay_cost *cost, const struct unit_prices *prices)
{
    json_object_begin(out);
    json_member_name(out, "cost");
    json_object_begin(out);
    json_member_double(out, "elapsed_ms", (double)cost->elapsed_ns / 1e6);
    json_member_double(out, "wait_ms", (double)cost->wait_ns / 1e6);
    json_member_uint(out, "requests", cost->requests);
    json_member_uint(out, "round_trips", cost->round_trips);
    json_member_uint(out, "bytes_read", cost->bytes_read);
    json_member_uint(out, "cache_hits", cost->cache_hits);
    json_member_uint(out, "superfiles", cost->superfiles_total);
    json_member_uint(out, "superfiles_pruned", cost->superfiles_pruned);
    json_member_uint(out, "row_groups", cost->row_groups_total);
    json_member_uint(out, "row_groups_pruned", cost->row_groups_pruned);
    json_member_uint(out, "pages_pruned", cost->pages_pruned);
    json_member_uint(out, "rows_by_index", cost->rows_by_index);
    json_member_uint(out, "rows_read", cost->rows_read);
    json_member_double(out, "price_usd", cost->price);
    json_member_double(out, "price_per_1000_requests", prices->per_1000_requests);
    json_member_double(out, "price_per_gb", prices->per_gb);
    json_object_end(out);
    json_object_end(out);
}
