/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_SECOND 1000000000u

static int64_t system_unix_ms(void *context)
{
    struct timespec now = {0, 0};
    (void)context;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t system_monotonic_ns(void *context)
{
    struct timespec now = {0, 0};
    (void)context;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

static bool system_random(void *context, void *out, size_t size)
{
    uint8_t *bytes = out;
    (void)context;
    while (size != 0) {
        size_t part = size < 256 ? size : 256; /* getentropy's limit */
        if (getentropy(bytes, part) != 0) {
            return false;
        }
        bytes += part;
        size -= part;
    }
    return true;
}

static void system_sleep_ns(void *context, uint64_t ns)
{
    struct timespec left = {(time_t)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND)};
    (void)context;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static const char *system_variable(void *context, const char *name)
{
    (void)context;
    return getenv(name);
}

const struct env *env_system(void)
{
    static const struct env system_env = {system_unix_ms,  system_monotonic_ns, system_random,
                                          system_sleep_ns, system_variable,     NULL};
    return &system_env;
}
