/* SPDX-License-Identifier: Apache-2.0 */
/* Decompression: sizes are claims, checked before memory is taken and again afterwards. */
#include "support/test.h"

#include "parquet/codec.h"

#include <lz4.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define SIZE 5000
#define ROOM 8000

struct sample {
    int32_t codec;
    uint8_t bytes[ROOM];
    size_t size;
};

static void fill(uint8_t *data)
{
    size_t i;
    for (i = 0; i < SIZE; i++) {
        data[i] = (uint8_t)(i % 251 < 200 ? 'a' : i * 7);
    }
}

static size_t lz4_block(const uint8_t *data, size_t size, uint8_t *out)
{
    int n = LZ4_compress_default((const char *)data, (char *)out, (int)size, ROOM - 16);
    assert_true(n > 0);
    return (size_t)n;
}

static void be32(uint8_t *out, size_t value)
{
    out[0] = (uint8_t)(value >> 24);
    out[1] = (uint8_t)(value >> 16);
    out[2] = (uint8_t)(value >> 8);
    out[3] = (uint8_t)value;
}

static void compress_all(const uint8_t *data, struct sample *s)
{
    uLongf zlib_size = ROOM;
    size_t second;
    s[0].codec = PARQUET_SNAPPY;
    s[0].size = ROOM;
    assert_int_equal(snappy_compress((const char *)data, SIZE, (char *)s[0].bytes, &s[0].size),
                     SNAPPY_OK);
    s[1].codec = PARQUET_GZIP; /* the zlib wrapper, which the decoder takes as well */
    assert_int_equal(compress(s[1].bytes, &zlib_size, data, SIZE), Z_OK);
    s[1].size = zlib_size;
    s[2].codec = PARQUET_ZSTD;
    s[2].size = ZSTD_compress(s[2].bytes, ROOM, data, SIZE, 3);
    s[3].codec = PARQUET_LZ4_RAW;
    s[3].size = lz4_block(data, SIZE, s[3].bytes);
    s[4] = s[3];
    s[4].codec = PARQUET_LZ4; /* a raw block under the old name */
    s[5].codec = PARQUET_LZ4; /* Hadoop's framing, two blocks */
    be32(s[5].bytes, 2000);
    s[5].size = lz4_block(data, 2000, s[5].bytes + 8);
    be32(s[5].bytes + 4, s[5].size);
    s[5].size += 8;
    be32(s[5].bytes + s[5].size, SIZE - 2000);
    second = lz4_block(data + 2000, SIZE - 2000, s[5].bytes + s[5].size + 8);
    be32(s[5].bytes + s[5].size + 4, second);
    s[5].size += 8 + second;
}

#define SAMPLES 6

static inlay_status run(struct codec_decompressor *decompressor, const struct sample *s,
                        size_t size, size_t claimed, uint8_t *out)
{
    uint8_t *in = malloc(size != 0 ? size : 1); /* exact, for the sanitizer */
    inlay_status status;
    assert_non_null(in);
    memcpy(in, s->bytes, size);
    status = codec_decompress_check(s->codec, in, size, claimed, NULL);
    if (status == INLAY_OK) {
        status = codec_decompress(decompressor, s->codec, in, size, out, claimed, NULL);
    }
    free(in);
    return status;
}

static void every_codec_gives_its_bytes_back(void **state)
{
    struct sample *samples = calloc(SAMPLES, sizeof(*samples));
    struct codec_decompressor *decompressor;
    uint8_t data[SIZE];
    uint8_t *out = malloc(SIZE);
    size_t i;
    (void)state;
    fill(data);
    compress_all(data, samples);
    assert_int_equal(codec_decompressor_create(&decompressor, NULL), INLAY_OK);
    for (i = 0; i < SAMPLES; i++) {
        memset(out, 0, SIZE);
        assert_true(codec_can_decompress(samples[i].codec));
        assert_int_equal(run(decompressor, &samples[i], samples[i].size, SIZE, out), INLAY_OK);
        assert_memory_equal(out, data, SIZE);
    }
    codec_decompressor_free(decompressor);
    free(out);
    free(samples);
}

static void wrong_sizes_and_cut_data_are_corrupt(void **state)
{
    struct sample *samples = calloc(SAMPLES, sizeof(*samples));
    struct codec_decompressor *decompressor;
    uint8_t data[SIZE];
    uint8_t *out = malloc(SIZE + 1);
    size_t i;
    size_t cut;
    (void)state;
    fill(data);
    compress_all(data, samples);
    assert_int_equal(codec_decompressor_create(&decompressor, NULL), INLAY_OK);
    for (i = 0; i < SAMPLES; i++) {
        assert_int_equal(run(decompressor, &samples[i], samples[i].size, SIZE + 1, out),
                         INLAY_CORRUPT);
        assert_int_equal(run(decompressor, &samples[i], samples[i].size, SIZE - 1, out),
                         INLAY_CORRUPT);
        for (cut = 0; cut < samples[i].size; cut += 1 + samples[i].size / 50) {
            assert_int_equal(run(decompressor, &samples[i], cut, SIZE, out), INLAY_CORRUPT);
        }
    }
    codec_decompressor_free(decompressor);
    free(out);
    free(samples);
}

static void impossible_claims_allocate_nothing(void **state)
{
    static const uint8_t few[16] = {0};
    static const int32_t codecs[] = {PARQUET_UNCOMPRESSED, PARQUET_SNAPPY,  PARQUET_GZIP,
                                     PARQUET_LZ4,          PARQUET_LZ4_RAW, PARQUET_ZSTD};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        assert_status(codec_decompress_check(codecs[i], few, sizeof(few), UINT64_C(1) << 31, NULL),
                      INLAY_CORRUPT);
    }
}

static void codecs_that_are_missing_are_named(void **state)
{
    static const uint8_t few[16] = {0};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(codec_decompress_check(PARQUET_BROTLI, few, 16, 20, &err), INLAY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "Brotli"));
    assert_status(codec_decompress_check(PARQUET_LZO, few, 16, 20, &err), INLAY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "LZO"));
    assert_status(codec_decompress_check(99, few, 16, 20, &err), INLAY_UNSUPPORTED);
    assert_false(codec_can_decompress(PARQUET_BROTLI));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_gives_its_bytes_back),
        cmocka_unit_test(wrong_sizes_and_cut_data_are_corrupt),
        cmocka_unit_test(impossible_claims_allocate_nothing),
        cmocka_unit_test(codecs_that_are_missing_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
