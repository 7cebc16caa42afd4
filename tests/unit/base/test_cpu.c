/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void forced_levels_hold_and_absent_ones_are_refused(void **state)
{
    int level;
    (void)state;
    for (level = CPU_SCALAR; level < CPU_LEVEL_COUNT; level++) {
        enum cpu_level before = cpu_level();
        bool forced = cpu_force_level((enum cpu_level)level);
        assert_int_equal(cpu_level(), forced ? (enum cpu_level)level : before);
        assert_true(!forced || level <= (int)cpu_best_level());
        assert_false(level < CPU_AVX512 && forced && cpu_has(CPU_FLAG_VNNI));
    }
    assert_false(cpu_force_level(CPU_LEVEL_COUNT));
    assert_true(cpu_force_level(CPU_SCALAR));
    assert_true(cpu_force_level(cpu_best_level()));
#if defined(__x86_64__)
    assert_false(cpu_force_level(CPU_NEON));
    assert_int_equal(cpu_best_level() >= CPU_AVX2, __builtin_cpu_supports("avx2") != 0);
    assert_int_equal(cpu_best_level() >= CPU_SSE42, __builtin_cpu_supports("sse4.2") != 0);
#endif
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(cpu_level_name(CPU_SCALAR), "scalar");
    assert_string_equal(cpu_level_name(CPU_AVX2), "avx2");
    assert_string_equal(cpu_level_name(CPU_LEVEL_COUNT), "unknown");
}

/* The level is read once per process, so each value is seen by a fresh one. */
static int level_of_child(const char *program, const char *value)
{
    pid_t child = fork();
    int status = 0;
    if (child == 0) {
        (void)setenv("INLAY_CPU", value, 1);
        (void)execl(program, program, "--print-level", (char *)NULL);
        _exit(99);
    }
    assert_true(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
}

static void environment_lowers_the_level(void **state)
{
    const char *program = "/proc/self/exe";
    enum cpu_level best = cpu_best_level();
    (void)state;
    if (access(program, X_OK) != 0) {
        skip();
    }
    assert_int_equal(level_of_child(program, "scalar"), CPU_SCALAR);
    assert_int_equal(level_of_child(program, "nonsense"), best);
    assert_int_equal(level_of_child(program, cpu_level_name(best)), best);
    if (best >= CPU_SSE42) {
        assert_int_equal(level_of_child(program, "sse42"), CPU_SSE42);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forced_levels_hold_and_absent_ones_are_refused),
        cmocka_unit_test(names),
        cmocka_unit_test(environment_lowers_the_level),
    };
    if (argc == 2 && strcmp(argv[1], "--print-level") == 0) {
        return (int)cpu_level();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
