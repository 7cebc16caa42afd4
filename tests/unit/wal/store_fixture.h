/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the WAL store share: a store on each provider that needs no network. */
#ifndef INLAY_TESTS_UNIT_WAL_STORE_FIXTURE_H
#define INLAY_TESTS_UNIT_WAL_STORE_FIXTURE_H

#include "support/test.h"

#include "storage/local.h"
#include "storage/memory.h"
#include "wal/wal_error.h"
#include "wal/wal_store.h"

#include <stdlib.h>

#define SUPERFILE "12345678-9abc-4def-8123-456789abcdef"
#define OTHER_SUPERFILE "02345678-9abc-4def-8123-456789abcdef"

static const struct id128 first_wal = {0x19e00000000, 1};
static const struct id128 second_wal = {0x19e00000000, 2};
static const struct id128 third_wal = {0x19e00000001, 0};
static const struct id128 driver = {1, 11};
static const struct id128 rival = {1, 22};

struct fixture {
    bool local;
    char *folder;
    struct provider *provider;
    struct wal_store store;
};

static inline int setup(void **state, bool local)
{
    struct fixture *f = calloc(1, sizeof(*f));
    inlay_error err;
    inlay_error_init(&err);
    f->local = local;
    if (local) {
        f->folder = test_folder_make();
        assert_ok(provider_local_open(f->folder, &f->provider, &err), err);
    } else {
        assert_ok(provider_memory_create(&f->provider, &err), err);
    }
    assert_ok(wal_store_init(&f->store, f->provider, "tables/t1", &err), err);
    *state = f;
    return 0;
}

static inline int setup_memory(void **state)
{
    return setup(state, false);
}

static inline int setup_local(void **state)
{
    return setup(state, true);
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    wal_store_destroy(&f->store);
    wal_store_destroy(&f->store);
    provider_close(f->provider);
    if (f->folder != NULL) {
        test_folder_remove(f->folder);
        free(f->folder);
    }
    free(f);
    return 0;
}

static inline struct wal_document make_document(struct id128 id)
{
    struct wal_document document;
    inlay_error err;
    inlay_error_init(&err);
    wal_document_init(&document);
    document.wal_id = id;
    document.created_at_ms = 1000;
    assert_ok(wal_document_set_targets(&document, &third_wal, 1, &err), err);
    return document;
}

static inline void create_in(struct wal_store *store, struct id128 id, char *etag)
{
    struct wal_document document = make_document(id);
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_store_create(store, &document, etag, &err), err);
    wal_document_free(&document);
}

static inline struct rowset *rows_of(uint64_t lo, uint64_t hi)
{
    struct rowset *rows;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(rowset_create(&rows, &err), err);
    rowset_add_range(rows, lo, hi);
    return rows;
}

#define ON_BOTH(test)                                                                              \
    cmocka_unit_test_setup_teardown(test, setup_memory, teardown),                                 \
        cmocka_unit_test_setup_teardown(test, setup_local, teardown)

#endif
