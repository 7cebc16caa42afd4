/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/crc32c.h"
#include "superfile/hot.h"

static void build(struct buffer *out)
{
    struct hot_directory directory = {0};
    struct buffer pieces;
    inlay_error err;
    inlay_error_init(&err);
    directory.rows = 77;
    buffer_init(&pieces, SIZE_MAX);
    assert_ok(hot_add(&directory, &pieces, SECTION_ID_INDEX, NULL, 0, 0, "ids", 3, &err), err);
    assert_ok(hot_add(&directory, &pieces, SECTION_TEXT, "body", 128, 1000, "text piece", 10, &err),
              err);
    assert_ok(hot_write(&directory, &pieces, out, &err), err);
    buffer_free(&pieces);
    hot_directory_free(&directory);
}

static void sections_come_back(void **state)
{
    struct hot_directory directory;
    const struct section *section;
    struct buffer out;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    build(&out);
    assert_ok(hot_read(out.data, out.len, 4096, 10000, &directory, &err), err);
    assert_int_equal(directory.rows, 77);
    assert_int_equal(directory.count, 2);
    section = hot_find(&directory, SECTION_TEXT, "body");
    assert_non_null(section);
    assert_int_equal(section->body_offset, 128);
    assert_int_equal(section->hot_offset % 64, 0);
    assert_memory_equal(out.data + section->hot_offset, "text piece", 10);
    assert_null(hot_find(&directory, SECTION_TEXT, "title"));
    assert_null(hot_find(&directory, SECTION_TEXT, NULL));
    assert_non_null(hot_find(&directory, SECTION_ID_INDEX, NULL));
    hot_directory_free(&directory);
    /* The bodies must lie in the file. */
    assert_status(hot_read(out.data, out.len, 4096, 1000, &directory, &err), INLAY_CORRUPT);
    buffer_free(&out);
}

static void every_damage_is_found(void **state)
{
    struct hot_directory directory;
    struct buffer out;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    build(&out);
    for (i = 0; i < out.len; i++) {
        inlay_status status;
        assert_int_not_equal(hot_read(out.data, i, 0, 10000, &directory, &err), INLAY_OK);
        out.data[i] ^= 0x10;
        status = hot_read(out.data, out.len, 0, 10000, &directory, &err);
        assert_true(status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED);
        out.data[i] ^= 0x10;
    }
    buffer_free(&out);
}

static void resign(struct buffer *out)
{
    buffer_patch_u32(out, out->len - 4, crc32c(0, out->data, out->len - 4));
}

static void newer_files_are_named_as_such(void **state)
{
    struct hot_directory directory;
    struct buffer out;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    build(&out);
    out.data[8] = 2;
    resign(&out);
    assert_status(hot_read(out.data, out.len, 0, 10000, &directory, &err), INLAY_UNSUPPORTED);
    out.data[8] = 1;
    out.data[40] = 99; /* an unknown section type is skipped ... */
    resign(&out);
    assert_ok(hot_read(out.data, out.len, 0, 10000, &directory, &err), err);
    hot_directory_free(&directory);
    out.data[48] = SECTION_REQUIRED; /* ... unless it says otherwise */
    resign(&out);
    assert_status(hot_read(out.data, out.len, 0, 10000, &directory, &err), INLAY_UNSUPPORTED);
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_come_back),
        cmocka_unit_test(every_damage_is_found),
        cmocka_unit_test(newer_files_are_named_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
