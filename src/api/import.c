/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files into tables, commit by commit. Each commit also moves a tag that says how many rows of the
 * source are in the table (docs/decisions/004-import-resumes-by-tag.md), so a broken import goes on
 * exactly where its last commit ended.
 */
#include "api/build_progress.h"
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"
#include "columnar/stream.h"
#include "ingest/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_COMMIT_BYTES ((uint64_t)256 << 20)
/* Fewer, larger superfiles are searched faster by vectors. */
#define VECTOR_COMMIT_BYTES ((uint64_t)1 << 30)
/* A column of longer values than this is taken for text when nobody says what to index. */
#define TEXT_COLUMN_BYTES 32
#define DEFAULT_TEXTS_MAX 64

void inlay_import_options_init(inlay_import_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->resume = 1;
}

struct import {
    struct inlay_connection *connection;
    const inlay_import_options *options;
    struct ingest_source *source;
    struct typed_table *table; /* one reference */
    struct batch peeked;       /* the first batch, read to settle the indexes of a new table */
    bool has_peeked;
    bool ended;
    uint64_t started_ns;
    uint64_t rows_in;      /* of the source, read so far, skipped ones included */
    uint64_t commit_bytes; /* input bytes in the commit under way */
    uint64_t commit_limit;
    char old_tag[TAG_NAME_MAX + 1]; /* "" = none */
    inlay_import_result result;
};

/* ---- the table ---- */

static uint64_t text_bytes(const struct array_view *column)
{
    uint64_t bytes = 0;
    int64_t i;
    for (i = 0; i < column->length; i++) {
        bytes += array_view_bytes(column, i).length;
    }
    return bytes;
}

/* What to index when nobody says: passages by title and body, else the columns of long text. */
static inlay_status default_texts(const struct import *import, inlay_text_index *texts,
                                  size_t *count, inlay_error *err)
{
    const struct schema *schema = &import->peeked.schema;
    bool passages = strcmp(ingest_format(import->source), "text") == 0;
    struct array_view view;
    size_t i;
    *count = 0;
    INLAY_TRY(array_view_open_batch(schema, &import->peeked.array, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INTERNAL, &view, err));
    for (i = 0; i < schema->count && *count < DEFAULT_TEXTS_MAX; i++) {
        const struct array_view *column = &view.children[i];
        bool wanted = column_type_is_utf8(schema->fields[i].type);
        if (wanted && passages) {
            wanted = strcmp(schema->fields[i].name, "title") == 0 ||
                     strcmp(schema->fields[i].name, "body") == 0;
        } else if (wanted) {
            wanted = text_bytes(column) > (uint64_t)column->length * TEXT_COLUMN_BYTES;
        }
        if (wanted) {
            inlay_text_index_init(&texts[*count]);
            texts[(*count)++].column = schema->fields[i].name;
        }
    }
    array_view_close(&view);
    return INLAY_OK;
}

/* Elements of the first vector of a list column; 0: there is none in the first batch. */
static int64_t first_length(const struct array_view *column)
{
    int64_t i;
    for (i = 0; i < column->length; i++) {
        int64_t begin;
        int64_t end;
        if (!array_view_is_null(column, i)) {
            array_view_list(column, i, &begin, &end);
            return end - begin;
        }
    }
    return 0;
}

static bool is_number(enum column_type type)
{
    return type >= COLUMN_INT8 && type <= COLUMN_FLOAT64;
}

/* Lists of numbers become vectors: lists of a fixed size. `field` is the column's, in a copy of the
 * input's schema. */
static inlay_status make_vector(struct field *field, const struct array_view *column,
                                inlay_error *err)
{
    int64_t length;
    if (field->type == COLUMN_FIXED_LIST) {
        return INLAY_OK;
    }
    if ((field->type != COLUMN_LIST && field->type != COLUMN_LARGE_LIST) ||
        !is_number(field->children[0].type)) {
        error_set(err, INLAY_SCHEMA,
                  "column \"%s\" cannot have a vector index: it is no list of "
                  "numbers in the input",
                  field->name);
        error_key(err, field->name);
        return INLAY_SCHEMA;
    }
    length = first_length(column);
    if (length < 1 || length > VECTOR_MAX_DIM) {
        error_set(err, INLAY_SCHEMA,
                  "column \"%s\": the first vector of the input has %lld elements; vectors have 1 "
                  "to %d (create the table before the import if the first rows have none)",
                  field->name, (long long)length, VECTOR_MAX_DIM);
        error_key(err, field->name);
        return INLAY_SCHEMA;
    }
    field->type = COLUMN_FIXED_LIST;
    field->width = (int32_t)length;
    field->children[0].type = COLUMN_FLOAT32;
    return INLAY_OK;
}

static inlay_status make_vectors(const struct import *import, struct schema *schema,
                                 inlay_error *err)
{
    const inlay_import_options *options = import->options;
    inlay_status status = INLAY_OK;
    struct array_view view;
    size_t i;
    INLAY_TRY(array_view_open_batch(&import->peeked.schema, &import->peeked.array,
                                    ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL, &view, err));
    for (i = 0; i < options->vector_index_count && status == INLAY_OK; i++) {
        const char *name = options->vector_indexes[i].column;
        ptrdiff_t at = name != NULL ? schema_find(schema, name) : -1;
        if (at < 0) {
            status = error_set(err, INLAY_SCHEMA, "the input has no column \"%s\"",
                               name != NULL ? name : "");
        } else {
            status = make_vector(&schema->fields[at], &view.children[at], err);
        }
    }
    array_view_close(&view);
    return status;
}

/* The schema of a table that is made from the input. */
static inlay_status table_schema(const struct import *import, struct ArrowSchema *out,
                                 inlay_error *err)
{
    struct schema schema;
    inlay_status status;
    INLAY_TRY(schema_copy(ingest_schema(import->source), &schema, err));
    status = make_vectors(import, &schema, err);
    if (status == INLAY_OK) {
        status = schema_to_arrow(&schema, out, err);
    }
    schema_free(&schema);
    return status;
}

static inlay_status create_table(struct import *import, const char *name, inlay_error *err)
{
    inlay_text_index texts[DEFAULT_TEXTS_MAX];
    inlay_table_options options;
    struct ArrowSchema arrow;
    inlay_status status;
    inlay_table_options_init(&options);
    options.text_indexes = import->options->text_indexes;
    options.text_index_count = import->options->text_index_count;
    if (options.text_indexes == NULL) {
        INLAY_TRY(default_texts(import, texts, &options.text_index_count, err));
        options.text_indexes = texts;
    }
    options.vector_indexes = import->options->vector_indexes;
    options.vector_index_count = import->options->vector_index_count;
    INLAY_TRY(table_schema(import, &arrow, err));
    status = inlay_create_table(import->connection, name, &arrow, &options, NULL, err);
    arrow.release(&arrow);
    /* Somebody else created it meanwhile: then it is the table to import into. */
    return status == INLAY_ALREADY_EXISTS ? INLAY_OK : status;
}

static inlay_status peek(struct import *import, inlay_error *err)
{
    INLAY_TRY(ingest_next(import->source, &import->peeked, &import->ended, err));
    import->has_peeked = !import->ended;
    if (import->ended) {
        return error_set(err, INLAY_SCHEMA,
                         "the input has no rows: there is nothing to make a "
                         "table of");
    }
    return INLAY_OK;
}

static inlay_status open_source(struct import *import, const char *path, const struct schema *types,
                                inlay_error *err)
{
    struct ingest_options options;
    memset(&options, 0, sizeof(options));
    options.types = types;
    options.text.passage_bytes = (size_t)import->options->passage_bytes;
    options.text.endings = import->options->endings;
    return ingest_open(path, import->options->format, &options, &import->source, err);
}

/* The table decides the types of CSV and JSON; a table that does not exist is made from the input.
 */
static inlay_status open_both(struct import *import, const char *name, const char *path,
                              inlay_error *err)
{
    inlay_status status;
    INLAY_TRY(table_name_check(name, err));
    status = connection_typed_table(import->connection, name, &import->table, NULL, err);
    if (status == INLAY_OK) {
        return open_source(import, path, typed_table_columns(import->table), err);
    }
    if (status != INLAY_NOT_FOUND) {
        return status;
    }
    INLAY_TRY(open_source(import, path, NULL, err));
    INLAY_TRY(peek(import, err));
    INLAY_TRY(create_table(import, name, err));
    return connection_typed_table(import->connection, name, &import->table, NULL, err);
}

static uint64_t commit_limit(const struct import *import)
{
    size_t vectors = 0;
    if (import->options->commit_bytes != 0) {
        return import->options->commit_bytes;
    }
    (void)typed_table_vectors(import->table, &vectors);
    return vectors != 0 ? VECTOR_COMMIT_BYTES : DEFAULT_COMMIT_BYTES;
}

/* ---- where an earlier import stopped ---- */

static void tag_of(const struct import *import, uint64_t rows, char tag[TAG_NAME_MAX + 1])
{
    (void)snprintf(tag, TAG_NAME_MAX + 1, "import.%s.%" PRIu64, ingest_fingerprint(import->source),
                   rows);
}

/* Rows that a tag of this source claims; false for other tags. */
static bool tag_rows(const struct import *import, const char *tag, uint64_t *rows)
{
    char prefix[TAG_NAME_MAX + 1];
    size_t length;
    (void)snprintf(prefix, sizeof(prefix), "import.%s.", ingest_fingerprint(import->source));
    length = strlen(prefix);
    *rows = 0;
    if (strncmp(tag, prefix, length) != 0 || tag[length] == '\0') {
        return false;
    }
    for (tag += length; *tag != '\0'; tag++) {
        if (*tag < '0' || *tag > '9' || *rows > UINT64_MAX / 10 - 9) {
            return false;
        }
        *rows = *rows * 10 + (uint64_t)(*tag - '0');
    }
    return true;
}

static inlay_status skip_committed(struct import *import, inlay_error *err)
{
    struct table *table = typed_table_handle(import->table);
    struct snapshot *snapshot;
    uint64_t rows = 0;
    size_t i;
    INLAY_TRY(table_refresh(table, err));
    snapshot = table_current(table);
    for (i = 0; i < snapshot->tag_count; i++) {
        uint64_t claimed;
        if (tag_rows(import, snapshot->tags[i].name, &claimed)) {
            rows = claimed;
            (void)snprintf(import->old_tag, sizeof(import->old_tag), "%s", snapshot->tags[i].name);
        }
    }
    snapshot_release(snapshot);
    if (!import->options->resume || rows == 0 || import->has_peeked) {
        return INLAY_OK;
    }
    import->rows_in = rows;
    import->result.rows_skipped = rows;
    return ingest_skip_rows(import->source, rows, err);
}

/* ---- one commit ---- */

static inlay_status next_batch(struct import *import, struct batch *out, inlay_error *err)
{
    if (import->has_peeked) {
        *out = import->peeked;
        memset(&import->peeked, 0, sizeof(import->peeked));
        import->has_peeked = false;
        return INLAY_OK;
    }
    return ingest_next(import->source, out, &import->ended, err);
}

/* The rows of one commit: ends where the commit is full, or with the source. */
static inlay_status commit_next(void *context, struct ArrowArray *out, inlay_error *err)
{
    struct import *import = context;
    struct batch batch;
    memset(out, 0, sizeof(*out));
    if (import->commit_bytes >= import->commit_limit || import->ended) {
        return INLAY_OK;
    }
    INLAY_TRY(next_batch(import, &batch, err));
    if (import->ended) {
        return INLAY_OK;
    }
    import->rows_in += (uint64_t)batch.array.length;
    return batch_export(&batch, NULL, out, err);
}

static inlay_status commit_progress(void *context, uint64_t rows, uint64_t bytes, inlay_error *err)
{
    struct import *import = context;
    const struct env *env = env_system();
    inlay_progress progress = {0};
    import->commit_bytes = bytes;
    if (import->options->progress == NULL) {
        return INLAY_OK;
    }
    progress.phase = "importing";
    progress.rows = import->result.rows + rows;
    progress.bytes = ingest_bytes(import->source);
    progress.total_bytes = ingest_total_bytes(import->source);
    progress.seconds = (double)(env->monotonic_ns(env->context) - import->started_ns) * 1e-9;
    if (import->options->progress(import->options->progress_context, &progress) != 0) {
        return error_set(err, INLAY_CANCELLED,
                         "the import was cancelled; %" PRIu64 " rows are committed, run it again "
                         "to go on",
                         import->result.rows + import->result.rows_skipped);
    }
    return INLAY_OK;
}

/* The tag moves in the commit that shows its rows. */
static inlay_status move_tag(void *context, struct change *change, inlay_error *err)
{
    struct import *import = context;
    char tag[TAG_NAME_MAX + 1];
    if (change->added.count == 0) {
        return INLAY_OK;
    }
    tag_of(import, import->rows_in, tag);
    if (strcmp(tag, import->old_tag) == 0) {
        return INLAY_OK;
    }
    if (import->old_tag[0] != '\0') {
        INLAY_TRY(change_remove_tag(change, import->old_tag, err));
    }
    return change_set_tag(change, tag, NULL, err);
}

static inlay_status import_commit(struct import *import, inlay_error *err)
{
    struct stream_producer producer = {commit_next, NULL, import};
    struct typed_append_options options = {0};
    struct typed_append_result appended;
    struct ArrowArrayStream stream;
    struct build_progress build;
    inlay_status status;
    import->commit_bytes = 0;
    options.target_bytes = import->commit_limit;
    options.progress = commit_progress;
    options.context = import;
    options.decorate = move_tag;
    INLAY_TRY(stream_export(ingest_schema(import->source), &producer, &stream, err));
    build_progress_begin(&build, import->options->progress, import->options->progress_context,
                         &options);
    status = typed_table_append(import->table, &stream, &options, &appended, err);
    build_progress_end(&build);
    if (status != INLAY_OK) {
        return status;
    }
    if (appended.rows != 0) {
        import->result.rows += appended.rows;
        import->result.commits++;
        import->result.superfiles += appended.superfiles;
        import->result.bytes_written += appended.bytes_written;
        import->result.version = appended.version;
        tag_of(import, import->rows_in, import->old_tag);
    }
    return INLAY_OK;
}

static void finish(struct import *import, inlay_import_result *result)
{
    const struct env *env = env_system();
    if (import->source != NULL) {
        import->result.files = ingest_files(import->source);
        import->result.bytes = ingest_bytes(import->source);
    }
    import->result.struct_size = sizeof(import->result);
    import->result.seconds = (double)(env->monotonic_ns(env->context) - import->started_ns) * 1e-9;
    if (result != NULL) {
        *result = import->result;
    }
    batch_release(&import->peeked);
    ingest_close(import->source);
    typed_table_release(import->table);
}

inlay_status inlay_import(inlay_connection *connection, const char *table, const char *source,
                          const inlay_import_options *options, inlay_import_result *result,
                          inlay_error *err)
{
    const struct env *env = env_system();
    struct import import;
    inlay_import_options defaults;
    inlay_status status;
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(table, "the table's name", err));
    INLAY_TRY(check_argument(source, "the source", err));
    inlay_import_options_init(&defaults);
    memset(&import, 0, sizeof(import));
    import.connection = connection;
    import.options = options != NULL ? options : &defaults;
    import.started_ns = env->monotonic_ns(env->context);
    status = open_both(&import, table, source, err);
    if (status == INLAY_OK) {
        import.commit_limit = commit_limit(&import);
        status = skip_committed(&import, err);
    }
    while (status == INLAY_OK && !import.ended) {
        status = import_commit(&import, err);
    }
    finish(&import, result);
    return status;
}
