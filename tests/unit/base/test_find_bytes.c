/* SPDX-License-Identifier: Apache-2.0 */
/* Against memmem, with texts at the end of mapped memory, where a load too far would fault. */
#include "support/test.h"

#include "base/cpu.h"
#include "base/find_bytes.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 4096, TEXTS = 60000 };

static void pieces_are_found(void **state)
{
    struct test_random random = test_random_init(9);
    char *memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t found = 0;
    int level;
    int i;
    (void)state;
    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + 2 * PAGE, PAGE, PROT_NONE), 0);
    for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
        if (!cpu_force_level((enum cpu_level)level)) {
            continue;
        }
        for (i = 0; i < TEXTS; i++) {
            const size_t length = (size_t)test_random_below(&random, i % 50 == 0 ? 5000 : 120);
            const size_t gap = test_random_below(&random, 3) == 0
                                   ? 0
                                   : (size_t)test_random_below(&random, 2 * PAGE - length + 1);
            const uint64_t letters = 1 + test_random_below(&random, 4);
            char *text = memory + 2 * PAGE - length - gap;
            char piece[40];
            size_t piece_length = 1 + (size_t)test_random_below(&random, sizeof(piece));
            const char *place;
            size_t k;
            for (k = 0; k < length; k++) {
                text[k] = (char)('a' + test_random_below(&random, letters));
            }
            for (k = 0; k < piece_length; k++) {
                piece[k] = (char)('a' + test_random_below(&random, letters));
            }
            if (length != 0 && test_random_below(&random, 2) != 0) { /* one that is there */
                const size_t at = (size_t)test_random_below(&random, length);
                piece_length = piece_length < length - at ? piece_length : length - at;
                memcpy(piece, text + at, piece_length);
            }
            place = find_bytes()(text, length, piece, piece_length);
            assert_ptr_equal(place, memmem(text, length, piece, piece_length));
            found += place != NULL;
        }
    }
    cpu_force_level(cpu_best_level());
    assert_true(found > TEXTS / 3);
    assert_int_equal(munmap(memory, 3 * PAGE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
