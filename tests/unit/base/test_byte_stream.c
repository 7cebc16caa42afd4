/* SPDX-License-Identifier: Apache-2.0 */
/* Byte sources and byte sinks. */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/alloc.h"
#include "base/byte_sink.h"
#include "base/byte_source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const uint8_t letters[] = "abcdefghij"; /* 10 bytes and a NUL that is not content */

static void memory_source_serves_ranges(void **state)
{
    struct byte_source *source;
    uint8_t a[3];
    uint8_t b[2];
    struct byte_range ranges[] = {{7, 3, a}, {0, 2, b}, {10, 0, NULL}};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(letters, 10, 0, "letters", &source, &err), err);
    assert_ok(byte_source_read(source, ranges, 3, &err), err);
    assert_memory_equal(a, "hij", 3);
    assert_memory_equal(b, "ab", 2);
    assert_ok(byte_source_read(source, NULL, 0, &err), err);
    assert_ptr_equal(byte_source_view(source, 4, 6), letters + 4);
    assert_null(byte_source_view(source, 4, 7));
    byte_source_release(source);
    byte_source_release(NULL);
}

static void ranges_past_the_end_are_corrupt(void **state)
{
    struct byte_source *source;
    struct byte_slice slice;
    uint8_t out[16] = {0};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(letters, 10, 0, "letters", &source, &err), err);
    assert_status(byte_source_read_one(source, 8, 3, out, &err), INLAY_CORRUPT);
    assert_string_equal(err.key, "letters");
    assert_int_equal(err.offset, 8);
    assert_int_equal(out[0], 0);
    assert_status(byte_source_read_one(source, UINT64_MAX, 2, out, &err), INLAY_CORRUPT);
    assert_status(byte_source_slice(source, 1, UINT64_MAX, &slice, &err), INLAY_CORRUPT);
    assert_null(slice.data);
    byte_slice_free(&slice);
    byte_source_release(source);
}

/* A source without views, that counts its reads and its end. */
struct counting_source {
    struct byte_source source;
    int reads;
    int *destroyed;
    bool fails;
};

static inlay_status counting_read(struct byte_source *source, const struct byte_range *ranges,
                                  size_t count, inlay_error *err)
{
    struct counting_source *self = (struct counting_source *)source;
    size_t i;
    (void)err;
    self->reads++;
    for (i = 0; i < count && !self->fails; i++) {
        memcpy(ranges[i].into, letters + ranges[i].offset, ranges[i].length);
    }
    return self->fails ? INLAY_IO : INLAY_OK;
}

static void counting_destroy(struct byte_source *source)
{
    (*((struct counting_source *)source)->destroyed)++;
}

static void slices_copy_when_nothing_is_resident(void **state)
{
    static const struct byte_source_ops ops = {counting_read, NULL, counting_destroy};
    int destroyed = 0;
    struct counting_source self = {.reads = 0, .destroyed = &destroyed};
    struct byte_slice slice;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    byte_source_init(&self.source, &ops, 10, "counted", NULL);
    assert_ok(byte_source_slice(&self.source, 2, 3, &slice, &err), err);
    assert_memory_equal(slice.data, "cde", 3);
    assert_non_null(slice.owned);
    assert_int_equal(self.reads, 1);
    byte_slice_free(&slice);
    byte_slice_free(NULL);
    assert_status(byte_source_slice(&self.source, 9, 2, &slice, &err), INLAY_CORRUPT);
    assert_int_equal(self.reads, 1); /* refused before any I/O */
    self.fails = true;
    assert_status(byte_source_slice(&self.source, 2, 3, &slice, &err), INLAY_IO);
    assert_null(slice.owned);
    assert_ptr_equal(byte_source_retain(&self.source), &self.source);
    byte_source_release(&self.source);
    assert_int_equal(destroyed, 0);
    byte_source_release(&self.source);
    assert_int_equal(destroyed, 1);
}

static inlay_status open_owned(void *context, inlay_error *err)
{
    struct byte_source *source;
    uint8_t *data = mem_dup(letters, 10);
    inlay_status status;
    (void)context;
    status = byte_source_from_memory(data, data != NULL ? 10 : 0, 1, NULL, &source, err);
    if (status != INLAY_OK) {
        mem_free(data); /* still the caller's */
    }
    byte_source_release(source);
    return status;
}

static void owned_memory_is_freed(void **state)
{
    (void)state;
    assert_int_equal(alloc_fault_sweep(open_owned, NULL), 3);
}

static void sink_writes_and_aligns(void **state)
{
    struct buffer buffer;
    struct byte_sink sink;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&buffer, 20);
    byte_sink_to_buffer(&sink, &buffer);
    assert_ok(byte_sink_write(&sink, "abc", 3, &err), err);
    assert_ok(byte_sink_write(&sink, NULL, 0, &err), err);
    assert_ok(byte_sink_align(&sink, 8, &err), err);
    assert_int_equal(sink.offset, 8);
    assert_ok(byte_sink_align(&sink, 8, &err), err);
    assert_int_equal(sink.offset, 8);
    assert_memory_equal(buffer.data, "abc\0\0\0\0\0", 8);
    assert_status(byte_sink_write(&sink, letters, 10, &err), INLAY_OK);
    assert_status(byte_sink_write(&sink, letters, 10, &err), INLAY_OVER_BUDGET);
    assert_int_equal(sink.offset, 18);
    assert_status(byte_sink_write(&sink, "x", 1, &err), INLAY_OVER_BUDGET); /* it sticks */
    assert_non_null(strstr(err.message, "failed earlier"));
    buffer_free(&buffer);
}

static void sink_over_a_file(void **state)
{
    char *folder = test_folder_make();
    char path[512];
    struct byte_sink sink;
    uint8_t *content;
    size_t size = 0;
    inlay_error err;
    int fd;
    (void)state;
    inlay_error_init(&err);
    (void)snprintf(path, sizeof(path), "%s/file", folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    byte_sink_to_fd(&sink, fd);
    assert_ok(byte_sink_write(&sink, letters, 10, &err), err);
    assert_ok(byte_sink_align(&sink, 4096, &err), err);
    (void)close(fd);
    content = test_read_file(path, &size);
    assert_int_equal(size, 4096);
    assert_memory_equal(content, letters, 10);
    free(content);
    assert_status(byte_sink_write(&sink, "x", 1, &err), INLAY_IO); /* the descriptor is closed */
    assert_int_equal(sink.offset, 4096);
    test_folder_remove(folder);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_source_serves_ranges),
        cmocka_unit_test(ranges_past_the_end_are_corrupt),
        cmocka_unit_test(slices_copy_when_nothing_is_resident),
        cmocka_unit_test(owned_memory_is_freed),
        cmocka_unit_test(sink_writes_and_aligns),
        cmocka_unit_test(sink_over_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
