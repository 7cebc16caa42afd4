/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/refusals.h"

#include "base/checked.h"
#include "base/error.h"

inlay_status range_past_end(const struct object_range *range, uint64_t size, inlay_error *err)
{
    if (range_inside(range->offset, range->length, size)) {
        return INLAY_OK;
    }
    error_set(err, INLAY_INVALID_ARGUMENT, "range of %llu bytes at %llu passes the end at %llu",
              (unsigned long long)range->length, (unsigned long long)range->offset,
              (unsigned long long)size);
    error_offset(err, range->offset);
    return INLAY_INVALID_ARGUMENT;
}

inlay_status part_missing(const char *key, size_t number, inlay_error *err)
{
    error_set(err, INLAY_INVALID_ARGUMENT, "multipart upload cannot complete: part %zu is missing",
              number);
    error_key(err, key);
    return INLAY_INVALID_ARGUMENT;
}

inlay_status part_after_end(const char *key, inlay_error *err)
{
    error_set(err, INLAY_INVALID_ARGUMENT, "multipart upload was already completed or aborted");
    error_key(err, key);
    return INLAY_INVALID_ARGUMENT;
}
