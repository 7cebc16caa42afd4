/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/codec.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#include <limits.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

/* The most bytes that one compressed byte can stand for, from each format's densest construct. */
#define RATIO_LZ4 256     /* a match length byte adds 255 */
#define RATIO_SNAPPY 64   /* a three-byte copy gives 64 */
#define RATIO_GZIP 1040   /* deflate's limit is 1032 */
#define RATIO_ZSTD 131072 /* a block of up to 128 KiB from a few bytes */
#define RATIO_SLACK 4096  /* headers and tiny inputs */

struct codec_decompressor {
    ZSTD_DCtx *zstd; /* made at the first use */
};

inlay_status codec_decompressor_create(struct codec_decompressor **out, inlay_error *err)
{
    *out = mem_zalloc(sizeof(**out));
    return *out != NULL ? INLAY_OK : error_no_memory(err);
}

void codec_decompressor_free(struct codec_decompressor *decompressor)
{
    if (decompressor != NULL) {
        ZSTD_freeDCtx(decompressor->zstd);
        mem_free(decompressor);
    }
}

int codec_can_decompress(int32_t codec)
{
    return codec >= PARQUET_UNCOMPRESSED && codec <= PARQUET_LZ4_RAW && codec != PARQUET_LZO &&
           codec != PARQUET_BROTLI;
}

static inlay_status unsupported(int32_t codec, inlay_error *err)
{
    const char *name = codec == PARQUET_LZO      ? "LZO"
                       : codec == PARQUET_BROTLI ? "Brotli"
                                                 : "unknown";
    return error_set(err, INLAY_UNSUPPORTED, "compression codec %d (%s) is not supported", codec,
                     name);
}

static inlay_status own_header_check(const char *codec, uint64_t said, uint64_t claimed,
                                     inlay_error *err)
{
    if (said == claimed) {
        return INLAY_OK;
    }
    return error_set(err, INLAY_CORRUPT,
                     "%s data says %llu uncompressed bytes, its page header %llu", codec,
                     (unsigned long long)said, (unsigned long long)claimed);
}

inlay_status codec_decompress_check(int32_t codec, const uint8_t *in, size_t in_size,
                                    uint64_t claimed, inlay_error *err)
{
    uint64_t ratio;
    size_t said;
    unsigned long long frame;
    switch (codec) {
    case PARQUET_UNCOMPRESSED:
        return own_header_check("uncompressed", in_size, claimed, err);
    case PARQUET_SNAPPY:
        ratio = RATIO_SNAPPY;
        if (snappy_uncompressed_length((const char *)in, in_size, &said) != SNAPPY_OK) {
            return error_set(err, INLAY_CORRUPT, "snappy data has no valid length");
        }
        INLAY_TRY(own_header_check("snappy", said, claimed, err));
        break;
    case PARQUET_GZIP:
        ratio = RATIO_GZIP;
        break;
    case PARQUET_LZ4:
    case PARQUET_LZ4_RAW:
        ratio = RATIO_LZ4;
        break;
    case PARQUET_ZSTD:
        ratio = RATIO_ZSTD;
        frame = ZSTD_getFrameContentSize(in, in_size);
        if (frame == ZSTD_CONTENTSIZE_ERROR) {
            return error_set(err, INLAY_CORRUPT, "zstd data has no valid frame header");
        }
        /* A page may hold several frames, so the first one may say less. */
        if (frame != ZSTD_CONTENTSIZE_UNKNOWN && frame > claimed) {
            return own_header_check("zstd", frame, claimed, err);
        }
        break;
    default:
        return unsupported(codec, err);
    }
    if (claimed > (uint64_t)in_size * ratio + RATIO_SLACK) {
        return error_set(err, INLAY_CORRUPT, "%zu compressed bytes cannot hold %llu", in_size,
                         (unsigned long long)claimed);
    }
    return INLAY_OK;
}

static inlay_status wrong_output(const char *codec, inlay_error *err)
{
    return error_set(err, INLAY_CORRUPT, "%s data does not give the page's uncompressed size",
                     codec);
}

static inlay_status zstd_run(struct codec_decompressor *decompressor, const uint8_t *in,
                             size_t in_size, uint8_t *out, size_t out_size, inlay_error *err)
{
    size_t got;
    if (decompressor->zstd == NULL) {
        decompressor->zstd = ZSTD_createDCtx();
        if (decompressor->zstd == NULL) {
            return error_no_memory(err);
        }
    }
    got = ZSTD_decompressDCtx(decompressor->zstd, out, out_size, in, in_size);
    if (ZSTD_isError(got)) {
        return error_set(err, INLAY_CORRUPT, "zstd: %s", ZSTD_getErrorName(got));
    }
    return got == out_size ? INLAY_OK : wrong_output("zstd", err);
}

/* gzip and zlib wrappers alike; several gzip members may follow each other. */
static inlay_status gzip_run(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
                             inlay_error *err)
{
    z_stream stream = {0};
    uint8_t nothing;
    int rc;
    if (in_size > UINT_MAX || out_size > UINT_MAX) {
        return wrong_output("gzip", err);
    }
    if (inflateInit2(&stream, 15 + 32) != Z_OK) {
        return error_no_memory(err);
    }
    stream.next_in = in;
    stream.avail_in = (uInt)in_size;
    stream.next_out = out_size != 0 ? out : &nothing;
    stream.avail_out = (uInt)out_size;
    rc = inflate(&stream, Z_FINISH);
    while (rc == Z_STREAM_END && stream.avail_in != 0 && stream.avail_out != 0) {
        rc = inflateReset(&stream) == Z_OK ? inflate(&stream, Z_FINISH) : Z_DATA_ERROR;
    }
    inflateEnd(&stream);
    return rc == Z_STREAM_END && stream.avail_out == 0 ? INLAY_OK : wrong_output("gzip", err);
}

static inlay_status lz4_raw_run(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
                                inlay_error *err)
{
    int got;
    if (in_size > INT_MAX || out_size > INT_MAX) {
        return wrong_output("LZ4", err);
    }
    got = LZ4_decompress_safe((const char *)in, (char *)out, (int)in_size, (int)out_size);
    return got >= 0 && (size_t)got == out_size ? INLAY_OK : wrong_output("LZ4", err);
}

static uint32_t load_be32(const uint8_t *p)
{
    return __builtin_bswap32(load_u32(p));
}

/* Hadoop's framing: repeated <uncompressed size, compressed size (big-endian), raw block>. */
static inlay_status lz4_hadoop_run(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
    while (in_size >= 8) {
        uint32_t plain = load_be32(in);
        uint32_t packed = load_be32(in + 4);
        if (packed > in_size - 8 || plain > out_size ||
            lz4_raw_run(in + 8, packed, out, plain, NULL) != INLAY_OK) {
            return INLAY_CORRUPT;
        }
        in += 8 + (size_t)packed;
        in_size -= 8 + (size_t)packed;
        out += plain;
        out_size -= plain;
    }
    return in_size == 0 && out_size == 0 ? INLAY_OK : INLAY_CORRUPT;
}

static inlay_status lz4_frame_run(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
                                  inlay_error *err)
{
    LZ4F_dctx *context = NULL;
    size_t rest = LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
    size_t taken = in_size;
    size_t given = out_size;
    if (LZ4F_isError(rest)) {
        return error_no_memory(err);
    }
    rest = LZ4F_decompress(context, out, &given, in, &taken, NULL);
    LZ4F_freeDecompressionContext(context);
    return rest == 0 && given == out_size ? INLAY_OK : wrong_output("LZ4", err);
}

/* The deprecated codec LZ4 was never specified: Hadoop's framing, frames and raw blocks exist. */
static inlay_status lz4_legacy_run(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size,
                                   inlay_error *err)
{
    if (in_size >= 4 && load_u32(in) == 0x184d2204) {
        return lz4_frame_run(in, in_size, out, out_size, err);
    }
    if (lz4_hadoop_run(in, in_size, out, out_size) == INLAY_OK) {
        return INLAY_OK;
    }
    return lz4_raw_run(in, in_size, out, out_size, err);
}

inlay_status codec_decompress(struct codec_decompressor *decompressor, int32_t codec,
                              const uint8_t *data, size_t size, uint8_t *out, size_t out_size,
                              inlay_error *err)
{
    size_t got = out_size;
    switch (codec) {
    case PARQUET_UNCOMPRESSED:
        if (size != out_size) {
            return wrong_output("uncompressed", err);
        }
        if (size != 0) {
            memcpy(out, data, size);
        }
        return INLAY_OK;
    case PARQUET_SNAPPY:
        if (snappy_uncompress((const char *)data, size, (char *)out, &got) != SNAPPY_OK ||
            got != out_size) {
            return wrong_output("snappy", err);
        }
        return INLAY_OK;
    case PARQUET_GZIP:
        return gzip_run(data, size, out, out_size, err);
    case PARQUET_LZ4:
        return lz4_legacy_run(data, size, out, out_size, err);
    case PARQUET_LZ4_RAW:
        return lz4_raw_run(data, size, out, out_size, err);
    case PARQUET_ZSTD:
        return zstd_run(decompressor, data, size, out, out_size, err);
    default:
        return unsupported(codec, err);
    }
}
