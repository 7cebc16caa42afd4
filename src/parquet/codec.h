/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Page compression. codec_compress.c and codec_decompress.c are the only files that see the
 * libraries. Thread-safe: contexts belong to the caller.
 */
#ifndef INLAY_PARQUET_CODEC_H
#define INLAY_PARQUET_CODEC_H

#include "base/buffer.h"
#include "inlay/error.h"
#include "parquet/metadata.h"

#include <stddef.h>
#include <stdint.h>

struct codec_compressor; /* reusable state of one thread */

inlay_status codec_compressor_create(struct codec_compressor **out, inlay_error *err);
void codec_compressor_free(struct codec_compressor *compressor); /* NULL-safe */

/* Appends the compressed form of `data` to `out`. Codecs: UNCOMPRESSED, ZSTD (`level`), LZ4_RAW;
 * another is INLAY_INVALID_ARGUMENT. Deterministic for one version of the libraries. */
inlay_status codec_compress(struct codec_compressor *compressor, enum parquet_codec codec,
                            int level, const uint8_t *data, size_t size, struct buffer *out,
                            inlay_error *err);

/* True when codec_decompress can undo it: UNCOMPRESSED, SNAPPY, GZIP, ZSTD, LZ4_RAW, LZ4 (Hadoop's
 * framing, frames and raw blocks, all of which files call LZ4). */
int codec_can_decompress(int32_t codec);

/* Writes exactly `out_size` bytes; a stream that gives more or fewer is INLAY_CORRUPT, a codec that
 * this build lacks is INLAY_UNSUPPORTED. `context` comes from codec_decompressor_create. */
struct codec_decompressor;
inlay_status codec_decompressor_create(struct codec_decompressor **out, inlay_error *err);
void codec_decompressor_free(struct codec_decompressor *decompressor); /* NULL-safe */
inlay_status codec_decompress(struct codec_decompressor *decompressor, int32_t codec,
                              const uint8_t *data, size_t size, uint8_t *out, size_t out_size,
                              inlay_error *err);

/* Before allocating: refuses an uncompressed size that `data` cannot honour (its own header says
 * otherwise, or the codec never reaches that ratio: INLAY_CORRUPT) and unknown codecs. */
inlay_status codec_decompress_check(int32_t codec, const uint8_t *data, size_t size,
                                    uint64_t claimed, inlay_error *err);

#endif
