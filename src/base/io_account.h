/* SPDX-License-Identifier: Apache-2.0 */
/* What a query cost in I/O. Counters are atomic: one account is shared by all threads of a query.
 */
#ifndef INLAY_BASE_IO_ACCOUNT_H
#define INLAY_BASE_IO_ACCOUNT_H

#include <stdatomic.h>
#include <stdint.h>

struct io_account {
    _Atomic uint64_t requests;    /* operations sent to the store */
    _Atomic uint64_t round_trips; /* dependent waves: a batch of parallel reads counts once */
    _Atomic uint64_t bytes_read;
    _Atomic uint64_t bytes_written;
    _Atomic uint64_t cache_hits; /* reads served without a request */
    _Atomic uint64_t wait_ns;    /* time spent waiting for the store */
};

/* What a store asks for, in US dollars. */
struct io_prices {
    double per_1000_requests;
    double per_gb; /* read, of 10^9 bytes */
};

static inline double io_price(const struct io_prices *prices, uint64_t requests, uint64_t bytes)
{
    return (double)requests / 1000 * prices->per_1000_requests +
           (double)bytes / 1e9 * prices->per_gb;
}

static inline void io_account_add(_Atomic uint64_t *counter, uint64_t amount)
{
    /* Relaxed: counters are read after the query, never used to order anything. */
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

#endif
