/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over every file of a corpus folder, so that gcc builds test it as well. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;
    uint8_t *data;
    size_t size;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return 1;
    }
    data = malloc(1u << 20);
    size = data != NULL ? fread(data, 1, 1u << 20, file) : 0;
    (void)fclose(file);
    if (data != NULL) {
        /* An exact-size copy lets the sanitizer see the first byte past the end. */
        uint8_t *exact = malloc(size != 0 ? size : 1);
        size_t i;
        for (i = 0; exact != NULL && i < size; i++) {
            exact[i] = data[i];
        }
        (void)LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(data);
    return 0;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1] = {0};
    unsigned count = 0;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    (void)LLVMFuzzerTestOneInput(nothing, 0);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] != '.') {
            count += replay_file(argv[1], entry->d_name) == 0;
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    printf("replayed %u inputs\n", count);
    return count != 0 ? 0 : 1; /* an empty or missing corpus tests nothing */
}
