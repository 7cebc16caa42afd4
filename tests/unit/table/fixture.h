/* SPDX-License-Identifier: Apache-2.0 */
/* What the table tests share: a clock that tests move, entries made up from a number, checks. */
#ifndef INLAY_TESTS_UNIT_TABLE_FIXTURE_H
#define INLAY_TESTS_UNIT_TABLE_FIXTURE_H

#include "support/test.h"

#include "base/alloc.h"
#include "storage/fault.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "table/scan.h"
#include "table/table.h"
#include "text/format/filter.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define ALL_SUMMARIES (ENTRY_HAS_TEXTS | ENTRY_HAS_VECTORS)

/* Time stands still unless a test or a sleep moves it. */
struct fake_env {
    struct env env;
    _Atomic int64_t unix_ms;
    _Atomic uint64_t monotonic_ns;
    pthread_mutex_t lock;
    struct test_random random;
    _Atomic uint64_t sleeps;
};

static inline int64_t fake_unix_ms(void *context)
{
    return ((struct fake_env *)context)->unix_ms;
}

static inline uint64_t fake_monotonic_ns(void *context)
{
    return ((struct fake_env *)context)->monotonic_ns;
}

static inline bool fake_random(void *context, void *out, size_t size)
{
    struct fake_env *fake = context;
    pthread_mutex_lock(&fake->lock);
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)out)[i] = (uint8_t)test_random_next(&fake->random);
    }
    pthread_mutex_unlock(&fake->lock);
    return true;
}

static inline void fake_sleep(void *context, uint64_t ns)
{
    struct fake_env *fake = context;
    fake->monotonic_ns += ns;
    fake->sleeps++;
    sched_yield();
}

static inline const char *fake_variable(void *context, const char *name)
{
    (void)context;
    (void)name;
    return NULL;
}

static inline void fake_env_init(struct fake_env *fake, uint64_t seed)
{
    memset(fake, 0, sizeof(*fake));
    fake->env.unix_ms = fake_unix_ms;
    fake->env.monotonic_ns = fake_monotonic_ns;
    fake->env.random = fake_random;
    fake->env.sleep_ns = fake_sleep;
    fake->env.variable = fake_variable;
    fake->env.context = fake;
    fake->unix_ms = 1700000000000;
    fake->monotonic_ns = 1;
    fake->random.state = seed;
    pthread_mutex_init(&fake->lock, NULL);
}

/* An entry with everything in it, a function of its number. Points into itself. */
struct made_entry {
    struct manifest_entry entry;
    struct entry_column columns[5];
    struct entry_text texts[2];
    struct entry_vector vectors[1];
    struct id128 wals[2];
    uint8_t filter[FILTER_BLOCK];
    char low[16];
    char high[16];
};

static inline void make_entry(struct made_entry *made, uint64_t number)
{
    struct manifest_entry *entry = &made->entry;
    memset(made, 0, sizeof(*made));
    manifest_entry_init(entry);
    snprintf(made->low, sizeof(made->low), "k%08llu", (unsigned long long)(number * 10));
    snprintf(made->high, sizeof(made->high), "k%08llu", (unsigned long long)(number * 10 + 9));
    entry->superfile_id.hi = 0x4000u | (number + 1) << 32;
    entry->superfile_id.lo = 1ull << 63 | number;
    entry->rows = 10;
    entry->size = 5000 + number;
    entry->id_min.hi = 1000 + number;
    entry->id_max.hi = 1000 + number;
    entry->id_max.lo = 9;
    entry->row_groups = 1;
    entry->hot_offset = 4000;
    entry->hot_length = 800;
    made->columns[0].column = "day";
    made->columns[0].kind = STAT_INT;
    made->columns[0].min = (struct stat_bound){BOUND_EXACT, stat_int((int64_t)number - 50)};
    made->columns[0].max = (struct stat_bound){BOUND_EXACT, stat_int((int64_t)number - 40)};
    made->columns[0].nulls_known = true;
    made->columns[0].null_count = number % 3;
    made->columns[1].column = "key";
    made->columns[1].kind = STAT_BYTES;
    made->columns[1].min = stat_bytes_lower(made->low, (uint32_t)strlen(made->low), NULL);
    made->columns[1].max = stat_bytes_upper(made->high, (uint32_t)strlen(made->high), NULL);
    made->columns[2].column = "price";
    made->columns[2].kind = STAT_FLOAT;
    made->columns[2].min = (struct stat_bound){BOUND_EXACT, stat_float((double)number / 4)};
    made->columns[2].max = (struct stat_bound){BOUND_INEXACT, stat_float((double)number / 2)};
    made->columns[2].may_have_nan = number % 5 == 0;
    made->columns[3].column = "total";
    made->columns[3].kind = STAT_INT128;
    made->columns[3].min = (struct stat_bound){BOUND_EXACT, stat_int128(-1, number)};
    made->columns[3].max = (struct stat_bound){BOUND_EXACT, stat_int128(0, number)};
    made->columns[4].column = "visits";
    made->columns[4].kind = STAT_UINT;
    made->columns[4].nulls_known = true;
    made->columns[4].null_count = 10;
    entry->columns = made->columns;
    entry->column_count = 5;
    made->texts[0].column = "body";
    made->texts[0].live_docs = 10;
    made->texts[0].live_length = 200 + number;
    made->texts[0].distinct_terms = 1;
    made->texts[0].terms_known = true;
    made->texts[0].min_term = (const uint8_t *)made->low;
    made->texts[0].min_term_length = (uint32_t)strlen(made->low);
    made->texts[0].max_term = (const uint8_t *)made->low;
    made->texts[0].max_term_length = (uint32_t)strlen(made->low);
    filter_add(made->filter, sizeof(made->filter), filter_hash(made->low, strlen(made->low)));
    made->texts[0].filter.place = BLOB_INLINE;
    made->texts[0].filter.data = made->filter;
    made->texts[0].filter.length = sizeof(made->filter);
    made->texts[1].column = "title";
    made->texts[1].live_docs = 9;
    made->texts[1].live_length = 30;
    made->texts[1].distinct_terms = 12;
    made->texts[1].filter.place = BLOB_SUPERFILE;
    made->texts[1].filter.offset = 4100;
    made->texts[1].filter.length = 64;
    entry->texts = made->texts;
    entry->text_count = 2;
    made->vectors[0].column = "embedding";
    made->vectors[0].count = 10;
    made->vectors[0].centroids.place = BLOB_SUPERFILE;
    made->vectors[0].centroids.offset = 4200;
    made->vectors[0].centroids.length = 100;
    entry->vectors = made->vectors;
    entry->vector_count = 1;
}

/* The smallest entry: no statistics at all. */
static inline void make_bare_entry(struct manifest_entry *entry, uint64_t number)
{
    manifest_entry_init(entry);
    entry->superfile_id.hi = 0x4000u | (number + 1) << 32;
    entry->superfile_id.lo = 1ull << 63 | number;
    entry->rows = 1 + number % 7;
    entry->size = 100 + number;
    entry->id_min.hi = 1000 + number;
    entry->id_max.hi = 1000 + number;
    entry->id_max.lo = entry->rows - 1;
    entry->row_groups = 1;
}

static inline uint64_t entry_number(const struct manifest_entry *entry)
{
    return entry->superfile_id.lo & ~(1ull << 63);
}

static inline struct table_options fixture_options(struct provider *provider, const struct env *env)
{
    struct table_options options;
    table_options_init(&options);
    options.provider = provider;
    options.location = "tables/t";
    options.env = env;
    return options;
}

#endif
