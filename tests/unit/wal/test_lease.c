/* SPDX-License-Identifier: Apache-2.0 */
/* Leases and stored seals on every provider that needs no network. */
#include "store_fixture.h"

#include "storage/fault.h"
#include "wal/wal_lease.h"
#include "wal/wal_seal.h"

#include <pthread.h>
#include <stdio.h>

static void leases_are_taken_held_and_given_back(void **state)
{
    struct fixture *f = *state;
    struct wal_document mine;
    struct wal_document other;
    char etag[ETAG_SIZE];
    char other_etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_status(wal_lease_acquire(&f->store, first_wal, driver, 0, 1, &mine, etag, &err),
                  INLAY_NOT_FOUND);
    create_in(&f->store, first_wal, NULL);
    assert_ok(wal_lease_acquire(&f->store, first_wal, driver, 1000, WAL_LEASE_DURATION_MS, &mine,
                                etag, &err),
              err);
    assert_ok(wal_store_read(&f->store, first_wal, &other, other_etag, &err), err);
    assert_string_equal(etag, other_etag); /* the chain continues without a read */
    assert_true(wal_lease_is_owned(&other, driver));
    assert_true(other.lease.acquired_at_ms == 1000 && other.lease.expires_at_ms == 61000);
    wal_document_free(&other);
    assert_status(
        wal_lease_acquire(&f->store, first_wal, rival, 60999, 10, &other, other_etag, &err),
        INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_LEASE_HELD));
    assert_string_equal(err.found, "0000000000000001000000000000000b");
    assert_non_null(strstr(err.key, ".json"));
    assert_string_equal(other_etag, "");

    assert_ok(wal_lease_renew(&f->store, &mine, etag, driver, 11000, WAL_LEASE_DURATION_MS, &err),
              err);
    assert_true(mine.lease.acquired_at_ms == 1000 && mine.lease.expires_at_ms == 71000);
    assert_ok(wal_lease_acquire(&f->store, first_wal, driver, 12000, 1000, &other, etag, &err),
              err); /* one's own may be taken again */
    wal_document_free(&mine);
    mine = other;
    assert_status(wal_lease_release(&f->store, &mine, etag, rival, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_LEASE_PREEMPTED));
    assert_ok(wal_lease_release(&f->store, &mine, etag, driver, &err), err);
    assert_false(mine.has_lease);
    assert_status(wal_lease_renew(&f->store, &mine, etag, driver, 1, 1, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_LEASE_MISSING));
    mine.state = WAL_STATE_COMPLETE; /* the chain is whole after all this */
    assert_ok(wal_store_update(&f->store, etag, &mine, etag, &err), err);
    assert_status(wal_lease_acquire(&f->store, first_wal, driver, 1, 1, &other, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_STATE));
    wal_document_free(&mine);
}

static void expired_leases_are_taken_over(void **state)
{
    struct fixture *f = *state;
    struct wal_document mine = make_document(first_wal);
    struct wal_document other;
    char etag[ETAG_SIZE];
    char before[ETAG_SIZE];
    char other_etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    wal_lease_stamp(&mine, driver, 0, 100); /* at creation, as a driver does */
    assert_ok(wal_store_create(&f->store, &mine, etag, &err), err);
    assert_status(wal_lease_acquire(&f->store, first_wal, rival, 99, 100, &other, other_etag, &err),
                  INLAY_CONFLICT);
    assert_ok(wal_lease_renew(&f->store, &mine, etag, driver, 150, 100, &err), err);
    assert_status(
        wal_lease_acquire(&f->store, first_wal, rival, 249, 100, &other, other_etag, &err),
        INLAY_CONFLICT);
    /* At the very end it counts as expired. */
    assert_ok(wal_lease_acquire(&f->store, first_wal, rival, 250, 100, &other, other_etag, &err),
              err);
    memcpy(before, etag, sizeof(etag));
    assert_status(wal_lease_renew(&f->store, &mine, etag, driver, 251, 100, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_LEASE_PREEMPTED));
    assert_string_equal(err.found, "00000000000000010000000000000016");
    assert_string_equal(etag, before); /* and nothing changed in the loser's hands */
    assert_true(wal_lease_is_owned(&mine, driver) && mine.lease.expires_at_ms == 250);
    assert_ok(wal_lease_release(&f->store, &other, other_etag, rival, &err), err);
    assert_status(wal_lease_renew(&f->store, &mine, etag, driver, 300, 100, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_LEASE_MISSING));
    assert_ok(wal_store_delete_state(&f->store, first_wal, &err), err);
    assert_status(wal_lease_release(&f->store, &mine, etag, driver, &err), INLAY_NOT_FOUND);
    wal_document_free(&mine);
    wal_document_free(&other);
}

static void a_lost_renewal_that_is_still_ours_says_so(void **state)
{
    struct fixture *f = *state;
    struct wal_document mine = make_document(first_wal);
    char etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    wal_lease_stamp(&mine, driver, 0, 100);
    assert_ok(wal_store_create(&f->store, &mine, etag, &err), err);
    mine.created_at_ms = 5;
    assert_ok(wal_store_update(&f->store, etag, &mine, NULL, &err), err); /* etag now stale */
    assert_status(wal_lease_renew(&f->store, &mine, etag, driver, 10, 100, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    wal_document_free(&mine);
}

static void stored_seals_keep_mutations_out(void **state)
{
    struct fixture *f = *state;
    struct tombstone_sidecar *sealed;
    struct rowset *rows = rows_of(3, 5);
    struct rowset *live;
    char etag[ETAG_SIZE];
    char again[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_land_delta(&f->store, SUPERFILE, first_wal, rows, 0, &err), err);
    assert_ok(wal_seal(&f->store, SUPERFILE, driver, 10, 100, &sealed, etag, &err), err);
    /* What landed before the seal is in what the compaction was given. */
    assert_ok(tombstone_live_rows(sealed, &first_wal, 1, 10, &live, &err), err);
    assert_int_equal(rowset_cardinality(live), 8);
    rowset_free(live);
    tombstone_free(sealed);
    assert_ok(wal_seal(&f->store, SUPERFILE, driver, 20, 100, &sealed, again, &err), err);
    assert_string_equal(etag, again); /* sealed already, and not prolonged: nothing was written */
    tombstone_free(sealed);
    assert_status(wal_seal(&f->store, SUPERFILE, rival, 20, 100, &sealed, etag, &err),
                  INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_SEALED));
    assert_string_equal(err.key, "tables/t1/superfiles/" SUPERFILE ".tombstones");
    assert_null(sealed);
    assert_status(wal_land_delta(&f->store, SUPERFILE, second_wal, rows, 99, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_SEALED));
    /* A delta that is there is no change. */
    assert_ok(wal_land_delta(&f->store, SUPERFILE, first_wal, rows, 99, &err), err);
    assert_status(wal_unseal(&f->store, SUPERFILE, rival, &err), INLAY_PRECONDITION_FAILED);
    assert_ok(wal_land_delta(&f->store, SUPERFILE, second_wal, rows, 100, &err), err);
    assert_status(wal_unseal(&f->store, SUPERFILE, driver, &err), INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_NOT_SEALED));
    rowset_free(rows);
}

static void sealing_nothing_makes_a_sealed_empty_sidecar(void **state)
{
    struct fixture *f = *state;
    struct tombstone_sidecar *sealed;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_seal(&f->store, SUPERFILE, driver, 10, 100, &sealed, NULL, &err), err);
    tombstone_free(sealed);
    assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &sealed, NULL, &err), err);
    assert_true(sealed->sealed && rowset_is_empty(sealed->base));
    tombstone_free(sealed);
    assert_ok(wal_unseal(&f->store, SUPERFILE, driver, &err), err);
    assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &sealed, NULL, &err), err);
    assert_false(sealed->sealed);
    tombstone_free(sealed);
}

enum { WRITERS = 12 };

struct writer {
    struct wal_store *store;
    pthread_barrier_t *barrier;
    int number;
    inlay_status status;
};

static void *land_thread(void *argument)
{
    struct writer *writer = argument;
    struct rowset *rows =
        rows_of((uint64_t)writer->number * 10, (uint64_t)writer->number * 10 + 10);
    struct id128 id = {1, (uint64_t)writer->number};
    (void)pthread_barrier_wait(writer->barrier);
    for (;;) {
        inlay_error err;
        inlay_error_init(&err);
        writer->status = wal_land_delta(writer->store, SUPERFILE, id, rows, 0, &err);
        if (!wal_error_is(&err, WAL_ERROR_CAS_FAILED)) {
            break;
        }
    }
    rowset_free(rows);
    return NULL;
}

static void concurrent_deltas_all_land(void **state)
{
    struct fixture *f = *state;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    pthread_barrier_t barrier;
    struct tombstone_sidecar *sidecar;
    inlay_error err;
    int i;
    inlay_error_init(&err);
    (void)pthread_barrier_init(&barrier, NULL, WRITERS);
    for (i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){&f->store, &barrier, i, INLAY_OK};
        assert_int_equal(pthread_create(&threads[i], NULL, land_thread, &writers[i]), 0);
    }
    for (i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].status, INLAY_OK);
    }
    (void)pthread_barrier_destroy(&barrier);
    assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &sidecar, NULL, &err), err);
    assert_int_equal(sidecar->delta_count, WRITERS);
    for (i = 0; i < WRITERS; i++) {
        assert_int_equal(rowset_cardinality(sidecar->deltas[i].rows), 10);
    }
    tombstone_free(sidecar);
}

/* Whichever request loses its response, doing the whole thing again gives the same end. */
static void lost_responses_are_healed_by_repeating(void **state)
{
    struct fixture *f = *state;
    struct rowset *rows = rows_of(5, 9);
    uint64_t nth;
    int all_failures = 0;
    bool met = true;
    for (nth = 1; met; nth++) {
        struct fault_rule lost = {.action = FAULT_LOSE_RESPONSE, .nth = nth};
        struct tombstone_sidecar *sealed = NULL;
        struct provider *faulty;
        struct wal_store store;
        char root[32];
        inlay_error err;
        int failures = 0;
        inlay_error_init(&err);
        (void)snprintf(root, sizeof(root), "lost%d", (int)nth);
        assert_ok(provider_fault_wrap(f->provider, false, 1, NULL, &faulty, &err), err);
        assert_ok(provider_fault_add(faulty, &lost, &err), err);
        assert_ok(wal_store_init(&store, faulty, root, &err), err);
        while (wal_land_delta(&store, SUPERFILE, first_wal, rows, 0, &err) != INLAY_OK) {
            assert_int_equal(err.status, INLAY_UNAVAILABLE);
            failures++;
        }
        while (wal_seal(&store, SUPERFILE, driver, 10, 20, &sealed, NULL, &err) != INLAY_OK) {
            assert_int_equal(err.status, INLAY_UNAVAILABLE);
            failures++;
        }
        met = provider_fault_fired(faulty) != 0;
        assert_true(failures <= (met ? 1 : 0));
        all_failures += failures;
        assert_int_equal(sealed->delta_count, 1);
        assert_int_equal(rowset_cardinality(sealed->deltas[0].rows), 4);
        assert_true(sealed->seal.sealed_at_ms == 10 && sealed->seal.expires_at_ms == 20);
        tombstone_free(sealed);
        wal_store_destroy(&store);
        provider_close(faulty);
    }
    assert_int_equal(nth - 1, 5);   /* four requests, then a run without a loss */
    assert_true(all_failures >= 3); /* "not found" of the first read cannot be lost */
    rowset_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(leases_are_taken_held_and_given_back),
        ON_BOTH(expired_leases_are_taken_over),
        ON_BOTH(a_lost_renewal_that_is_still_ours_says_so),
        ON_BOTH(stored_seals_keep_mutations_out),
        ON_BOTH(sealing_nothing_makes_a_sealed_empty_sidecar),
        ON_BOTH(concurrent_deltas_all_land),
        ON_BOTH(lost_responses_are_healed_by_repeating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
