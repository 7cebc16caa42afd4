/* SPDX-License-Identifier: Apache-2.0 */
/* Two halves, divided by the 16-bit length in front: a part's core, and its text or vector
 * summaries. Each is names and entries (the names' 16-bit length first), sealed with right
 * checksums; the core is also read as it is. */
#include "table/manifest/container.h"
#include "table/manifest/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal(const struct container_kind *kind, const uint8_t *data, size_t size,
                 struct buffer *out)
{
    struct container_writer writer;
    struct reader in;
    size_t length;
    container_writer_init(&writer, kind, 1u << 24);
    reader_init(&in, data, size, 0);
    length = reader_u16(&in);
    if (length > reader_left(&in)) {
        length = reader_left(&in);
    }
    buffer_append(container_begin(&writer, 1, 0), in.p, length);
    reader_skip(&in, length);
    buffer_append(container_begin(&writer, 2, 0), in.p, reader_left(&in));
    (void)container_finish(&writer, 0, out, NULL);
    container_writer_free(&writer);
}

static void decode_more(const struct entry_block *core, const uint8_t *data, size_t size)
{
    static const struct container_kind texts = {"INLPTXT", "texts", 2, 0};
    static const struct container_kind vectors = {"INLPVEC", "vectors", 2, 0};
    struct entry_block *block;
    struct buffer sealed;
    buffer_init(&sealed, 1u << 24);
    seal(&texts, data, size, &sealed);
    (void)part_texts_decode(sealed.data, sealed.len, core, &block, NULL);
    entry_block_release(block);
    buffer_clear(&sealed);
    seal(&vectors, data, size, &sealed);
    (void)part_vectors_decode(sealed.data, sealed.len, core, &block, NULL);
    entry_block_release(block);
    buffer_free(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct container_kind kind = {"INLPART", "part", 2, 0};
    struct entry_block *core;
    struct buffer sealed;
    size_t half;
    if (size < 2) {
        return 0;
    }
    half = (size_t)(data[0] | data[1] << 8);
    half = half > size - 2 ? size - 2 : half;
    (void)part_core_decode(data + 2, half, &core, NULL);
    entry_block_release(core);
    buffer_init(&sealed, 1u << 24);
    seal(&kind, data + 2, half, &sealed);
    if (part_core_decode(sealed.data, sealed.len, &core, NULL) == INLAY_OK) {
        decode_more(core, data + 2 + half, size - 2 - half);
        for (size_t i = 0; i < core->count; i++) {
            (void)entry_encoded_size(&core->entries[i]);
        }
    }
    entry_block_release(core);
    buffer_free(&sealed);
    return 0;
}
