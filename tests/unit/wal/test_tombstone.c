/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/bytes.h"
#include "base/crc32c.h"
#include "wal/tombstone.h"
#include "wal/wal_error.h"

#include <stdlib.h>

static const struct id128 wal_a = {100, 1};
static const struct id128 wal_b = {200, 2};
static const struct id128 wal_c = {300, 3};
static const struct id128 compaction_x = {0x1122334455667788, 0x99aabbccddeeff00};
static const struct id128 compaction_y = {7, 7};

static struct tombstone_sidecar *make(void)
{
    struct tombstone_sidecar *sidecar;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tombstone_create(&sidecar, &err), err);
    return sidecar;
}

static void add(struct tombstone_sidecar *sidecar, struct id128 wal_id, uint64_t lo, uint64_t hi)
{
    struct rowset *rows;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(rowset_create(&rows, &err), err);
    rowset_add_range(rows, lo, hi);
    assert_ok(tombstone_add_delta(sidecar, wal_id, rows, &err), err);
    rowset_free(rows);
}

static struct buffer encode(struct tombstone_sidecar *sidecar)
{
    struct buffer bytes;
    inlay_error err;
    inlay_error_init(&err);
    buffer_init(&bytes, 1 << 20);
    assert_ok(tombstone_encode(sidecar, &bytes, &err), err);
    return bytes;
}

static bool same(const struct tombstone_sidecar *a, const struct tombstone_sidecar *b)
{
    size_t i;
    bool equal = a->sealed == b->sealed && memcmp(&a->seal, &b->seal, sizeof(a->seal)) == 0 &&
                 a->delta_count == b->delta_count && rowset_equal(a->base, b->base);
    for (i = 0; equal && i < a->delta_count; i++) {
        equal = id_compare(a->deltas[i].wal_id, b->deltas[i].wal_id) == 0 &&
                rowset_equal(a->deltas[i].rows, b->deltas[i].rows);
    }
    return equal;
}

static struct tombstone_sidecar *full_sidecar(void)
{
    struct tombstone_sidecar *sidecar = make();
    inlay_error err;
    inlay_error_init(&err);
    rowset_add(sidecar->base, 1);
    rowset_add(sidecar->base, 42);
    add(sidecar, wal_b, 10, 20);
    add(sidecar, wal_a, 70000, 70001);
    assert_ok(tombstone_seal(sidecar, compaction_x, 1780135200123, 1780135230123, &err), err);
    return sidecar;
}

static void round_trips(void **state)
{
    struct tombstone_sidecar *cases[3] = {make(), full_sidecar(), make()};
    int i;
    (void)state;
    add(cases[2], wal_c, 0, 100000);
    for (i = 0; i < 3; i++) {
        struct buffer bytes = encode(cases[i]);
        struct buffer second;
        struct tombstone_sidecar *again;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(tombstone_decode(bytes.data, bytes.len, &again, &err), err);
        assert_true(same(cases[i], again));
        second = encode(again);
        assert_int_equal(bytes.len, second.len);
        assert_memory_equal(bytes.data, second.data, bytes.len);
        tombstone_free(again);
        tombstone_free(cases[i]);
        buffer_free(&bytes);
        buffer_free(&second);
    }
    tombstone_free(NULL);
}

/* docs/format/tombstone-sidecar.md, "Examples". */
static void golden_bytes(void **state)
{
    static const uint8_t empty[] = {'I', 'N', 'L', 'T', 'O',  'M',  'B', 0, 1, 0, 0, 0, 0, 0, 0, 0,
                                    8,   0,   0,   0,   0x3a, 0x30, 0,   0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t sealed_header[] = {
        1,    0,    0,    0,                             /* flags */
        0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99,  /* compaction id, low half first */
        0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  /* high half */
        0x7b, 0x85, 0x53, 0x78, 0x9e, 0x01, 0x00, 0x00,  /* sealed at */
        0xab, 0xfa, 0x53, 0x78, 0x9e, 0x01, 0x00, 0x00}; /* expires at */
    struct tombstone_sidecar *sidecar = make();
    struct buffer bytes = encode(sidecar);
    (void)state;
    assert_int_equal(bytes.len, sizeof(empty) + 4);
    assert_memory_equal(bytes.data, empty, sizeof(empty));
    assert_int_equal(load_u32(bytes.data + sizeof(empty)), crc32c(0, empty, sizeof(empty)));
    buffer_free(&bytes);
    tombstone_free(sidecar);
    sidecar = full_sidecar();
    bytes = encode(sidecar);
    assert_memory_equal(bytes.data + 12, sealed_header, sizeof(sealed_header));
    assert_int_equal(load_u32(bytes.data + 48), 20); /* the base {1, 42} */
    assert_int_equal(load_u32(bytes.data + 72), 2);  /* two deltas */
    assert_true(load_u64(bytes.data + 76) == wal_a.lo && load_u64(bytes.data + 84) == wal_a.hi);
    buffer_free(&bytes);
    tombstone_free(sidecar);
}

static void fix_crc(struct buffer *bytes)
{
    store_u32(bytes->data + bytes->len - 4, crc32c(0, bytes->data, bytes->len - 4));
}

static void expect_code(const struct buffer *bytes, size_t size, enum wal_error_code code)
{
    struct tombstone_sidecar *sidecar;
    inlay_error err;
    inlay_status status;
    uint8_t *exact = malloc(size != 0 ? size : 1);
    inlay_error_init(&err);
    memcpy(exact, bytes->data, size);
    status = tombstone_decode(exact, size, &sidecar, &err);
    free(exact);
    assert_null(sidecar);
    assert_int_equal(status, code == WAL_ERROR_SIDECAR_VERSION ? INLAY_UNSUPPORTED : INLAY_CORRUPT);
    assert_true(err.offset >= 0);
    if (!wal_error_is(&err, code)) {
        fail_msg("got '%s' (%s), expected '%s'", wal_error_name((enum wal_error_code)err.sub_code),
                 err.message, wal_error_name(code));
    }
}

static void each_fault_has_its_code(void **state)
{
    struct tombstone_sidecar *sidecar = full_sidecar();
    struct buffer bytes = encode(sidecar);
    size_t i;
    (void)state;
    for (i = 0; i < bytes.len; i++) {
        expect_code(&bytes, i, WAL_ERROR_SIDECAR_TRUNCATED);
    }
    bytes.data[0] = 'X';
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_MAGIC);
    bytes.data[0] = 'I';
    bytes.data[8] = 2;
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_VERSION);
    bytes.data[8] = 0;
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_VERSION);
    bytes.data[8] = 1;
    bytes.data[12] = 3;
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_FLAG);
    bytes.data[12] = 1;
    bytes.data[15] = 0x80;
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_FLAG);
    bytes.data[15] = 0;
    fix_crc(&bytes);
    bytes.data[53] ^= 1; /* inside the base */
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_CRC);
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_BITMAP);
    bytes.data[53] ^= 1;
    store_u64(bytes.data + 40, 5); /* expires in 1970 */
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_SEAL);
    store_u64(bytes.data + 40, 1780135230123);
    store_u64(bytes.data + 84, wal_b.hi); /* the first delta's id becomes the second's or more */
    store_u64(bytes.data + 76, wal_b.lo);
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_DELTAS);
    store_u64(bytes.data + 84, wal_a.hi);
    store_u64(bytes.data + 76, wal_a.lo);
    store_u32(bytes.data + 72, 1); /* one delta announced: the second one is trailing */
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_TRAILING);
    store_u32(bytes.data + 72, UINT32_MAX);
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_TRUNCATED);
    store_u32(bytes.data + 72, 2);
    store_u32(bytes.data + 48, UINT32_MAX); /* an over-long bitmap */
    fix_crc(&bytes);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_TRUNCATED);
    store_u32(bytes.data + 48, 20);
    fix_crc(&bytes);
    buffer_u8(&bytes, 0);
    expect_code(&bytes, bytes.len, WAL_ERROR_SIDECAR_TRAILING);
    expect_code(&bytes, 0, WAL_ERROR_SIDECAR_TRUNCATED);
    buffer_free(&bytes);
    tombstone_free(sidecar);
}

static void every_flipped_bit_is_noticed(void **state)
{
    struct tombstone_sidecar *sidecar = full_sidecar();
    struct buffer bytes = encode(sidecar);
    size_t bit;
    (void)state;
    for (bit = 0; bit < bytes.len * 8; bit++) {
        struct tombstone_sidecar *again;
        bytes.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(tombstone_decode(bytes.data, bytes.len, &again, NULL), INLAY_OK);
        assert_null(again);
        bytes.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    buffer_free(&bytes);
    tombstone_free(sidecar);
}

static uint64_t deleted(const struct tombstone_sidecar *sidecar, const struct id128 *ids, size_t n)
{
    struct rowset *rows;
    uint64_t count;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(rowset_create(&rows, &err), err);
    tombstone_collect(sidecar, ids, n, rows);
    count = rowset_cardinality(rows);
    rowset_free(rows);
    return count;
}

static void readers_see_the_deltas_that_they_name(void **state)
{
    static const struct id128 ab[] = {{100, 1}, {200, 2}};
    static const struct id128 c_twice[] = {{300, 3}, {300, 3}};
    struct tombstone_sidecar *sidecar = make();
    struct rowset *live;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    rowset_add_range(sidecar->base, 0, 5);
    add(sidecar, wal_c, 50, 60);
    add(sidecar, wal_a, 10, 20);
    add(sidecar, wal_b, 15, 25);
    add(sidecar, wal_b, 25, 30); /* unites */
    assert_int_equal(sidecar->delta_count, 3);
    assert_int_equal(deleted(sidecar, NULL, 0), 5);
    assert_int_equal(deleted(sidecar, ab, 1), 15);
    assert_int_equal(deleted(sidecar, ab, 2), 25);
    assert_int_equal(deleted(NULL, ab, 2), 0);
    assert_ok(tombstone_live_rows(sidecar, ab, 2, 40, &live, &err), err);
    assert_int_equal(rowset_cardinality(live), 15);
    assert_true(rowset_contains(live, 5) && rowset_contains(live, 30));
    assert_false(rowset_contains(live, 0) || rowset_contains(live, 29) ||
                 rowset_contains(live, 40));
    rowset_free(live);
    assert_ok(tombstone_live_rows(NULL, NULL, 0, 7, &live, &err), err);
    assert_int_equal(rowset_cardinality(live), 7);
    rowset_free(live);
    assert_int_equal(tombstone_fold(sidecar, c_twice, 2), 1);
    assert_null(tombstone_delta_of(sidecar, wal_c));
    assert_int_equal(deleted(sidecar, NULL, 0), 15);
    assert_int_equal(deleted(sidecar, c_twice, 2), 15); /* folded: named or not, it is seen */
    assert_true(tombstone_remove_delta(sidecar, wal_a));
    assert_false(tombstone_remove_delta(sidecar, wal_a));
    assert_int_equal(deleted(sidecar, ab, 2), 30);
    tombstone_free(sidecar);
}

static void seals(void **state)
{
    struct tombstone_sidecar *sidecar = make();
    struct rowset *rows;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(rowset_create(&rows, &err), err);
    add(sidecar, wal_a, 1, 2);
    assert_status(tombstone_unseal(sidecar, compaction_x, &err), INLAY_PRECONDITION_FAILED);
    assert_true(wal_error_is(&err, WAL_ERROR_NOT_SEALED));
    assert_status(tombstone_seal(sidecar, compaction_x, 10, 9, &err), INLAY_INVALID_ARGUMENT);
    assert_ok(tombstone_seal(sidecar, compaction_x, 1000, 2000, &err), err);
    assert_int_equal(deleted(sidecar, &wal_a, 1), 1); /* what was there stays */
    assert_ok(tombstone_seal(sidecar, compaction_x, 1500, 2500, &err), err);
    assert_true(sidecar->seal.sealed_at_ms == 1000 && sidecar->seal.expires_at_ms == 2500);
    assert_ok(tombstone_seal(sidecar, compaction_x, 1600, 1700, &err), err); /* never shortened */
    assert_true(sidecar->seal.expires_at_ms == 2500);
    assert_status(tombstone_seal(sidecar, compaction_y, 2499, 9000, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_SEALED));
    assert_string_equal(err.found, "112233445566778899aabbccddeeff00");
    assert_string_equal(err.expected, "00000000000000070000000000000007");
    assert_status(tombstone_add_delta(sidecar, wal_b, rows, &err), INLAY_CONFLICT);
    assert_true(wal_error_is(&err, WAL_ERROR_SEALED));
    assert_int_equal(sidecar->delta_count, 1);
    assert_false(tombstone_unseal_expired(sidecar, 2499));
    assert_true(tombstone_seal_is_live(sidecar, 2499) && !tombstone_seal_is_live(sidecar, 2500));
    assert_ok(tombstone_seal(sidecar, compaction_y, 2500, 9000, &err), err); /* takes it over */
    assert_status(tombstone_unseal(sidecar, compaction_x, &err), INLAY_PRECONDITION_FAILED);
    assert_ok(tombstone_unseal(sidecar, compaction_y, &err), err);
    assert_ok(tombstone_seal(sidecar, compaction_y, 1, 2, &err), err);
    assert_true(tombstone_unseal_expired(sidecar, 2));
    assert_false(tombstone_unseal_expired(sidecar, 2) || sidecar->sealed);
    rowset_free(rows);
    tombstone_free(sidecar);
}

static inlay_status sweep_codec(void *context, inlay_error *err)
{
    struct buffer bytes;
    struct tombstone_sidecar *again = NULL;
    inlay_status status;
    buffer_init(&bytes, 1 << 20);
    status = tombstone_encode(context, &bytes, err);
    if (status == INLAY_OK) {
        status = tombstone_decode(bytes.data, bytes.len, &again, err);
    }
    buffer_free(&bytes);
    tombstone_free(again);
    return status;
}

static void allocation_failure(void **state)
{
    struct tombstone_sidecar *sidecar = full_sidecar();
    (void)state;
    assert_true(alloc_fault_sweep(sweep_codec, sidecar) >= 3);
    tombstone_free(sidecar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(golden_bytes),
        cmocka_unit_test(each_fault_has_its_code),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(readers_see_the_deltas_that_they_name),
        cmocka_unit_test(seals),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
