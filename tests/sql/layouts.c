/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/layouts.h"

#include "sql/slt_file.h"
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDEXES_MAX = 8, NAME_SIZE = 64 };

struct table_head {
    char name[NAME_SIZE];
    char texts[INDEXES_MAX][NAME_SIZE];
    char analyzers[INDEXES_MAX][NAME_SIZE];
    char vectors[INDEXES_MAX][NAME_SIZE];
    char metrics[INDEXES_MAX][NAME_SIZE];
    inlay_text_index text[INDEXES_MAX];
    inlay_vector_index vector[INDEXES_MAX];
    size_t text_count;
    size_t vector_count;
    unsigned long superfiles;
    char format[16]; /* of an import; "" = rows of a statement */
};

void layouts_open(struct layouts *layouts, uint32_t threads)
{
    inlay_connect_options options;
    inlay_error err;
    inlay_error_init(&err);
    inlay_connect_options_init(&options);
    options.threads = threads;
    options.max_staleness_ms = 0;
    layouts->folder = test_folder_make();
    if (inlay_connect(layouts->folder, &options, &layouts->many, &err) != INLAY_OK ||
        inlay_connect("memory://", &options, &layouts->one, &err) != INLAY_OK) {
        (void)fprintf(stderr, "no connection: %s\n", err.message);
        abort();
    }
    layouts->of_many = peer_open();
    layouts->of_one = peer_open();
}

void layouts_close(struct layouts *layouts)
{
    inlay_close(layouts->many);
    inlay_close(layouts->one);
    peer_close(layouts->of_many);
    peer_close(layouts->of_one);
    test_folder_remove(layouts->folder);
    free(layouts->folder);
    memset(layouts, 0, sizeof(*layouts));
}

/* "column:detail"; the detail may be missing. */
static void split_pair(const char *pair, char *first, char *second)
{
    const char *colon = strchr(pair, ':');
    size_t length = colon != NULL ? (size_t)(colon - pair) : strlen(pair);
    (void)snprintf(first, NAME_SIZE, "%.*s", (int)length, pair);
    (void)snprintf(second, NAME_SIZE, "%s", colon != NULL ? colon + 1 : "");
}

static bool parse_option(struct table_head *head, const char *word)
{
    if (strncmp(word, "text=", 5) == 0 && head->text_count < INDEXES_MAX) {
        size_t i = head->text_count++;
        split_pair(word + 5, head->texts[i], head->analyzers[i]);
        inlay_text_index_init(&head->text[i]);
        head->text[i].column = head->texts[i];
        head->text[i].analyzer = head->analyzers[i][0] != '\0' ? head->analyzers[i] : NULL;
    } else if (strncmp(word, "vector=", 7) == 0 && head->vector_count < INDEXES_MAX) {
        size_t i = head->vector_count++;
        split_pair(word + 7, head->vectors[i], head->metrics[i]);
        inlay_vector_index_init(&head->vector[i]);
        head->vector[i].column = head->vectors[i];
        head->vector[i].metric = head->metrics[i][0] != '\0' ? head->metrics[i] : NULL;
    } else if (strncmp(word, "superfiles=", 11) == 0) {
        head->superfiles = strtoul(word + 11, NULL, 10);
    } else if (strncmp(word, "import=", 7) == 0) {
        (void)snprintf(head->format, sizeof(head->format), "%.15s", word + 7);
    } else {
        return false;
    }
    return true;
}

static bool parse_head(struct table_head *head, const char *text, char *message, size_t size)
{
    char word[160];
    size_t i;
    memset(head, 0, sizeof(*head));
    head->superfiles = 2;
    if (!slt_word(text, 0, head->name, sizeof(head->name))) {
        (void)snprintf(message, size, "a table needs a name");
        return false;
    }
    for (i = 1; slt_word(text, i, word, sizeof(word)); i++) {
        if (!parse_option(head, word)) {
            (void)snprintf(message, size, "a table has no option \"%s\"", word);
            return false;
        }
    }
    return true;
}

static inlay_status create(inlay_connection *connection, const struct table_head *head,
                           struct ArrowArrayStream *rows, inlay_table **out, inlay_error *err)
{
    inlay_table_options options;
    struct ArrowSchema schema;
    inlay_status status;
    inlay_table_options_init(&options);
    options.text_indexes = head->text;
    options.text_index_count = head->text_count;
    options.vector_indexes = head->vector;
    options.vector_index_count = head->vector_count;
    if (rows->get_schema(rows, &schema) != 0) {
        (void)snprintf(err->message, sizeof(err->message), "%s", rows->get_last_error(rows));
        return INLAY_QUERY;
    }
    status = inlay_create_table(connection, head->name, &schema, &options, out, err);
    schema.release(&schema);
    return status;
}

static inlay_status rows_of(inlay_connection *connection, struct peer *source, const char *sql,
                            struct ArrowArrayStream *out, inlay_error *err)
{
    if (source == NULL) {
        return inlay_query_sql(connection, sql, NULL, 0, NULL, out, NULL, err);
    }
    return peer_stream(source, sql, out, err->message, sizeof(err->message)) ? INLAY_OK
                                                                             : INLAY_QUERY;
}

/* The rows of a statement in `parts` commits. */
static inlay_status fill(inlay_connection *connection, const struct table_head *head,
                         struct peer *source, const char *sql, unsigned long parts,
                         inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    inlay_table *table = NULL;
    char *text = NULL;
    size_t size;
    unsigned long part;
    struct row_set count;
    unsigned long rows = 0;
    inlay_status status;
    FILE *out = open_memstream(&text, &size);
    (void)fprintf(out, "SELECT count(*) FROM (%s\n)", sql);
    (void)fclose(out);
    if (source == NULL) {
        row_set_query(&count, connection, text);
    } else {
        peer_query(source, text, &count);
    }
    rows = count.status == INLAY_OK ? strtoul(count.cells[0], NULL, 10) : 0;
    row_set_free(&count);
    free(text);
    status = rows_of(connection, source, sql, &stream, err);
    if (status == INLAY_OK) {
        status = create(connection, head, &stream, &table, err);
        stream.release(&stream);
    }
    for (part = 0; part < parts && status == INLAY_OK && rows != 0; part++) {
        unsigned long from = rows * part / parts;
        unsigned long to = rows * (part + 1) / parts;
        out = open_memstream(&text, &size);
        (void)fprintf(out, "SELECT * FROM (%s\n) LIMIT %lu OFFSET %lu", sql, to - from, from);
        (void)fclose(out);
        status = rows_of(connection, source, text, &stream, err);
        if (status == INLAY_OK) {
            status = inlay_table_append(table, &stream, NULL, NULL, err);
        }
        free(text);
    }
    inlay_table_close(table);
    return status;
}

/* The lines of `body` in `parts` files, each imported by itself. */
static inlay_status import(inlay_connection *connection, const struct table_head *head,
                           const char *folder, const char *body, unsigned long parts,
                           inlay_error *err)
{
    const bool csv = strcmp(head->format, "csv") == 0;
    const char *first = csv ? body + strcspn(body, "\n") : body; /* behind the names */
    const char *line;
    unsigned long lines = 0;
    unsigned long at = 0;
    unsigned long part;
    inlay_import_options options;
    inlay_status status = INLAY_OK;
    first += *first == '\n';
    for (line = first; *line != '\0'; lines++) {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    inlay_import_options_init(&options);
    options.format = head->format;
    options.text_indexes = head->text;
    options.text_index_count = head->text_count;
    options.vector_indexes = head->vector;
    options.vector_index_count = head->vector_count;
    line = first;
    for (part = 0; part < parts && status == INLAY_OK; part++) {
        char path[512];
        FILE *out;
        (void)snprintf(path, sizeof(path), "%s/import-%lu-%lu.%s", folder, parts, part,
                       head->format);
        out = fopen(path, "wb");
        if (out == NULL) {
            (void)snprintf(err->message, sizeof(err->message), "%s cannot be written", path);
            return INLAY_IO;
        }
        if (csv) {
            (void)fprintf(out, "%.*s\n", (int)strcspn(body, "\n"), body);
        }
        for (; at < lines * (part + 1) / parts; at++) {
            (void)fprintf(out, "%.*s\n", (int)strcspn(line, "\n"), line);
            line += strcspn(line, "\n");
            line += *line == '\n';
        }
        (void)fclose(out);
        status = inlay_import(connection, head->name, path, &options, NULL, err);
        (void)remove(path);
    }
    return status;
}

bool layouts_table(struct layouts *layouts, const char *head_text, const char *body,
                   struct peer *source, char *message, size_t size)
{
    struct table_head head;
    inlay_status status;
    inlay_error err;
    inlay_error_init(&err);
    if (!parse_head(&head, head_text, message, size)) {
        return false;
    }
    if (head.format[0] != '\0') {
        char folder[256];
        (void)snprintf(folder, sizeof(folder), "%s", layouts->folder);
        status = import(layouts->many, &head, folder, body, head.superfiles, &err);
        if (status == INLAY_OK) {
            status = import(layouts->one, &head, folder, body, 1, &err);
        }
    } else {
        status = fill(layouts->many, &head, source, body, head.superfiles, &err);
        if (status == INLAY_OK) {
            status = fill(layouts->one, &head, source, body, 1, &err);
        }
    }
    if (status != INLAY_OK) {
        (void)snprintf(message, size, "table \"%s\": %s", head.name, err.message);
        return false;
    }
    return peer_copy(layouts->of_many, layouts->many, head.name, message, size) &&
           peer_copy(layouts->of_one, layouts->one, head.name, message, size);
}

void layouts_drop(struct layouts *layouts, const char *table)
{
    struct row_set rows;
    char sql[128];
    inlay_error err;
    inlay_error_init(&err);
    if (inlay_drop_table(layouts->many, table, &err) != INLAY_OK ||
        inlay_drop_table(layouts->one, table, &err) != INLAY_OK) {
        inlay_error_init(&err); /* it had not been made in both */
    }
    (void)snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS \"%s\"", table);
    peer_query(layouts->of_many, sql, &rows);
    row_set_free(&rows);
    peer_query(layouts->of_one, sql, &rows);
    row_set_free(&rows);
}
