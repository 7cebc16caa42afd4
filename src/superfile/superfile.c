/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/superfile.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "superfile/id_index.h"
#include "superfile/vector_column.h"
#include "superfile/vector_rows.h"

#include <string.h>

/* What is read first when nobody knows where the hot region starts. */
#define TAIL_GUESS 65536u

/* Parts of the file that are read as numbers where they lie start at multiples of this. */
#define REGION_ALIGNMENT 64u

struct open_vector {
    struct vector_index *index;
    struct raw_column *rows;
};

struct superfile {
    _Atomic int64_t references;
    struct byte_source *source;
    struct byte_slice tail; /* from the hot region to the end of the file */
    uint64_t hot_offset;
    struct hot_directory directory;
    struct id_index ids;
    struct parquet_reader *parquet;
    struct text_index **texts;   /* one per section of the directory; NULL for other sections */
    struct open_vector *vectors; /* likewise */
};

/* "<offset>,<length>", decimal, as docs/format/superfile.md says. */
static bool parse_hot_range(const struct parquet_bytes *value, uint64_t *offset, uint64_t *length)
{
    uint64_t numbers[2] = {0, 0};
    size_t part = 0;
    size_t digits = 0;
    size_t i;
    for (i = 0; i < value->length; i++) {
        uint8_t c = value->data[i];
        if (c == ',' && part == 0 && digits != 0) {
            part = 1;
            digits = 0;
        } else if (c < '0' || c > '9' || digits == 19) {
            return false;
        } else {
            numbers[part] = numbers[part] * 10 + (uint64_t)(c - '0');
            digits++;
        }
    }
    *offset = numbers[0];
    *length = numbers[1];
    return part == 1 && digits != 0;
}

static inlay_status read_tail(struct superfile *file, uint64_t offset, inlay_error *err)
{
    byte_slice_free(&file->tail);
    return byte_source_slice(file->source, offset, file->source->size - offset, &file->tail, err);
}

static inlay_status open_parquet(struct superfile *file, uint64_t tail_offset, inlay_error *err)
{
    struct parquet_open_options options;
    memset(&options, 0, sizeof(options));
    options.resident = file->tail.data;
    options.resident_offset = tail_offset;
    options.resident_length = file->tail.length;
    options.trusted_text = true;
    return parquet_reader_open(file->source, &options, &file->parquet, err);
}

static inlay_status hot_range(const struct superfile *file, uint64_t *offset, uint64_t *length,
                              inlay_error *err)
{
    struct parquet_bytes value;
    if (!parquet_reader_key_value(file->parquet, "inlay.hot", &value)) {
        error_set(err, INLAY_UNSUPPORTED,
                  "%s is a Parquet file, but not one that Inlay wrote; import it instead",
                  file->source->name);
        error_key(err, file->source->name);
        return INLAY_UNSUPPORTED;
    }
    if (!parse_hot_range(&value, offset, length) || *length < 44 || *offset < 4 ||
        !range_inside(*offset, *length, file->source->size)) {
        error_set(err, INLAY_CORRUPT, "%s: the footer's \"inlay.hot\" is not a range of the file",
                  file->source->name);
        error_key(err, file->source->name);
        return INLAY_CORRUPT;
    }
    return INLAY_OK;
}

/* Leaves `tail` covering at least [hot_offset, end) and the Parquet reader open over it. */
static inlay_status open_tail(struct superfile *file, uint64_t known_offset, uint64_t *hot_length,
                              inlay_error *err)
{
    uint64_t size = file->source->size;
    uint64_t start = known_offset;
    if (start == 0 || start >= size) {
        start = size > TAIL_GUESS ? (size - TAIL_GUESS) / REGION_ALIGNMENT * REGION_ALIGNMENT : 0;
    }
    INLAY_TRY(read_tail(file, start, err));
    INLAY_TRY(open_parquet(file, start, err));
    INLAY_TRY(hot_range(file, &file->hot_offset, hot_length, err));
    if (file->hot_offset < start) {
        parquet_reader_close(file->parquet); /* it borrows the tail */
        file->parquet = NULL;
        INLAY_TRY(read_tail(file, file->hot_offset, err));
        return open_parquet(file, file->hot_offset, err);
    }
    return INLAY_OK;
}

static const uint8_t *hot_bytes(const struct superfile *file)
{
    uint64_t tail_offset = file->source->size - file->tail.length;
    return file->tail.data + (file->hot_offset - tail_offset);
}

static inlay_status open_ids(struct superfile *file, inlay_error *err)
{
    const struct section *section = hot_find(&file->directory, SECTION_ID_INDEX, NULL);
    struct reader in;
    if (section == NULL || file->directory.rows != parquet_reader_rows(file->parquet)) {
        return error_set(err, INLAY_CORRUPT,
                         section == NULL ? "the file has no id index"
                                         : "hot region and footer disagree on the rows");
    }
    reader_init(&in, hot_bytes(file) + section->hot_offset, (size_t)section->hot_length,
                file->hot_offset + section->hot_offset);
    return id_index_read(&in, file->directory.rows, &file->ids, err);
}

static inlay_status open_texts(struct superfile *file, inlay_error *err)
{
    size_t i;
    file->texts = mem_zalloc_array(file->directory.count, sizeof(*file->texts));
    if (file->texts == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < file->directory.count; i++) {
        const struct section *section = &file->directory.sections[i];
        if (section->type == SECTION_TEXT && section->column != NULL) {
            INLAY_TRY(text_index_open(
                hot_bytes(file) + section->hot_offset, (size_t)section->hot_length, file->source,
                section->body_offset, section->body_length, &file->texts[i], err));
            if (text_index_info(file->texts[i])->row_count != file->directory.rows) {
                return error_set(err, INLAY_CORRUPT,
                                 "the text index of \"%s\" is of another number of rows",
                                 section->column);
            }
        }
    }
    return INLAY_OK;
}

static inlay_status wrong_vector(const struct superfile *file, const struct section *section,
                                 const char *what, inlay_error *err)
{
    error_set(err, INLAY_CORRUPT, "%s: the vector index of \"%s\" %s", file->source->name,
              section->column, what);
    error_key(err, file->source->name);
    error_offset(err, file->hot_offset + section->hot_offset);
    return INLAY_CORRUPT;
}

/* The index is of the column as it is stored, and of its rows. */
static inlay_status check_vector(const struct superfile *file, const struct section *section,
                                 const struct vector_index *index, size_t *column, inlay_error *err)
{
    const struct vector_index_info *info = vector_index_info(index);
    const struct schema *schema = parquet_reader_schema(file->parquet);
    ptrdiff_t found = schema_find(schema, section->column);
    enum vector_element element;
    if (found < 0 || !vector_column_type(&schema->fields[found], &element)) {
        return wrong_vector(file, section, "belongs to no column of vectors", err);
    }
    if (element != info->element || (uint32_t)schema->fields[found].width != info->dim) {
        return wrong_vector(file, section, "is of another type than its column", err);
    }
    if (info->row_count != file->directory.rows) {
        return wrong_vector(file, section, "is of another number of rows", err);
    }
    *column = (size_t)found;
    return INLAY_OK;
}

static inlay_status open_vectors(struct superfile *file, inlay_error *err)
{
    size_t i;
    file->vectors = mem_zalloc_array(file->directory.count, sizeof(*file->vectors));
    if (file->vectors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < file->directory.count; i++) {
        const struct section *section = &file->directory.sections[i];
        struct open_vector *vector = &file->vectors[i];
        size_t column = 0;
        if (section->type != SECTION_VECTOR || section->column == NULL) {
            continue;
        }
        INLAY_TRY(vector_index_open(hot_bytes(file) + section->hot_offset,
                                    (size_t)section->hot_length, file->source, section->body_offset,
                                    section->body_length, &vector->index, err));
        INLAY_TRY(check_vector(file, section, vector->index, &column, err));
        INLAY_TRY(raw_column_create(file->parquet, file->source, column, &vector->rows, err));
    }
    return INLAY_OK;
}

static inlay_status open_all(struct superfile *file, uint64_t known_offset, inlay_error *err)
{
    uint64_t hot_length;
    INLAY_TRY(open_tail(file, known_offset, &hot_length, err));
    INLAY_TRY(hot_read(hot_bytes(file), (size_t)hot_length, file->hot_offset, file->source->size,
                       &file->directory, err));
    INLAY_TRY(open_ids(file, err));
    INLAY_TRY(open_texts(file, err));
    return open_vectors(file, err);
}

inlay_status superfile_open(struct byte_source *source, uint64_t hot_offset, struct superfile **out,
                            inlay_error *err)
{
    struct superfile *file = mem_zalloc(sizeof(*file));
    inlay_status status;
    *out = NULL;
    if (file == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&file->references, 1);
    file->source = byte_source_retain(source);
    status = open_all(file, hot_offset, err);
    if (status != INLAY_OK) {
        if (err != NULL && err->key[0] == '\0') {
            error_key(err, source->name);
        }
        superfile_release(file);
        return status;
    }
    *out = file;
    return INLAY_OK;
}

struct superfile *superfile_retain(struct superfile *file)
{
    atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    return file;
}

void superfile_release(struct superfile *file)
{
    size_t i;
    /* acq_rel: the last releaser sees all that the others did with the file. */
    if (file == NULL ||
        atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (i = 0; file->texts != NULL && i < file->directory.count; i++) {
        text_index_close(file->texts[i]);
    }
    for (i = 0; file->vectors != NULL && i < file->directory.count; i++) {
        vector_index_close(file->vectors[i].index);
        raw_column_free(file->vectors[i].rows);
    }
    mem_free(file->texts);
    mem_free(file->vectors);
    parquet_reader_close(file->parquet);
    id_index_free(&file->ids);
    hot_directory_free(&file->directory);
    byte_slice_free(&file->tail);
    byte_source_release(file->source);
    mem_free(file);
}

uint64_t superfile_rows(const struct superfile *file)
{
    return file->directory.rows;
}

const struct byte_source *superfile_source(const struct superfile *file)
{
    return file->source;
}

struct parquet_reader *superfile_parquet(const struct superfile *file)
{
    return file->parquet;
}

struct text_index *superfile_text(const struct superfile *file, const char *column)
{
    const struct section *section = hot_find(&file->directory, SECTION_TEXT, column);
    return section != NULL ? file->texts[section - file->directory.sections] : NULL;
}

static const struct open_vector *find_vector(const struct superfile *file, const char *column)
{
    const struct section *section = hot_find(&file->directory, SECTION_VECTOR, column);
    return section != NULL ? &file->vectors[section - file->directory.sections] : NULL;
}

struct vector_index *superfile_vector(const struct superfile *file, const char *column)
{
    const struct open_vector *vector = find_vector(file, column);
    return vector != NULL ? vector->index : NULL;
}

inlay_status superfile_vector_rows(const struct superfile *file, const char *column,
                                   struct vector_rows *out, inlay_error *err)
{
    const struct open_vector *vector = find_vector(file, column);
    memset(out, 0, sizeof(*out));
    if (vector == NULL || vector->rows == NULL) {
        error_set(err, INLAY_INVALID_ARGUMENT, "column '%s' has no vector index", column);
        error_key(err, column);
        return INLAY_INVALID_ARGUMENT;
    }
    vector_rows_over(vector->rows, out);
    return INLAY_OK;
}

struct id128 superfile_id(const struct superfile *file, uint32_t row)
{
    return id_index_id(&file->ids, row);
}

void superfile_fill_ids(const struct superfile *file, uint32_t first, uint32_t count, uint8_t *out)
{
    id_index_fill(&file->ids, first, count, out);
}

bool superfile_row(const struct superfile *file, struct id128 id, uint32_t *row)
{
    return id_index_row(&file->ids, id, row);
}

const struct hot_directory *superfile_directory(const struct superfile *file)
{
    return &file->directory;
}

uint64_t superfile_hot_offset(const struct superfile *file)
{
    return file->hot_offset;
}
