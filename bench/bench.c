/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"

#include "columnar/stream.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void must(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "inlay_bench: %s: %s %s\n", inlay_status_name(status), err->message,
                      err->cause);
        exit(1);
    }
}

void bench_check(bool holds, const char *format, ...)
{
    va_list arguments;
    if (holds) {
        return;
    }
    va_start(arguments, format);
    (void)fprintf(stderr, "inlay_bench: wrong answer: ");
    (void)vfprintf(stderr, format, arguments);
    (void)fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

inlay_connection *bench_connect(const struct bench *bench)
{
    inlay_connect_options options;
    inlay_connection *connection = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_connect_options_init(&options);
    options.threads = bench->threads;
    must(inlay_connect(bench->folder, &options, &connection, &err), &err);
    return connection;
}

inlay_table *bench_open(struct bench *bench, inlay_connection *connection)
{
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    must(inlay_open_table(connection, BENCH_TABLE, NULL, &table, &err), &err);
    must(inlay_table_count(table, &bench->rows, &err), &err);
    return table;
}

static void take_batch(const struct array_view *batch, struct stream_content *out)
{
    const struct array_view *last = &batch->children[batch->child_count - 1];
    enum column_type type = last->field->type;
    int64_t row;
    if (type == COLUMN_INT64 || type == COLUMN_INT32 || type == COLUMN_UINT64) {
        if (out->rows == 0 && batch->length != 0) {
            out->first_int = array_view_int(last, 0);
        }
        for (row = 0; row < batch->length; row++) {
            out->last_column_sum += array_view_int(last, row);
        }
    } else if (column_type_is_string(type) && out->rows == 0 && batch->length != 0) {
        struct byte_view text = array_view_bytes(last, 0);
        (void)snprintf(out->first_text, sizeof(out->first_text), "%.*s", (int)text.length,
                       (const char *)text.data);
    }
    out->rows += (uint64_t)batch->length;
}

void bench_drain(struct ArrowArrayStream *stream, struct stream_content *out)
{
    struct schema schema;
    inlay_error err;
    inlay_error_init(&err);
    memset(out, 0, sizeof(*out));
    must(stream_read_schema(stream, &schema, &err), &err);
    for (;;) {
        struct array_view view;
        struct batch batch;
        bool end;
        must(stream_read_batch(stream, &schema, &batch, &end, &err), &err);
        if (end) {
            break;
        }
        must(array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL,
                                   &view, &err),
             &err);
        take_batch(&view, out);
        array_view_close(&view);
        batch_release(&batch);
    }
    schema_free(&schema);
    stream->release(stream);
}

/* The catalog keeps a table in a folder of its own whose name is not public: look for the key. */
static bool find_key(const char *folder, const char *key, unsigned depth, char path[PATH_SIZE])
{
    struct dirent *entry;
    struct stat info;
    bool found = false;
    DIR *dir;
    if ((size_t)snprintf(path, PATH_SIZE, "%s/%s", folder, key) >= PATH_SIZE) {
        return false;
    }
    if (stat(path, &info) == 0) {
        return true;
    }
    dir = depth != 0 ? opendir(folder) : NULL;
    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        char inner[PATH_SIZE];
        if (entry->d_name[0] != '.' && (size_t)snprintf(inner, sizeof(inner), "%s/%s", folder,
                                                        entry->d_name) < sizeof(inner)) {
            found = find_key(inner, key, depth - 1, path);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return found;
}

struct superfile_place bench_superfile(const struct bench *bench, inlay_table *table)
{
    struct superfile_place place;
    struct ArrowArrayStream stream;
    struct array_view view;
    struct schema schema;
    struct batch batch;
    struct byte_view key;
    char text[256];
    bool end;
    inlay_error err;
    inlay_error_init(&err);
    must(inlay_table_superfiles(table, &stream, &err), &err);
    must(stream_read_schema(&stream, &schema, &err), &err);
    must(stream_read_batch(&stream, &schema, &batch, &end, &err), &err);
    bench_check(!end && batch.array.length != 0, "the table has no superfile");
    must(array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL, &view,
                               &err),
         &err);
    key = array_view_bytes(&view.children[0], 0);
    place.rows = (uint64_t)array_view_int(&view.children[1], 0);
    place.bytes = (uint64_t)array_view_int(&view.children[2], 0);
    (void)snprintf(text, sizeof(text), "%.*s", (int)key.length, (const char *)key.data);
    bench_check(find_key(bench->folder, text, 3, place.path), "no file %s below %s", text,
                bench->folder);
    array_view_close(&view);
    batch_release(&batch);
    schema_free(&schema);
    stream.release(&stream);
    return place;
}
