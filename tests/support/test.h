/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka test includes: cmocka with its prerequisites, and helpers for our statuses. */
#ifndef INLAY_TESTS_SUPPORT_TEST_H
#define INLAY_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inlay/error.h"

/* Fails with the error's message when `expression` is not INLAY_OK. `e` is an inlay_error. */
#define assert_ok(expression, e)                                                                   \
    do {                                                                                           \
        inlay_status assert_ok_status_ = (expression);                                             \
        if (assert_ok_status_ != INLAY_OK) {                                                       \
            fail_msg("%s: %s: %s [%s] %s", #expression, inlay_status_name(assert_ok_status_),      \
                     (e).message, (e).key, (e).cause);                                             \
        }                                                                                          \
    } while (0)

#define assert_status(expression, expected)                                                        \
    do {                                                                                           \
        inlay_status assert_status_got_ = (expression);                                            \
        if (assert_status_got_ != (expected)) {                                                    \
            fail_msg("%s: got '%s', expected '%s'", #expression,                                   \
                     inlay_status_name(assert_status_got_), inlay_status_name(expected));          \
        }                                                                                          \
    } while (0)

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): seeded randomness of every property test. */
struct test_random {
    uint64_t state;
};

/* From INLAY_TEST_SEED, else the given default; printed so that a failure can be repeated. */
struct test_random test_random_init(uint64_t default_seed);
uint64_t test_random_next(struct test_random *random);
uint64_t test_random_below(struct test_random *random, uint64_t bound); /* 0 for bound 0 */
double test_random_unit(struct test_random *random);                    /* [0, 1) */

/* A fresh empty folder below the system's temporary folder, removed by test_folder_remove. */
char *test_folder_make(void); /* free() it */
void test_folder_remove(const char *path);

/* The folder of public test data (INLAY_TEST_DATA, default ../shared/data), or NULL with a message
 * that the caller's test prints and skips. */
const char *test_data_folder(void);

/* Reads a whole file; NULL when it cannot be read. free() the result. */
uint8_t *test_read_file(const char *path, size_t *size);

#endif
