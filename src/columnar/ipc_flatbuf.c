/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/ipc_flatbuf.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <string.h>

/* ---- reading ---- */

void fb_reader_init(struct fb_reader *r, const uint8_t *data, size_t size, uint64_t base_offset)
{
    memset(r, 0, sizeof(*r));
    r->data = data;
    r->size = size;
    r->base_offset = base_offset;
}

void fb_fail(struct fb_reader *r, size_t position, const char *what)
{
    if (r->fail_what == NULL) {
        r->fail_what = what;
        r->fail_offset = r->base_offset + position;
    }
}

static bool inside(struct fb_reader *r, uint64_t position, uint64_t length)
{
    if (r->fail_what != NULL) {
        return false;
    }
    if (!range_inside(position, length, r->size)) {
        fb_fail(r, position < r->size ? (size_t)position : r->size,
                "metadata points outside itself");
        return false;
    }
    return true;
}

/* Follows the unsigned offset stored at `position`; 0 on failure. */
static size_t follow(struct fb_reader *r, size_t position)
{
    uint64_t target;
    if (!inside(r, position, 4)) {
        return 0;
    }
    target = position + (uint64_t)load_u32(r->data + position);
    return inside(r, target, 4) ? (size_t)target : 0;
}

static struct fb_table open_table(struct fb_reader *r, size_t position)
{
    struct fb_table table;
    int64_t vtable;
    memset(&table, 0, sizeof(table));
    if (!inside(r, position, 4)) {
        return table;
    }
    vtable = (int64_t)position - (int32_t)load_u32(r->data + position);
    if (vtable < 0 || !inside(r, (uint64_t)vtable, 4)) {
        fb_fail(r, position, "metadata has a bad table");
        return table;
    }
    table.vtable = (size_t)vtable;
    table.vtable_size = load_u16(r->data + vtable);
    table.table_size = load_u16(r->data + vtable + 2);
    if (table.vtable_size < 4 || !inside(r, table.vtable, table.vtable_size) ||
        !inside(r, position, table.table_size)) {
        fb_fail(r, position, "metadata has a bad table");
        return table;
    }
    table.position = position;
    table.reader = r;
    return table;
}

struct fb_table fb_root(struct fb_reader *r)
{
    return open_table(r, follow(r, 0));
}

bool fb_present(const struct fb_table *table)
{
    return table->reader != NULL;
}

/* Where field `index` with `size` bytes stands; 0 when absent. */
static size_t locate(const struct fb_table *t, int index, size_t size)
{
    size_t entry = 4 + 2 * (size_t)index;
    uint16_t offset;
    if (t->reader == NULL || t->reader->fail_what != NULL || entry + 2 > t->vtable_size) {
        return 0;
    }
    offset = load_u16(t->reader->data + t->vtable + entry);
    if (offset == 0) {
        return 0;
    }
    if (!range_inside(offset, size, t->table_size)) {
        fb_fail(t->reader, t->position, "metadata has a field outside its table");
        return 0;
    }
    return t->position + offset;
}

uint8_t fb_u8(const struct fb_table *t, int index, uint8_t absent)
{
    size_t position = locate(t, index, 1);
    return position != 0 ? t->reader->data[position] : absent;
}

int16_t fb_i16(const struct fb_table *t, int index, int16_t absent)
{
    size_t position = locate(t, index, 2);
    return position != 0 ? (int16_t)load_u16(t->reader->data + position) : absent;
}

int32_t fb_i32(const struct fb_table *t, int index, int32_t absent)
{
    size_t position = locate(t, index, 4);
    return position != 0 ? (int32_t)load_u32(t->reader->data + position) : absent;
}

int64_t fb_i64(const struct fb_table *t, int index, int64_t absent)
{
    size_t position = locate(t, index, 8);
    return position != 0 ? (int64_t)load_u64(t->reader->data + position) : absent;
}

struct fb_table fb_child(const struct fb_table *t, int index)
{
    size_t position = locate(t, index, 4);
    struct fb_table absent;
    if (position != 0) {
        return open_table(t->reader, follow(t->reader, position));
    }
    memset(&absent, 0, sizeof(absent));
    return absent;
}

struct fb_vector fb_vector(const struct fb_table *t, int index, size_t item_size)
{
    struct fb_vector vector;
    size_t position = locate(t, index, 4);
    memset(&vector, 0, sizeof(vector));
    if (position == 0 || (position = follow(t->reader, position)) == 0) {
        return vector;
    }
    if (inside(t->reader, position + 4,
               (uint64_t)load_u32(t->reader->data + position) * item_size)) {
        vector.reader = t->reader;
        vector.count = load_u32(t->reader->data + position);
        vector.position = position + 4;
    }
    return vector;
}

const char *fb_string(const struct fb_table *t, int index, uint32_t *length)
{
    struct fb_vector text = fb_vector(t, index, 1);
    *length = text.count;
    return text.reader != NULL ? (const char *)text.reader->data + text.position : NULL;
}

struct fb_table fb_vector_table(const struct fb_vector *v, uint32_t i)
{
    return open_table(v->reader, follow(v->reader, v->position + 4 * (size_t)i));
}

int64_t fb_vector_i64(const struct fb_vector *v, uint32_t i, size_t item_size, size_t at)
{
    return (int64_t)load_u64(v->reader->data + v->position + (size_t)i * item_size + at);
}

/* ---- writing ---- */

void fb_writer_init(struct fb_writer *w, struct buffer *out)
{
    w->out = out;
    w->start = out->len;
    buffer_u32(out, 0); /* the offset of the root table */
}

/* Zero bytes until `behind` bytes later the position is a multiple of `alignment`. */
static void align(struct fb_writer *w, size_t alignment, size_t behind)
{
    size_t position = w->out->len - w->start + behind;
    buffer_fill(w->out, 0, (size_t)(align_up(position, alignment) - position));
}

size_t fb_write_table(struct fb_writer *w, const struct fb_field *fields, int count,
                      size_t slots[FB_MAX_FIELDS])
{
    uint16_t offsets[FB_MAX_FIELDS] = {0};
    uint16_t size = 4; /* the offset to the vtable comes first */
    size_t table;
    int width;
    int i;
    for (width = 8; width >= 1; width /= 2) {
        for (i = 0; i < count; i++) {
            if (fields[i].size == width) {
                size = (uint16_t)align_up(size, (uint64_t)width);
                offsets[i] = size;
                size = (uint16_t)(size + width);
            }
        }
    }
    align(w, 8, 4 + 2 * (size_t)count); /* so that the table is 8-byte aligned */
    buffer_u16(w->out, (uint16_t)(4 + 2 * count));
    buffer_u16(w->out, size);
    for (i = 0; i < count; i++) {
        buffer_u16(w->out, offsets[i]);
    }
    table = w->out->len;
    buffer_u32(w->out, (uint32_t)(4 + 2 * count));
    buffer_fill(w->out, 0, (size_t)size - 4);
    for (i = 0; i < count; i++) {
        slots[i] = table + offsets[i];
        if (w->out->status == INLAY_OK && fields[i].size != 0) {
            uint8_t bytes[8];
            store_u64(bytes, fields[i].value);
            memcpy(w->out->data + slots[i], bytes, fields[i].size);
        }
    }
    return table;
}

void fb_link(struct fb_writer *w, size_t slot, size_t target)
{
    buffer_patch_u32(w->out, slot, (uint32_t)(target - slot));
}

size_t fb_write_string(struct fb_writer *w, const char *text)
{
    size_t position;
    align(w, 4, 0);
    position = w->out->len;
    buffer_u32(w->out, (uint32_t)strlen(text));
    buffer_append(w->out, text, strlen(text) + 1);
    return position;
}

size_t fb_write_offset_vector(struct fb_writer *w, uint32_t count)
{
    size_t position;
    align(w, 4, 0);
    position = w->out->len;
    buffer_u32(w->out, count);
    buffer_fill(w->out, 0, (size_t)count * 4);
    return position;
}

size_t fb_write_pair_vector(struct fb_writer *w, const int64_t *pairs, uint32_t count)
{
    size_t position;
    uint64_t i;
    align(w, 8, 4);
    position = w->out->len;
    buffer_u32(w->out, count);
    for (i = 0; i < (uint64_t)count * 2; i++) {
        buffer_u64(w->out, (uint64_t)pairs[i]);
    }
    return position;
}
