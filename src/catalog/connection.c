/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/connection.h"

#include "base/alloc.h"
#include "base/error.h"
#include "storage/local.h"
#include "storage/memory.h"

#include <string.h>

struct connection {
    struct provider *provider;
    bool take;
    const struct env *env;
    struct table_options defaults;
};

static inlay_status open_memory(const char *rest, const struct env *env, struct provider **out,
                                inlay_error *err)
{
    struct provider_memory_options options = {.env = env};
    if (rest[0] != '\0') {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "memory:// takes no name; every connection has a store of its own");
    }
    return provider_memory_create_with(&options, out, err);
}

static inlay_status open_folder(const char *rest, const struct env *env, struct provider **out,
                                inlay_error *err)
{
    struct provider_local_options options = {.env = env};
    if (rest[0] == '\0') {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the URI names no folder");
    }
    return provider_local_open_with(rest, &options, out, err);
}

/* One row per URI scheme; a backend is added here. */
static const struct backend {
    const char *scheme;
    inlay_status (*open)(const char *rest, const struct env *env, struct provider **out,
                         inlay_error *err);
} backends[] = {
    {"memory", open_memory},
    {"file", open_folder},
};

static inlay_status open_uri(const char *uri, const struct env *env, struct provider **out,
                             inlay_error *err)
{
    const char *mark = strstr(uri, "://");
    if (mark == NULL) {
        return open_folder(uri, env, out, err);
    }
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        size_t length = strlen(backends[i].scheme);
        if (length == (size_t)(mark - uri) && memcmp(uri, backends[i].scheme, length) == 0) {
            return backends[i].open(mark + 3, env, out, err);
        }
    }
    return error_set(err, INLAY_UNSUPPORTED,
                     "no storage for URIs like '%.*s://'; known are "
                     "memory:// and file://, or a folder's path",
                     (int)(mark - uri > 40 ? 40 : mark - uri), uri);
}

static inlay_status bad_value(const char *key, const char *value, const char *wanted,
                              inlay_error *err)
{
    error_set(err, INLAY_INVALID_ARGUMENT, "option '%s' is '%.60s', it must be %s", key, value,
              wanted);
    error_key(err, key);
    return INLAY_INVALID_ARGUMENT;
}

static bool parse_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (text[0] == '\0' || strlen(text) > 12) {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return value <= max;
}

static inlay_status set_consistency(struct table_options *options, const char *value,
                                    inlay_error *err)
{
    if (strcmp(value, "strong") == 0) {
        options->consistency = TABLE_STRONG;
    } else if (strcmp(value, "bounded") == 0) {
        options->consistency = TABLE_BOUNDED;
    } else if (strcmp(value, "pinned") == 0) {
        options->consistency = TABLE_PINNED;
    } else {
        return bad_value("consistency", value, "strong, bounded or pinned", err);
    }
    return INLAY_OK;
}

static inlay_status set_staleness(struct table_options *options, const char *value,
                                  inlay_error *err)
{
    uint64_t ms;
    if (!parse_number(value, 86400000, &ms)) {
        return bad_value("staleness_ms", value, "a number from 0 to 86400000", err);
    }
    options->staleness_ns = ms * 1000000;
    if (ms == 0) {
        options->consistency = TABLE_STRONG;
    }
    return INLAY_OK;
}

static inlay_status set_tries(struct table_options *options, const char *value, inlay_error *err)
{
    uint64_t tries;
    if (!parse_number(value, 1000, &tries) || tries == 0) {
        return bad_value("commit_tries", value, "a number from 1 to 1000", err);
    }
    options->commit_tries = (unsigned)tries;
    return INLAY_OK;
}

static inlay_status set_linger(struct table_options *options, const char *value, inlay_error *err)
{
    uint64_t ms;
    if (!parse_number(value, 10000, &ms)) {
        return bad_value("linger_ms", value, "a number from 0 to 10000", err);
    }
    options->linger_ns = ms * 1000000;
    return INLAY_OK;
}

static const struct option_row {
    const char *key;
    inlay_status (*set)(struct table_options *options, const char *value, inlay_error *err);
} option_rows[] = {
    {"consistency", set_consistency},
    {"staleness_ms", set_staleness},
    {"commit_tries", set_tries},
    {"linger_ms", set_linger},
};
#define OPTION_ROWS (sizeof(option_rows) / sizeof(option_rows[0]))

/* Levenshtein distance, one row of the table at a time; long keys count as far away. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[33];
    size_t width = strlen(b);
    size_t height = strlen(a);
    if (width > 32 || height > 32) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= height; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[width];
}

static inlay_status unknown_option(const char *key, inlay_error *err)
{
    const char *nearest = option_rows[0].key;
    for (size_t i = 1; i < OPTION_ROWS; i++) {
        if (edit_distance(key, option_rows[i].key) < edit_distance(key, nearest)) {
            nearest = option_rows[i].key;
        }
    }
    error_set(err, INLAY_INVALID_ARGUMENT, "unknown option '%.60s'; did you mean '%s'?", key,
              nearest);
    error_key(err, key);
    return INLAY_INVALID_ARGUMENT;
}

static inlay_status set_option(struct table_options *options,
                               const struct connection_option *option, inlay_error *err)
{
    for (size_t i = 0; i < OPTION_ROWS; i++) {
        if (strcmp(option->key, option_rows[i].key) == 0) {
            return option_rows[i].set(options, option->value, err);
        }
    }
    return unknown_option(option->key, err);
}

inlay_status connection_open_on(struct provider *provider, bool take,
                                const struct connection_option *options, size_t count,
                                const struct env *env, struct connection **out, inlay_error *err)
{
    struct connection *connection;
    struct table_options defaults;
    *out = NULL;
    table_options_init(&defaults);
    for (size_t i = 0; i < count; i++) {
        INLAY_TRY(set_option(&defaults, &options[i], err));
    }
    connection = mem_zalloc(sizeof(*connection));
    if (connection == NULL) {
        return error_no_memory(err);
    }
    connection->provider = provider;
    connection->take = take;
    connection->env = env != NULL ? env : env_system();
    connection->defaults = defaults;
    connection->defaults.provider = provider;
    connection->defaults.env = connection->env;
    *out = connection;
    return INLAY_OK;
}

inlay_status connection_open(const char *uri, const struct connection_option *options, size_t count,
                             const struct env *env, struct connection **out, inlay_error *err)
{
    struct provider *provider;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(open_uri(uri, env, &provider, err));
    status = connection_open_on(provider, true, options, count, env, out, err);
    if (status != INLAY_OK) {
        provider_close(provider);
    }
    return status;
}

void connection_close(struct connection *connection)
{
    if (connection != NULL) {
        if (connection->take) {
            provider_close(connection->provider);
        }
        mem_free(connection);
    }
}

struct provider *connection_provider(struct connection *connection)
{
    return connection->provider;
}

const struct env *connection_env(const struct connection *connection)
{
    return connection->env;
}

struct table_options connection_table_options(const struct connection *connection,
                                              const char *location)
{
    struct table_options options = connection->defaults;
    options.location = location;
    return options;
}
