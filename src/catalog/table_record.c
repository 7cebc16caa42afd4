/* SPDX-License-Identifier: Apache-2.0 */
#include "catalog/table_record.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/json.h"
#include "superfile/vector_column.h"

#include <math.h>
#include <string.h>

#define RECORD_VERSION 1
#define RECORD_BYTES_MAX (16u << 20)
#define TYPE_TEXT_MAX 16384

static const char format_name[] = "inlay-table";
static const char *const metric_names[] = {NULL, "cosine", "l2", "inner_product"};
#define METRIC_NAMES (sizeof(metric_names) / sizeof(metric_names[0]))
static const char *const analyzer_names[] = {NULL,         "standard", "ascii",
                                             "whitespace", "keyword",  "code"};
#define ANALYZER_NAMES (sizeof(analyzer_names) / sizeof(analyzer_names[0]))

void table_record_init(struct table_record *record)
{
    memset(record, 0, sizeof(*record));
}

static void free_stop_words(struct analyzer_config *config)
{
    for (size_t i = 0; i < config->stop_word_count; i++) {
        mem_free((void *)(uintptr_t)config->stop_words[i]); /* ours: added word by word */
    }
    mem_free((void *)(uintptr_t)config->stop_words);
}

void table_record_free(struct table_record *record)
{
    if (record == NULL) {
        return;
    }
    for (size_t i = 0; i < record->text_index_count; i++) {
        mem_free(record->text_indexes[i].column);
        free_stop_words(&record->text_indexes[i].analyzer);
    }
    for (size_t i = 0; i < record->setting_count; i++) {
        mem_free(record->settings[i].key);
        mem_free(record->settings[i].value);
    }
    for (size_t i = 0; i < record->vector_index_count; i++) {
        mem_free(record->vector_indexes[i].column);
    }
    mem_free(record->text_indexes);
    mem_free(record->vector_indexes);
    mem_free(record->settings);
    mem_free(record->name);
    mem_free(record->location);
    schema_free(&record->schema);
    table_record_init(record);
}

struct text_index_spec *table_record_add_text_index(struct table_record *record, const char *column)
{
    struct text_index_spec *indexes =
        mem_realloc_array(record->text_indexes, record->text_index_count + 1, sizeof(*indexes));
    struct text_index_spec *index;
    if (indexes == NULL) {
        return NULL;
    }
    record->text_indexes = indexes;
    index = &indexes[record->text_index_count];
    memset(index, 0, sizeof(*index));
    index->column = mem_strdup(column);
    if (index->column == NULL) {
        return NULL;
    }
    analyzer_config_init(&index->analyzer);
    index->positions = true;
    index->k1 = 1.2;
    index->b = 0.75;
    record->text_index_count++;
    return index;
}

struct vector_index_spec *table_record_add_vector_index(struct table_record *record,
                                                        const char *column)
{
    struct vector_index_spec *indexes =
        mem_realloc_array(record->vector_indexes, record->vector_index_count + 1, sizeof(*indexes));
    struct vector_index_spec *index;
    if (indexes == NULL) {
        return NULL;
    }
    record->vector_indexes = indexes;
    index = &indexes[record->vector_index_count];
    memset(index, 0, sizeof(*index));
    index->column = mem_strdup(column);
    if (index->column == NULL) {
        return NULL;
    }
    index->metric = VECTOR_COSINE;
    index->code_bits = 4;
    record->vector_index_count++;
    return index;
}

inlay_status text_index_add_stop_word(struct text_index_spec *index, const char *word,
                                      inlay_error *err)
{
    size_t count = index->analyzer.stop_word_count;
    const char **words =
        mem_realloc_array((void *)(uintptr_t)index->analyzer.stop_words, count + 1, sizeof(*words));
    char *copy;
    if (words == NULL) {
        return error_no_memory(err);
    }
    index->analyzer.stop_words = words;
    copy = mem_strdup(word);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    words[count] = copy;
    index->analyzer.stop_word_count = count + 1;
    return INLAY_OK;
}

inlay_status table_record_add_setting(struct table_record *record, const char *key,
                                      const char *value, inlay_error *err)
{
    struct table_setting *settings =
        mem_realloc_array(record->settings, record->setting_count + 1, sizeof(*settings));
    struct table_setting *setting;
    if (settings == NULL) {
        return error_no_memory(err);
    }
    record->settings = settings;
    setting = &settings[record->setting_count];
    setting->key = mem_strdup(key);
    setting->value = mem_strdup(value);
    if (setting->key == NULL || setting->value == NULL) {
        mem_free(setting->key);
        mem_free(setting->value);
        return error_no_memory(err);
    }
    record->setting_count++;
    return INLAY_OK;
}

const char *table_record_setting(const struct table_record *record, const char *key)
{
    for (size_t i = 0; i < record->setting_count; i++) {
        if (strcmp(record->settings[i].key, key) == 0) {
            return record->settings[i].value;
        }
    }
    return NULL;
}

static bool is_name_byte(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

inlay_status table_name_check(const char *name, inlay_error *err)
{
    size_t length = strlen(name);
    if (length == 0 || length > TABLE_NAME_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a table name has 1 to %d characters, not %zu", TABLE_NAME_MAX, length);
    }
    if (name[0] == '_') {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "table name '%s' starts with an underscore, which is reserved", name);
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_name_byte(name[i])) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "table name '%s': character %zu is not a letter A-Z or a-z, a digit, "
                             "'_' or '-'",
                             name, i + 1);
        }
    }
    return INLAY_OK;
}

static inlay_status schema_error(const char *column, const char *what, inlay_error *err)
{
    error_set(err, INLAY_SCHEMA, "column '%.200s': %s", column, what);
    error_key(err, column);
    return INLAY_SCHEMA;
}

static inlay_status check_fields(const struct schema *schema, inlay_error *err)
{
    if (schema->count == 0) {
        return error_set(err, INLAY_SCHEMA, "a table needs at least one column");
    }
    for (size_t i = 0; i < schema->count; i++) {
        const char *name = schema->fields[i].name;
        if (name == NULL || name[0] == '\0') {
            return error_set(err, INLAY_SCHEMA, "column %zu has no name", i + 1);
        }
        if (strcmp(name, ID_COLUMN) == 0) {
            return schema_error(name, "this name is taken by the row id that every table has", err);
        }
        for (size_t j = 0; j < i; j++) {
            if (strcmp(schema->fields[j].name, name) == 0) {
                return schema_error(name, "appears twice", err);
            }
        }
    }
    return INLAY_OK;
}

static inlay_status check_text_index(const struct table_record *record, size_t index,
                                     inlay_error *err)
{
    const struct text_index_spec *spec = &record->text_indexes[index];
    ptrdiff_t column = schema_find(&record->schema, spec->column);
    const struct field *field = column < 0 ? NULL : &record->schema.fields[column];
    if (field == NULL) {
        return schema_error(spec->column, "has a text index but is not in the schema", err);
    }
    if (field->type != COLUMN_UTF8 && field->type != COLUMN_LARGE_UTF8) {
        return schema_error(spec->column, "has a text index but is not a text column", err);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(record->text_indexes[i].column, spec->column) == 0) {
            return schema_error(spec->column, "has two text indexes", err);
        }
    }
    if (!(spec->k1 >= 0 && spec->k1 <= 100) || !(spec->b >= 0 && spec->b <= 1)) {
        return schema_error(spec->column, "k1 must lie in 0 to 100 and b in 0 to 1", err);
    }
    if ((unsigned)spec->analyzer.kind == 0 || (unsigned)spec->analyzer.kind >= ANALYZER_NAMES) {
        return schema_error(spec->column, "has an unknown analyzer", err);
    }
    return INLAY_OK;
}

const char *vector_metric_name(enum vector_metric metric)
{
    return (unsigned)metric < METRIC_NAMES && metric_names[metric] != NULL ? metric_names[metric]
                                                                           : "unknown";
}

inlay_status vector_metric_parse(const char *name, enum vector_metric *out, inlay_error *err)
{
    for (unsigned i = 1; i < METRIC_NAMES; i++) {
        if (strcmp(metric_names[i], name) == 0) {
            *out = (enum vector_metric)i;
            return INLAY_OK;
        }
    }
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "there is no vector metric \"%.60s\"; known: cosine, l2, inner_product", name);
}

static inlay_status check_vector_index(const struct table_record *record, size_t index,
                                       inlay_error *err)
{
    const struct vector_index_spec *spec = &record->vector_indexes[index];
    ptrdiff_t column = schema_find(&record->schema, spec->column);
    if (column < 0) {
        return schema_error(spec->column, "has a vector index but is not in the schema", err);
    }
    if (!vector_column_type(&record->schema.fields[column], NULL)) {
        return schema_error(spec->column,
                            "has a vector index but is not a fixed-size list of 1 to 65,535 "
                            "float16, float32, float64 or int8",
                            err);
    }
    for (size_t i = 0; i < index; i++) {
        if (strcmp(record->vector_indexes[i].column, spec->column) == 0) {
            return schema_error(spec->column, "has two vector indexes", err);
        }
    }
    if ((unsigned)spec->metric == 0 || (unsigned)spec->metric >= METRIC_NAMES) {
        return schema_error(spec->column, "has an unknown vector metric", err);
    }
    if (spec->code_bits != 4 && spec->code_bits != 8) {
        return schema_error(spec->column, "a vector index has codes of 4 or 8 bits", err);
    }
    return INLAY_OK;
}

inlay_status table_record_check(const struct table_record *record, inlay_error *err)
{
    INLAY_TRY(check_fields(&record->schema, err));
    for (size_t i = 0; i < record->text_index_count; i++) {
        INLAY_TRY(check_text_index(record, i, err));
    }
    for (size_t i = 0; i < record->vector_index_count; i++) {
        INLAY_TRY(check_vector_index(record, i, err));
    }
    return INLAY_OK;
}

/* The type's text is what is stored, so it must lead back to the very same field. */
static inlay_status write_field(struct json_writer *json, const struct field *field,
                                inlay_error *err)
{
    char *text = mem_alloc(TYPE_TEXT_MAX);
    struct field parsed = {0};
    inlay_status status = INLAY_OK;
    if (text == NULL) {
        return error_no_memory(err);
    }
    field_type_text(field, text, TYPE_TEXT_MAX);
    if (strcmp(text, "type") == 0) { /* what field_type_text gives without memory */
        status = error_no_memory(err);
    } else if (strlen(text) == TYPE_TEXT_MAX - 1) {
        status = schema_error(field->name, "its type is too large to be stored", err);
    } else {
        status = field_type_parse(text, &parsed, err);
    }
    if (status == INLAY_OK) {
        json_begin_object(json, NULL);
        json_write_string(json, "name", field->name);
        json_write_string(json, "type", text);
        json_write_bool(json, "nullable", field->nullable);
        if (field->dictionary) {
            json_write_bool(json, "dictionary", true);
        }
        json_end_object(json);
    }
    field_free(&parsed);
    mem_free(text);
    return status;
}

static void write_text_index(struct json_writer *json, const struct text_index_spec *index)
{
    json_begin_object(json, NULL);
    json_write_string(json, "column", index->column);
    json_write_string(json, "kind", "text");
    json_begin_object(json, "analyzer");
    json_write_string(json, "kind", analyzer_names[index->analyzer.kind]);
    json_write_string(json, "stemmer", index->analyzer.stemmer);
    json_write_bool(json, "ascii_folding", index->analyzer.ascii_folding);
    json_begin_array(json, "stop_words");
    for (size_t i = 0; i < index->analyzer.stop_word_count; i++) {
        json_write_string(json, NULL, index->analyzer.stop_words[i]);
    }
    json_end_array(json);
    json_end_object(json);
    json_write_bool(json, "positions", index->positions);
    json_write_f64(json, "k1", index->k1);
    json_write_f64(json, "b", index->b);
    json_end_object(json);
}

static void write_vector_index(struct json_writer *json, const struct vector_index_spec *index)
{
    json_begin_object(json, NULL);
    json_write_string(json, "column", index->column);
    json_write_string(json, "kind", "vector");
    json_write_string(json, "metric", vector_metric_name(index->metric));
    json_write_u64(json, "code_bits", index->code_bits);
    json_write_u64(json, "cell_rows", index->cell_rows);
    json_end_object(json);
}

inlay_status table_record_encode(const struct table_record *record, struct buffer *out,
                                 inlay_error *err)
{
    struct json_writer json;
    INLAY_TRY(table_record_check(record, err));
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_write_string(&json, "format", format_name);
    json_write_u64(&json, "version", RECORD_VERSION);
    json_write_string(&json, "name", record->name);
    json_write_string(&json, "location", record->location);
    json_write_i64(&json, "created_at_ms", record->created_at_ms);
    json_begin_array(&json, "schema");
    for (size_t i = 0; i < record->schema.count; i++) {
        INLAY_TRY(write_field(&json, &record->schema.fields[i], err));
    }
    json_end_array(&json);
    json_begin_array(&json, "indexes");
    for (size_t i = 0; i < record->text_index_count; i++) {
        write_text_index(&json, &record->text_indexes[i]);
    }
    for (size_t i = 0; i < record->vector_index_count; i++) {
        write_vector_index(&json, &record->vector_indexes[i]);
    }
    json_end_array(&json);
    json_begin_object(&json, "settings");
    for (size_t i = 0; i < record->setting_count; i++) {
        json_write_string(&json, record->settings[i].key, record->settings[i].value);
    }
    json_end_object(&json);
    json_end_object(&json);
    return json_writer_finish(&json, err);
}

static inlay_status read_field(const struct json *value, struct schema *schema, inlay_error *err)
{
    const char *name;
    const char *type;
    bool nullable;
    bool dictionary = false;
    struct field parsed = {0};
    struct field *field;
    INLAY_TRY(json_get_string(value, "name", &name, NULL, err));
    INLAY_TRY(json_get_string(value, "type", &type, NULL, err));
    INLAY_TRY(json_get_bool(value, "nullable", &nullable, err));
    if (json_has(value, "dictionary")) {
        INLAY_TRY(json_get_bool(value, "dictionary", &dictionary, err));
    }
    INLAY_TRY(field_type_parse(type, &parsed, err));
    field = schema_add(schema, name, COLUMN_NULL, nullable);
    if (field == NULL) {
        field_free(&parsed);
        return error_no_memory(err);
    }
    mem_free(parsed.name);
    parsed.name = field->name;
    parsed.nullable = nullable;
    parsed.dictionary = dictionary;
    *field = parsed;
    return INLAY_OK;
}

static inlay_status read_analyzer(const struct json *value, struct text_index_spec *index,
                                  inlay_error *err)
{
    const char *text;
    size_t length;
    const struct json *words;
    unsigned kind = 1;
    INLAY_TRY(json_get_string(value, "kind", &text, NULL, err));
    while (kind < ANALYZER_NAMES && strcmp(analyzer_names[kind], text) != 0) {
        kind++;
    }
    if (kind == ANALYZER_NAMES) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "the table uses analyzer '%.60s', which this version does not know", text);
    }
    index->analyzer.kind = (enum analyzer_kind)kind;
    INLAY_TRY(json_get_string(value, "stemmer", &text, &length, err));
    if (length >= sizeof(index->analyzer.stemmer)) {
        return error_set(err, INLAY_CORRUPT, "the name of a stemmer is too long");
    }
    memcpy(index->analyzer.stemmer, text, length + 1);
    INLAY_TRY(json_get_bool(value, "ascii_folding", &index->analyzer.ascii_folding, err));
    INLAY_TRY(json_get_array(value, "stop_words", &words, err));
    for (size_t i = 0; i < json_length(words); i++) {
        INLAY_TRY(json_as_string(json_at(words, i), "stop_words", &text, NULL, err));
        INLAY_TRY(text_index_add_stop_word(index, text, err));
    }
    return INLAY_OK;
}

static inlay_status read_text_index(const struct json *value, const char *column,
                                    struct table_record *record, inlay_error *err)
{
    const struct json *analyzer;
    struct text_index_spec *index = table_record_add_text_index(record, column);
    if (index == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(json_get_object(value, "analyzer", &analyzer, err));
    INLAY_TRY(read_analyzer(analyzer, index, err));
    INLAY_TRY(json_get_bool(value, "positions", &index->positions, err));
    INLAY_TRY(json_get_f64(value, "k1", &index->k1, err));
    return json_get_f64(value, "b", &index->b, err);
}

static inlay_status read_vector_index(const struct json *value, const char *column,
                                      struct table_record *record, inlay_error *err)
{
    const char *metric;
    uint64_t code_bits;
    uint64_t cell_rows;
    struct vector_index_spec *index = table_record_add_vector_index(record, column);
    if (index == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY(json_get_string(value, "metric", &metric, NULL, err));
    if (vector_metric_parse(metric, &index->metric, NULL) != INLAY_OK) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "the table uses the vector metric '%.60s', which this version does not "
                         "know",
                         metric);
    }
    INLAY_TRY(json_get_u64(value, "code_bits", &code_bits, err));
    INLAY_TRY(json_get_u64(value, "cell_rows", &cell_rows, err));
    index->code_bits = code_bits > UINT32_MAX ? 0 : (uint32_t)code_bits;
    index->cell_rows = cell_rows > UINT32_MAX ? UINT32_MAX : (uint32_t)cell_rows;
    return INLAY_OK;
}

static inlay_status read_index(const struct json *value, struct table_record *record,
                               inlay_error *err)
{
    const char *column;
    const char *kind;
    INLAY_TRY(json_get_string(value, "column", &column, NULL, err));
    INLAY_TRY(json_get_string(value, "kind", &kind, NULL, err));
    if (strcmp(kind, "text") == 0) {
        return read_text_index(value, column, record, err);
    }
    if (strcmp(kind, "vector") == 0) {
        return read_vector_index(value, column, record, err);
    }
    return error_set(err, INLAY_UNSUPPORTED,
                     "column '%.100s' has an index of kind '%.60s', which this version does not "
                     "know",
                     column, kind);
}

static inlay_status read_settings(const struct json *settings, struct table_record *record,
                                  inlay_error *err)
{
    struct json_cursor cursor = {0};
    const char *key;
    const struct json *value;
    const char *text;
    while (json_next_member(settings, &cursor, &key, &value)) {
        INLAY_TRY(json_as_string(value, key, &text, NULL, err));
        INLAY_TRY(table_record_add_setting(record, key, text, err));
    }
    return INLAY_OK;
}

static inlay_status read_head(const struct json *root, struct table_record *out, inlay_error *err)
{
    const char *text;
    uint64_t version;
    INLAY_TRY(json_get_string(root, "format", &text, NULL, err));
    if (strcmp(text, format_name) != 0) {
        return error_set(err, INLAY_CORRUPT, "this is not a table record");
    }
    INLAY_TRY(json_get_u64(root, "version", &version, err));
    if (version > RECORD_VERSION) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "the table record has version %llu, this version reads up to %d; upgrade "
                         "to read it",
                         (unsigned long long)version, RECORD_VERSION);
    }
    INLAY_TRY(json_get_string(root, "name", &text, NULL, err));
    out->name = mem_strdup(text);
    INLAY_TRY(json_get_string(root, "location", &text, NULL, err));
    out->location = mem_strdup(text);
    if (out->name == NULL || out->location == NULL) {
        return error_no_memory(err);
    }
    return json_get_i64(root, "created_at_ms", &out->created_at_ms, err);
}

static inlay_status read_root(const struct json *root, struct table_record *out, inlay_error *err)
{
    const struct json *value;
    INLAY_TRY(read_head(root, out, err));
    INLAY_TRY(json_get_array(root, "schema", &value, err));
    for (size_t i = 0; i < json_length(value); i++) {
        INLAY_TRY(read_field(json_at(value, i), &out->schema, err));
    }
    INLAY_TRY(json_get_array(root, "indexes", &value, err));
    for (size_t i = 0; i < json_length(value); i++) {
        INLAY_TRY(read_index(json_at(value, i), out, err));
    }
    INLAY_TRY(json_get_object(root, "settings", &value, err));
    INLAY_TRY(read_settings(value, out, err));
    return table_record_check(out, err);
}

inlay_status table_record_decode(const void *data, size_t size, struct table_record *out,
                                 inlay_error *err)
{
    struct json *root;
    inlay_status status;
    table_record_init(out);
    INLAY_TRY(json_parse(data, size, RECORD_BYTES_MAX, 0, &root, err));
    status = read_root(root, out, err);
    json_free(root);
    if (status != INLAY_OK) {
        table_record_free(out);
    }
    return status;
}
