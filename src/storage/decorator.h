/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Providers that wrap a provider. Every operation, those of uploads included, becomes one
 * provider_call record; a decorator is a single function around it. metrics.h, trace.h, fault.h and
 * retry.h are built this way and may be stacked in any order.
 */
#ifndef INLAY_STORAGE_DECORATOR_H
#define INLAY_STORAGE_DECORATOR_H

#include "storage/provider.h"

enum provider_op {
    PROVIDER_GET,
    PROVIDER_GET_IF_CHANGED,
    PROVIDER_GET_RANGES,
    PROVIDER_GET_TAIL,
    PROVIDER_HEAD,
    PROVIDER_PUT_ATOMIC,
    PROVIDER_PUT_IF_MATCH,
    PROVIDER_MULTIPART_BEGIN,
    PROVIDER_MULTIPART_PART,
    PROVIDER_MULTIPART_COMPLETE,
    PROVIDER_MULTIPART_ABORT,
    PROVIDER_DELETE,
    PROVIDER_LIST,
    PROVIDER_OP_COUNT
};

#define PROVIDER_OP_BIT(op) (1u << (op))
/* The operations that change what readers see. */
#define PROVIDER_WRITES                                                                            \
    (PROVIDER_OP_BIT(PROVIDER_PUT_ATOMIC) | PROVIDER_OP_BIT(PROVIDER_PUT_IF_MATCH) |               \
     PROVIDER_OP_BIT(PROVIDER_MULTIPART_COMPLETE) | PROVIDER_OP_BIT(PROVIDER_DELETE))

const char *provider_op_name(enum provider_op op); /* "get", "put_if_match", ...; never NULL */

/* One operation. Unused members are zero; outputs point to the caller's memory. */
struct provider_call {
    enum provider_op op;
    const char *key;      /* a listing's prefix */
    const void *data;     /* puts */
    uint64_t size;        /* puts */
    const char *expected; /* put_if_match, get_if_changed: the token; list: the cursor or NULL */
    uint64_t number;      /* get_tail: bytes; a part's number */
    const struct object_range *ranges;
    size_t range_count;
    struct multipart *upload; /* the inner one */
    void **upload_state;      /* the decorator's own, kept per upload */
    struct object_data *object;
    struct object_meta *meta;
    struct object_page *page;
    struct multipart **begun;
    bool *changed;
    char *etag; /* ETAG_SIZE bytes */
};

/* Runs the call on a provider through the checked entry points. */
inlay_status provider_call_run(struct provider *inner, struct provider_call *call,
                               inlay_error *err);
/* Frees and zeroes what a call has returned. */
void provider_call_drop(struct provider_call *call);
/* Bytes that a finished call moved in either direction. */
uint64_t provider_call_bytes_read(const struct provider_call *call, inlay_status status);
uint64_t provider_call_bytes_written(const struct provider_call *call);

struct decorator;

struct decorator_hooks {
    inlay_status (*around)(struct decorator *, struct provider_call *, inlay_error *);
    void (*upload_free)(void *state); /* may be NULL; `state` may be NULL */
    void (*free)(struct decorator *); /* the whole record, as allocated */
};

/* First member of every decorator's record. */
struct decorator {
    struct provider provider;
    struct provider *inner;
    bool take;
    const struct decorator_hooks *hooks;
};

/* `take`: closing the decorator closes `inner`. A wrap function that fails has taken nothing. */
void decorator_init(struct decorator *decorator, const struct decorator_hooks *hooks,
                    struct provider *inner, bool take);

#endif
