/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The local provider across processes: races between them, and death at every single system call.
 * A traced child is stopped at the entry and the exit of each system call of one operation and
 * killed at the n-th stop, for every n; afterwards the object must be the old or the new version,
 * the store must work, and nothing but hidden staging files may be left.
 */
#include "support/test.h"

#include "storage/fault.h"
#include "storage/local.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 4
#define ROUNDS 200
#define MOST_STOPS 400

struct bench {
    char *folder;
    struct provider *provider;
    inlay_error err;
};

static int setup(void **state)
{
    struct bench *b = test_calloc(1, sizeof(*b));
    inlay_error_init(&b->err);
    b->folder = test_folder_make();
    assert_ok(provider_local_open(b->folder, &b->provider, &b->err), b->err);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    provider_close(b->provider);
    test_folder_remove(b->folder);
    free(b->folder);
    test_free(b);
    return 0;
}

/* ---- races ---- */

/* A child of the race: one conditional put per round; a byte per round tells what came of it. All
 * children of a round start together, and nothing is synced: both bring them close. */
static void race_child(struct bench *b, int number, int commands, int results, _Atomic int *arrived)
{
    const struct provider_local_options options = {.no_sync = true};
    struct provider *provider;
    char etag[ETAG_SIZE];
    int round = 0;
    if (provider_local_open_with(b->folder, &options, &provider, NULL) != INLAY_OK) {
        _exit(1);
    }
    while (read(commands, etag, sizeof(etag)) == (ssize_t)sizeof(etag)) {
        uint8_t bytes[32];
        inlay_status status;
        uint8_t answer;
        memset(bytes, number, sizeof(bytes));
        round++;
        (void)atomic_fetch_add(arrived, 1);
        while (atomic_load(arrived) < round * PROCESSES) {
            (void)sched_yield();
        }
        status = provider_put_if_match(provider, "d/race", bytes, sizeof(bytes), etag, NULL, NULL);
        answer = (uint8_t)status;
        if (write(results, &answer, 1) != 1) {
            _exit(2);
        }
    }
    provider_close(provider);
    _exit(0);
}

static void one_process_wins_each_round(void **state)
{
    struct bench *b = *state;
    int commands[PROCESSES][2];
    int results[PROCESSES][2];
    pid_t children[PROCESSES];
    char etag[ETAG_SIZE] = "";
    _Atomic int *arrived =
        mmap(NULL, sizeof(*arrived), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int round;
    int i;
    assert_true(arrived != MAP_FAILED);
    for (i = 0; i < PROCESSES; i++) {
        assert_int_equal(pipe(commands[i]), 0);
        assert_int_equal(pipe(results[i]), 0);
        children[i] = fork();
        if (children[i] == 0) {
            int other;
            for (other = 0; other <= i; other++) { /* else nobody ever sees the end of a pipe */
                (void)close(commands[other][1]);
            }
            race_child(b, i, commands[i][0], results[i][1], arrived);
        }
    }
    for (round = 0; round < ROUNDS; round++) {
        struct object_data object;
        int winner = -1;
        for (i = 0; i < PROCESSES; i++) {
            assert_int_equal(write(commands[i][1], etag, sizeof(etag)), sizeof(etag));
        }
        for (i = 0; i < PROCESSES; i++) {
            uint8_t answer;
            assert_int_equal(read(results[i][0], &answer, 1), 1);
            if (answer == INLAY_OK) {
                assert_int_equal(winner, -1);
                winner = i;
            } else {
                assert_int_equal(answer, INLAY_PRECONDITION_FAILED);
            }
        }
        assert_int_not_equal(winner, -1);
        assert_ok(provider_get(b->provider, "d/race", &object, &b->err), b->err);
        assert_int_equal(object.data[0], winner);
        memcpy(etag, object.meta.etag, ETAG_SIZE);
        object_data_free(&object);
        if (round % 10 == 9) { /* creations race too */
            assert_ok(provider_delete(b->provider, "d/race", &b->err), b->err);
            etag[0] = '\0';
        }
    }
    for (i = 0; i < PROCESSES; i++) {
        int status;
        (void)close(commands[i][1]);
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        (void)close(commands[i][0]);
        (void)close(results[i][0]);
        (void)close(results[i][1]);
    }
    (void)munmap(arrived, sizeof(*arrived));
}

/* ---- death at every system call ---- */

struct operation {
    const char *name;
    inlay_status (*run)(struct provider *provider, const char *etag);
    bool existed; /* there is an old version */
    bool removes;
};

static const char new_bytes[] = "the new version, a little longer";

static inlay_status run_create(struct provider *provider, const char *etag)
{
    (void)etag;
    return provider_put_atomic(provider, "a/b/k", new_bytes, sizeof(new_bytes), NULL, NULL);
}

static inlay_status run_replace(struct provider *provider, const char *etag)
{
    return provider_put_if_match(provider, "a/b/k", new_bytes, sizeof(new_bytes), etag, NULL, NULL);
}

static inlay_status run_delete(struct provider *provider, const char *etag)
{
    (void)etag;
    return provider_delete(provider, "a/b/k", NULL);
}

static inlay_status run_multipart(struct provider *provider, const char *etag)
{
    struct multipart *upload;
    inlay_status status = provider_multipart_begin(provider, "a/b/k", &upload, NULL);
    (void)etag;
    if (status != INLAY_OK) {
        return status;
    }
    /* Parts that grow: completion has to move them. */
    (void)multipart_put_part(upload, 0, new_bytes, 5, NULL);
    (void)multipart_put_part(upload, 1, new_bytes + 5, sizeof(new_bytes) - 5, NULL);
    status = multipart_complete(upload, NULL, NULL);
    multipart_close(upload);
    return status;
}

/* The child: waits for its tracer, then does the one operation. */
static void traced_child(struct provider *provider, const struct operation *op, const char *etag)
{
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) {
        _exit(77);
    }
    (void)raise(SIGSTOP);
    _exit(op->run(provider, etag) == INLAY_OK ? 0 : 1);
}

/* Lets the child run to its `stops`-th system call stop and kills it there. 1 = it was killed, 0 =
 * it ended well before, -1 = this system does not let us trace. */
static int kill_at(pid_t child, int stops)
{
    int status;
    int i;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        return -1;
    }
    for (i = 0; i < stops; i++) {
        if (ptrace(PTRACE_SYSCALL, child, NULL, NULL) != 0 || waitpid(child, &status, 0) != child) {
            return -1;
        }
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            return 0;
        }
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return 1;
}

/* Old or new, whole; nothing else visible; the next writer succeeds; the remains can be cleaned. */
static void check_after_crash(struct bench *b, const struct operation *op, const char *etag)
{
    struct provider *provider; /* as a process that opens after the crash */
    struct object_data object;
    struct object_page page;
    uint64_t removed;
    inlay_status status;
    bool is_old = false;
    assert_ok(provider_local_open(b->folder, &provider, &b->err), b->err);
    status = provider_get(provider, "a/b/k", &object, &b->err);
    if (status == INLAY_OK) {
        is_old = op->existed && object.size == 3 && memcmp(object.data, "old", 3) == 0;
        if (!is_old) {
            assert_false(op->removes);
            assert_int_equal(object.size, sizeof(new_bytes));
            assert_memory_equal(object.data, new_bytes, sizeof(new_bytes));
        }
        assert_int_equal(strcmp(object.meta.etag, etag) == 0, is_old);
        object_data_free(&object);
    } else {
        assert_int_equal(status, INLAY_NOT_FOUND);
        assert_true(!op->existed || op->removes);
    }
    assert_ok(provider_list_all(provider, "", &page, &b->err), b->err);
    assert_int_equal(page.count, status == INLAY_OK ? 1 : 0);
    object_page_free(&page);
    if (is_old) {
        assert_ok(provider_put_if_match(provider, "a/b/k", "next", 4, etag, NULL, &b->err), b->err);
    }
    assert_ok(provider_delete(provider, "a/b/k", &b->err), b->err);
    assert_ok(provider_clean_staging(provider, INT64_MAX, &removed, &b->err), b->err);
    assert_true(removed <= 3); /* an upload stages two files and joins them in a third */
    assert_ok(provider_clean_staging(provider, INT64_MAX, &removed, &b->err), b->err);
    assert_int_equal(removed, 0);
    provider_close(provider);
}

static void kill_everywhere(struct bench *b, const struct operation *op, bool no_tmpfile)
{
    const struct provider_local_options options = {.no_tmpfile = no_tmpfile};
    int killed = 1;
    int stops;
    for (stops = 1; killed == 1 && stops < MOST_STOPS; stops++) {
        struct provider *provider;
        char etag[ETAG_SIZE] = "";
        pid_t child;
        assert_ok(provider_local_open_with(b->folder, &options, &provider, &b->err), b->err);
        if (op->existed) {
            assert_ok(provider_put_atomic(provider, "a/b/k", "old", 3, etag, &b->err), b->err);
        }
        child = fork();
        if (child == 0) {
            traced_child(provider, op, etag);
        }
        killed = kill_at(child, stops);
        provider_close(provider);
        if (killed < 0) {
            print_message("no tracing on this system: skipped\n");
            skip();
        }
        check_after_crash(b, op, etag);
    }
    print_message("%s: %d points\n", op->name, stops - 2);
    assert_true(stops > 20 && stops < MOST_STOPS);
}

static void crash_anywhere_leaves_old_or_new(void **state)
{
    static const struct operation operations[] = {
        {"create", run_create, false, false},
        {"replace", run_replace, true, false},
        {"delete", run_delete, true, true},
        {"multipart", run_multipart, false, false},
    };
    size_t i;
    for (i = 0; i < 2 * sizeof(operations) / sizeof(operations[0]); i++) {
        kill_everywhere(*state, &operations[i / 2], i % 2 != 0);
    }
}

/* The fault decorator kills at the n-th operation, as tests of higher layers use it. */
static void killed_process_has_done_the_first_n(void **state)
{
    struct bench *b = *state;
    uint64_t n;
    for (n = 1; n <= 6; n++) {
        struct fault_rule rule = {.action = n % 2 != 0 ? FAULT_KILL_BEFORE : FAULT_KILL_AFTER,
                                  .ops = PROVIDER_OP_BIT(PROVIDER_PUT_ATOMIC),
                                  .key = "k*",
                                  .nth = n};
        struct object_page page;
        struct provider *fault;
        pid_t child = fork();
        int status;
        size_t i;
        if (child == 0) {
            if (provider_fault_wrap(b->provider, false, 1, NULL, &fault, NULL) != INLAY_OK ||
                provider_fault_add(fault, &rule, NULL) != INLAY_OK) {
                _exit(1);
            }
            for (i = 0; i < 10; i++) {
                char key[8];
                (void)snprintf(key, sizeof(key), "k%zu", i);
                (void)provider_put_atomic(fault, key, "x", 1, NULL, NULL);
            }
            _exit(2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_ok(provider_list_all(b->provider, "", &page, &b->err), b->err);
        assert_int_equal(page.count, n % 2 != 0 ? n - 1 : n);
        for (i = 0; i < page.count; i++) {
            assert_ok(provider_delete(b->provider, page.entries[i].key, &b->err), b->err);
        }
        object_page_free(&page);
    }
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(one_process_wins_each_round),
        CHECK(crash_anywhere_leaves_old_or_new),
        CHECK(killed_process_has_done_the_first_n),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
