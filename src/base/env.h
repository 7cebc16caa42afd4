/* SPDX-License-Identifier: Apache-2.0 */
/* Clock, random bytes, sleep and environment variables behind one struct, so that tests fix them.
 */
#ifndef INLAY_BASE_ENV_H
#define INLAY_BASE_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct env {
    int64_t (*unix_ms)(void *context);       /* wall clock */
    uint64_t (*monotonic_ns)(void *context); /* never steps back */
    bool (*random)(void *context, void *out, size_t size);
    void (*sleep_ns)(void *context, uint64_t ns);
    const char *(*variable)(void *context, const char *name); /* NULL when unset */
    void *context;
};

/* The process's own; immutable, always valid. */
const struct env *env_system(void);

#endif
