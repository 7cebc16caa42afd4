/* SPDX-License-Identifier: Apache-2.0 */
/* The byte source that fits an object: mapped where the store is a local folder, ranged requests
 * elsewhere. */
#ifndef INLAY_CACHE_SOURCE_OPEN_H
#define INLAY_CACHE_SOURCE_OPEN_H

#include "base/byte_source.h"
#include "storage/provider.h"

/*
 * `size` is what the manifest says; a local file of another size is INLAY_CORRUPT here, a remote
 * object when it is read. Sends no request. `provider` and `account` (may be NULL) are borrowed and
 * must outlive the source. A local object that is missing gives INLAY_NOT_FOUND when it is read.
 */
inlay_status source_open(struct provider *provider, const char *key, uint64_t size,
                         struct io_account *account, struct byte_source **out, inlay_error *err);

#endif
