/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define SETTINGS_MAX 64
#define RESERVED_COLUMNS 3
#define DEFAULT_CODE_BITS 4

void inlay_connect_options_init(inlay_connect_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
    options->max_staleness_ms = 1000;
    options->price_per_1000_requests = 0.0004;
}

static inlay_status open_catalog(const char *uri, const inlay_connect_options *options,
                                 struct connection **out, inlay_error *err)
{
    struct connection_option pairs[SETTINGS_MAX + 2];
    char staleness[16];
    size_t count = 0;
    size_t i;
    if (options->max_staleness_ms < 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "max_staleness_ms cannot be negative");
    }
    if (!(options->price_per_1000_requests >= 0) || !(options->price_per_gb >= 0)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a price cannot be negative");
    }
    (void)snprintf(staleness, sizeof(staleness), "%d", (int)options->max_staleness_ms);
    pairs[count].key = "consistency";
    pairs[count++].value = options->max_staleness_ms == 0 ? "strong" : "bounded";
    pairs[count].key = "staleness_ms";
    pairs[count++].value = staleness;
    for (i = 0; options->settings != NULL && options->settings[i] != NULL; i += 2) {
        if (options->settings[i + 1] == NULL || count == SETTINGS_MAX) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             options->settings[i + 1] == NULL ? "the setting \"%s\" has no value"
                                                              : "too many settings, at \"%s\"",
                             options->settings[i]);
        }
        pairs[count].key = options->settings[i];
        pairs[count++].value = options->settings[i + 1];
    }
    return connection_open(uri, pairs, count, NULL, out, err);
}

inlay_status connection_wrap(struct connection *inner, const inlay_connect_options *options,
                             inlay_connection **out, inlay_error *err)
{
    struct inlay_connection *connection = mem_zalloc(sizeof(*connection));
    inlay_status status = INLAY_OK;
    *out = NULL;
    if (connection == NULL) {
        connection_close(inner);
        return error_no_memory(err);
    }
    (void)pthread_mutex_init(&connection->lock, NULL);
    connection->connection = inner;
    connection->threads = options->threads;
    connection->memory_limit = options->memory_limit;
    connection->prices.per_1000_requests = options->price_per_1000_requests;
    connection->prices.per_gb = options->price_per_gb;
    if (options->spill_folder != NULL) {
        connection->spill_folder = mem_strdup(options->spill_folder);
        status = connection->spill_folder != NULL ? INLAY_OK : error_no_memory(err);
    }
    if (status == INLAY_OK && options->threads != 1) {
        /* The calling thread works too. */
        status = exec_pool_create(options->threads != 0 ? options->threads - 1 : 0,
                                  &connection->pool, err);
    }
    if (status != INLAY_OK) {
        inlay_close(connection);
        return status;
    }
    *out = connection;
    return INLAY_OK;
}

inlay_status inlay_connect(const char *uri, const inlay_connect_options *options,
                           inlay_connection **out, inlay_error *err)
{
    struct connection *inner = NULL;
    inlay_connect_options defaults;
    INLAY_TRY(check_argument(out, "out", err));
    *out = NULL;
    INLAY_TRY(check_argument(uri, "the URI", err));
    if (options == NULL) {
        inlay_connect_options_init(&defaults);
        options = &defaults;
    }
    INLAY_TRY(open_catalog(uri, options, &inner, err));
    return connection_wrap(inner, options, out, err);
}

static void open_table_free(struct open_table *table)
{
    mem_free(table->name);
    mem_free(table->location);
    typed_table_release(table->typed);
}

void inlay_close(inlay_connection *connection)
{
    size_t i;
    if (connection == NULL) {
        return;
    }
    sql_engine_free(connection->engine);
    for (i = 0; i < connection->table_count; i++) {
        open_table_free(&connection->tables[i]);
    }
    mem_free(connection->tables);
    connection_close(connection->connection);
    exec_pool_destroy(connection->pool);
    mem_free(connection->spill_folder);
    (void)pthread_mutex_destroy(&connection->lock);
    mem_free(connection);
}

/* Moves the record's indexes over as the typed table wants them. */
static inlay_status make_texts(const struct table_record *record, struct typed_text_index **out,
                               inlay_error *err)
{
    struct typed_text_index *texts = mem_zalloc_array(record->text_index_count, sizeof(*texts));
    inlay_status status = texts != NULL ? INLAY_OK : error_no_memory(err);
    size_t i;
    for (i = 0; i < record->text_index_count && status == INLAY_OK; i++) {
        const struct text_index_spec *spec = &record->text_indexes[i];
        texts[i].column = mem_strdup(spec->column);
        texts[i].positions = spec->positions;
        texts[i].k1 = spec->k1;
        texts[i].b = spec->b;
        status = texts[i].column != NULL ? analyzer_create(&spec->analyzer, &texts[i].analyzer, err)
                                         : error_no_memory(err);
        if (status == INLAY_OK) {
            texts[i].config = *analyzer_config_of(texts[i].analyzer);
        }
    }
    if (status != INLAY_OK) {
        for (i = 0; texts != NULL && i < record->text_index_count; i++) {
            typed_text_index_free(&texts[i]);
        }
        mem_free(texts);
        texts = NULL;
    }
    *out = texts;
    return status;
}

static inlay_status make_vectors(const struct table_record *record, struct typed_vector_index **out,
                                 inlay_error *err)
{
    struct typed_vector_index *vectors =
        mem_zalloc_array(record->vector_index_count, sizeof(*vectors));
    size_t i;
    *out = vectors;
    if (vectors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < record->vector_index_count; i++) {
        const struct vector_index_spec *spec = &record->vector_indexes[i];
        vectors[i].column = spec->column; /* the typed table copies it */
        vectors[i].metric = spec->metric;
        vectors[i].code_bits = spec->code_bits;
        vectors[i].cell_rows = spec->cell_rows;
    }
    return INLAY_OK;
}

/* Takes `table` over, also on failure. */
static inlay_status make_typed(struct inlay_connection *connection, struct table_record *record,
                               struct table *table, struct typed_table **out, inlay_error *err)
{
    struct typed_table_options options = {0};
    struct typed_text_index *texts = NULL;
    struct typed_vector_index *vectors = NULL;
    inlay_status status = make_vectors(record, &vectors, err);
    if (status == INLAY_OK) {
        status = make_texts(record, &texts, err);
    }
    if (status != INLAY_OK) {
        mem_free(vectors);
        table_close(table);
        return status;
    }
    options.provider = connection_provider(connection->connection);
    options.location = record->location;
    options.account = &connection->account;
    options.spill_folder = connection->spill_folder;
    options.vectors = vectors;
    options.vector_count = record->vector_index_count;
    options.pool = connection->pool;
    status = typed_table_create(table, &record->schema, texts, record->text_index_count, &options,
                                out, err);
    mem_free(vectors);
    return status;
}

/* Under the lock. NULL: no table of that name is open. */
static struct open_table *slot_of(struct inlay_connection *connection, const char *name)
{
    size_t i;
    for (i = 0; i < connection->table_count; i++) {
        if (strcmp(connection->tables[i].name, name) == 0) {
            return &connection->tables[i];
        }
    }
    return NULL;
}

/* Under the lock. Remembers a fresh table in place of an older one of that name. */
static inlay_status remember(struct inlay_connection *connection, const struct table_record *record,
                             const char *etag, struct typed_table *typed, inlay_error *err)
{
    struct open_table *slot = slot_of(connection, record->name);
    struct open_table fresh = {0};
    void *tables = connection->tables;
    (void)snprintf(fresh.etag, sizeof(fresh.etag), "%s", etag);
    fresh.name = mem_strdup(record->name);
    fresh.location = mem_strdup(record->location);
    fresh.created_at_ms = record->created_at_ms;
    if (fresh.name == NULL || fresh.location == NULL ||
        (slot == NULL && !mem_grow(&tables, &connection->table_capacity,
                                   connection->table_count + 1, sizeof(*connection->tables)))) {
        mem_free(fresh.name);
        mem_free(fresh.location);
        return error_no_memory(err);
    }
    fresh.typed = typed_table_retain(typed);
    if (slot != NULL) {
        open_table_free(slot);
    } else {
        connection->tables = tables;
        slot = &connection->tables[connection->table_count++];
    }
    *slot = fresh;
    return INLAY_OK;
}

/* Under the lock. The table of a record that is new to the connection. */
static inlay_status open_new(struct inlay_connection *connection, struct table_record *record,
                             const char etag[ETAG_SIZE], struct typed_table **out, inlay_error *err)
{
    struct table_options options =
        connection_table_options(connection->connection, record->location);
    struct table *table = NULL;
    inlay_status status = table_open(&options, &table, err);
    if (status == INLAY_OK) {
        status = make_typed(connection, record, table, out, err);
    }
    if (status == INLAY_OK) {
        status = remember(connection, record, etag, *out, err);
    }
    if (status != INLAY_OK) {
        typed_table_release(*out);
        *out = NULL;
    }
    return status;
}

static inlay_status open_locked(struct inlay_connection *connection, const char *name,
                                struct typed_table **out, int64_t *created_at_ms, inlay_error *err)
{
    struct open_table *slot = slot_of(connection, name);
    struct table_record record;
    char etag[ETAG_SIZE] = "";
    inlay_status status;
    bool changed;
    if (slot != NULL) {
        memcpy(etag, slot->etag, ETAG_SIZE);
    }
    status = catalog_read_record(connection->connection, name, etag, &record, &changed, err);
    if (status == INLAY_OK && slot != NULL &&
        (!changed || strcmp(slot->location, record.location) == 0)) {
        memcpy(slot->etag, etag, ETAG_SIZE);
        *created_at_ms = slot->created_at_ms;
        *out = typed_table_retain(slot->typed);
    } else if (status == INLAY_OK) {
        *created_at_ms = record.created_at_ms;
        status = open_new(connection, &record, etag, out, err);
    }
    table_record_free(&record);
    return status;
}

inlay_status connection_typed_table(struct inlay_connection *connection, const char *name,
                                    struct typed_table **out, int64_t *created_at_ms,
                                    inlay_error *err)
{
    inlay_status status;
    int64_t created;
    *out = NULL;
    (void)pthread_mutex_lock(&connection->lock);
    status =
        open_locked(connection, name, out, created_at_ms != NULL ? created_at_ms : &created, err);
    (void)pthread_mutex_unlock(&connection->lock);
    return status;
}

void inlay_vector_index_init(inlay_vector_index *index)
{
    memset(index, 0, sizeof(*index));
    index->struct_size = sizeof(*index);
    index->code_bits = DEFAULT_CODE_BITS;
}

void inlay_text_index_init(inlay_text_index *index)
{
    memset(index, 0, sizeof(*index));
    index->struct_size = sizeof(*index);
    index->positions = 1;
    index->k1 = 1.2;
    index->b = 0.75;
}

void inlay_table_options_init(inlay_table_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

static inlay_status analyzer_kind_of(const char *name, enum analyzer_kind *out, inlay_error *err)
{
    static const struct {
        const char *name;
        enum analyzer_kind kind;
    } kinds[] = {{"standard", ANALYZER_STANDARD},
                 {"ascii", ANALYZER_ASCII},
                 {"whitespace", ANALYZER_WHITESPACE},
                 {"keyword", ANALYZER_KEYWORD},
                 {"code", ANALYZER_CODE}};
    size_t i;
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (name == NULL || strcmp(name, kinds[i].name) == 0) {
            *out = kinds[i].kind;
            return INLAY_OK;
        }
    }
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "there is no analyzer \"%s\"; known: standard, ascii, whitespace, keyword, "
                     "code",
                     name);
}

static inlay_status add_stop_words(struct text_index_spec *spec, const char *list, inlay_error *err)
{
    size_t count = 0;
    size_t i;
    const char *const *words = analyzer_stop_words(list, &count);
    if (words == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "there is no stop word list \"%s\"; known: english", list);
    }
    for (i = 0; i < count; i++) {
        INLAY_TRY(text_index_add_stop_word(spec, words[i], err));
    }
    return INLAY_OK;
}

static inlay_status add_text_index(struct table_record *record, const inlay_text_index *index,
                                   inlay_error *err)
{
    struct text_index_spec *spec;
    INLAY_TRY(check_argument(index->column, "the column of a text index", err));
    spec = table_record_add_text_index(record, index->column);
    if (spec == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(analyzer_kind_of(index->analyzer, &spec->analyzer.kind, err));
    if (index->stemmer != NULL) {
        if (strlen(index->stemmer) >= sizeof(spec->analyzer.stemmer)) {
            return error_set(err, INLAY_INVALID_ARGUMENT, "there is no stemmer \"%s\"",
                             index->stemmer);
        }
        memcpy(spec->analyzer.stemmer, index->stemmer, strlen(index->stemmer) + 1);
    }
    spec->analyzer.ascii_folding = index->ascii_folding != 0;
    spec->positions = index->positions != 0;
    spec->k1 = index->k1;
    spec->b = index->b;
    return index->stop_words != NULL ? add_stop_words(spec, index->stop_words, err) : INLAY_OK;
}

static inlay_status add_vector_index(struct table_record *record, const inlay_vector_index *index,
                                     inlay_error *err)
{
    struct vector_index_spec *spec;
    INLAY_TRY(check_argument(index->column, "the column of a vector index", err));
    spec = table_record_add_vector_index(record, index->column);
    if (spec == NULL) {
        return error_no_memory(err);
    }
    spec->code_bits = index->code_bits;
    spec->cell_rows = index->cell_rows;
    return index->metric != NULL ? vector_metric_parse(index->metric, &spec->metric, err)
                                 : INLAY_OK;
}

static inlay_status check_columns(const struct schema *schema, inlay_error *err)
{
    static const char *const reserved[RESERVED_COLUMNS] = {"_id", "score", "distance"};
    size_t i;
    if (schema->count == 0) {
        return error_set(err, INLAY_SCHEMA, "a table needs at least one column");
    }
    for (i = 0; i < RESERVED_COLUMNS; i++) {
        if (schema_find(schema, reserved[i]) >= 0) {
            error_set(err, INLAY_SCHEMA, "the column name \"%s\" is reserved; rename the column",
                      reserved[i]);
            error_key(err, reserved[i]);
            return INLAY_SCHEMA;
        }
    }
    return INLAY_OK;
}

/* How the caller lays values out is no part of a column's type. */
static void drop_layout(struct field *fields, size_t count)
{
    size_t i;
    for (i = 0; i < count; i++) {
        fields[i].dictionary = false;
        fields[i].view = false;
        fields[i].index_type = COLUMN_NULL;
        drop_layout(fields[i].children, fields[i].child_count);
    }
}

static inlay_status fill_record(struct table_record *record, const struct ArrowSchema *schema,
                                const inlay_table_options *options, inlay_error *err)
{
    size_t i;
    INLAY_TRY(schema_from_arrow(schema, &record->schema, err));
    drop_layout(record->schema.fields, record->schema.count);
    INLAY_TRY(check_columns(&record->schema, err));
    for (i = 0; options != NULL && i < options->text_index_count; i++) {
        INLAY_TRY(add_text_index(record, &options->text_indexes[i], err));
    }
    for (i = 0; options != NULL && i < options->vector_index_count; i++) {
        INLAY_TRY(add_vector_index(record, &options->vector_indexes[i], err));
    }
    return INLAY_OK;
}

/* Wrong analyzer settings must show before anything is written. */
static inlay_status check_analyzers(const struct table_record *record, inlay_error *err)
{
    size_t i;
    for (i = 0; i < record->text_index_count; i++) {
        struct analyzer *analyzer = NULL;
        INLAY_TRY(analyzer_create(&record->text_indexes[i].analyzer, &analyzer, err));
        analyzer_free(analyzer);
    }
    return INLAY_OK;
}

inlay_status inlay_create_table(inlay_connection *connection, const char *name,
                                const struct ArrowSchema *schema,
                                const inlay_table_options *options, inlay_table **out,
                                inlay_error *err)
{
    struct table_record record;
    struct table *table = NULL;
    struct typed_table *typed = NULL;
    inlay_status status;
    if (out != NULL) {
        *out = NULL;
    }
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(name, "the table's name", err));
    INLAY_TRY(check_argument(schema, "the schema", err));
    table_record_init(&record);
    status = fill_record(&record, schema, options, err);
    if (status == INLAY_OK) {
        status = check_analyzers(&record, err);
    }
    if (status == INLAY_OK) {
        status = catalog_create_table(connection->connection, name, &record, &table, err);
    }
    if (status == INLAY_OK) {
        status = make_typed(connection, &record, table, &typed, err);
    }
    if (status == INLAY_OK) {
        (void)pthread_mutex_lock(&connection->lock);
        status = remember(connection, &record, "", typed, err);
        (void)pthread_mutex_unlock(&connection->lock);
    }
    table_record_free(&record);
    if (status == INLAY_OK && out != NULL) {
        return table_handle_create(connection, name, typed, NULL, out, err);
    }
    typed_table_release(typed);
    return status;
}

inlay_status inlay_drop_table(inlay_connection *connection, const char *name, inlay_error *err)
{
    size_t i;
    inlay_status status;
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(name, "the table's name", err));
    status = catalog_drop_table(connection->connection, name, false, err);
    (void)pthread_mutex_lock(&connection->lock);
    for (i = 0; status == INLAY_OK && i < connection->table_count; i++) {
        if (strcmp(connection->tables[i].name, name) == 0) {
            open_table_free(&connection->tables[i]);
            connection->tables[i] = connection->tables[--connection->table_count];
            break;
        }
    }
    (void)pthread_mutex_unlock(&connection->lock);
    return status;
}

static inlay_status list_row(struct result_rows *rows, const char *name, struct typed_table *typed,
                             int64_t created_at_ms, inlay_error *err)
{
    struct snapshot *snapshot = NULL;
    inlay_status status;
    INLAY_TRY(table_pin(typed_table_handle(typed), &snapshot, err));
    status = result_text(rows, 0, name, err);
    if (status == INLAY_OK) {
        status = result_uint(rows, 1, snapshot->counts.rows - snapshot->counts.deleted, err);
    }
    if (status == INLAY_OK) {
        status = result_uint(rows, 2, snapshot->counts.superfiles, err);
    }
    if (status == INLAY_OK) {
        status = result_uint(rows, 3, snapshot->counts.bytes, err);
    }
    if (status == INLAY_OK) {
        status = result_uint(rows, 4, snapshot->id, err);
    }
    if (status == INLAY_OK) {
        status = builder_int(builder_child(rows->builder, 5), created_at_ms, err);
    }
    snapshot_release(snapshot);
    return status == INLAY_OK ? builder_close_row(rows->builder, err) : status;
}

static inlay_status list_schema(struct schema *schema, inlay_error *err)
{
    struct field *created;
    memset(schema, 0, sizeof(*schema));
    if (schema_add(schema, "name", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "rows", COLUMN_UINT64, false) == NULL ||
        schema_add(schema, "superfiles", COLUMN_UINT64, false) == NULL ||
        schema_add(schema, "bytes", COLUMN_UINT64, false) == NULL ||
        schema_add(schema, "version", COLUMN_UINT64, false) == NULL ||
        (created = schema_add(schema, "created", COLUMN_TIMESTAMP, false)) == NULL ||
        !field_set_timezone(created, "UTC")) {
        schema_free(schema);
        return error_no_memory(err);
    }
    created->unit = UNIT_MILLI;
    return INLAY_OK;
}

inlay_status inlay_list_tables(inlay_connection *connection, struct ArrowArrayStream *out,
                               inlay_error *err)
{
    struct result_rows rows;
    struct schema schema;
    char **names = NULL;
    size_t count = 0;
    size_t i;
    inlay_status status;
    INLAY_TRY(check_argument(out, "out", err));
    memset(out, 0, sizeof(*out));
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(list_schema(&schema, err));
    INLAY_TRY(result_begin(&rows, &schema, err));
    status = catalog_list_tables(connection->connection, &names, &count, err);
    for (i = 0; i < count && status == INLAY_OK; i++) {
        struct typed_table *typed = NULL;
        int64_t created_at_ms = 0;
        status = connection_typed_table(connection, names[i], &typed, &created_at_ms, err);
        if (status == INLAY_NOT_FOUND) {
            status = INLAY_OK; /* dropped since the listing */
            continue;
        }
        if (status == INLAY_OK) {
            status = list_row(&rows, names[i], typed, created_at_ms, err);
        }
        typed_table_release(typed);
    }
    catalog_names_free(names, count);
    if (status != INLAY_OK) {
        result_free(&rows);
        return status;
    }
    return result_finish(&rows, out, err);
}
