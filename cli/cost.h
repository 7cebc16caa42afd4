/* SPDX-License-Identifier: Apache-2.0 */
/* What a query cost, as --cost prints it. */
#ifndef INLAY_CLI_COST_H
#define INLAY_CLI_COST_H

#include "out/text.h"

#include "inlay/common.h"

/* What the price was counted with. */
struct unit_prices {
    double per_1000_requests; /* US dollars */
    double per_gb;
};

/* Lines for people, each with its line end. */
void cost_add_text(struct text *out, const inlay_cost *cost, const struct unit_prices *prices);
/* One object, without a line end. */
void cost_add_json(struct text *out, const inlay_cost *cost, const struct unit_prices *prices);

#endif
