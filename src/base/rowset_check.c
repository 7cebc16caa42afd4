/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structural check of portable Roaring bytes. Layout: cookie and number of containers, flags of
 * run containers (only with the second cookie), one {key, cardinality - 1} per container, offsets
 * of the containers, the containers.
 */
#include "base/rowset_check.h"

#include "base/bytes.h"
#include "base/reader.h"

#define COOKIE_WITHOUT_RUNS 12346
#define COOKIE_WITH_RUNS 12347
#define OFFSETS_FROM 4 /* containers; with runs, fewer have no offset header */
#define MAX_CONTAINERS 65536
#define MAX_ARRAY 4096 /* members; more are a bitmap */
#define BITMAP_BYTES 8192

struct header {
    bool has_runs;
    uint32_t containers;
    const uint8_t *run_flags;
    const uint8_t *descriptions; /* u16 key, u16 cardinality - 1 */
    const uint8_t *offsets;      /* NULL when left out */
};

static void read_header(struct reader *r, struct header *h)
{
    uint32_t cookie = reader_u32(r);
    if ((cookie & 0xffff) == COOKIE_WITH_RUNS) {
        h->has_runs = true;
        h->containers = (cookie >> 16) + 1;
        h->run_flags = reader_bytes(r, (h->containers + 7) / 8);
    } else if (cookie == COOKIE_WITHOUT_RUNS) {
        h->containers = reader_u32(r);
        if (h->containers > MAX_CONTAINERS) {
            reader_fail(r, "more containers than keys exist");
        }
    } else {
        reader_fail(r, "an unknown cookie");
    }
    if (reader_ok(r)) {
        h->descriptions = reader_bytes(r, (size_t)h->containers * 4);
    }
    if (!h->has_runs || h->containers >= OFFSETS_FROM) {
        h->offsets = reader_bytes(r, (size_t)h->containers * 4);
    }
}

static void check_array(struct reader *r, uint32_t cardinality)
{
    const uint8_t *values = reader_bytes(r, (size_t)cardinality * 2);
    int32_t last = -1;
    uint32_t i;
    for (i = 0; values != NULL && i < cardinality; i++) {
        int32_t value = load_u16(values + 2 * (size_t)i);
        if (value <= last) {
            reader_fail(r, "an array that does not ascend");
            return;
        }
        last = value;
    }
}

static void check_bitmap(struct reader *r, uint32_t cardinality)
{
    const uint8_t *words = reader_bytes(r, BITMAP_BYTES);
    uint32_t members = 0;
    size_t i;
    for (i = 0; words != NULL && i < BITMAP_BYTES; i += 8) {
        members += (uint32_t)__builtin_popcountll(load_u64(words + i));
    }
    if (words != NULL && members != cardinality) {
        reader_fail(r, "a bitmap whose cardinality is wrong");
    }
}

static void check_runs(struct reader *r, uint32_t cardinality)
{
    uint32_t count = reader_u16(r);
    const uint8_t *runs = reader_bytes(r, (size_t)count * 4);
    int32_t last = -2; /* a run starts at least two behind the end of the one before */
    uint32_t members = 0;
    uint32_t i;
    for (i = 0; runs != NULL && i < count; i++) {
        int32_t start = load_u16(runs + 4 * (size_t)i);
        int32_t end = start + load_u16(runs + 4 * (size_t)i + 2);
        if (start < last + 2 || end > UINT16_MAX) {
            reader_fail(r, "runs that overlap, touch or pass their container");
            return;
        }
        members += (uint32_t)(end - start) + 1;
        last = end;
    }
    if (runs != NULL && members != cardinality) {
        reader_fail(r, "runs whose cardinality is wrong");
    }
}

static void check_container(struct reader *r, const struct header *h, uint32_t i)
{
    uint32_t cardinality = load_u16(h->descriptions + 4 * (size_t)i + 2) + 1u;
    if (h->offsets != NULL && load_u32(h->offsets + 4 * (size_t)i) != reader_offset(r)) {
        reader_fail(r, "a wrong container offset");
    } else if (h->has_runs && (h->run_flags[i / 8] >> (i % 8) & 1) != 0) {
        check_runs(r, cardinality);
    } else if (cardinality <= MAX_ARRAY) {
        check_array(r, cardinality);
    } else {
        check_bitmap(r, cardinality);
    }
}

inlay_status rowset_check(const void *data, size_t length, inlay_error *err)
{
    struct header h = {false, 0, NULL, NULL, NULL};
    struct reader r;
    int32_t last_key = -1;
    uint32_t i;
    reader_init(&r, data, length, 0);
    read_header(&r, &h);
    for (i = 0; reader_ok(&r) && i < h.containers; i++) {
        int32_t key = load_u16(h.descriptions + 4 * (size_t)i);
        if (key <= last_key) {
            reader_fail(&r, "keys that do not ascend");
            break;
        }
        last_key = key;
        check_container(&r, &h, i);
    }
    reader_expect_end(&r, "trailing bytes");
    return reader_status(&r, "row set", err);
}
