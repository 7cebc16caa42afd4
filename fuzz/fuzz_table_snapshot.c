/* SPDX-License-Identifier: Apache-2.0 */
/* Snapshot bytes as they are (first byte even), or as section bodies that are sealed with right
 * checksums first (odd): type, 16-bit length, bytes, again and again. */
#include "base/error.h"
#include "table/manifest/container.h"
#include "table/scan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct manifest_store *store, const uint8_t *data, size_t size)
{
    struct snapshot *snapshot;
    struct entry_list list;
    struct buffer again;
    if (snapshot_decode(store, data, size, NULL, &snapshot, NULL) != INLAY_OK) {
        return;
    }
    (void)snapshot_ancestor(snapshot, snapshot->id / 2);
    (void)snapshot_find_tag(snapshot, "x");
    buffer_init(&again, 1u << 26);
    if (snapshot_encode(snapshot, &again, NULL) != INLAY_OK) {
        abort();
    }
    buffer_free(&again);
    if (snapshot->part_count == 0) { /* there is no store to load parts from */
        struct stat_value value = stat_bytes("m", 1);
        struct field fields[] = {{.name = (char *)"_id"}, {.name = (char *)"key"}};
        const struct schema schema = {fields, 2};
        const struct predicate least = {.kind = PREDICATE_TEST,
                                        .test = PREDICATE_GE,
                                        .column = 1,
                                        .values = &value,
                                        .value_count = 1};
        const struct prune_terms terms = {PRUNE_ALL_TERMS, "body", &value, 1};
        const struct prune prune = {&least, &schema, &terms, 1};
        if (snapshot_scan(snapshot, &prune, 0, &list, NULL) == INLAY_OK) {
            entry_list_free(&list);
        }
    }
    snapshot_release(snapshot);
}

static void seal(const uint8_t *data, size_t size, struct buffer *out)
{
    static const struct container_kind kind = {"INLSNAP", "snapshot", 8, 0};
    struct container_writer writer;
    struct reader in;
    container_writer_init(&writer, &kind, 1u << 24);
    reader_init(&in, data, size, 0);
    for (int i = 0; i < 12 && reader_left(&in) >= 3; i++) {
        uint32_t type = reader_u8(&in);
        size_t length = reader_u16(&in);
        const uint8_t *body =
            reader_bytes(&in, length < reader_left(&in) ? length : reader_left(&in));
        struct buffer *section = container_begin(&writer, type, 0);
        if (body != NULL) {
            buffer_append(section, body, (size_t)(in.p - body));
        }
    }
    (void)container_finish(&writer, 0, out, NULL);
    container_writer_free(&writer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest_store *store;
    struct buffer sealed;
    if (size == 0 || manifest_store_create(NULL, "t", env_system(), &store, NULL) != INLAY_OK) {
        return 0;
    }
    if (data[0] % 2 == 0) {
        decode(store, data + 1, size - 1);
    } else {
        buffer_init(&sealed, 1u << 24);
        seal(data + 1, size - 1, &sealed);
        decode(store, sealed.data, sealed.len);
        buffer_free(&sealed);
    }
    manifest_store_release(store);
    return 0;
}
