/* SPDX-License-Identifier: Apache-2.0 */
/* The WAL store on every provider that needs no network. */
#include "store_fixture.h"

#include "support/alloc_fault.h"

#include "base/alloc.h"
#include "base/error.h"
#include "storage/fault.h"
#include "wal/wal_lease.h"
#include "wal/wal_seal.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void documents_chain_etags(void **state)
{
    struct fixture *f = *state;
    struct wal_document document = make_document(first_wal);
    struct wal_document read;
    char created[ETAG_SIZE];
    char etag[ETAG_SIZE];
    char updated[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_status(wal_store_read(&f->store, first_wal, &read, etag, &err), INLAY_NOT_FOUND);
    assert_true(wal_error_is(&err, WAL_ERROR_NOT_FOUND));
    assert_string_equal(err.key, "tables/t1/wal/mutations/0000019e000000000000000000000001.json");
    assert_ok(wal_store_create(&f->store, &document, created, &err), err);
    assert_string_not_equal(created, "");
    assert_ok(wal_store_read(&f->store, first_wal, &read, etag, &err), err);
    assert_string_equal(etag, created);
    assert_int_equal(id_compare(read.wal_id, first_wal), 0);
    assert_int_equal(read.target_count, 1);
    wal_document_free(&read);
    assert_status(wal_store_create(&f->store, &document, etag, &err), INLAY_ALREADY_EXISTS);
    assert_true(wal_error_is(&err, WAL_ERROR_ALREADY_EXISTS));
    assert_non_null(strstr(err.key, "0000019e000000000000000000000001.json"));

    document.state = WAL_STATE_COMPLETE;
    assert_ok(wal_store_update(&f->store, created, &document, updated, &err), err);
    assert_string_not_equal(updated, created);
    document.state = WAL_STATE_INTENT;
    assert_status(wal_store_update(&f->store, created, &document, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    assert_non_null(strstr(err.key, "0000019e000000000000000000000001.json"));
    assert_ok(wal_store_read(&f->store, first_wal, &read, etag, &err), err);
    assert_int_equal(read.state, WAL_STATE_COMPLETE); /* the loser changed nothing */
    wal_document_free(&read);
    assert_ok(wal_store_update(&f->store, updated, &document, updated, &err), err);
    assert_ok(wal_store_update(&f->store, updated, &document, NULL, &err), err);
    wal_document_free(&document);
}

static void empty_etag_means_create_only(void **state)
{
    struct fixture *f = *state;
    struct wal_document document = make_document(first_wal);
    char etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_store_update(&f->store, "", &document, etag, &err), err);
    assert_status(wal_store_update(&f->store, "", &document, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_status(wal_store_update(&f->store, NULL, &document, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    wal_document_free(&document);
}

static void a_vanished_document_is_a_lost_race(void **state)
{
    struct fixture *f = *state;
    struct wal_document document = make_document(first_wal);
    char etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_store_create(&f->store, &document, etag, &err), err);
    assert_ok(wal_store_delete_state(&f->store, first_wal, &err), err);
    assert_ok(wal_store_delete_state(&f->store, first_wal, &err), err);
    assert_status(wal_store_update(&f->store, etag, &document, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    wal_document_free(&document);
}

static void listing_is_ascending_and_skips_foreign_names(void **state)
{
    struct fixture *f = *state;
    static const char *const foreign[] = {
        "tables/t1/wal/mutations/notes.json",
        "tables/t1/wal/mutations/0000019e00000000000000000000000f.txt",
        "tables/t1/wal/mutations/0000019E00000000000000000000000F.json",
        "tables/t1/wal/mutations/0000019e0000000000000000000000f.json",
        "tables/t1/wal/mutations/deep/0000019e00000000000000000000000f.json",
        "tables/t1/wal/mutationsx/0000019e00000000000000000000000f.json",
        "tables/t1/superfiles/readme.tombstones",
        "tables/t1/superfiles/" SUPERFILE ".tombstone",
        "tables/t2/wal/mutations/0000019e00000000000000000000000f.json"};
    struct tombstone_sidecar *sidecar;
    char(*superfiles)[UUID_TEXT_SIZE];
    struct id128 *ids;
    size_t count;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_store_list(&f->store, &ids, &count, &err), err);
    assert_int_equal(count, 0);
    mem_free(ids);
    assert_ok(wal_store_list_tombstones(&f->store, &superfiles, &count, &err), err);
    assert_int_equal(count, 0);
    mem_free(superfiles);
    for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        assert_ok(provider_put_atomic(f->provider, foreign[i], "x", 1, NULL, &err), err);
    }
    create_in(&f->store, third_wal, NULL);
    create_in(&f->store, first_wal, NULL);
    create_in(&f->store, second_wal, NULL);
    assert_ok(wal_store_put_arrow(&f->store, second_wal, "p", 1, &err), err);
    assert_ok(wal_store_list(&f->store, &ids, &count, &err), err);
    assert_int_equal(count, 3);
    assert_true(id_compare(ids[0], first_wal) == 0 && id_compare(ids[1], second_wal) == 0 &&
                id_compare(ids[2], third_wal) == 0);
    mem_free(ids);
    assert_ok(wal_store_list_arrow(&f->store, &ids, &count, &err), err);
    assert_int_equal(count, 1);
    assert_int_equal(id_compare(ids[0], second_wal), 0);
    mem_free(ids);
    assert_ok(tombstone_create(&sidecar, &err), err);
    assert_ok(wal_store_put_tombstones(&f->store, SUPERFILE, NULL, sidecar, NULL, &err), err);
    assert_ok(wal_store_put_tombstones(&f->store, OTHER_SUPERFILE, NULL, sidecar, NULL, &err), err);
    tombstone_free(sidecar);
    assert_ok(wal_store_list_tombstones(&f->store, &superfiles, &count, &err), err);
    assert_int_equal(count, 2);
    assert_string_equal(superfiles[0], OTHER_SUPERFILE);
    assert_string_equal(superfiles[1], SUPERFILE);
    mem_free(superfiles);
}

static void payloads_are_pinned_by_their_hash(void **state)
{
    struct fixture *f = *state;
    struct object_data data;
    char hash[HASH_BLAKE3_TEXT_SIZE];
    char other[HASH_BLAKE3_TEXT_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    hash_blake3_hex("payload", 7, hash);
    hash_blake3_hex("another", 7, other);
    assert_status(wal_store_get_arrow(&f->store, first_wal, hash, &data, &err), INLAY_NOT_FOUND);
    assert_true(wal_error_is(&err, WAL_ERROR_NOT_FOUND));
    assert_ok(wal_store_put_arrow(&f->store, first_wal, "payload", 7, &err), err);
    assert_ok(wal_store_put_arrow(&f->store, first_wal, "another", 7, &err), err);
    assert_ok(wal_store_get_arrow(&f->store, first_wal, hash, &data, &err), err);
    assert_int_equal(data.size, 7);
    assert_memory_equal(data.data, "payload", 7); /* the second put changed nothing */
    object_data_free(&data);
    assert_ok(wal_store_get_arrow(&f->store, first_wal, NULL, &data, &err), err);
    object_data_free(&data);
    assert_status(wal_store_get_arrow(&f->store, first_wal, other, &data, &err), INLAY_CORRUPT);
    assert_true(wal_error_is(&err, WAL_ERROR_HASH_MISMATCH));
    assert_string_equal(err.expected, other);
    assert_string_equal(err.found, hash);
    assert_string_equal(err.key, "tables/t1/wal/mutations/0000019e000000000000000000000001.arrow");
    assert_null(data.data);
    assert_ok(wal_store_delete_arrow(&f->store, first_wal, &err), err);
    assert_ok(wal_store_delete_arrow(&f->store, first_wal, &err), err);
    assert_status(wal_store_get_arrow(&f->store, first_wal, NULL, &data, &err), INLAY_NOT_FOUND);
}

static void sidecars_are_replaced_conditionally(void **state)
{
    struct fixture *f = *state;
    struct tombstone_sidecar *sidecar;
    struct tombstone_sidecar *read;
    char first[ETAG_SIZE];
    char etag[ETAG_SIZE];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &read, etag, &err), err);
    assert_null(read);
    assert_string_equal(etag, "");
    assert_ok(tombstone_create(&sidecar, &err), err);
    rowset_add(sidecar->base, 7);
    assert_ok(wal_store_put_tombstones(&f->store, SUPERFILE, etag, sidecar, first, &err), err);
    assert_status(wal_store_put_tombstones(&f->store, SUPERFILE, NULL, sidecar, etag, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    rowset_add(sidecar->base, 8);
    assert_ok(wal_store_put_tombstones(&f->store, SUPERFILE, first, sidecar, etag, &err), err);
    assert_status(wal_store_put_tombstones(&f->store, SUPERFILE, first, sidecar, NULL, &err),
                  INLAY_PRECONDITION_FAILED);
    assert_string_equal(err.key, "tables/t1/superfiles/" SUPERFILE ".tombstones");
    tombstone_free(sidecar);
    assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &read, first, &err), err);
    assert_string_equal(first, etag);
    assert_int_equal(rowset_cardinality(read->base), 2);
    assert_ok(wal_store_delete_tombstones(&f->store, SUPERFILE, &err), err);
    assert_ok(wal_store_delete_tombstones(&f->store, SUPERFILE, &err), err);
    assert_status(wal_store_put_tombstones(&f->store, SUPERFILE, etag, read, etag, &err),
                  INLAY_PRECONDITION_FAILED); /* it vanished */
    assert_true(wal_error_is(&err, WAL_ERROR_CAS_FAILED));
    tombstone_free(read);
    assert_status(wal_store_get_tombstones(&f->store, "../../etc/passwd", &read, etag, &err),
                  INLAY_INVALID_ARGUMENT);
}

static void damaged_objects_are_named(void **state)
{
    struct fixture *f = *state;
    struct wal_document document;
    struct tombstone_sidecar *sidecar;
    char *key = wal_store_state_key(&f->store, first_wal);
    struct object_data copy;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(provider_put_atomic(f->provider, key, "{\"wal_id\":7}", 12, NULL, &err), err);
    assert_status(wal_store_read(&f->store, first_wal, &document, NULL, &err), INLAY_CORRUPT);
    assert_true(wal_error_is(&err, WAL_ERROR_JSON));
    assert_string_equal(err.key, key);
    mem_free(key);
    key = wal_store_tombstone_key(&f->store, SUPERFILE);
    assert_ok(provider_put_atomic(f->provider, key, "garbage, surely", 15, NULL, &err), err);
    assert_status(wal_store_get_tombstones(&f->store, SUPERFILE, &sidecar, NULL, &err),
                  INLAY_CORRUPT);
    assert_true(wal_error_is(&err, WAL_ERROR_SIDECAR_MAGIC));
    assert_string_equal(err.key, key);
    assert_null(sidecar);
    mem_free(key);
    /* A document under another one's name. */
    create_in(&f->store, second_wal, NULL);
    key = wal_store_state_key(&f->store, second_wal);
    assert_ok(provider_get(f->provider, key, &copy, &err), err);
    mem_free(key);
    key = wal_store_state_key(&f->store, third_wal);
    assert_ok(provider_put_atomic(f->provider, key, copy.data, copy.size, NULL, &err), err);
    mem_free(key);
    object_data_free(&copy);
    assert_status(wal_store_read(&f->store, third_wal, &document, NULL, &err), INLAY_CORRUPT);
    assert_true(wal_error_is(&err, WAL_ERROR_DOCUMENT));
    assert_string_equal(err.found, "0000019e000000000000000000000002");
}

static void roots_are_joined(void **state)
{
    struct fixture *f = *state;
    static const char *const roots[] = {"", "/", "a", "a/", "a/b//"};
    static const char *const prefixes[] = {"", "", "a/", "a/", "a/b/"};
    size_t i;
    for (i = 0; i < 5; i++) {
        struct wal_store store;
        char *key;
        char expected[200];
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(wal_store_init(&store, f->provider, roots[i], &err), err);
        key = wal_store_tombstone_key(&store, SUPERFILE);
        (void)snprintf(expected, sizeof(expected), "%ssuperfiles/" SUPERFILE ".tombstones",
                       prefixes[i]);
        assert_string_equal(key, expected);
        mem_free(key);
        wal_store_destroy(&store);
    }
}

/* The race: all writers hold one etag, exactly one of them may win. */
enum { RACERS = 12, ROUNDS = 5 };

struct racer {
    struct wal_store *store;
    const char *etag;
    pthread_barrier_t *barrier;
    int number;
    bool sidecar;
    inlay_status status;
    bool lost_properly;
};

static inlay_status race_once(struct racer *racer, inlay_error *err)
{
    inlay_status status;
    if (racer->sidecar) {
        struct tombstone_sidecar *sidecar;
        assert_ok(tombstone_create(&sidecar, err), *err);
        rowset_add(sidecar->base, (uint32_t)racer->number);
        status = wal_store_put_tombstones(racer->store, SUPERFILE, racer->etag, sidecar, NULL, err);
        tombstone_free(sidecar);
    } else {
        struct wal_document document = make_document(first_wal);
        document.created_at_ms = racer->number;
        status = wal_store_update(racer->store, racer->etag, &document, NULL, err);
        wal_document_free(&document);
    }
    return status;
}

static void *race_thread(void *argument)
{
    struct racer *racer = argument;
    inlay_error err;
    inlay_error_init(&err);
    (void)pthread_barrier_wait(racer->barrier);
    racer->status = race_once(racer, &err);
    racer->lost_properly = wal_error_is(&err, WAL_ERROR_CAS_FAILED);
    return NULL;
}

/* Returns the winner; fails when there is not exactly one. */
static int thread_race(struct wal_store *store, const char *etag, bool sidecar)
{
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t barrier;
    int winner = -1;
    int i;
    (void)pthread_barrier_init(&barrier, NULL, RACERS);
    for (i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){store, etag, &barrier, i, sidecar, INLAY_OK, false};
        assert_int_equal(pthread_create(&threads[i], NULL, race_thread, &racers[i]), 0);
    }
    for (i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    for (i = 0; i < RACERS; i++) {
        if (racers[i].status == INLAY_OK) {
            assert_int_equal(winner, -1);
            winner = i;
        } else {
            assert_true(racers[i].lost_properly);
        }
    }
    (void)pthread_barrier_destroy(&barrier);
    assert_int_not_equal(winner, -1);
    return winner;
}

static void of_twelve_threads_one_wins(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE];
    int round;
    inlay_error err;
    inlay_error_init(&err);
    for (round = 0; round < ROUNDS; round++) {
        struct wal_document read;
        struct tombstone_sidecar *sidecar;
        int winner;
        if (round == 0) {
            etag[0] = '\0'; /* the first race is one of creation */
        } else {
            assert_ok(wal_store_read(&f->store, first_wal, &read, etag, &err), err);
            wal_document_free(&read);
        }
        winner = thread_race(&f->store, etag, false);
        assert_ok(wal_store_read(&f->store, first_wal, &read, etag, &err), err);
        assert_int_equal(read.created_at_ms, winner);
        wal_document_free(&read);
        assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &sidecar, etag, &err), err);
        tombstone_free(sidecar);
        winner = thread_race(&f->store, etag, true);
        assert_ok(wal_store_get_tombstones(&f->store, SUPERFILE, &sidecar, etag, &err), err);
        assert_true(rowset_cardinality(sidecar->base) == 1 &&
                    rowset_contains(sidecar->base, (uint32_t)winner));
        tombstone_free(sidecar);
    }
}

/* A child opens the folder for itself, waits for the starting shot and races. Its exit says how. */
enum { CHILD_WON = 10, CHILD_LOST = 11, CHILD_FAILED = 12 };

static void race_child(const char *folder, const char *etag, int start_pipe, int number)
{
    struct provider *provider = NULL;
    struct wal_store store;
    struct racer racer = {&store, etag, NULL, number, false, INLAY_OK, false};
    inlay_error err;
    char shot;
    int outcome = CHILD_FAILED;
    inlay_error_init(&err);
    if (provider_local_open(folder, &provider, &err) == INLAY_OK &&
        wal_store_init(&store, provider, "tables/t1", &err) == INLAY_OK &&
        read(start_pipe, &shot, 1) == 0) {
        inlay_status status = race_once(&racer, &err);
        outcome = status == INLAY_OK                         ? CHILD_WON
                  : wal_error_is(&err, WAL_ERROR_CAS_FAILED) ? CHILD_LOST
                                                             : CHILD_FAILED;
    }
    _exit(outcome);
}

static void of_twelve_processes_one_wins(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE] = "";
    int round;
    inlay_error err;
    inlay_error_init(&err);
    for (round = 0; round < ROUNDS; round++) {
        struct wal_document read;
        pid_t children[RACERS];
        int start[2];
        int winner = -1;
        int i;
        assert_int_equal(pipe(start), 0);
        for (i = 0; i < RACERS; i++) {
            children[i] = fork();
            assert_true(children[i] >= 0);
            if (children[i] == 0) {
                (void)close(start[1]);
                race_child(f->folder, etag, start[0], i);
            }
        }
        (void)close(start[0]);
        (void)close(start[1]); /* the shot: every child's read ends */
        for (i = 0; i < RACERS; i++) {
            int status = 0;
            assert_true(waitpid(children[i], &status, 0) == children[i]);
            assert_true(WIFEXITED(status));
            if (WEXITSTATUS(status) == CHILD_WON) {
                assert_int_equal(winner, -1);
                winner = i;
            } else {
                assert_int_equal(WEXITSTATUS(status), CHILD_LOST);
            }
        }
        assert_int_not_equal(winner, -1);
        assert_ok(wal_store_read(&f->store, first_wal, &read, etag, &err), err);
        assert_int_equal(read.created_at_ms, winner);
        wal_document_free(&read);
    }
}

static void storage_failures_keep_their_status_and_gain_a_key(void **state)
{
    struct fixture *f = *state;
    static const struct fault_rule broken = {
        .action = FAULT_FAIL_BEFORE, .probability = 1, .times = 1000, .status = INLAY_PERMISSION};
    struct wal_document document = make_document(first_wal);
    struct wal_document read;
    struct tombstone_sidecar *sidecar = NULL;
    struct provider *faulty;
    struct wal_store store;
    struct object_data data;
    struct id128 *ids;
    size_t count;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tombstone_create(&sidecar, &err), err);
    assert_ok(provider_fault_wrap(f->provider, false, 1, NULL, &faulty, &err), err);
    assert_ok(provider_fault_add(faulty, &broken, &err), err);
    assert_ok(wal_store_init(&store, faulty, "t", &err), err);
    for (i = 0; i < 10; i++) {
        struct tombstone_sidecar *none = NULL;
        inlay_status status = INLAY_OK;
        inlay_error_init(&err);
        switch (i) {
        case 0:
            status = wal_store_create(&store, &document, NULL, &err);
            break;
        case 1:
            status = wal_store_read(&store, first_wal, &read, NULL, &err);
            break;
        case 2:
            status = wal_store_update(&store, "some etag", &document, NULL, &err);
            break;
        case 3:
            status = wal_store_delete_state(&store, first_wal, &err);
            break;
        case 4:
            status = wal_store_list(&store, &ids, &count, &err);
            break;
        case 5:
            status = wal_store_put_arrow(&store, first_wal, "x", 1, &err);
            break;
        case 6:
            status = wal_store_get_arrow(&store, first_wal, NULL, &data, &err);
            break;
        case 7:
            status = wal_store_get_tombstones(&store, SUPERFILE, &none, NULL, &err);
            break;
        case 8:
            status = wal_store_put_tombstones(&store, SUPERFILE, NULL, sidecar, NULL, &err);
            break;
        default:
            status = wal_seal(&store, SUPERFILE, driver, 0, 1, &none, NULL, &err);
        }
        assert_int_equal(status, INLAY_PERMISSION);
        assert_true(wal_error_is(&err, WAL_ERROR_STORAGE));
        assert_int_equal(strncmp(err.key, "t/", 2), 0);
        assert_null(none);
    }
    tombstone_free(sidecar);
    wal_store_destroy(&store);
    provider_close(faulty);
    wal_document_free(&document);
}

/* One life of a document, a payload and a sidecar in a store of its own. */
static inlay_status whole_life(void *context, inlay_error *err)
{
    struct provider *provider = NULL;
    struct wal_store store = {NULL, NULL};
    struct wal_document document;
    struct rowset *rows = NULL;
    struct tombstone_sidecar *sidecar = NULL;
    struct id128 *ids = NULL;
    size_t count;
    char etag[ETAG_SIZE];
    inlay_status status;
    (void)context;
    wal_document_init(&document);
    INLAY_TRY_GOTO(status, provider_memory_create(&provider, err), cleanup);
    INLAY_TRY_GOTO(status, wal_store_init(&store, provider, "t", err), cleanup);
    INLAY_TRY_GOTO(status, wal_document_set_targets(&document, &first_wal, 1, err), cleanup);
    INLAY_TRY_GOTO(status, wal_store_create(&store, &document, etag, err), cleanup);
    wal_document_free(&document);
    INLAY_TRY_GOTO(
        status, wal_lease_acquire(&store, (struct id128){0, 0}, driver, 0, 1, &document, etag, err),
        cleanup);
    INLAY_TRY_GOTO(status, rowset_create(&rows, err), cleanup);
    INLAY_TRY_GOTO(status, wal_land_delta(&store, SUPERFILE, first_wal, rows, 0, err), cleanup);
    INLAY_TRY_GOTO(status, wal_seal(&store, SUPERFILE, driver, 0, 1, &sidecar, NULL, err), cleanup);
    INLAY_TRY_GOTO(status, wal_store_list(&store, &ids, &count, err), cleanup);
    status = wal_store_delete_state(&store, document.wal_id, err);
cleanup:
    mem_free(ids);
    tombstone_free(sidecar);
    rowset_free(rows);
    wal_document_free(&document);
    wal_store_destroy(&store);
    provider_close(provider);
    return status;
}

static void allocation_failure(void **state)
{
    (void)state;
    assert_true(alloc_fault_sweep(whole_life, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(documents_chain_etags),
        ON_BOTH(empty_etag_means_create_only),
        ON_BOTH(a_vanished_document_is_a_lost_race),
        ON_BOTH(listing_is_ascending_and_skips_foreign_names),
        ON_BOTH(payloads_are_pinned_by_their_hash),
        ON_BOTH(sidecars_are_replaced_conditionally),
        ON_BOTH(damaged_objects_are_named),
        ON_BOTH(of_twelve_threads_one_wins),
        ON_BOTH(storage_failures_keep_their_status_and_gain_a_key),
        cmocka_unit_test_setup_teardown(roots_are_joined, setup_memory, teardown),
        cmocka_unit_test_setup_teardown(of_twelve_processes_one_wins, setup_local, teardown),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
