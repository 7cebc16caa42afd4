/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/part.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/manifest/container.h"
#include "table/manifest/part_summary.h"

#include <stdatomic.h>
#include <string.h>

enum part_section { SECTION_NAMES = 1, SECTION_ENTRIES = 2, SECTION_COUNT = 2 };

static const struct container_kind kinds[PART_OBJECTS] = {
    {"INLPART", "manifest part", SECTION_COUNT, 0},
    {"INLPTXT", "text summaries of a manifest part", SECTION_COUNT, 0},
    {"INLPVEC", "vector summaries of a manifest part", SECTION_COUNT, 0},
};
static const char *const suffixes[PART_OBJECTS] = {"part", "text", "vec"};
static const unsigned object_flags[PART_OBJECTS] = {0, ENTRY_HAS_TEXTS, ENTRY_HAS_VECTORS};

typedef void encode_fn(const struct manifest_entry *, struct name_writer *, struct buffer *);
typedef void decode_fn(struct reader *, const struct name_table *, struct arena *,
                       struct manifest_entry *);
static encode_fn *const encoders[PART_OBJECTS] = {entry_core_encode, entry_texts_encode,
                                                  entry_vectors_encode};
static decode_fn *const decoders[PART_OBJECTS] = {entry_core_decode, entry_texts_decode,
                                                  entry_vectors_decode};

static struct part *part_create(struct manifest_store *store)
{
    struct part *part = mem_zalloc(sizeof(*part));
    if (part == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&part->lock, NULL) != 0) {
        mem_free(part);
        return NULL;
    }
    atomic_init(&part->references, 1);
    arena_init(&part->arena, SIZE_MAX);
    part->store = manifest_store_retain(store);
    return part;
}

struct part *part_retain(struct part *part)
{
    atomic_fetch_add_explicit(&part->references, 1, memory_order_relaxed);
    return part;
}

void part_release(struct part *part)
{
    /* Acquire-release: the last one must see all other threads' use as finished. */
    if (part == NULL ||
        atomic_fetch_sub_explicit(&part->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (int i = 0; i < PART_OBJECTS; i++) {
        entry_block_release(part->loaded[i]);
    }
    manifest_store_release(part->store);
    arena_free(&part->arena);
    pthread_mutex_destroy(&part->lock);
    mem_free(part);
}

void part_image_free(struct part_image *image)
{
    if (image != NULL) {
        for (size_t i = 0; i < image->count; i++) {
            buffer_free(&image->objects[i].bytes);
        }
        image->count = 0;
    }
}

static inlay_status encode_object(enum part_object object, const struct manifest_entry *entries,
                                  size_t count, struct buffer *out, inlay_error *err)
{
    struct container_writer writer;
    struct name_writer names = {0};
    struct buffer *section;
    inlay_status status;
    container_writer_init(&writer, &kinds[object], MANIFEST_OBJECT_MAX);
    section = container_begin(&writer, SECTION_ENTRIES, CONTAINER_SECTION_REQUIRED);
    buffer_varint(section, count);
    for (size_t i = 0; i < count; i++) {
        encoders[object](&entries[i], &names, section);
    }
    section = container_begin(&writer, SECTION_NAMES, CONTAINER_SECTION_REQUIRED);
    name_writer_encode(&names, section);
    status = container_finish(&writer, 0, out, err);
    name_writer_free(&names);
    container_writer_free(&writer);
    return status;
}

/* `core` NULL for the core itself; else the new block's entries are copies of it, completed. */
static inlay_status decode_object(enum part_object object, const void *data, size_t size,
                                  const struct entry_block *core, struct entry_block **out,
                                  inlay_error *err)
{
    struct container container;
    struct entry_block *block = NULL;
    struct name_table names;
    struct reader in;
    struct reader name_bytes;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(container_open(&kinds[object], data, size, &container, err));
    INLAY_TRY(entry_block_create(&block, err));
    name_bytes = container_reader(&container, SECTION_NAMES);
    name_table_decode(&name_bytes, &block->arena, &names);
    INLAY_TRY_GOTO(status, reader_status(&name_bytes, kinds[object].what, err), cleanup);
    in = container_reader(&container, SECTION_ENTRIES);
    block->count = decode_count(&in, core == NULL ? ENTRY_CORE_MIN_BYTES : 1);
    if (core != NULL && block->count != core->count) {
        reader_fail(&in, "another number of entries than the part");
    }
    block->entries = decode_array(&in, &block->arena, block->count, sizeof(*block->entries));
    for (size_t i = 0; i < block->count && reader_ok(&in); i++) {
        if (core != NULL) {
            block->entries[i] = core->entries[i];
        }
        decoders[object](&in, &names, &block->arena, &block->entries[i]);
    }
    reader_expect_end(&in, "bytes after the last entry");
    status = reader_status(&in, kinds[object].what, err);
cleanup:
    if (status == INLAY_OK) {
        *out = block;
    } else {
        entry_block_release(block);
    }
    return status;
}

inlay_status part_core_decode(const void *data, size_t size, struct entry_block **out,
                              inlay_error *err)
{
    return decode_object(PART_CORE, data, size, NULL, out, err);
}

inlay_status part_texts_decode(const void *data, size_t size, const struct entry_block *core,
                               struct entry_block **out, inlay_error *err)
{
    return decode_object(PART_TEXTS, data, size, core, out, err);
}

inlay_status part_vectors_decode(const void *data, size_t size, const struct entry_block *core,
                                 struct entry_block **out, inlay_error *err)
{
    return decode_object(PART_VECTORS, data, size, core, out, err);
}

static bool object_is_needed(enum part_object object, const struct manifest_entry *entries,
                             size_t count)
{
    for (size_t i = 0; i < count && object != PART_CORE; i++) {
        if ((object == PART_TEXTS ? entries[i].text_count : entries[i].vector_count) > 0) {
            return true;
        }
    }
    return object == PART_CORE;
}

static inlay_status build_object(struct part *part, enum part_object object,
                                 const struct manifest_entry *entries, size_t count,
                                 struct part_image *image, inlay_error *err)
{
    struct part_bytes *bytes = &image->objects[image->count];
    if (!object_is_needed(object, entries, count)) {
        return INLAY_OK;
    }
    buffer_init(&bytes->bytes, MANIFEST_OBJECT_MAX);
    image->count++;
    INLAY_TRY(encode_object(object, entries, count, &bytes->bytes, err));
    part->objects[object] = content_of(bytes->bytes.data, bytes->bytes.len);
    part_object_key(&part->objects[object], suffixes[object], bytes->key);
    return decode_object(object, bytes->bytes.data, bytes->bytes.len, part->loaded[PART_CORE],
                         &part->loaded[object], err);
}

inlay_status part_build(struct manifest_store *store, const struct manifest_entry *entries,
                        size_t count, struct part **out, struct part_image *image, inlay_error *err)
{
    struct part *part = part_create(store);
    inlay_status status = INLAY_OK;
    *out = NULL;
    memset(image, 0, sizeof(*image));
    if (part == NULL ||
        !part_summarise(entries, count, &part->arena, &part->summary, &part->summary_rows)) {
        part_release(part);
        return error_no_memory(err);
    }
    part->entry_count = (uint32_t)count;
    for (int object = 0; object < PART_OBJECTS && status == INLAY_OK; object++) {
        status = build_object(part, (enum part_object)object, entries, count, image, err);
    }
    if (status != INLAY_OK) {
        part_release(part);
        part_image_free(image);
        return status;
    }
    *out = part;
    return INLAY_OK;
}

static void content_encode(const struct content *content, struct buffer *out)
{
    buffer_varint(out, content->size);
    if (content->size > 0) {
        buffer_append(out, content->hash, sizeof(content->hash));
    }
}

static void content_decode(struct reader *in, struct content *content)
{
    memset(content, 0, sizeof(*content));
    content->size = reader_varint_max(in, MANIFEST_OBJECT_MAX);
    if (content->size > 0) {
        reader_copy(in, content->hash, sizeof(content->hash));
    }
}

void part_record_encode(const struct part *part, struct name_writer *names, struct buffer *out)
{
    for (int i = 0; i < PART_OBJECTS; i++) {
        content_encode(&part->objects[i], out);
    }
    buffer_varint(out, part->entry_count);
    buffer_varint(out, part->summary_rows);
    encode_id(out, part->summary.id_min);
    encode_id(out, part->summary.id_max);
    column_stats_encode(part->summary.columns, part->summary.column_count, names, out);
}

struct part *part_record_decode(struct reader *in, const struct name_table *names,
                                struct manifest_store *store)
{
    struct part *part = part_create(store);
    if (part == NULL) {
        decode_no_memory(in);
        return NULL;
    }
    for (int i = 0; i < PART_OBJECTS; i++) {
        content_decode(in, &part->objects[i]);
    }
    part->entry_count = (uint32_t)reader_varint_max(in, MANIFEST_OBJECT_MAX);
    part->summary_rows = reader_varint(in);
    part->summary.rows = part->summary_rows;
    part->summary.id_min = decode_id(in);
    part->summary.id_max = decode_id(in);
    part->summary.columns = column_stats_decode(in, names, &part->arena, part->summary_rows,
                                                &part->summary.column_count);
    if (part->objects[PART_CORE].size == 0 || part->entry_count == 0 ||
        part->summary_rows < part->entry_count ||
        id_compare(part->summary.id_min, part->summary.id_max) > 0) {
        reader_fail(in, "a part's record breaks a rule of the format");
    }
    if (!reader_ok(in)) {
        part_release(part);
        return NULL;
    }
    return part;
}

/* With the lock held. */
static bool object_is_loaded(const struct part *part, enum part_object object)
{
    return part->loaded[object] != NULL || part->objects[object].size == 0;
}

static inlay_status load_object(struct part *part, enum part_object object, inlay_error *err)
{
    char key[CONTENT_KEY_SIZE];
    struct object_data data = {0};
    struct entry_block *block = NULL;
    inlay_status status;
    if (object_is_loaded(part, object)) {
        return INLAY_OK;
    }
    part_object_key(&part->objects[object], suffixes[object], key);
    INLAY_TRY(manifest_store_read(part->store, key, &part->objects[object], &data, err));
    status =
        decode_object(object, data.data, (size_t)data.size, part->loaded[PART_CORE], &block, err);
    object_data_free(&data);
    if (status == INLAY_OK && block->count != part->entry_count) {
        status = error_set(err, INLAY_CORRUPT, "a part has %zu entries, its snapshot says %u",
                           block->count, part->entry_count);
    }
    if (status != INLAY_OK) {
        error_key(err, key);
        entry_block_release(block);
        return status;
    }
    part->loaded[object] = block;
    return INLAY_OK;
}

inlay_status part_load(struct part *part, unsigned want, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    pthread_mutex_lock(&part->lock);
    for (int object = 0; object < PART_OBJECTS && status == INLAY_OK; object++) {
        if (object == PART_CORE || (want & object_flags[object]) != 0) {
            status = load_object(part, (enum part_object)object, err);
        }
    }
    pthread_mutex_unlock(&part->lock);
    return status;
}

bool part_is_loaded(struct part *part, unsigned want)
{
    bool loaded = true;
    pthread_mutex_lock(&part->lock);
    for (int object = 0; object < PART_OBJECTS; object++) {
        if (object == PART_CORE || (want & object_flags[object]) != 0) {
            loaded = loaded && object_is_loaded(part, (enum part_object)object);
        }
    }
    pthread_mutex_unlock(&part->lock);
    return loaded;
}

void part_entry(struct part *part, uint32_t index, struct manifest_entry *out)
{
    const struct entry_block *texts;
    const struct entry_block *vectors;
    pthread_mutex_lock(&part->lock);
    *out = part->loaded[PART_CORE]->entries[index];
    texts = part->loaded[PART_TEXTS];
    vectors = part->loaded[PART_VECTORS];
    pthread_mutex_unlock(&part->lock);
    if (texts != NULL) {
        out->texts = texts->entries[index].texts;
        out->text_count = texts->entries[index].text_count;
    }
    if (vectors != NULL) {
        out->vectors = vectors->entries[index].vectors;
        out->vector_count = vectors->entries[index].vector_count;
    }
    out->loaded =
        (texts != NULL || part->objects[PART_TEXTS].size == 0 ? ENTRY_HAS_TEXTS : 0u) |
        (vectors != NULL || part->objects[PART_VECTORS].size == 0 ? ENTRY_HAS_VECTORS : 0u);
}
