/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_random test_random_init(uint64_t default_seed)
{
    const char *text = getenv("INLAY_TEST_SEED");
    struct test_random random = {text != NULL ? strtoull(text, NULL, 0) : default_seed};
    print_message("seed %llu\n", (unsigned long long)random.state);
    return random;
}

uint64_t test_random_next(struct test_random *random)
{
    uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t test_random_below(struct test_random *random, uint64_t bound)
{
    return bound != 0 ? test_random_next(random) % bound : 0;
}

double test_random_unit(struct test_random *random)
{
    return (double)(test_random_next(random) >> 11) * 0x1p-53;
}

char *test_folder_make(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/inlay-test-XXXXXX", base != NULL ? base : "/tmp") < 0 ||
        mkdtemp(path) == NULL) {
        fail_msg("no temporary folder");
    }
    return path;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

void test_folder_remove(const char *path)
{
    (void)nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *test_data_folder(void)
{
    static char path[4096];
    const char *named = getenv("INLAY_TEST_DATA");
    struct stat info;
    (void)snprintf(path, sizeof(path), "%s", named != NULL ? named : "../shared/data");
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        print_message("test data folder %s is absent: this test skips\n", path);
        return NULL;
    }
    return path;
}

uint8_t *test_read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long end;
    if (file == NULL) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        data = malloc((size_t)end + 1);
        if (data != NULL && fread(data, 1, (size_t)end, file) != (size_t)end) {
            free(data);
            data = NULL;
        }
        *size = (size_t)end;
    }
    (void)fclose(file);
    return data;
}
