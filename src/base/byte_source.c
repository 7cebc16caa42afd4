/* SPDX-License-Identifier: Apache-2.0 */
#include "base/byte_source.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

#include <string.h>

void byte_source_init(struct byte_source *source, const struct byte_source_ops *ops, uint64_t size,
                      const char *name, struct io_account *account)
{
    source->ops = ops;
    source->size = size;
    source->name = name;
    source->account = account;
    atomic_init(&source->references, 1);
}

struct byte_source *byte_source_retain(struct byte_source *source)
{
    atomic_fetch_add_explicit(&source->references, 1, memory_order_relaxed);
    return source;
}

void byte_source_release(struct byte_source *source)
{
    if (source == NULL) {
        return;
    }
    /* Release publishes this thread's use; the acquire side is the thread that destroys. */
    if (atomic_fetch_sub_explicit(&source->references, 1, memory_order_acq_rel) == 1) {
        source->ops->destroy(source);
    }
}

static inlay_status range_check(const struct byte_source *source, const struct byte_range *range,
                                inlay_error *err)
{
    if (range_inside(range->offset, range->length, source->size)) {
        return INLAY_OK;
    }
    error_set(err, INLAY_CORRUPT, "%s: range of %llu bytes at %llu passes the end at %llu",
              source->name, (unsigned long long)range->length, (unsigned long long)range->offset,
              (unsigned long long)source->size);
    error_key(err, source->name);
    error_offset(err, range->offset);
    return INLAY_CORRUPT;
}

inlay_status byte_source_read(struct byte_source *source, const struct byte_range *ranges,
                              size_t count, inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        INLAY_TRY(range_check(source, &ranges[i], err));
    }
    return count != 0 ? source->ops->read(source, ranges, count, err) : INLAY_OK;
}

inlay_status byte_source_read_one(struct byte_source *source, uint64_t offset, uint64_t length,
                                  uint8_t *into, inlay_error *err)
{
    struct byte_range range = {offset, length, into};
    return byte_source_read(source, &range, 1, err);
}

const uint8_t *byte_source_view(struct byte_source *source, uint64_t offset, uint64_t length)
{
    if (source->ops->view == NULL || !range_inside(offset, length, source->size)) {
        return NULL;
    }
    if (source->account != NULL) {
        io_account_add(&source->account->bytes_read, length);
    }
    return source->ops->view(source, offset, length);
}

inlay_status byte_source_slice(struct byte_source *source, uint64_t offset, uint64_t length,
                               struct byte_slice *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->data = byte_source_view(source, offset, length);
    out->length = length;
    if (out->data != NULL) {
        return INLAY_OK;
    }
    /* Checked before allocating: the length may be a corrupt file's claim. */
    if (!range_inside(offset, length, source->size)) {
        struct byte_range range = {offset, length, NULL};
        return range_check(source, &range, err);
    }
    out->owned = mem_alloc((size_t)length);
    if (out->owned == NULL) {
        return error_no_memory(err);
    }
    status = byte_source_read_one(source, offset, length, out->owned, err);
    if (status != INLAY_OK) {
        byte_slice_free(out);
        return status;
    }
    out->data = out->owned;
    return INLAY_OK;
}

void byte_slice_free(struct byte_slice *slice)
{
    if (slice != NULL) {
        mem_free(slice->owned);
        memset(slice, 0, sizeof(*slice));
    }
}

struct memory_source {
    struct byte_source source;
    const uint8_t *data;
    uint8_t *owned;
    char *name;
};

static inlay_status memory_read(struct byte_source *source, const struct byte_range *ranges,
                                size_t count, inlay_error *err)
{
    const struct memory_source *memory = (const struct memory_source *)source;
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        if (ranges[i].length != 0) {
            memcpy(ranges[i].into, memory->data + ranges[i].offset, (size_t)ranges[i].length);
        }
    }
    return INLAY_OK;
}

static const uint8_t *memory_view(struct byte_source *source, uint64_t offset, uint64_t length)
{
    (void)length;
    return ((const struct memory_source *)source)->data + offset;
}

static void memory_destroy(struct byte_source *source)
{
    struct memory_source *memory = (struct memory_source *)source;
    mem_free(memory->owned);
    mem_free(memory->name);
    mem_free(memory);
}

static const struct byte_source_ops memory_ops = {memory_read, memory_view, memory_destroy};

inlay_status byte_source_from_memory(const uint8_t *data, uint64_t size, int take, const char *name,
                                     struct byte_source **out, inlay_error *err)
{
    static const uint8_t nothing[1] = {0};
    struct memory_source *memory = mem_zalloc(sizeof(*memory));
    *out = NULL;
    if (memory == NULL) {
        return error_no_memory(err);
    }
    memory->name = mem_strdup(name != NULL ? name : "memory");
    if (memory->name == NULL) {
        mem_free(memory);
        return error_no_memory(err);
    }
    memory->data = data != NULL ? data : nothing;
    if (take) {
        memcpy(&memory->owned, &data, sizeof(data));
    }
    byte_source_init(&memory->source, &memory_ops, size, memory->name, NULL);
    *out = &memory->source;
    return INLAY_OK;
}
