/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/table/fixture.h"

#include "base/hash.h"
#include "base/rowset.h"
#include "table/commit/successor.h"
#include "table/manifest/base64.h"
#include "table/manifest/container.h"
#include "table/manifest/pointer.h"

#define GOLDEN_EMPTY "c3ac83cd8f485c97b660701b2ea26c428d34918b1cf059ee09c4e79d2f0e1565"
#define GOLDEN_POINTER                                                                             \
    "{\"format\":\"inlay-table-pointer\",\"version\":1,\"manifest_id\":0,\"snapshot\":{\"key\":"   \
    "\"manifest/"                                                                                  \
    "00000000000000000000-c3ac83cd8f485c97b660701b2ea26c428d34918b1cf059ee09c4e79d2f0e1565."       \
    "snap\",\"blake3\":\"c3ac83cd8f485c97b660701b2ea26c428d34918b1cf059ee09c4e79d2f0e1565\","      \
    "\"size\":225,\"inline\":\"SU5MU05BUAABAAAACAAAAAAAAAAAAAAAAgAAAAEAAAAcAAAAAAAAAOwVc+"         \
    "8DAAAAAQAAAAEAAAAAAAAAUVN9UgQAAAABAAAAAgAAAAAAAADSd2HxBQAAAAEAAAABAAAAAAAAAFFTfVIGAAAAAQAAAA" \
    "IAAAAAAAAA0ndh8QcAAAABAAAAAQAAAAAAAABRU31SCAAAAAEAAAABAAAAAAAAAFFTfVIBAAAAAQAAAAEAAAAAAAAAUV" \
    "N9UowE4NsACQAAAAAAAAAJAAAAAAAAAIDQlf+8MQAAAAAAAAAAAAAAAAAA\"}}"
#define GOLDEN_PART "28830221f5ff529de5f35f139e0dbb2cc8a0d137f64c77f9196c39acda7974f3"
#define GOLDEN_TEXT "8d905aa8f25eb0e44e690f98e11e91cb350a8d14b0ac3e49b117183581d1c722"
#define GOLDEN_VECTOR "e4e21bfd64d21652b6ddec39164ddd44f8bfcfeb69c037f5e26bde76c56cba5a"
#define GOLDEN_FULL "28194721581e1f778b14ac43634f5a3d4574ee9cba9adf9e643dbb31cb5196aa"

/* A store without a provider: nothing here does I/O. */
struct fixture {
    struct fake_env fake;
    struct manifest_store *store;
    inlay_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    inlay_error_init(&f->err);
    fake_env_init(&f->fake, 3);
    assert_ok(manifest_store_create(NULL, "t", &f->fake.env, &f->store, &f->err), f->err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    manifest_store_release(f->store);
    free(f);
    return 0;
}

static void assert_same_bound(const struct stat_bound *a, const struct stat_bound *b)
{
    assert_int_equal(a->state, b->state);
    if (a->state != BOUND_UNKNOWN) {
        assert_true(stat_comparable(&a->value, &b->value));
        assert_int_equal(stat_compare(&a->value, &b->value), 0);
    }
}

static void assert_same_blob(const struct blob_ref *a, const struct blob_ref *b)
{
    assert_int_equal(a->place, b->place);
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->length, b->length);
    if (a->place == BLOB_INLINE) {
        assert_memory_equal(a->data, b->data, a->length);
    }
}

static void assert_same_entry(const struct manifest_entry *a, const struct manifest_entry *b)
{
    assert_int_equal(id_compare(a->superfile_id, b->superfile_id), 0);
    assert_int_equal(a->key == NULL, b->key == NULL);
    if (a->key != NULL) {
        assert_string_equal(a->key, b->key);
    }
    assert_int_equal(a->size, b->size);
    assert_int_equal(a->rows, b->rows);
    assert_int_equal(id_compare(a->id_min, b->id_min), 0);
    assert_int_equal(id_compare(a->id_max, b->id_max), 0);
    assert_int_equal(a->row_groups, b->row_groups);
    assert_int_equal(a->hot_offset, b->hot_offset);
    assert_int_equal(a->hot_length, b->hot_length);
    assert_int_equal(id_compare(a->wal_id, b->wal_id), 0);
    assert_int_equal(a->tombstones.deleted, b->tombstones.deleted);
    assert_int_equal(a->tombstones.wal_count, b->tombstones.wal_count);
    for (size_t i = 0; i < a->tombstones.wal_count; i++) {
        assert_int_equal(id_compare(a->tombstones.wals[i], b->tombstones.wals[i]), 0);
    }
    assert_int_equal(a->tombstones.bitmap_length, b->tombstones.bitmap_length);
    if (a->tombstones.bitmap != NULL) {
        assert_memory_equal(a->tombstones.bitmap, b->tombstones.bitmap,
                            a->tombstones.bitmap_length);
    }
    assert_int_equal(a->column_count, b->column_count);
    for (size_t i = 0; i < a->column_count; i++) {
        assert_string_equal(a->columns[i].column, b->columns[i].column);
        assert_int_equal(a->columns[i].kind, b->columns[i].kind);
        assert_int_equal(a->columns[i].nulls_known, b->columns[i].nulls_known);
        assert_int_equal(a->columns[i].may_have_nan, b->columns[i].may_have_nan);
        assert_int_equal(a->columns[i].null_count, b->columns[i].null_count);
        assert_same_bound(&a->columns[i].min, &b->columns[i].min);
        assert_same_bound(&a->columns[i].max, &b->columns[i].max);
    }
    assert_int_equal(a->text_count, b->text_count);
    for (size_t i = 0; i < a->text_count; i++) {
        assert_string_equal(a->texts[i].column, b->texts[i].column);
        assert_int_equal(a->texts[i].live_docs, b->texts[i].live_docs);
        assert_int_equal(a->texts[i].live_length, b->texts[i].live_length);
        assert_int_equal(a->texts[i].distinct_terms, b->texts[i].distinct_terms);
        assert_int_equal(a->texts[i].terms_known, b->texts[i].terms_known);
        assert_int_equal(a->texts[i].min_term_length, b->texts[i].min_term_length);
        assert_int_equal(a->texts[i].max_term_length, b->texts[i].max_term_length);
        if (a->texts[i].terms_known) {
            assert_memory_equal(a->texts[i].min_term, b->texts[i].min_term,
                                a->texts[i].min_term_length);
            assert_memory_equal(a->texts[i].max_term, b->texts[i].max_term,
                                a->texts[i].max_term_length);
        }
        assert_same_blob(&a->texts[i].filter, &b->texts[i].filter);
    }
    assert_int_equal(a->vector_count, b->vector_count);
    for (size_t i = 0; i < a->vector_count; i++) {
        assert_string_equal(a->vectors[i].column, b->vectors[i].column);
        assert_int_equal(a->vectors[i].count, b->vectors[i].count);
        assert_same_blob(&a->vectors[i].centroids, &b->vectors[i].centroids);
    }
}

static void make_deleted_entry(struct made_entry *made, uint64_t number, struct buffer *bitmap)
{
    struct rowset *rows;
    make_entry(made, number);
    assert_int_equal(rowset_create(&rows, NULL), INLAY_OK);
    rowset_add(rows, 1);
    rowset_add(rows, 7);
    rowset_serialize(rows, bitmap);
    rowset_free(rows);
    made->wals[0] = (struct id128){1, 2};
    made->wals[1] = (struct id128){3, 4};
    made->entry.key = "elsewhere/file.parquet";
    made->entry.wal_id = (struct id128){5, 6};
    made->entry.tombstones.deleted = 2;
    made->entry.tombstones.wals = made->wals;
    made->entry.tombstones.wal_count = 2;
    made->entry.tombstones.bitmap = bitmap->data;
    made->entry.tombstones.bitmap_length = (uint32_t)bitmap->len;
}

static void entries_come_back(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 40; i++) {
        struct made_entry made;
        struct buffer bitmap;
        struct entry_block *block;
        buffer_init(&bitmap, 1000);
        if (i % 2 == 0) {
            make_deleted_entry(&made, i, &bitmap);
        } else {
            make_entry(&made, i * 1000003);
        }
        assert_ok(entry_block_copy(&made.entry, 1, &block, &f->err), f->err);
        assert_same_entry(&made.entry, &block->entries[0]);
        entry_block_release(block);
        buffer_free(&bitmap);
    }
}

/* A snapshot with everything in it: history, WAL ids, tags, totals, a tail, parts with dead
 * entries. */
static void make_snapshot(struct fixture *f, struct snapshot **out, struct buffer *bytes)
{
    struct snapshot *at;
    struct buffer bitmap;
    buffer_init(&bitmap, 1000);
    assert_ok(snapshot_create_empty(f->store, (struct id128){9, 9}, &at, &f->err), f->err);
    {
        struct buffer first;
        buffer_init(&first, 1 << 20);
        assert_ok(snapshot_encode(at, &first, &f->err), f->err);
        buffer_free(&first);
    }
    for (uint64_t i = 0; i < 20; i++) {
        struct change change;
        struct successor next;
        struct made_entry made;
        change_init(&change, OPERATION_APPEND);
        if (i == 0) { /* straight into a part */
            for (uint64_t n = 0; n < 70; n++) {
                make_entry(&made, 1000 + n);
                assert_ok(change_add(&change, &made.entry, 1, &f->err), f->err);
            }
        } else if (i == 5) {
            make_deleted_entry(&made, 1003, &bitmap);
            assert_ok(change_replace(&change, &made.entry, &f->err), f->err);
            assert_ok(change_publish_wal(&change, made.wals[1], &f->err), f->err);
        } else if (i == 7) {
            assert_ok(change_set_tag(&change, "release", NULL, &f->err), f->err);
            assert_ok(change_publish_wal(&change, (struct id128){1700000000000ull, 4}, &f->err),
                      f->err);
        } else {
            make_entry(&made, i);
            assert_ok(change_add(&change, &made.entry, 1, &f->err), f->err);
        }
        assert_ok(successor_build(at, &change, (struct id128){10, i}, &next, &f->err), f->err);
        snapshot_release(at);
        at = snapshot_retain(next.snapshot);
        if (i == 19) {
            buffer_append(bytes, next.bytes.data, next.bytes.len);
        }
        successor_free(&next);
        change_free(&change);
        f->fake.unix_ms += 1000;
    }
    buffer_free(&bitmap);
    *out = at;
}

static void assert_same_snapshot(const struct snapshot *a, const struct snapshot *b)
{
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->time_ms, b->time_ms);
    assert_int_equal(a->operation, b->operation);
    assert_memory_equal(&a->counts, &b->counts, sizeof(a->counts));
    assert_memory_equal(a->content.hash, b->content.hash, sizeof(a->content.hash));
    assert_int_equal(a->history_count, b->history_count);
    for (size_t i = 0; i < a->history_count; i++) {
        assert_int_equal(a->history[i].id, b->history[i].id);
        assert_int_equal(a->history[i].time_ms, b->history[i].time_ms);
        assert_int_equal(a->history[i].operation, b->history[i].operation);
        assert_int_equal(id_compare(a->history[i].commit_id, b->history[i].commit_id), 0);
        assert_true(content_equal(&a->history[i].content, &b->history[i].content));
        assert_int_equal(a->history[i].content.size, b->history[i].content.size);
    }
    assert_int_equal(a->wal_count, b->wal_count);
    assert_int_equal(a->wal_horizon_ms, b->wal_horizon_ms);
    assert_int_equal(a->tag_count, b->tag_count);
    for (size_t i = 0; i < a->tag_count; i++) {
        assert_string_equal(a->tags[i].name, b->tags[i].name);
        assert_int_equal(a->tags[i].id, b->tags[i].id);
    }
    assert_int_equal(a->text_count, b->text_count);
    for (size_t i = 0; i < a->text_count; i++) {
        assert_string_equal(a->texts[i].column, b->texts[i].column);
        assert_int_equal(a->texts[i].live_length, b->texts[i].live_length);
    }
    assert_int_equal(a->tail_count, b->tail_count);
    for (size_t i = 0; i < a->tail_count; i++) {
        assert_same_entry(&a->tail[i].entry, &b->tail[i].entry);
        assert_int_equal(a->tail[i].entry.revision, b->tail[i].entry.revision);
        assert_int_equal(a->tail[i].encoded_size, b->tail[i].encoded_size);
    }
    assert_int_equal(a->part_count, b->part_count);
    for (size_t i = 0; i < a->part_count; i++) {
        assert_int_equal(a->parts[i].dead_count, b->parts[i].dead_count);
        assert_memory_equal(a->parts[i].part->objects, b->parts[i].part->objects,
                            sizeof(a->parts[i].part->objects));
        assert_int_equal(a->parts[i].part->summary_rows, b->parts[i].part->summary_rows);
    }
}

static void snapshots_come_back(void **state)
{
    struct fixture *f = *state;
    struct snapshot *made;
    struct snapshot *read;
    struct snapshot *shared;
    struct buffer bytes;
    struct buffer again;
    buffer_init(&bytes, 1 << 20);
    buffer_init(&again, 1 << 20);
    make_snapshot(f, &made, &bytes);
    assert_int_equal(made->part_count, 1);
    assert_int_equal(made->parts[0].dead_count, 1);
    assert_int_equal(made->parts[0].dead[0], 3);
    assert_ok(snapshot_decode(f->store, bytes.data, bytes.len, NULL, &read, &f->err), f->err);
    assert_same_snapshot(made, read);
    assert_false(part_is_loaded(read->parts[0].part, 0));
    assert_ok(snapshot_encode(read, &again, &f->err), f->err);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    assert_ok(snapshot_decode(f->store, bytes.data, bytes.len, made, &shared, &f->err), f->err);
    assert_ptr_equal(shared->parts[0].part, made->parts[0].part);
    snapshot_release(shared);
    snapshot_release(made);
    snapshot_release(read);
    buffer_free(&bytes);
    buffer_free(&again);
}

/* The bytes of version 1, fixed for ever: a change of any of them is a change of the format. */
static void golden_bytes(void **state)
{
    struct fixture *f = *state;
    struct snapshot *empty;
    struct buffer bytes;
    struct buffer pointer;
    char hash[HASH_BLAKE3_TEXT_SIZE];
    struct part *part;
    struct part_image image;
    struct made_entry made[3];
    struct manifest_entry entries[3];
    static const uint8_t head[] = {'I', 'N', 'L', 'S', 'N', 'A', 'P', 0, 1, 0, 0, 0, 8, 0,
                                   0,   0,   0,   0,   0,   0,   0,   0, 0, 0, 2, 0, 0, 0,
                                   1,   0,   0,   0,   29,  0,   0,   0, 0, 0, 0, 0};
    buffer_init(&bytes, 1 << 20);
    buffer_init(&pointer, 1 << 20);
    assert_ok(snapshot_create_empty(f->store, (struct id128){9, 9}, &empty, &f->err), f->err);
    assert_ok(snapshot_encode(empty, &bytes, &f->err), f->err);
    assert_memory_equal(bytes.data, head, sizeof(head) - 8);
    hash_blake3_to_text(empty->content.hash, hash);
    assert_string_equal(hash, GOLDEN_EMPTY);
    assert_ok(pointer_encode(empty, &bytes, &pointer, &f->err), f->err);
    buffer_u8(&pointer, 0);
    assert_string_equal((char *)pointer.data, GOLDEN_POINTER);
    for (uint64_t i = 0; i < 3; i++) {
        make_entry(&made[i], i);
        entries[i] = made[i].entry;
    }
    assert_ok(part_build(f->store, entries, 3, &part, &image, &f->err), f->err);
    assert_int_equal(image.count, 3);
    assert_string_equal(image.objects[0].key, "manifest-parts/" GOLDEN_PART ".part");
    assert_string_equal(image.objects[1].key, "manifest-parts/" GOLDEN_TEXT ".text");
    assert_string_equal(image.objects[2].key, "manifest-parts/" GOLDEN_VECTOR ".vec");
    part_image_free(&image);
    part_release(part);
    buffer_free(&bytes);
    buffer_clear(&bytes);
    snapshot_release(empty);
    make_snapshot(f, &empty, &bytes);
    hash_blake3_to_text(empty->content.hash, hash);
    assert_string_equal(hash, GOLDEN_FULL);
    snapshot_release(empty);
    buffer_free(&bytes);
    buffer_free(&pointer);
}

typedef inlay_status decode_fn(struct fixture *f, const uint8_t *data, size_t size);

static inlay_status decode_snapshot(struct fixture *f, const uint8_t *data, size_t size)
{
    struct snapshot *snapshot;
    inlay_status status = snapshot_decode(f->store, data, size, NULL, &snapshot, &f->err);
    snapshot_release(snapshot);
    return status;
}

static inlay_status decode_part(struct fixture *f, const uint8_t *data, size_t size)
{
    struct entry_block *block;
    inlay_status status = part_core_decode(data, size, &block, &f->err);
    entry_block_release(block);
    return status;
}

static inlay_status decode_pointer(struct fixture *f, const uint8_t *data, size_t size)
{
    struct pointer pointer;
    inlay_status status = pointer_decode(data, size, &pointer, &f->err);
    pointer_free(&pointer);
    return status;
}

/* In an exact-size copy, so that a read past the end is seen. */
static inlay_status decode_copy(struct fixture *f, decode_fn *decode, const uint8_t *data,
                                size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    inlay_status status;
    memcpy(copy, data, size);
    status = decode(f, copy, size);
    free(copy);
    return status;
}

/* `checked`: every bit is covered by a checksum, so every change must be seen. */
static void damage(struct fixture *f, decode_fn *decode, struct buffer *bytes, bool checked)
{
    assert_ok(decode_copy(f, decode, bytes->data, bytes->len), f->err);
    for (size_t length = 0; length < bytes->len; length++) {
        assert_int_not_equal(decode_copy(f, decode, bytes->data, length), INLAY_OK);
    }
    for (size_t bit = 0; bit < bytes->len * 8; bit++) {
        inlay_status status;
        bytes->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        status = decode_copy(f, decode, bytes->data, bytes->len);
        assert_true(!checked || status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED);
        bytes->data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    buffer_u8(bytes, 0);
    assert_int_not_equal(decode_copy(f, decode, bytes->data, bytes->len), INLAY_OK);
    bytes->len--;
}

static void every_flip_and_cut_is_seen(void **state)
{
    struct fixture *f = *state;
    struct snapshot *snapshot;
    struct buffer bytes;
    struct buffer pointer;
    struct part *part;
    struct part_image image;
    struct made_entry made;
    buffer_init(&bytes, 1 << 20);
    buffer_init(&pointer, 1 << 20);
    make_snapshot(f, &snapshot, &bytes);
    damage(f, decode_snapshot, &bytes, true);
    snapshot_release(snapshot);
    make_entry(&made, 5);
    assert_ok(part_build(f->store, &made.entry, 1, &part, &image, &f->err), f->err);
    damage(f, decode_part, &image.objects[0].bytes, true);
    for (size_t length = 0; length < image.objects[1].bytes.len; length++) {
        struct entry_block *block;
        assert_int_not_equal(part_texts_decode(image.objects[1].bytes.data, length,
                                               part->loaded[PART_CORE], &block, &f->err),
                             INLAY_OK);
        assert_null(block);
    }
    part_image_free(&image);
    part_release(part);
    buffer_clear(&bytes);
    assert_ok(snapshot_create_empty(f->store, (struct id128){9, 9}, &snapshot, &f->err), f->err);
    assert_ok(snapshot_encode(snapshot, &bytes, &f->err), f->err);
    assert_ok(pointer_encode(snapshot, &bytes, &pointer, &f->err), f->err);
    damage(f, decode_pointer, &pointer, false);
    snapshot_release(snapshot);
    buffer_free(&bytes);
    buffer_free(&pointer);
}

/* Behind right checksums the contents can still be anything: the sections' own bytes are damaged
 * and the object sealed again. */
static void sealed_nonsense_is_harmless(void **state)
{
    struct fixture *f = *state;
    struct snapshot *snapshot;
    struct buffer bytes;
    struct container container;
    static const struct container_kind kind = {"INLSNAP", "manifest snapshot", 8, 0};
    struct test_random random = test_random_init(20);
    size_t refused = 0;
    buffer_init(&bytes, 1 << 20);
    make_snapshot(f, &snapshot, &bytes);
    snapshot_release(snapshot);
    assert_ok(container_open(&kind, bytes.data, bytes.len, &container, &f->err), f->err);
    for (int round = 0; round < 6000; round++) {
        struct container_writer writer;
        struct buffer sealed;
        uint64_t victim = test_random_below(&random, container.count);
        container_writer_init(&writer, &kind, 1 << 20);
        buffer_init(&sealed, 1 << 20);
        for (uint32_t i = 0; i < container.count; i++) {
            const struct container_section *section = &container.sections[i];
            struct buffer *out = container_begin(&writer, section->type, section->flags);
            size_t start = out->len;
            buffer_append(out, bytes.data + section->offset, (size_t)section->length);
            if (i == victim && section->length > 0) {
                size_t at = start + (size_t)test_random_below(&random, section->length);
                out->data[at] = (uint8_t)test_random_next(&random);
            }
        }
        assert_ok(container_finish(&writer, 0, &sealed, &f->err), f->err);
        refused += decode_copy(f, decode_snapshot, sealed.data, sealed.len) != INLAY_OK;
        container_writer_free(&writer);
        buffer_free(&sealed);
    }
    assert_true(refused > 1000);
    buffer_free(&bytes);
}

static void newer_things_are_skipped_or_named(void **state)
{
    struct fixture *f = *state;
    static const struct container_kind kind = {"INLTEST", "test object", 2, 4};
    struct container_writer writer;
    struct container container;
    struct buffer bytes;
    struct reader in;
    buffer_init(&bytes, 4096);
    container_writer_init(&writer, &kind, 4096);
    buffer_u8(container_begin(&writer, 2, CONTAINER_SECTION_REQUIRED), 42);
    buffer_u32(container_begin(&writer, 77, 0), 1); /* optional and unknown */
    assert_ok(container_finish(&writer, 4, &bytes, &f->err), f->err);
    assert_ok(container_open(&kind, bytes.data, bytes.len, &container, &f->err), f->err);
    in = container_reader(&container, 2);
    assert_int_equal(reader_u8(&in), 42);
    in = container_reader(&container, 1);
    assert_int_equal(reader_left(&in), 0);
    buffer_clear(&bytes);
    assert_ok(container_finish(&writer, 4 | 32, &bytes, &f->err), f->err);
    assert_status(container_open(&kind, bytes.data, bytes.len, &container, &f->err),
                  INLAY_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "feature bit 5"));
    buffer_clear(&bytes);
    (void)container_begin(&writer, 78, CONTAINER_SECTION_REQUIRED);
    assert_ok(container_finish(&writer, 0, &bytes, &f->err), f->err);
    assert_status(container_open(&kind, bytes.data, bytes.len, &container, &f->err),
                  INLAY_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "section type 78"));
    container_writer_free(&writer);
    container_writer_init(&writer, &kind, 4096);
    buffer_clear(&bytes);
    (void)container_begin(&writer, 2, 0);
    (void)container_begin(&writer, 2, 0);
    assert_ok(container_finish(&writer, 0, &bytes, &f->err), f->err);
    assert_status(container_open(&kind, bytes.data, bytes.len, &container, &f->err), INLAY_CORRUPT);
    container_writer_free(&writer);
    buffer_free(&bytes);
}

static void pointer_refusals(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *json;
        inlay_status status;
    } cases[] = {
        {"{}", INLAY_CORRUPT},
        {"[]", INLAY_CORRUPT},
        {"{\"format\":\"other\",\"version\":1}", INLAY_CORRUPT},
        {"{\"format\":\"inlay-table-pointer\",\"version\":2}", INLAY_UNSUPPORTED},
        {"{\"format\":\"inlay-table-pointer\",\"version\":1,\"requires\":[\"time-machine\"]}",
         INLAY_UNSUPPORTED},
        {"{\"format\":\"inlay-table-pointer\",\"version\":1,\"manifest_id\":-1}", INLAY_CORRUPT},
    };
    struct pointer pointer;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_status(pointer_decode(cases[i].json, strlen(cases[i].json), &pointer, &f->err),
                      cases[i].status);
    }
    assert_status(pointer_decode(cases[4].json, strlen(cases[4].json), &pointer, &f->err),
                  INLAY_UNSUPPORTED);
    assert_non_null(strstr(f->err.message, "time-machine"));
}

static void base64_is_strict(void **state)
{
    static const struct {
        const char *plain;
        const char *text;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"}}; /* RFC 4648, section 10 */
    static const char *const bad[] = {
        "Z", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm 9", "Zm9v\n", "Zm-_"};
    uint8_t out[16];
    char text[16];
    size_t size;
    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        base64_encode((const uint8_t *)vectors[i].plain, strlen(vectors[i].plain), text);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(base64_length(strlen(vectors[i].plain)), strlen(text));
        assert_true(base64_decode(text, strlen(text), out, &size));
        assert_int_equal(size, strlen(vectors[i].plain));
        assert_memory_equal(out, vectors[i].plain, size);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(base64_decode(bad[i], strlen(bad[i]), out, &size));
    }
}

static void long_strings_get_safe_bounds(void **state)
{
    struct test_random random = test_random_init(5);
    struct arena arena;
    (void)state;
    arena_init(&arena, SIZE_MAX);
    for (int round = 0; round < 4000; round++) {
        uint8_t value[200];
        uint32_t length = (uint32_t)test_random_below(&random, sizeof(value));
        bool high = test_random_below(&random, 2) == 0;
        struct stat_value whole = stat_bytes(value, length);
        struct stat_bound low;
        struct stat_bound up;
        for (uint32_t i = 0; i < length; i++) {
            value[i] = high ? (uint8_t)(253 + test_random_below(&random, 3))
                            : (uint8_t)test_random_next(&random);
        }
        low = stat_bytes_lower(value, length, &arena);
        up = stat_bytes_upper(value, length, &arena);
        assert_int_equal(low.state, length <= STAT_BYTES_MAX ? BOUND_EXACT : BOUND_INEXACT);
        assert_true(stat_compare(&low.value, &whole) <= 0);
        assert_true(low.value.as.bytes.length <= STAT_BYTES_MAX);
        if (up.state != BOUND_UNKNOWN) {
            assert_true(stat_compare(&up.value, &whole) >= 0);
            assert_true(up.value.as.bytes.length <= STAT_BYTES_MAX);
        }
    }
    {
        uint8_t all[100];
        memset(all, 0xff, sizeof(all));
        assert_int_equal(stat_bytes_upper(all, 100, &arena).state, BOUND_UNKNOWN);
    }
    arena_free(&arena);
}

static void history_levels_nest(void **state)
{
    (void)state;
    for (uint64_t ancestor = 0; ancestor < 600; ancestor++) {
        bool kept = true;
        for (uint64_t id = ancestor + 1; id < 6000; id++) {
            bool keeps = history_keeps(id, ancestor);
            assert_true(kept || !keeps); /* what was dropped is never asked for again */
            kept = keeps;
            if (id - ancestor <= 16) {
                assert_true(keeps);
            }
        }
    }
    assert_true(history_keeps(1ull << 60, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(snapshots_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(golden_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_flip_and_cut_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sealed_nonsense_is_harmless, set_up, tear_down),
        cmocka_unit_test_setup_teardown(newer_things_are_skipped_or_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pointer_refusals, set_up, tear_down),
        cmocka_unit_test(base64_is_strict),
        cmocka_unit_test(long_strings_get_safe_bounds),
        cmocka_unit_test(history_levels_nest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
