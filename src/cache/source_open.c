/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/source_open.h"

#include "base/alloc.h"
#include "base/error.h"
#include "cache/mmap_source.h"
#include "cache/provider_source.h"

inlay_status source_open(struct provider *provider, const char *key, uint64_t size,
                         struct io_account *account, struct byte_source **out, inlay_error *err)
{
    char *path = provider_local_path(provider, key);
    inlay_status status;
    if (path == NULL) {
        return provider_source_open(provider, key, size, NULL, account, out, err);
    }
    status = mmap_source_open(path, key, size, MMAP_RANDOM, account, out, err);
    mem_free(path);
    if (status == INLAY_OK || status == INLAY_CORRUPT) {
        return status;
    }
    /* No room to map, or a file system that cannot: reading still works. */
    return provider_source_open(provider, key, size, NULL, account, out, err);
}
