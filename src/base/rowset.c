/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A struct rowset is CRoaring's bitmap under our name. Iteration and windows read its containers
 * themselves (the library's block iterator and bitset export are newer than the version we build
 * against). Copy on write is never switched on, so no container is shared.
 */
#include "base/rowset.h"

#include "base/error.h"
#include "base/rowset_check.h"

#include <roaring/roaring.h>
#include <string.h>

#define ROW_LIMIT (1ull << 32)

static roaring_bitmap_t *bitmap_of(struct rowset *set)
{
    return (roaring_bitmap_t *)(void *)set;
}

static const roaring_bitmap_t *const_bitmap_of(const struct rowset *set)
{
    return (const roaring_bitmap_t *)(const void *)set;
}

static const roaring_array_t *containers_of(const struct rowset *set)
{
    return &const_bitmap_of(set)->high_low_container;
}

static inlay_status adopt(roaring_bitmap_t *bitmap, struct rowset **out, inlay_error *err)
{
    *out = (struct rowset *)(void *)bitmap;
    return bitmap != NULL ? INLAY_OK : error_no_memory(err);
}

inlay_status rowset_create(struct rowset **out, inlay_error *err)
{
    return adopt(roaring_bitmap_create(), out, err);
}

inlay_status rowset_copy(const struct rowset *set, struct rowset **out, inlay_error *err)
{
    return adopt(roaring_bitmap_copy(const_bitmap_of(set)), out, err);
}

void rowset_free(struct rowset *set)
{
    if (set != NULL) {
        roaring_bitmap_free(bitmap_of(set));
    }
}

void rowset_add(struct rowset *set, uint32_t row)
{
    roaring_bitmap_add(bitmap_of(set), row);
}

void rowset_add_many(struct rowset *set, const uint32_t *rows, size_t count)
{
    if (count != 0) {
        roaring_bitmap_add_many(bitmap_of(set), count, rows);
    }
}

void rowset_add_range(struct rowset *set, uint64_t lo, uint64_t hi)
{
    hi = hi < ROW_LIMIT ? hi : ROW_LIMIT;
    if (lo < hi) {
        roaring_bitmap_add_range_closed(bitmap_of(set), (uint32_t)lo, (uint32_t)(hi - 1));
    }
}

void rowset_remove(struct rowset *set, uint32_t row)
{
    roaring_bitmap_remove(bitmap_of(set), row);
}

void rowset_remove_range(struct rowset *set, uint64_t lo, uint64_t hi)
{
    hi = hi < ROW_LIMIT ? hi : ROW_LIMIT;
    if (lo < hi) {
        roaring_bitmap_remove_range_closed(bitmap_of(set), (uint32_t)lo, (uint32_t)(hi - 1));
    }
}

void rowset_clear(struct rowset *set)
{
    roaring_bitmap_clear(bitmap_of(set));
}

bool rowset_contains(const struct rowset *set, uint32_t row)
{
    return roaring_bitmap_contains(const_bitmap_of(set), row);
}

bool rowset_is_empty(const struct rowset *set)
{
    return roaring_bitmap_is_empty(const_bitmap_of(set));
}

uint64_t rowset_cardinality(const struct rowset *set)
{
    return roaring_bitmap_get_cardinality(const_bitmap_of(set));
}

uint64_t rowset_count_range(const struct rowset *set, uint64_t lo, uint64_t hi)
{
    return lo < hi ? rowset_rank(set, hi) - rowset_rank(set, lo) : 0;
}

bool rowset_equal(const struct rowset *a, const struct rowset *b)
{
    return roaring_bitmap_equals(const_bitmap_of(a), const_bitmap_of(b));
}

bool rowset_is_subset(const struct rowset *inner, const struct rowset *outer)
{
    return roaring_bitmap_is_subset(const_bitmap_of(inner), const_bitmap_of(outer));
}

bool rowset_first(const struct rowset *set, uint32_t *row)
{
    if (rowset_is_empty(set)) {
        return false;
    }
    *row = roaring_bitmap_minimum(const_bitmap_of(set));
    return true;
}

bool rowset_last(const struct rowset *set, uint32_t *row)
{
    if (rowset_is_empty(set)) {
        return false;
    }
    *row = roaring_bitmap_maximum(const_bitmap_of(set));
    return true;
}

void rowset_and(struct rowset *set, const struct rowset *other)
{
    if (set != other) {
        roaring_bitmap_and_inplace(bitmap_of(set), const_bitmap_of(other));
    }
}

void rowset_or(struct rowset *set, const struct rowset *other)
{
    if (set != other) {
        roaring_bitmap_or_inplace(bitmap_of(set), const_bitmap_of(other));
    }
}

void rowset_andnot(struct rowset *set, const struct rowset *other)
{
    if (set == other) {
        rowset_clear(set);
    } else {
        roaring_bitmap_andnot_inplace(bitmap_of(set), const_bitmap_of(other));
    }
}

uint64_t rowset_and_count(const struct rowset *a, const struct rowset *b)
{
    return roaring_bitmap_and_cardinality(const_bitmap_of(a), const_bitmap_of(b));
}

uint64_t rowset_or_count(const struct rowset *a, const struct rowset *b)
{
    return roaring_bitmap_or_cardinality(const_bitmap_of(a), const_bitmap_of(b));
}

uint64_t rowset_andnot_count(const struct rowset *a, const struct rowset *b)
{
    return roaring_bitmap_andnot_cardinality(const_bitmap_of(a), const_bitmap_of(b));
}

uint64_t rowset_rank(const struct rowset *set, uint64_t row)
{
    if (row == 0) {
        return 0;
    }
    row = row < ROW_LIMIT ? row : ROW_LIMIT;
    return roaring_bitmap_rank(const_bitmap_of(set), (uint32_t)(row - 1));
}

bool rowset_select(const struct rowset *set, uint64_t index, uint32_t *row)
{
    /* The library's index has 32 bits; only the set of all rows has a member that needs more. */
    return index < ROW_LIMIT && roaring_bitmap_select(const_bitmap_of(set), (uint32_t)index, row);
}

/* The first container whose key is not below `key`. */
static int32_t container_from(const roaring_array_t *array, uint32_t key)
{
    int32_t lo = 0;
    int32_t hi = array->size;
    while (lo < hi) {
        int32_t middle = lo + (hi - lo) / 2;
        if (array->keys[middle] < key) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

/* The number of values of an ascending array below `value`. */
static uint32_t values_below(const uint16_t *values, uint32_t count, uint32_t value)
{
    uint32_t lo = 0;
    uint32_t hi = count;
    while (lo < hi) {
        uint32_t middle = (lo + hi) / 2;
        if (values[middle] < value) {
            lo = middle + 1;
        } else {
            hi = middle;
        }
    }
    return lo;
}

void rowset_iterate(const struct rowset *set, struct rowset_iterator *iterator)
{
    memset(iterator, 0, sizeof(*iterator));
    iterator->set = set;
}

/* `position` is an index into an array, a bit of a bitmap, or a run with `run_offset` in it. */
void rowset_iterate_from(const struct rowset *set, uint32_t row, struct rowset_iterator *iterator)
{
    const roaring_array_t *array = containers_of(set);
    uint32_t low = row & 0xffff;
    int32_t i = container_from(array, row >> 16);
    rowset_iterate(set, iterator);
    iterator->container = i;
    if (i == array->size || array->keys[i] != row >> 16) {
        return;
    }
    if (array->typecodes[i] == ARRAY_CONTAINER_TYPE_CODE) {
        const array_container_t *values = array->containers[i];
        iterator->position = values_below(values->array, (uint32_t)values->cardinality, low);
    } else if (array->typecodes[i] == BITSET_CONTAINER_TYPE_CODE) {
        iterator->position = low;
    } else {
        const run_container_t *runs = array->containers[i];
        while (iterator->position < (uint32_t)runs->n_runs) {
            const rle16_t *run = &runs->runs[iterator->position];
            if ((uint32_t)run->value + run->length >= low) {
                iterator->run_offset = low > run->value ? low - run->value : 0;
                break;
            }
            iterator->position++;
        }
    }
}

static size_t next_of_array(struct rowset_iterator *it, const array_container_t *values,
                            uint32_t base, uint32_t *rows, size_t capacity)
{
    size_t left = (uint32_t)values->cardinality - it->position;
    size_t count = left < capacity ? left : capacity;
    size_t i;
    for (i = 0; i < count; i++) {
        rows[i] = base | values->array[it->position + i];
    }
    it->position += (uint32_t)count;
    return count;
}

static size_t next_of_bitmap(struct rowset_iterator *it, const bitset_container_t *bitmap,
                             uint32_t base, uint32_t *rows, size_t capacity)
{
    size_t count = 0;
    while (it->position < 65536) {
        uint32_t word = it->position / 64;
        uint64_t bits = bitmap->array[word] & (~0ull << (it->position % 64));
        for (; bits != 0; bits &= bits - 1) {
            uint32_t low = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (count == capacity) {
                it->position = low;
                return count;
            }
            rows[count++] = base | low;
        }
        it->position = (word + 1) * 64;
    }
    return count;
}

static size_t next_of_runs(struct rowset_iterator *it, const run_container_t *runs, uint32_t base,
                           uint32_t *rows, size_t capacity)
{
    size_t count = 0;
    while (count < capacity && it->position < (uint32_t)runs->n_runs) {
        const rle16_t *run = &runs->runs[it->position];
        uint32_t first = base | run->value;
        while (count < capacity && it->run_offset <= run->length) {
            rows[count++] = first + it->run_offset++;
        }
        if (it->run_offset > run->length) {
            it->position++;
            it->run_offset = 0;
        }
    }
    return count;
}

size_t rowset_next_many(struct rowset_iterator *it, uint32_t *rows, size_t capacity)
{
    const roaring_array_t *array = containers_of(it->set);
    size_t count = 0;
    while (it->container < array->size) {
        const void *container = array->containers[it->container];
        uint32_t base = (uint32_t)array->keys[it->container] << 16;
        uint8_t kind = array->typecodes[it->container];
        uint32_t *to = rows + count;
        size_t room = capacity - count;
        if (kind == ARRAY_CONTAINER_TYPE_CODE) {
            count += next_of_array(it, container, base, to, room);
        } else if (kind == BITSET_CONTAINER_TYPE_CODE) {
            count += next_of_bitmap(it, container, base, to, room);
        } else {
            count += next_of_runs(it, container, base, to, room);
        }
        if (count == capacity) {
            break; /* this container may have more; if not, the next call finds none and goes on */
        }
        it->container++;
        it->position = 0;
        it->run_offset = 0;
    }
    return count;
}

/* Sets the bits [lo, hi) of `words`. */
static void set_bits(uint64_t *words, uint32_t lo, uint32_t hi)
{
    uint32_t first = lo / 64;
    uint32_t last = (hi - 1) / 64;
    uint64_t head = ~0ull << (lo % 64);
    uint64_t tail = ~0ull >> (63 - (hi - 1) % 64);
    if (first == last) {
        words[first] |= head & tail;
        return;
    }
    words[first] |= head;
    memset(words + first + 1, 0xff, (size_t)(last - first - 1) * sizeof(*words));
    words[last] |= tail;
}

/* Sets in `words` the members of one container within [lo, hi) of its 65,536 values; bit 0 of
 * words[0] is the value `lo`, a multiple of 64. */
static void fill_from_container(const void *container, uint8_t kind, uint32_t lo, uint32_t hi,
                                uint64_t *words)
{
    if (kind == BITSET_CONTAINER_TYPE_CODE) {
        const bitset_container_t *bitmap = container;
        memcpy(words, bitmap->array + lo / 64, (size_t)(hi - lo + 63) / 64 * sizeof(*words));
        if (hi % 64 != 0) {
            words[(hi - lo) / 64] &= ~(~0ull << (hi % 64));
        }
    } else if (kind == ARRAY_CONTAINER_TYPE_CODE) {
        const array_container_t *values = container;
        uint32_t count = (uint32_t)values->cardinality;
        uint32_t i = values_below(values->array, count, lo);
        for (; i < count && values->array[i] < hi; i++) {
            uint32_t bit = values->array[i] - lo;
            words[bit / 64] |= 1ull << (bit % 64);
        }
    } else {
        const run_container_t *runs = container;
        int32_t i;
        for (i = 0; i < runs->n_runs && runs->runs[i].value < hi; i++) {
            uint32_t start = runs->runs[i].value;
            uint32_t end = start + runs->runs[i].length + 1;
            if (end > lo) {
                set_bits(words, (start > lo ? start : lo) - lo, (end < hi ? end : hi) - lo);
            }
        }
    }
}

void rowset_fill_words(const struct rowset *set, uint64_t lo, uint64_t hi, uint64_t *words)
{
    const roaring_array_t *array = containers_of(set);
    int32_t i;
    if (lo >= hi) {
        return;
    }
    memset(words, 0, (size_t)((hi - lo + 63) / 64) * sizeof(*words));
    for (i = container_from(array, (uint32_t)(lo >> 16)); i < array->size; i++) {
        uint64_t base = (uint64_t)array->keys[i] << 16;
        uint64_t start = lo > base ? lo - base : 0;
        uint64_t end = hi - base < 65536 ? hi - base : 65536;
        if (base >= hi) {
            break;
        }
        fill_from_container(array->containers[i], array->typecodes[i], (uint32_t)start,
                            (uint32_t)end, words + (base + start - lo) / 64);
    }
}

void rowset_run_optimize(struct rowset *set)
{
    (void)roaring_bitmap_run_optimize(bitmap_of(set));
}

size_t rowset_serialized_size(const struct rowset *set)
{
    return roaring_bitmap_portable_size_in_bytes(const_bitmap_of(set));
}

void rowset_serialize(const struct rowset *set, struct buffer *out)
{
    uint8_t *room = buffer_extend(out, rowset_serialized_size(set));
    if (room != NULL) {
        (void)roaring_bitmap_portable_serialize(const_bitmap_of(set), (char *)room);
    }
}

inlay_status rowset_deserialize(const void *data, size_t length, struct rowset **out,
                                inlay_error *err)
{
    *out = NULL;
    INLAY_TRY(rowset_check(data, length, err));
    return adopt(roaring_bitmap_portable_deserialize_safe(data, length), out, err);
}
