/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/source.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "columnar/stream.h"
#include "ingest/file_names.h"
#include "ingest/text_decode.h"
#include "ingest/walk.h"
#include "sql/file_reader.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

struct format {
    const char *name;
    enum file_format reader; /* not of "text" */
    const char *endings[3];
};

/* The last one is "text", which has no reader and takes what the others do not. */
static const struct format formats[] = {
    {"csv", FILE_CSV, {".csv", ".tsv", NULL}},
    {"json", FILE_JSON, {".json", NULL, NULL}},
    {"ndjson", FILE_NDJSON, {".ndjson", ".jsonl", NULL}},
    {"parquet", FILE_PARQUET, {".parquet", NULL, NULL}},
    {"text", FILE_CSV, {NULL, NULL, NULL}},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

struct ingest_source {
    const struct format *format;
    struct file_reader *reader;   /* one of the two */
    struct folder_source *folder; /* is there */
    char **paths;                 /* of the reader; owned */
    size_t path_count;
    uint64_t total_bytes;
    _Atomic uint64_t bytes; /* of the reader; relaxed: a figure for progress */
    bool ended;
    char fingerprint[16 + HASH_BLAKE3_TEXT_SIZE];
};

static bool is_text(const struct format *format)
{
    return format == &formats[FORMAT_COUNT - 1];
}

/* ---- format ---- */

/* ".csv" and ".csv.gz"; Parquet compresses by itself. */
static bool has_ending(const struct format *format, const char *name)
{
    size_t length = strlen(name);
    size_t i;
    if (file_is_gzip(name) && format->reader != FILE_PARQUET) {
        length -= strlen(".gz");
    }
    for (i = 0; format->endings[i] != NULL; i++) {
        size_t size = strlen(format->endings[i]);
        if (length > size && strncasecmp(name + length - size, format->endings[i], size) == 0) {
            return true;
        }
    }
    return false;
}

static inlay_status choose_format(const char *path, const char *name, bool folder,
                                  const struct ingest_options *options, const struct format **out,
                                  inlay_error *err)
{
    static const char *const texts[] = {".txt", ".md", ".markdown", ".rst", ".html",
                                        ".htm", ".gz", "",          NULL};
    size_t i;
    for (i = 0; i < FORMAT_COUNT; i++) {
        if (name != NULL ? strcmp(name, formats[i].name) == 0
                         : (folder ? is_text(&formats[i]) : has_ending(&formats[i], path))) {
            *out = &formats[i];
            return INLAY_OK;
        }
    }
    if (name != NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "there is no format \"%.50s\"; give csv, json, ndjson, parquet or text",
                         name);
    }
    if (file_ending_listed(path, options->text.endings != NULL ? options->text.endings : texts)) {
        *out = &formats[FORMAT_COUNT - 1];
        return INLAY_OK;
    }
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "the name of \"%.300s\" does not tell its format; give csv, json, ndjson, "
                     "parquet or text",
                     path);
}

/* ---- files of a reader ---- */

static inlay_status add_path(struct ingest_source *source, size_t *capacity, const char *folder,
                             const char *name, inlay_error *err)
{
    void *items = source->paths;
    size_t size = strlen(folder) + strlen(name) + 2;
    char *path = mem_alloc(size);
    if (path == NULL ||
        !mem_grow(&items, capacity, source->path_count + 1, sizeof(*source->paths))) {
        mem_free(path);
        return error_no_memory(err);
    }
    (void)snprintf(path, size, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    source->paths = items;
    source->paths[source->path_count++] = path;
    return INLAY_OK;
}

static bool accept_name(void *context, const char *name)
{
    return has_ending(context, name);
}

/* Text that names the files of a folder for the fingerprint. */
static void list_file(struct ingest_source *source, const char *path, const struct stat *info,
                      struct buffer *identity)
{
    source->total_bytes += (uint64_t)info->st_size;
    if (identity != NULL) {
        buffer_append(identity, path, strlen(path) + 1);
        buffer_u64(identity, (uint64_t)info->st_size);
        buffer_u64(identity, (uint64_t)info->st_mtim.tv_sec);
        buffer_u64(identity, (uint64_t)info->st_mtim.tv_nsec);
    }
}

/* Unlike text, tables of a folder are one table: one that cannot be read is an error. */
static inlay_status list_folder(struct ingest_source *source, const char *path,
                                struct buffer *identity, inlay_error *err)
{
    struct walk *walk = NULL;
    struct walk_file file;
    struct stat info;
    size_t capacity = 0;
    bool end = false;
    inlay_status status =
        walk_open(path, accept_name, (void *)(uintptr_t)source->format, &walk, err);
    while (status == INLAY_OK) {
        status = walk_next(walk, &file, &end, err);
        if (status != INLAY_OK || end) {
            break;
        }
        if (file.unreadable) {
            status = error_set(err, INLAY_IO, "the folder \"%.150s/%.150s\" cannot be read", path,
                               file.path);
        } else {
            status = add_path(source, &capacity, path, file.path, err);
        }
        if (status == INLAY_OK && stat(source->paths[source->path_count - 1], &info) == 0) {
            list_file(source, file.path, &info, identity);
        }
    }
    walk_close(walk);
    if (status == INLAY_OK && source->path_count == 0) {
        status = error_set(err, INLAY_NOT_FOUND, "the folder \"%.300s\" holds no %s file", path,
                           source->format->name);
        error_key(err, path);
    }
    return status;
}

static inlay_status open_reader(struct ingest_source *source, const char *path,
                                const struct stat *info, const struct ingest_options *options,
                                struct buffer *identity, inlay_error *err)
{
    struct file_reader_options reader = {0};
    size_t capacity = 0;
    size_t i;
    if (S_ISDIR(info->st_mode)) {
        INLAY_TRY(list_folder(source, path, identity, err));
    } else {
        INLAY_TRY(add_path(source, &capacity, path, "", err));
        list_file(source, path, info, NULL);
    }
    for (i = 0; i < source->path_count; i++) {
        if (file_is_gzip(source->paths[i])) {
            INLAY_TRY(gunzip_check(source->paths[i], err));
        }
    }
    reader.format = source->format->reader;
    reader.paths = (const char *const *)source->paths;
    reader.path_count = source->path_count;
    reader.types = options->types;
    return file_reader_open(&reader, &source->reader, err);
}

/* ---- opening ---- */

static void set_fingerprint(struct ingest_source *source, const struct buffer *identity)
{
    char hash[HASH_BLAKE3_TEXT_SIZE];
    hash_blake3_hex(identity->data, identity->len, hash);
    (void)snprintf(source->fingerprint, sizeof(source->fingerprint), "%s:%s", source->format->name,
                   hash);
}

static inlay_status open_source(struct ingest_source *source, const char *path, const char *format,
                                const struct ingest_options *options, struct buffer *identity,
                                inlay_error *err)
{
    char absolute[PATH_MAX];
    struct stat info;
    if (stat(path, &info) != 0 || realpath(path, absolute) == NULL) {
        inlay_status status = error_from_errno(err, errno, "cannot read \"%.300s\"", path);
        error_key(err, path);
        return status;
    }
    INLAY_TRY(choose_format(path, format, S_ISDIR(info.st_mode), options, &source->format, err));
    buffer_append(identity, absolute, strlen(absolute) + 1);
    if (is_text(source->format)) {
        INLAY_TRY(folder_source_open(path, &options->text, &source->folder, err));
        source->total_bytes = folder_source_total_bytes(source->folder);
        buffer_u64(identity, folder_source_listing(source->folder));
    } else {
        INLAY_TRY(open_reader(source, path, &info, options, identity, err));
    }
    INLAY_TRY(buffer_status(identity, err));
    set_fingerprint(source, identity);
    return INLAY_OK;
}

inlay_status ingest_open(const char *path, const char *format, const struct ingest_options *options,
                         struct ingest_source **out, inlay_error *err)
{
    struct ingest_source *source = mem_zalloc(sizeof(*source));
    struct buffer identity;
    inlay_status status;
    *out = NULL;
    if (source == NULL) {
        return error_no_memory(err);
    }
    buffer_init(&identity, SIZE_MAX);
    status = open_source(source, path, format, options, &identity, err);
    buffer_free(&identity);
    if (status != INLAY_OK) {
        ingest_close(source);
        return status;
    }
    *out = source;
    return INLAY_OK;
}

void ingest_close(struct ingest_source *source)
{
    size_t i;
    if (source == NULL) {
        return;
    }
    file_reader_close(source->reader);
    folder_source_close(source->folder);
    for (i = 0; i < source->path_count; i++) {
        mem_free(source->paths[i]);
    }
    mem_free(source->paths);
    mem_free(source);
}

const struct schema *ingest_schema(const struct ingest_source *source)
{
    return source->reader != NULL ? file_reader_schema(source->reader)
                                  : folder_source_schema(source->folder);
}

const char *ingest_format(const struct ingest_source *source)
{
    return source->format->name;
}

const char *ingest_fingerprint(const struct ingest_source *source)
{
    return source->fingerprint;
}

/* ---- rows ---- */

inlay_status ingest_skip_rows(struct ingest_source *source, uint64_t rows, inlay_error *err)
{
    return source->reader != NULL ? file_reader_skip(source->reader, rows, err)
                                  : folder_source_skip(source->folder, rows, err);
}

bool ingest_skips_cheaply(const struct ingest_source *source)
{
    return source->format->reader == FILE_PARQUET && source->path_count == 1;
}

static void count_bytes(struct ingest_source *source)
{
    if (source->reader != NULL) {
        double part = file_reader_fraction(source->reader);
        atomic_store_explicit(&source->bytes, (uint64_t)(part * (double)source->total_bytes),
                              memory_order_relaxed);
    }
}

static inlay_status next_array(void *context, struct ArrowArray *out, inlay_error *err)
{
    struct ingest_source *source = context;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (source->ended) {
        return INLAY_OK;
    }
    status = source->reader != NULL ? file_reader_next(source->reader, out, err)
                                    : folder_source_next(source->folder, out, err);
    source->ended = status != INLAY_OK || out->release == NULL;
    count_bytes(source);
    return status;
}

inlay_status ingest_next(struct ingest_source *source, struct batch *out, bool *end,
                         inlay_error *err)
{
    struct ArrowArray array;
    memset(out, 0, sizeof(*out));
    *end = false;
    INLAY_TRY(next_array(source, &array, err));
    if (array.release == NULL) {
        *end = true;
        return INLAY_OK;
    }
    return batch_from_array(ingest_schema(source), &array,
                            source->reader != NULL ? ARRAY_CHECK_FULL : ARRAY_CHECK_STRUCTURE,
                            INLAY_CORRUPT, out, err);
}

inlay_status ingest_stream(struct ingest_source *source, struct ArrowArrayStream *out,
                           inlay_error *err)
{
    struct stream_producer producer = {next_array, NULL, source};
    return stream_export(ingest_schema(source), &producer, out, err);
}

/* ---- figures ---- */

uint64_t ingest_total_bytes(const struct ingest_source *source)
{
    return source->total_bytes;
}

uint64_t ingest_bytes(const struct ingest_source *source)
{
    return source->reader != NULL ? atomic_load_explicit(&source->bytes, memory_order_relaxed)
                                  : folder_source_bytes(source->folder);
}

/* Files of a reader are taken as equally long. */
uint64_t ingest_files(const struct ingest_source *source)
{
    if (source->folder != NULL) {
        return folder_source_files(source->folder);
    }
    if (source->total_bytes == 0) {
        return 0;
    }
    return (uint64_t)((double)ingest_bytes(source) / (double)source->total_bytes *
                      (double)source->path_count);
}

const struct folder_skipped *ingest_skipped(const struct ingest_source *source)
{
    return source->folder != NULL ? folder_source_skipped(source->folder) : NULL;
}
