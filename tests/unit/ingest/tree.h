/* SPDX-License-Identifier: Apache-2.0 */
/* A temporary folder of files for the tests of this layer. */
#ifndef INLAY_TESTS_INGEST_TREE_H
#define INLAY_TESTS_INGEST_TREE_H

#include "support/test.h"

#include "columnar/array_view.h"
#include "columnar/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *tree;
static inlay_error err;

static int tree_make(void **state)
{
    (void)state;
    tree = test_folder_make();
    inlay_error_init(&err);
    return 0;
}

static int tree_remove(void **state)
{
    (void)state;
    test_folder_remove(tree);
    free(tree);
    return 0;
}

/* The path of a name in the tree; good until eight more were asked for. */
static const char *tree_path(const char *name)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof(paths[0]), "%s%s%s", tree, name[0] != '\0' ? "/" : "", name);
    return path;
}

static void tree_bytes(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(tree_path(name), "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static void tree_text(const char *name, const char *text)
{
    tree_bytes(name, text, strlen(text));
}

static void tree_folder(const char *name)
{
    assert_int_equal(mkdir(tree_path(name), 0700), 0);
}

/* A text value of a batch's view, as a string that the next eight calls leave alone. */
__attribute__((unused)) static const char *view_text(const struct array_view *view, size_t column,
                                                     int64_t row)
{
    static char texts[8][4096];
    static unsigned next;
    char *text = texts[next++ % 8];
    struct byte_view bytes = array_view_bytes(&view->children[column], row);
    assert_true(bytes.length < sizeof(texts[0]));
    memcpy(text, bytes.data, bytes.length);
    text[bytes.length] = '\0';
    return text;
}

#endif
