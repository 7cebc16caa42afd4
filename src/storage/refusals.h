/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals that every backend words the same way. */
#ifndef INLAY_STORAGE_REFUSALS_H
#define INLAY_STORAGE_REFUSALS_H

#include "storage/provider.h"

/* INLAY_OK when the range lies inside an object of `size` bytes, else INLAY_INVALID_ARGUMENT. */
inlay_status range_past_end(const struct object_range *range, uint64_t size, inlay_error *err);
/* A completion that lacks a part: INLAY_INVALID_ARGUMENT. */
inlay_status part_missing(const char *key, size_t number, inlay_error *err);
/* A call on an upload that was completed or aborted: INLAY_INVALID_ARGUMENT. */
inlay_status part_after_end(const char *key, inlay_error *err);

#endif
