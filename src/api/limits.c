/* SPDX-License-Identifier: Apache-2.0 */
#include "api/limits.h"

#include "api/handles.h"
#include "base/alloc.h"
#include "base/env.h"
#include "base/error.h"

inlay_status inlay_cancel_create(inlay_cancel **out, inlay_error *err)
{
    INLAY_TRY(check_argument(out, "out", err));
    *out = mem_zalloc(sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    cancel_token_init(&(*out)->token, env_system(), CANCEL_NO_TIMEOUT, NULL);
    return INLAY_OK;
}

void inlay_cancel_free(inlay_cancel *cancel)
{
    mem_free(cancel);
}

void inlay_cancel_request(inlay_cancel *cancel)
{
    cancel_token_cancel(&cancel->token);
}

int inlay_cancel_is_requested(const inlay_cancel *cancel)
{
    return cancel_token_is_cancelled(&cancel->token);
}

void inlay_cancel_reset(inlay_cancel *cancel)
{
    cancel_token_reset(&cancel->token);
}

uint64_t limits_timeout_ns(uint64_t timeout_ms)
{
    const uint64_t ms = 1000000;
    return timeout_ms != 0 && timeout_ms < CANCEL_NO_TIMEOUT / ms ? timeout_ms * ms
                                                                  : CANCEL_NO_TIMEOUT;
}

void limits_start(struct call_limits *limits, uint64_t timeout_ms, const inlay_cancel *cancel)
{
    limits->cancel = NULL;
    if (timeout_ms != 0 || cancel != NULL) {
        cancel_token_init(&limits->token, env_system(), limits_timeout_ns(timeout_ms),
                          cancel != NULL ? &cancel->token : NULL);
        limits->cancel = &limits->token;
    }
}
