/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>

static void every_status_has_a_name(void **state)
{
    static const inlay_status all[] = {
        INLAY_OK,          INLAY_INVALID_ARGUMENT, INLAY_SCHEMA,         INLAY_QUERY,
        INLAY_UNSUPPORTED, INLAY_NOT_FOUND,        INLAY_ALREADY_EXISTS, INLAY_PRECONDITION_FAILED,
        INLAY_CONFLICT,    INLAY_CANCELLED,        INLAY_TIMEOUT,        INLAY_UNAVAILABLE,
        INLAY_PERMISSION,  INLAY_OVER_BUDGET,      INLAY_NO_MEMORY,      INLAY_IO,
        INLAY_CORRUPT,     INLAY_INTERNAL};
    size_t i;
    size_t j;
    (void)state;
    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_string_not_equal(inlay_status_name(all[i]), "unknown");
        for (j = 0; j < i; j++) {
            assert_string_not_equal(inlay_status_name(all[i]), inlay_status_name(all[j]));
        }
    }
    assert_string_equal(inlay_status_name((inlay_status)9999), "unknown");
}

static void numbers_are_pinned(void **state)
{
    (void)state;
    assert_int_equal(INLAY_OK, 0);
    assert_int_equal(INLAY_INVALID_ARGUMENT, 1);
    assert_int_equal(INLAY_NOT_FOUND, 10);
    assert_int_equal(INLAY_CONFLICT, 13);
    assert_int_equal(INLAY_CORRUPT, 25);
    assert_int_equal(INLAY_INTERNAL, 30);
}

static void set_replaces_everything(void **state)
{
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_int_equal(err.struct_size, sizeof(err));
    assert_true(err.offset == -1 && err.row == -1);
    assert_status(error_set(&err, INLAY_UNAVAILABLE, "try %d", 7), INLAY_UNAVAILABLE);
    assert_string_equal(err.message, "try 7");
    assert_int_equal(err.retryable, 1);
    error_key(&err, "a/b");
    error_offset(&err, 12);
    error_row(&err, 3);
    error_sub_code(&err, 99);
    error_expected(&err, "%s", "this");
    error_found(&err, "%s", "that");
    assert_string_equal(err.key, "a/b");
    assert_true(err.offset == 12 && err.row == 3 && err.sub_code == 99);
    assert_string_equal(err.expected, "this");
    assert_string_equal(err.found, "that");
    error_offset(&err, UINT64_MAX);
    assert_true(err.offset == INT64_MAX);
    (void)error_set(&err, INLAY_CORRUPT, "other");
    assert_true(err.key[0] == '\0' && err.expected[0] == '\0' && err.found[0] == '\0');
    assert_true(err.offset == -1 && err.row == -1 && err.sub_code == 0 && err.retryable == 0);
}

static void wrap_keeps_the_cause_and_the_place(void **state)
{
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    (void)error_set(&err, INLAY_CORRUPT, "page 3 is short");
    error_key(&err, "data/x.parquet");
    error_offset(&err, 77);
    assert_status(error_wrap(&err, INLAY_CORRUPT, "cannot read column '%s'", "body"),
                  INLAY_CORRUPT);
    assert_string_equal(err.message, "cannot read column 'body'");
    assert_string_equal(err.cause, "page 3 is short");
    assert_string_equal(err.key, "data/x.parquet");
    assert_true(err.offset == 77);
}

static void long_text_is_cut_not_overrun(void **state)
{
    char text[4000];
    inlay_error err;
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    inlay_error_init(&err);
    (void)error_set(&err, INLAY_IO, "%s", text);
    error_key(&err, text);
    error_expected(&err, "%s", text);
    error_found(&err, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
    assert_int_equal(strlen(err.key), sizeof(err.key) - 1);
    assert_int_equal(strlen(err.expected), sizeof(err.expected) - 1);
    assert_int_equal(strlen(err.found), sizeof(err.found) - 1);
    (void)error_wrap(&err, INLAY_IO, "%s", "short");
    assert_int_equal(strlen(err.cause), sizeof(err.cause) - 1);
    (void)error_from_errno(&err, ENOENT, "%s", text);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void errno_maps_to_statuses(void **state)
{
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(error_from_errno(&err, ENOENT, "open %s", "f"), INLAY_NOT_FOUND);
    assert_non_null(strstr(err.message, "open f: "));
    assert_int_equal(err.sub_code, ENOENT);
    assert_status(error_from_errno(&err, EEXIST, "x"), INLAY_ALREADY_EXISTS);
    assert_status(error_from_errno(&err, EACCES, "x"), INLAY_PERMISSION);
    assert_status(error_from_errno(&err, EPERM, "x"), INLAY_PERMISSION);
    assert_status(error_from_errno(&err, EROFS, "x"), INLAY_PERMISSION);
    assert_status(error_from_errno(&err, ENOMEM, "x"), INLAY_NO_MEMORY);
    assert_status(error_from_errno(&err, ENOSPC, "x"), INLAY_IO);
    assert_int_equal(err.sub_code, ENOSPC);
}

static void null_records_are_accepted(void **state)
{
    (void)state;
    inlay_error_init(NULL);
    assert_status(error_set(NULL, INLAY_IO, "x"), INLAY_IO);
    assert_status(error_from_errno(NULL, EEXIST, "x"), INLAY_ALREADY_EXISTS);
    assert_status(error_wrap(NULL, INLAY_IO, "x"), INLAY_IO);
    assert_status(error_no_memory(NULL), INLAY_NO_MEMORY);
    error_key(NULL, "k");
    error_offset(NULL, 1);
    error_row(NULL, 1);
    error_sub_code(NULL, 1);
    error_expected(NULL, "x");
    error_found(NULL, "x");
}

static void only_passing_conditions_are_retryable(void **state)
{
    int status;
    (void)state;
    for (status = 0; status <= 40; status++) {
        bool expected =
            status == INLAY_CONFLICT || status == INLAY_UNAVAILABLE || status == INLAY_TIMEOUT;
        assert_int_equal(inlay_status_retryable((inlay_status)status), expected);
    }
}

static inlay_status tries(bool fail, int *steps)
{
    INLAY_TRY(fail ? INLAY_IO : INLAY_OK);
    *steps += 1;
    return INLAY_OK;
}

static inlay_status tries_with_cleanup(bool fail, int *steps)
{
    inlay_status status;
    INLAY_TRY_GOTO(status, fail ? INLAY_CORRUPT : INLAY_OK, cleanup);
    *steps += 1;
cleanup:
    *steps += 10;
    return status;
}

static void try_returns_early(void **state)
{
    int steps = 0;
    (void)state;
    assert_status(tries(true, &steps), INLAY_IO);
    assert_int_equal(steps, 0);
    assert_status(tries(false, &steps), INLAY_OK);
    assert_int_equal(steps, 1);
    assert_status(tries_with_cleanup(true, &steps), INLAY_CORRUPT);
    assert_int_equal(steps, 11);
    assert_status(tries_with_cleanup(false, &steps), INLAY_OK);
    assert_int_equal(steps, 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(numbers_are_pinned),
        cmocka_unit_test(set_replaces_everything),
        cmocka_unit_test(wrap_keeps_the_cause_and_the_place),
        cmocka_unit_test(long_text_is_cut_not_overrun),
        cmocka_unit_test(errno_maps_to_statuses),
        cmocka_unit_test(null_records_are_accepted),
        cmocka_unit_test(only_passing_conditions_are_retryable),
        cmocka_unit_test(try_returns_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
