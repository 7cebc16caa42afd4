/* SPDX-License-Identifier: Apache-2.0 */
/* Value decoders: golden bytes from the format's own text, and random data against slow oracles. */
#include "support/test.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/bytes.h"
#include "base/cpu.h"
#include "parquet/decode_bits.h"
#include "parquet/decode_convert.h"
#include "parquet/decode_values.h"
#include "parquet/encode.h"

#include <stdlib.h>

#define MANY 3000

/* An exact heap copy, so that the sanitizer sees any read past the end. */
static uint8_t *exact(const struct buffer *b)
{
    uint8_t *copy = malloc(b->len != 0 ? b->len : 1);
    assert_non_null(copy);
    if (b->len != 0) {
        memcpy(copy, b->data, b->len);
    }
    return copy;
}

static void unpacking_agrees_with_the_oracle(void **state)
{
    struct test_random random = test_random_init(11);
    enum cpu_level level;
    unsigned width;
    (void)state;
    for (level = CPU_SCALAR; level <= cpu_best_level(); level++) {
        if (!cpu_force_level(level)) {
            continue;
        }
        for (width = 0; width <= 64; width++) {
            size_t count = 1 + test_random_below(&random, 300);
            size_t size = (count * width + 7) / 8;
            uint8_t *data = malloc(size != 0 ? size : 1);
            uint32_t narrow[300];
            uint64_t wide[300];
            size_t first = test_random_below(&random, count);
            size_t i;
            for (i = 0; i < size; i++) {
                data[i] = (uint8_t)test_random_next(&random);
            }
            bits_unpack64(data, size, width, first, count - first, wide);
            if (width <= 32) {
                bits_unpack32(data, size, width, first, count - first, narrow);
            }
            for (i = 0; i < count - first; i++) {
                uint64_t expected = 0;
                unsigned bit;
                for (bit = 0; bit < width; bit++) {
                    size_t at = (first + i) * width + bit;
                    expected |= (uint64_t)((data[at / 8] >> (at % 8)) & 1) << bit;
                }
                assert_true(wide[i] == expected);
                assert_true(bits_unpack_one(data, size, width, first + i) == expected);
                assert_true(width > 32 || narrow[i] == expected);
            }
            free(data);
        }
    }
    cpu_force_level(cpu_best_level());
}

static void bitmaps_are_copied_bit_by_bit(void **state)
{
    struct test_random random = test_random_init(12);
    int round;
    (void)state;
    for (round = 0; round < 200; round++) {
        uint8_t bytes[40];
        uint64_t bitmap[8] = {0};
        uint64_t from = test_random_below(&random, 60);
        uint64_t to = test_random_below(&random, 100);
        uint64_t count = test_random_below(&random, 200);
        uint64_t ones = 0;
        uint64_t i;
        for (i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (uint8_t)test_random_next(&random);
        }
        bitmap_fill(bitmap, 0, 512, 1);
        bitmap_fill(bitmap, to, count, 0);
        assert_true(bitmap_count(bitmap, 0, 512) == 512 - count);
        assert_true(bitmap_copy(bitmap, to, bytes, sizeof(bytes), from, count) ==
                    bitmap_count(bitmap, to, count));
        for (i = 0; i < count; i++) {
            uint64_t bit = (bytes[(from + i) / 8] >> ((from + i) % 8)) & 1;
            assert_true(((bitmap[(to + i) / 64] >> ((to + i) % 64)) & 1) == bit);
            ones += bit;
        }
        assert_true(bitmap_count(bitmap, to, count) == ones);
        assert_true(bitmap_count(bitmap, 0, 512) == 512 - count + ones);
    }
}

/* Encodings.md, "Run Length Encoding / Bit-Packing Hybrid". */
static void hybrid_golden(void **state)
{
    /* 8 values 0..7 of 3 bits, then a run of 100 sevens. */
    static const uint8_t bytes[] = {0x03, 0x88, 0xc6, 0xfa, 0xc8, 0x01, 0x07};
    struct rle_decoder decoder;
    uint32_t out[110];
    uint32_t value;
    uint64_t packed;
    size_t i;
    (void)state;
    assert_true(rle_decoder_init(&decoder, bytes, sizeof(bytes), 3));
    assert_true(rle_decoder_run(&decoder, &value, &packed) == 0 && packed == 8);
    assert_int_equal(rle_decoder_read(&decoder, 110, out), 108);
    for (i = 0; i < 108; i++) {
        assert_int_equal(out[i], i < 8 ? i : 7);
    }
    assert_true(rle_decoder_init(&decoder, bytes, sizeof(bytes), 3));
    assert_true(rle_decoder_skip(&decoder, 9) == 9);
    assert_true(rle_decoder_run(&decoder, &value, &packed) == 99 && value == 7);
    assert_true(rle_decoder_skip(&decoder, 1000) == 99);
    assert_false(rle_decoder_init(&decoder, bytes, sizeof(bytes), 33));
    /* A repeated value that does not fit its width, a cut header, a cut value. */
    assert_true(rle_decoder_init(&decoder, (const uint8_t *)"\x04\x08", 2, 3));
    assert_int_equal(rle_decoder_read(&decoder, 2, out), 0);
    assert_true(rle_decoder_init(&decoder, (const uint8_t *)"\x84", 1, 3));
    assert_int_equal(rle_decoder_read(&decoder, 2, out), 0);
    assert_true(rle_decoder_init(&decoder, (const uint8_t *)"\x04\x01", 2, 9));
    assert_int_equal(rle_decoder_read(&decoder, 2, out), 0);
    assert_true(rle_decoder_init(&decoder, NULL, 0, 0));
    assert_int_equal(rle_decoder_read(&decoder, 110, out), 110);
    assert_int_equal(out[109], 0);
}

static void hybrid_round_trips(void **state)
{
    struct test_random random = test_random_init(13);
    unsigned width;
    (void)state;
    for (width = 1; width <= 32; width++) {
        uint32_t *in = malloc(MANY * sizeof(*in));
        uint32_t *out = malloc(MANY * sizeof(*out));
        struct rle_decoder decoder;
        struct buffer b;
        uint8_t *data;
        size_t i = 0;
        uint64_t equal;
        uint64_t expected = 0;
        while (i < MANY) { /* runs and noise in turn */
            size_t n = 1 + test_random_below(&random, 70);
            uint32_t value = (uint32_t)(test_random_next(&random) >> (64 - width));
            bool run = test_random_below(&random, 2) == 0;
            for (; n != 0 && i < MANY; n--) {
                in[i++] = run ? value : (uint32_t)(test_random_next(&random) >> (64 - width));
            }
        }
        buffer_init(&b, 1 << 20);
        encode_hybrid_u32(in, MANY, width, &b);
        data = exact(&b);
        assert_true(rle_decoder_init(&decoder, data, b.len, width));
        for (i = 0; i < MANY;) {
            size_t n = test_random_below(&random, 100);
            n = n < MANY - i ? n : MANY - i;
            if (test_random_below(&random, 4) == 0) {
                assert_true(rle_decoder_skip(&decoder, n) == n);
            } else {
                assert_int_equal(rle_decoder_read(&decoder, n, out), n);
                assert_memory_equal(out, in + i, n * sizeof(*in));
            }
            i += n;
        }
        for (i = 0; i < MANY; i++) {
            expected += in[i] == in[7];
        }
        assert_true(rle_decoder_init(&decoder, data, b.len, width));
        assert_true(rle_decoder_count(&decoder, MANY, in[7], &equal) == MANY);
        assert_true(equal == expected);
        if (width == 1) {
            uint64_t bitmap[MANY / 64 + 2] = {0};
            uint64_t ones;
            assert_true(rle_decoder_init(&decoder, data, b.len, 1));
            assert_true(rle_decoder_read_bits(&decoder, MANY, bitmap, 5, &ones) == MANY);
            for (i = 0; i < MANY; i++) {
                assert_true(((bitmap[(i + 5) / 64] >> ((i + 5) % 64)) & 1) == in[i]);
                ones -= in[i];
            }
            assert_true(ones == 0);
        }
        free(data);
        buffer_free(&b);
        free(in);
        free(out);
    }
}

/* Encodings.md, "Delta Encoding", examples 1 and 2 with one block of 8 values in one miniblock. */
static void delta_golden(void **state)
{
    static const uint8_t one[] = {0x08, 0x01, 0x05, 0x02, 0x02, 0x00};
    static const uint8_t two[] = {0x08, 0x01, 0x08, 0x0e, 0x03, 0x02, 0xc0, 0x3f};
    static const uint64_t expected[] = {7, 5, 3, 1, 2, 3, 4, 5};
    struct delta_decoder decoder;
    uint64_t out[8];
    uint64_t count;
    size_t bytes;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(delta_decoder_init(&decoder, one, sizeof(one), &err), err);
    assert_ok(delta_decoder_read(&decoder, 5, out, &err), err);
    for (i = 0; i < 5; i++) {
        assert_true(out[i] == i + 1);
    }
    assert_status(delta_decoder_read(&decoder, 1, out, &err), INLAY_CORRUPT);
    assert_ok(delta_decoder_init(&decoder, two, sizeof(two), &err), err);
    assert_ok(delta_decoder_read(&decoder, 8, out, &err), err);
    assert_memory_equal(out, expected, sizeof(expected));
    assert_ok(delta_sequence_size(two, sizeof(two), &count, &bytes, &err), err);
    assert_true(count == 8 && bytes == sizeof(two));
}

static void delta_refuses_bad_headers(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
        {"\x08\x00\x05\x02", 4},         /* no miniblocks */
        {"\x08\x03\x05\x02", 4},         /* 8 values in 3 miniblocks */
        {"\x04\x01\x05\x02", 4},         /* 4 values do not end on a byte */
        {"\x00\x01\x05\x02", 4},         /* empty blocks */
        {"\x08\x01", 2},                 /* cut */
        {"\x08\x01\x05\x02\x02\x41", 6}, /* width 65 */
        {"\x08\x01\x05\x02\x02\x02", 6}, /* no packed bytes */
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct delta_decoder decoder;
        uint64_t out[8];
        inlay_status status =
            delta_decoder_init(&decoder, (const uint8_t *)bad[i].bytes, bad[i].size, NULL);
        if (status == INLAY_OK) {
            status = delta_decoder_read(&decoder, 5, out, NULL);
        }
        assert_int_equal(status, INLAY_CORRUPT);
    }
}

/* Reads `count` fixed values in random portions, some skipped, and compares with `in`. */
static void fixed_compare(struct test_random *random, enum parquet_type type, int32_t length,
                          int32_t encoding, const uint8_t *data, size_t size, const uint8_t *in,
                          size_t width, size_t count)
{
    struct value_decoder decoder = {0};
    uint8_t *out = malloc(count * width);
    inlay_error err;
    size_t i = 0;
    inlay_error_init(&err);
    assert_ok(value_decoder_init(&decoder, type, length, false, encoding, data, size, &err), err);
    while (i < count) {
        size_t n = 1 + test_random_below(random, 700);
        n = n < count - i ? n : count - i;
        if (test_random_below(random, 3) == 0) {
            assert_ok(value_decoder_skip(&decoder, n, &err), err);
        } else {
            assert_ok(value_decoder_fixed(&decoder, n, out, &err), err);
            assert_memory_equal(out, in + i * width, n * width);
        }
        i += n;
    }
    if (encoding == PARQUET_PLAIN && type != PARQUET_BOOLEAN) {
        assert_status(value_decoder_fixed(&decoder, 1, out, &err), INLAY_CORRUPT);
    }
    value_decoder_free(&decoder);
    free(out);
}

static void fixed_values_round_trip(void **state)
{
    static const struct {
        enum parquet_type type;
        int32_t length;
        int32_t encoding;
    } cases[] = {
        {PARQUET_INT32, 0, PARQUET_PLAIN},
        {PARQUET_INT64, 0, PARQUET_PLAIN},
        {PARQUET_INT96, 0, PARQUET_PLAIN},
        {PARQUET_FIXED, 7, PARQUET_PLAIN},
        {PARQUET_INT32, 0, PARQUET_DELTA_BINARY_PACKED},
        {PARQUET_INT64, 0, PARQUET_DELTA_BINARY_PACKED},
        {PARQUET_FLOAT, 0, PARQUET_BYTE_STREAM_SPLIT},
        {PARQUET_DOUBLE, 0, PARQUET_BYTE_STREAM_SPLIT},
        {PARQUET_INT32, 0, PARQUET_BYTE_STREAM_SPLIT},
        {PARQUET_FIXED, 5, PARQUET_BYTE_STREAM_SPLIT},
    };
    struct test_random random = test_random_init(14);
    size_t c;
    (void)state;
    for (c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        unsigned width = parquet_type_width(cases[c].type, cases[c].length);
        uint8_t *in = malloc(MANY * (size_t)width);
        struct buffer b;
        uint8_t *data;
        size_t i;
        for (i = 0; i < MANY; i++) {
            uint64_t noise[2] = {test_random_next(&random), test_random_next(&random)};
            if (test_random_below(&random, 3) != 0) {
                noise[0] = i * 1000 + noise[0] % 500; /* small deltas, too */
            }
            memcpy(in + i * width, noise, width);
        }
        buffer_init(&b, 1 << 20);
        if (cases[c].encoding == PARQUET_PLAIN) {
            buffer_append(&b, in, MANY * (size_t)width);
        } else if (cases[c].encoding == PARQUET_DELTA_BINARY_PACKED) {
            encode_delta(in, MANY, width, &b);
        } else {
            encode_byte_stream_split(in, MANY, width, &b);
        }
        data = exact(&b);
        fixed_compare(&random, cases[c].type, cases[c].length, cases[c].encoding, data, b.len, in,
                      width, MANY);
        free(data);
        free(in);
        buffer_free(&b);
    }
}

static void booleans_round_trip(void **state)
{
    struct test_random random = test_random_init(15);
    uint8_t in[MANY];
    struct buffer b;
    uint8_t *data;
    size_t i;
    (void)state;
    for (i = 0; i < MANY; i++) {
        in[i] = (uint8_t)(test_random_below(&random, 9) < (i < 1500 ? 1u : 5u));
    }
    buffer_init(&b, 1 << 20);
    encode_booleans(in, MANY, &b);
    data = exact(&b);
    fixed_compare(&random, PARQUET_BOOLEAN, 0, PARQUET_PLAIN, data, b.len, in, 1, MANY);
    free(data);
    buffer_clear(&b);
    buffer_u32(&b, 0);
    encode_hybrid_u8(in, MANY, 1, &b);
    buffer_patch_u32(&b, 0, (uint32_t)b.len - 4);
    data = exact(&b);
    fixed_compare(&random, PARQUET_BOOLEAN, 0, PARQUET_RLE, data, b.len, in, 1, MANY);
    free(data);
    buffer_free(&b);
}

/* DELTA_BYTE_ARRAY of the given strings, from the format's definition. */
static void front_code(const uint8_t *lengths, const uint8_t *bytes, size_t count, struct buffer *b)
{
    uint32_t *prefixes = calloc(count, 4);
    uint32_t *suffixes = calloc(count, 4);
    struct buffer rest;
    const uint8_t *last = bytes;
    size_t last_length = 0;
    size_t i;
    buffer_init(&rest, 1 << 20);
    for (i = 0; i < count; i++) {
        uint32_t length = load_u32(lengths + 4 * i);
        uint32_t same = 0;
        while (same < length && same < last_length && bytes[same] == last[same]) {
            same++;
        }
        prefixes[i] = same;
        suffixes[i] = length - same;
        buffer_append(&rest, bytes + same, length - same);
        last = bytes;
        last_length = length;
        bytes += length;
    }
    encode_delta((const uint8_t *)prefixes, count, 4, b);
    encode_delta((const uint8_t *)suffixes, count, 4, b);
    buffer_append(b, rest.data, rest.len);
    buffer_free(&rest);
    free(prefixes);
    free(suffixes);
}

static void strings_round_trip(void **state)
{
    static const int32_t encodings[] = {PARQUET_PLAIN, PARQUET_DELTA_LENGTH_BYTE_ARRAY,
                                        PARQUET_DELTA_BYTE_ARRAY};
    struct test_random random = test_random_init(16);
    uint8_t lengths[MANY * 4];
    struct buffer bytes;
    size_t e;
    size_t i;
    (void)state;
    buffer_init(&bytes, 1 << 20);
    for (i = 0; i < MANY; i++) { /* lengths around the border of inlined strings */
        uint32_t length = (uint32_t)test_random_below(&random, i % 100 == 0 ? 300 : 18);
        uint32_t k;
        store_u32(lengths + 4 * i, length);
        for (k = 0; k < length; k++) {
            buffer_u8(&bytes, (uint8_t)('a' + (k < 6 ? 0 : test_random_below(&random, 26))));
        }
    }
    for (e = 0; e < 3; e++) {
        struct value_decoder decoder = {0};
        struct colvec_string out[MANY];
        struct arena arena;
        struct buffer b;
        uint8_t *data;
        size_t at = 0;
        inlay_error err;
        inlay_error_init(&err);
        arena_init(&arena, 1 << 24);
        buffer_init(&b, 1 << 22);
        if (encodings[e] == PARQUET_PLAIN) {
            encode_plain_bytes(lengths, bytes.data, MANY, &b);
        } else if (encodings[e] == PARQUET_DELTA_LENGTH_BYTE_ARRAY) {
            encode_delta_length(lengths, bytes.data, bytes.len, MANY, &b);
        } else {
            front_code(lengths, bytes.data, MANY, &b);
        }
        data = exact(&b);
        assert_ok(value_decoder_init(&decoder, PARQUET_BYTE_ARRAY, 0, true, encodings[e], data,
                                     b.len, &err),
                  err);
        for (i = 0; i < MANY;) {
            size_t n = 1 + test_random_below(&random, 600);
            bool skipped = test_random_below(&random, 3) == 0;
            size_t k;
            n = n < MANY - i ? n : MANY - i;
            if (skipped) {
                assert_ok(value_decoder_skip(&decoder, n, &err), err);
            } else {
                assert_ok(value_decoder_strings(&decoder, n, out, &arena, &err), err);
            }
            for (k = 0; k < n; k++) {
                uint32_t length = load_u32(lengths + 4 * (i + k));
                if (!skipped) {
                    assert_int_equal(out[k].length, length);
                    assert_memory_equal(colvec_string_data(&out[k]), bytes.data + at, length);
                }
                at += length;
            }
            i += n;
        }
        assert_status(value_decoder_strings(&decoder, 1, out, &arena, &err), INLAY_CORRUPT);
        value_decoder_free(&decoder);
        arena_free(&arena);
        buffer_free(&b);
        free(data);
    }
    buffer_free(&bytes);
}

static void short_strings_are_zero_padded(void **state)
{
    static const uint8_t page[] = "\x03\0\0\0abc\x0c\0\0\0twelve bytes\x0d\0\0\0thirteen bytes";
    struct value_decoder decoder = {0};
    struct colvec_string out[3];
    struct colvec_string expected;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(value_decoder_init(&decoder, PARQUET_BYTE_ARRAY, 0, true, PARQUET_PLAIN, page,
                                 3 + 12 + 13 + 12, &err),
              err);
    assert_ok(value_decoder_strings(&decoder, 3, out, NULL, &err), err);
    memset(&expected, 0, sizeof(expected));
    colvec_string_set(&expected, "abc", 3);
    assert_memory_equal(&out[0], &expected, sizeof(expected));
    colvec_string_set(&expected, "twelve bytes", 12);
    assert_memory_equal(&out[1], &expected, sizeof(expected));
    assert_ptr_equal(out[2].as.far.pointer, page + 3 + 12 + 12); /* in the page, not copied */
}

static void text_must_be_utf8(void **state)
{
    static const uint8_t page[] = {2, 0, 0, 0, 'o', 'k', 2, 0, 0, 0, 0xc3, 0x28};
    struct value_decoder decoder = {0};
    struct colvec_string out[2];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(value_decoder_init(&decoder, PARQUET_BYTE_ARRAY, 0, true, PARQUET_PLAIN, page,
                                 sizeof(page), &err),
              err);
    assert_status(value_decoder_strings(&decoder, 2, out, NULL, &err), INLAY_CORRUPT);
    assert_string_equal(err.message, "value 1 of the page is not valid UTF-8");
    assert_ok(value_decoder_init(&decoder, PARQUET_BYTE_ARRAY, 0, false, PARQUET_PLAIN, page,
                                 sizeof(page), &err),
              err);
    assert_ok(value_decoder_strings(&decoder, 2, out, NULL, &err), err);
}

static void codes_stay_inside_their_dictionary(void **state)
{
    static const uint8_t page[] = {0x02, 0x08, 0x02}; /* 2 bits; four times 2 */
    struct value_decoder decoder = {0};
    uint32_t out[4];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(value_decoder_init(&decoder, PARQUET_INT32, 0, false, PARQUET_RLE_DICTIONARY, page,
                                 sizeof(page), &err),
              err);
    assert_ok(value_decoder_codes(&decoder, 2, 3, out, &err), err);
    assert_status(value_decoder_codes(&decoder, 2, 2, out, &err), INLAY_CORRUPT);
}

static void encodings_must_fit_their_type(void **state)
{
    static const uint8_t page[8] = {0};
    struct value_decoder decoder = {0};
    (void)state;
    assert_status(value_decoder_init(&decoder, PARQUET_INT32, 0, false, PARQUET_RLE, page, 8, NULL),
                  INLAY_UNSUPPORTED);
    assert_status(value_decoder_init(&decoder, PARQUET_DOUBLE, 0, false,
                                     PARQUET_DELTA_BINARY_PACKED, page, 8, NULL),
                  INLAY_UNSUPPORTED);
    assert_status(value_decoder_init(&decoder, PARQUET_INT64, 0, false, PARQUET_DELTA_BYTE_ARRAY,
                                     page, 8, NULL),
                  INLAY_UNSUPPORTED);
    assert_status(value_decoder_init(&decoder, PARQUET_INT64, 0, false, 77, page, 8, NULL),
                  INLAY_UNSUPPORTED);
}

static void decimals_and_int96(void **state)
{
    static const uint8_t minus_two[] = {0xff, 0xfe};
    static const uint8_t long_one[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t too_long[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t sign_lost[] = {0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    uint8_t int96[12] = {0};
    uint8_t out[16];
    (void)state;
    assert_true(decimal_from_big_endian(minus_two, 2, out));
    assert_true(load_u64(out) == UINT64_MAX - 1 && load_u64(out + 8) == UINT64_MAX);
    assert_true(decimal_from_big_endian(long_one, sizeof(long_one), out));
    assert_true(load_u64(out) == 1 && load_u64(out + 8) == 0);
    assert_true(decimal_from_big_endian(NULL, 0, out));
    assert_true(load_u64(out) == 0);
    assert_false(decimal_from_big_endian(too_long, sizeof(too_long), out));
    assert_false(decimal_from_big_endian(sign_lost, sizeof(sign_lost), out));
    store_u64(int96, 1234567);
    store_u32(int96 + 8, 2440589); /* 1970-01-02 */
    assert_true(int96_to_nanoseconds(int96) == INT64_C(86400000000000) + 1234567);
    store_u32(int96 + 8, 2440587);
    assert_true(int96_to_nanoseconds(int96) == -INT64_C(86400000000000) + 1234567);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unpacking_agrees_with_the_oracle),
        cmocka_unit_test(bitmaps_are_copied_bit_by_bit),
        cmocka_unit_test(hybrid_golden),
        cmocka_unit_test(hybrid_round_trips),
        cmocka_unit_test(delta_golden),
        cmocka_unit_test(delta_refuses_bad_headers),
        cmocka_unit_test(fixed_values_round_trip),
        cmocka_unit_test(booleans_round_trip),
        cmocka_unit_test(strings_round_trip),
        cmocka_unit_test(short_strings_are_zero_padded),
        cmocka_unit_test(text_must_be_utf8),
        cmocka_unit_test(codes_stay_inside_their_dictionary),
        cmocka_unit_test(encodings_must_fit_their_type),
        cmocka_unit_test(decimals_and_int96),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
