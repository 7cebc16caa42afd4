/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_fixture.h"

#include "base/error.h"
#include "superfile/layout.h"
#include "superfile/verify.h"

#include <dirent.h>

static inlay_status open_layout(const uint8_t *data, uint64_t size, struct layout *layout,
                                inlay_error *err)
{
    struct byte_source *source;
    inlay_status status;
    assert_int_equal(byte_source_from_memory(data, size, 0, "file.parquet", &source, err),
                     INLAY_OK);
    status = superfile_layout(source, layout, err);
    byte_source_release(source);
    return status;
}

/* Outer regions tile the file; the parts of one ascend inside it, and fill a row group. */
static void check_tiling(const struct layout *layout, uint64_t size)
{
    uint64_t outer = 0;
    uint64_t part = 0;
    bool fills = false;
    size_t i;
    for (i = 0; i < layout->count; i++) {
        const struct region *region = &layout->regions[i];
        assert_true(region->length != 0);
        assert_non_null(region->detail);
        if (region->is_part) {
            assert_true(fills ? region->offset == part : region->offset >= part);
            part = region->offset + region->length;
            assert_true(part <= outer);
        } else {
            assert_true(!fills || part == outer);
            assert_int_equal(region->offset, outer);
            part = region->offset;
            outer = region->offset + region->length;
            fills = region->kind == REGION_ROW_GROUP;
        }
    }
    assert_true(!fills || part == outer);
    assert_int_equal(outer, size);
}

static size_t count_kind(const struct layout *layout, enum region_kind kind)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < layout->count; i++) {
        count += layout->regions[i].kind == kind;
    }
    return count;
}

static const struct region *find(const struct layout *layout, enum region_kind kind,
                                 const char *column)
{
    size_t i;
    for (i = 0; i < layout->count; i++) {
        const struct region *region = &layout->regions[i];
        if (region->kind == kind &&
            (column == NULL || (region->column != NULL && strcmp(region->column, column) == 0))) {
            return region;
        }
    }
    fail_msg("no %s of %s", region_kind_name(kind), column != NULL ? column : "anything");
    return NULL;
}

static void superfiles_are_known_to_the_last_byte(void **state)
{
    static const uint64_t sizes[] = {1, 300, 20000};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct layout layout;
        struct buffer file;
        char text[64];
        inlay_error err;
        inlay_error_init(&err);
        fixture_superfile(sizes[i], 100, true, &file);
        assert_ok(open_layout(file.data, file.len, &layout, &err), err);
        check_tiling(&layout, file.len);
        assert_true(layout.is_superfile);
        assert_int_equal(layout.rows, sizes[i]);
        assert_int_equal(count_kind(&layout, REGION_UNKNOWN), 0);
        assert_int_equal(count_kind(&layout, REGION_COLUMN_CHUNK), 7);
        assert_int_equal(count_kind(&layout, REGION_TEXT_INDEX), 2); /* body and hot piece */
        assert_int_equal(count_kind(&layout, REGION_ID_INDEX), 1);
        assert_int_equal(layout.regions[layout.count - 1].kind, REGION_FOOTER);
        (void)snprintf(text, sizeof(text), "%llu values, 0 null", (unsigned long long)sizes[i]);
        assert_non_null(strstr(find(&layout, REGION_COLUMN_CHUNK, "n")->detail, text));
        assert_int_equal(find(&layout, REGION_COLUMN_CHUNK, "v.list.element")->row_group, 0);
        assert_non_null(strstr(find(&layout, REGION_TEXT_INDEX, "title")->detail, "positions on"));
        (void)snprintf(text, sizeof(text), "%llu rows as", (unsigned long long)sizes[i]);
        assert_non_null(strstr(find(&layout, REGION_ID_INDEX, NULL)->detail, text));
        layout_free(&layout);
        buffer_free(&file);
    }
}

static void damage_never_crashes(void **state)
{
    struct test_random random = test_random_init(31);
    struct buffer file;
    int i;
    (void)state;
    fixture_superfile(50, 10, true, &file);
    for (i = 0; i < 3000; i++) {
        size_t at = (size_t)test_random_below(&random, file.len);
        uint8_t mask = (uint8_t)(1u << test_random_below(&random, 8));
        struct layout layout;
        file.data[at] ^= mask;
        if (open_layout(file.data, file.len, &layout, NULL) == INLAY_OK) {
            check_tiling(&layout, file.len);
            layout_free(&layout);
        }
        file.data[at] ^= mask;
    }
    buffer_free(&file);
}

/* Files of other writers, when they are here: known to the last byte as well. */
static void public_files_are_laid_out(void **state)
{
    const char *root = test_data_folder();
    char folder[512];
    const struct dirent *entry;
    DIR *files;
    size_t read = 0;
    (void)state;
    if (root == NULL) {
        skip();
    }
    (void)snprintf(folder, sizeof(folder), "%s/parquet-testing/data", root);
    files = opendir(folder);
    if (files == NULL) {
        print_message("%s is not here: skipped\n", folder);
        skip();
    }
    while ((entry = readdir(files)) != NULL) {
        char path[1024];
        struct layout layout;
        uint8_t *data;
        size_t size;
        inlay_status status;
        inlay_error err;
        inlay_error_init(&err);
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        data = strstr(entry->d_name, ".parquet") != NULL ? test_read_file(path, &size) : NULL;
        if (data == NULL) {
            continue;
        }
        status = open_layout(data, size, &layout, &err);
        if (status == INLAY_OK) {
            check_tiling(&layout, size);
            assert_false(layout.is_superfile);
            layout_free(&layout);
            read++;
        } else {
            print_message("%s: %s: %s\n", entry->d_name, inlay_status_name(status), err.message);
        }
        free(data);
    }
    (void)closedir(files);
    assert_true(read >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(superfiles_are_known_to_the_last_byte),
        cmocka_unit_test(damage_never_crashes),
        cmocka_unit_test(public_files_are_laid_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
