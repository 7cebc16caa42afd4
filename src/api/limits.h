/* SPDX-License-Identifier: Apache-2.0 */
/* The timeout and the cancel handle of one call, as the token that the layers below look at. */
#ifndef INLAY_API_LIMITS_H
#define INLAY_API_LIMITS_H

#include "exec/cancel.h"
#include "inlay/common.h"

struct inlay_cancel {
    struct cancel_token token;
};

struct call_limits {
    struct cancel_token token;
    const struct cancel_token *cancel; /* &token; NULL: the call has no limits */
};

/* Starts the clock. `limits` stays where it is while the call runs. */
void limits_start(struct call_limits *limits, uint64_t timeout_ms, const inlay_cancel *cancel);

/* Milliseconds of an option; 0 = CANCEL_NO_TIMEOUT. */
uint64_t limits_timeout_ns(uint64_t timeout_ms);

#endif
