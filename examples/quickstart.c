/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A first program: imports a file into a table, searches it by words and by vector, runs SQL over
 * it. The vectors here are made up (sea, woods, age); yours come from a model.
 *
 *   cc quickstart.c $(pkg-config --cflags --libs inlay) -o quickstart && ./quickstart
 *
 * Every fallible call returns a status and fills the error record; results are Arrow C streams,
 * which any Arrow library reads. Here the arrays are read by hand, to show what is in them.
 */
#include <inlay/inlay.h>

#include <stdio.h>
#include <stdlib.h>

static const char books[] =
    "{\"title\":\"Moby Dick\",\"year\":1851,\"about\":[0.9,0.0,0.4],"
    "\"body\":\"Call me Ishmael. The white whale swam before him.\"}\n"
    "{\"title\":\"Walden\",\"year\":1854,\"about\":[0.1,0.9,0.4],"
    "\"body\":\"I went to the woods because I wished to live deliberately.\"}\n"
    "{\"title\":\"Typee\",\"year\":1846,\"about\":[0.7,0.5,0.5],"
    "\"body\":\"Six months at sea, cruising after the sperm whale.\"}\n";

/* Ends the program with the library's sentence when a call failed. */
static void check(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        fprintf(stderr, "%s: %s\n", inlay_status_name(status), err->message);
        exit(1);
    }
}

/* A utf8 column ("u"): 32-bit offsets in buffer 1, the bytes in buffer 2. */
static void print_text(const struct ArrowArray *column, int64_t row)
{
    const int32_t *offsets = (const int32_t *)column->buffers[1] + column->offset;
    const char *bytes = column->buffers[2];
    printf("%.*s", (int)(offsets[row + 1] - offsets[row]), bytes + offsets[row]);
}

/* Prints the first column, a text, and the second, a float32 or an int64; releases the stream. */
static void print_rows(struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    if (stream->get_schema(stream, &schema) != 0) {
        fprintf(stderr, "%s\n", stream->get_last_error(stream));
        exit(1);
    }
    int is_float = schema.children[1]->format[0] == 'f';
    while (stream->get_next(stream, &batch) == 0 && batch.release != NULL) {
        const struct ArrowArray *second = batch.children[1];
        for (int64_t row = 0; row < batch.length; row++) {
            print_text(batch.children[0], row);
            if (is_float) {
                printf("  %.3f\n", ((const float *)second->buffers[1])[second->offset + row]);
            } else {
                printf("  %lld\n",
                       (long long)((const int64_t *)second->buffers[1])[second->offset + row]);
            }
        }
        batch.release(&batch);
    }
    schema.release(&schema);
    stream->release(stream);
}

static void write_books(const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(books, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(void)
{
    inlay_connection *connection;
    inlay_table *table;
    inlay_error err;
    struct ArrowArrayStream rows;
    inlay_error_init(&err);
    write_books("books.ndjson");

    /* A folder path makes a catalog on disk, memory:// one that is gone at the end. */
    check(inlay_connect("memory://", NULL, &connection, &err), &err);

    /* The table is made from the file's own schema, with a full-text index on body and a vector
     * index on about. */
    inlay_text_index body;
    inlay_text_index_init(&body);
    body.column = "body";
    inlay_import_options import;
    inlay_import_options_init(&import);
    import.text_indexes = &body;
    import.text_index_count = 1;
    inlay_vector_index about;
    inlay_vector_index_init(&about);
    about.column = "about";
    import.vector_indexes = &about;
    import.vector_index_count = 1;
    inlay_import_result result = {.struct_size = sizeof(result)};
    check(inlay_import(connection, "books", "books.ndjson", &import, &result, &err), &err);
    printf("imported %llu rows\n", (unsigned long long)result.rows);

    check(inlay_open_table(connection, "books", NULL, &table, &err), &err);
    static const char *const columns[] = {"title"};
    inlay_search_options search;
    inlay_search_options_init(&search);
    search.columns = columns;
    search.column_count = 1;
    inlay_cost cost;
    inlay_cost_init(&cost);
    check(inlay_bm25_search(table, "body", "whale", &search, &rows, &cost, &err), &err);
    print_rows(&rows);

    static const float sea_and_woods[] = {0.5f, 0.5f, 0.5f};
    inlay_vector_options nearest;
    inlay_vector_options_init(&nearest);
    nearest.k = 2;
    nearest.columns = columns;
    nearest.column_count = 1;
    check(inlay_vector_search(table, "about", sea_and_woods, 3, &nearest, &rows, &cost, &err),
          &err);
    print_rows(&rows);
    inlay_table_close(table);

    check(inlay_query_sql(connection,
                          "SELECT title, year FROM books WHERE year < 1852 ORDER BY year", NULL, 0,
                          NULL, &rows, NULL, &err),
          &err);
    print_rows(&rows);
    inlay_close(connection);
    return 0;
}
