/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the processor for bytes that will be read soon; nothing else happens, whatever the address.
 */
#ifndef INLAY_BASE_PREFETCH_H
#define INLAY_BASE_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#define PREFETCH_LINE 64

static inline void prefetch_range(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    size_t at;
    for (at = 0; at < size; at += PREFETCH_LINE) {
        __builtin_prefetch(bytes + at);
    }
}

#endif
