/* SPDX-License-Identifier: Apache-2.0 */
/* Row sets from arbitrary bytes: what decodes must behave like a set and survive a round trip. */
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/rowset.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void use(const struct rowset *set)
{
    struct rowset_iterator it;
    uint32_t rows[256];
    uint64_t words[32];
    uint64_t members = 0;
    uint32_t last = 0;
    size_t count;
    rowset_iterate(set, &it);
    while ((count = rowset_next_many(&it, rows, 256)) != 0) {
        require(members == 0 || rows[0] > last);
        require(rowset_contains(set, rows[0]) && rowset_rank(set, rows[0]) == members);
        rowset_fill_words(set, rows[0] & ~63ull, (rows[0] & ~63ull) + 64, words);
        require((words[0] >> (rows[0] % 64) & 1) != 0);
        last = rows[count - 1];
        members += count;
    }
    require(members == rowset_cardinality(set));
    rowset_fill_words(set, 1024, 1024 + 2000, words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rowset *set;
    struct rowset *again;
    struct buffer bytes;
    if (rowset_deserialize(data, size, &set, NULL) != INLAY_OK) {
        return 0;
    }
    if (rowset_cardinality(set) < 1000000) {
        use(set);
    }
    buffer_init(&bytes, SIZE_MAX);
    rowset_run_optimize(set);
    rowset_serialize(set, &bytes);
    require(rowset_deserialize(bytes.data, bytes.len, &again, NULL) == INLAY_OK);
    require(rowset_equal(set, again));
    rowset_andnot(again, set);
    require(rowset_is_empty(again));
    rowset_or(again, set);
    require(rowset_or_count(again, set) == rowset_cardinality(set));
    rowset_free(again);
    rowset_free(set);
    buffer_free(&bytes);
    return 0;
}
