/* SPDX-License-Identifier: Apache-2.0 */
#include "support/storage_conformance.h"
#include "support/test.h"

#include "storage/local.h"

#include <stdlib.h>

#define PAGE 7

/* Every way of staging and versioning that a file system may force is held to the contract. */
struct folder {
    char *path;
    struct provider_local_options options;
};

static inlay_status open_local(const struct conformance_backend *backend, struct provider **out,
                               inlay_error *err)
{
    struct folder *folder = backend->context;
    folder->path = test_folder_make();
    return provider_local_open_with(folder->path, &folder->options, out, err);
}

static void close_local(const struct conformance_backend *backend, struct provider *provider)
{
    struct folder *folder = backend->context;
    provider_close(provider);
    test_folder_remove(folder->path);
    free(folder->path);
}

int main(void)
{
    static const struct {
        const char *name;
        struct provider_local_options options;
    } kinds[] = {
        {"local", {.list_page = PAGE}},
        {"local without sync", {.list_page = PAGE, .no_sync = true}},
        {"local without O_TMPFILE", {.list_page = PAGE, .no_sync = true, .no_tmpfile = true}},
        {"local without attributes", {.list_page = PAGE, .no_sync = true, .no_xattr = true}},
    };
    int failed = 0;
    size_t i;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct folder folder = {NULL, kinds[i].options};
        struct conformance_backend backend = {.name = kinds[i].name,
                                              .open = open_local,
                                              .close = close_local,
                                              .context = &folder,
                                              .list_page = PAGE};
        failed += conformance_run(&backend);
    }
    return failed;
}
