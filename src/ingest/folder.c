/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/folder.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "columnar/builder.h"
#include "columnar/utf8.h"
#include "ingest/file_names.h"
#include "ingest/passages.h"
#include "ingest/text_decode.h"
#include "ingest/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEEP_BUFFER ((size_t)8 << 20) /* a larger one is given back after its file */

enum { COLUMN_PATH, COLUMN_TITLE, COLUMN_PASSAGE, COLUMN_FORMAT, COLUMN_BODY, COLUMN_MODIFIED };

struct folder_source {
    char *root;
    char **endings; /* owned, ended by NULL */
    size_t passage_bytes;
    bool single; /* the root is a file */
    bool single_done;
    struct walk *walk; /* NULL for a single file */
    struct schema schema;
    struct builder *builder;
    struct passage_splitter *splitter;
    uint64_t total_bytes;
    uint64_t listing;
    struct folder_skipped skipped;
    _Atomic uint64_t bytes; /* relaxed: figures for progress */
    _Atomic uint64_t files;
    /* The file whose passages are being given out. */
    bool in_file;
    struct buffer raw;
    struct buffer unpacked;
    struct buffer text;
    struct buffer path; /* valid UTF-8, NUL terminated */
    enum passage_format format;
    int64_t modified_ms;
    int32_t passage;
};

/* ---- opening ---- */

static bool accept_file(void *context, const char *name)
{
    const struct folder_source *source = context;
    return file_ending_listed(name, (const char *const *)source->endings);
}

static inlay_status copy_endings(struct folder_source *source, const char *const *endings,
                                 inlay_error *err)
{
    static const char *const defaults[] = {".txt", ".md", ".rst", ".html", ".gz", "", NULL};
    size_t count = 0;
    size_t i;
    endings = endings != NULL ? endings : defaults;
    while (endings[count] != NULL) {
        count++;
    }
    source->endings = mem_zalloc_array(count + 1, sizeof(*source->endings));
    if (source->endings == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        source->endings[i] = mem_strdup(endings[i]);
        if (source->endings[i] == NULL) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

static inlay_status make_schema(struct schema *schema, inlay_error *err)
{
    struct field *modified;
    if (schema_add(schema, "path", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "title", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "passage", COLUMN_INT32, false) == NULL ||
        schema_add(schema, "format", COLUMN_UTF8, false) == NULL ||
        schema_add(schema, "body", COLUMN_UTF8, false) == NULL) {
        return error_no_memory(err);
    }
    modified = schema_add(schema, "modified", COLUMN_TIMESTAMP, false);
    if (modified == NULL || !field_set_timezone(modified, "UTC")) {
        return error_no_memory(err);
    }
    modified->unit = UNIT_MILLI;
    return INLAY_OK;
}

static int64_t milliseconds(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

static void list_file(struct folder_source *source, const char *path, const struct stat *info)
{
    int64_t facts[2] = {(int64_t)info->st_size, milliseconds(info)};
    source->total_bytes += (uint64_t)info->st_size;
    source->listing = hash_xxh64(path, strlen(path) + 1, source->listing);
    source->listing = hash_xxh64(facts, sizeof(facts), source->listing);
}

static inlay_status list_folder(struct folder_source *source, inlay_error *err)
{
    struct walk *walk = NULL;
    struct walk_file file;
    struct stat info;
    bool end = false;
    inlay_status status = walk_open(source->root, accept_file, source, &walk, err);
    while (status == INLAY_OK) {
        status = walk_next(walk, &file, &end, err);
        if (status != INLAY_OK || end) {
            break;
        }
        if (!file.unreadable && fstatat(file.folder, file.name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            list_file(source, file.path, &info);
        }
    }
    walk_close(walk);
    return status;
}

static inlay_status open_root(struct folder_source *source, inlay_error *err)
{
    struct stat info;
    inlay_status status;
    if (stat(source->root, &info) != 0) {
        status = error_from_errno(err, errno, "cannot read \"%.300s\"", source->root);
        error_key(err, source->root);
        return status;
    }
    source->listing = hash_xxh64(&source->passage_bytes, sizeof(source->passage_bytes), 0);
    source->single = !S_ISDIR(info.st_mode);
    if (source->single) {
        source->total_bytes = (uint64_t)info.st_size;
        return INLAY_OK;
    }
    INLAY_TRY(list_folder(source, err));
    return walk_open(source->root, accept_file, source, &source->walk, err);
}

inlay_status folder_source_open(const char *path, const struct folder_options *options,
                                struct folder_source **out, inlay_error *err)
{
    struct folder_source *source = mem_zalloc(sizeof(*source));
    inlay_status status;
    *out = NULL;
    if (source == NULL) {
        return error_no_memory(err);
    }
    buffer_init(&source->raw, FOLDER_FILE_MAX + 1);
    buffer_init(&source->unpacked, FOLDER_FILE_MAX);
    buffer_init(&source->text, 3 * FOLDER_FILE_MAX);
    buffer_init(&source->path, SIZE_MAX);
    source->passage_bytes =
        options->passage_bytes != 0 ? options->passage_bytes : PASSAGE_BYTES_DEFAULT;
    source->root = mem_strdup(path);
    if (source->root == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, passage_splitter_new(source->passage_bytes, &source->splitter, err),
                   cleanup);
    INLAY_TRY_GOTO(status, copy_endings(source, options->endings, err), cleanup);
    INLAY_TRY_GOTO(status, make_schema(&source->schema, err), cleanup);
    INLAY_TRY_GOTO(status,
                   builder_new_batch(&source->schema,
                                     2 * (uint64_t)FOLDER_BATCH_BYTES + 4 * PASSAGE_BYTES_MAX,
                                     &source->builder, err),
                   cleanup);
    INLAY_TRY_GOTO(status, open_root(source, err), cleanup);
    *out = source;
    return INLAY_OK;
cleanup:
    folder_source_close(source);
    return status;
}

void folder_source_close(struct folder_source *source)
{
    size_t i;
    if (source == NULL) {
        return;
    }
    walk_close(source->walk);
    passage_splitter_free(source->splitter);
    builder_free(source->builder);
    schema_free(&source->schema);
    buffer_free(&source->raw);
    buffer_free(&source->unpacked);
    buffer_free(&source->text);
    buffer_free(&source->path);
    for (i = 0; source->endings != NULL && source->endings[i] != NULL; i++) {
        mem_free(source->endings[i]);
    }
    for (i = 0; i < source->skipped.first_count; i++) {
        mem_free((void *)(uintptr_t)source->skipped.first[i].path);
    }
    mem_free(source->endings);
    mem_free(source->root);
    mem_free(source);
}

const struct schema *folder_source_schema(const struct folder_source *source)
{
    return &source->schema;
}

uint64_t folder_source_total_bytes(const struct folder_source *source)
{
    return source->total_bytes;
}

uint64_t folder_source_bytes(const struct folder_source *source)
{
    return atomic_load_explicit(&source->bytes, memory_order_relaxed);
}

uint64_t folder_source_files(const struct folder_source *source)
{
    return atomic_load_explicit(&source->files, memory_order_relaxed);
}

uint64_t folder_source_listing(const struct folder_source *source)
{
    return source->listing;
}

const struct folder_skipped *folder_source_skipped(const struct folder_source *source)
{
    return &source->skipped;
}

/* ---- one file ---- */

/* A name that does not fit in memory is only counted. */
static void skip_file(struct folder_source *source, enum folder_skip why)
{
    struct folder_skipped *skipped = &source->skipped;
    skipped->counts[why]++;
    skipped->total++;
    if (skipped->first_count < FOLDER_SKIPPED_NAMES) {
        char *path = mem_strdup((const char *)source->path.data);
        if (path != NULL) {
            skipped->first[skipped->first_count].path = path;
            skipped->first[skipped->first_count].why = why;
            skipped->first_count++;
        }
    }
}

static void clear(struct buffer *buffer)
{
    if (buffer->capacity > KEEP_BUFFER) {
        buffer_free(buffer);
    }
    buffer_clear(buffer);
}

/* Reads the whole file, which may be growing: one byte more than allowed tells. */
static inlay_status read_file(struct folder_source *source, int file, size_t size, bool *readable,
                              inlay_error *err)
{
    struct buffer *raw = &source->raw;
    *readable = true;
    for (;;) {
        size_t room = raw->cap - raw->len;
        size_t want = size > raw->len ? size - raw->len + 1 : 65536;
        uint8_t *at;
        ssize_t got;
        want = want < room ? want : room;
        if (want == 0) {
            return INLAY_OK;
        }
        at = buffer_extend(raw, want);
        if (at == NULL) {
            return buffer_status(raw, err);
        }
        do {
            got = read(file, at, want);
        } while (got < 0 && errno == EINTR);
        raw->len -= want - (got > 0 ? (size_t)got : 0);
        if (got <= 0) {
            *readable = got == 0;
            return INLAY_OK;
        }
        atomic_fetch_add_explicit(&source->bytes, (uint64_t)got, memory_order_relaxed);
    }
}

/* Leaves the file's text in *text, *why says otherwise why there is none. */
static inlay_status decode_file(struct folder_source *source, const char *name,
                                const struct buffer **text, enum folder_skip *why, inlay_error *err)
{
    enum text_kind kind;
    inlay_status status;
    const struct buffer *from = &source->raw;
    *text = NULL;
    if (from->len > FOLDER_FILE_MAX) {
        *why = FOLDER_SKIP_TOO_LARGE;
        return INLAY_OK;
    }
    if (file_is_gzip(name)) {
        status = gunzip(from->data, from->len, &source->unpacked, err);
        if (status == INLAY_NO_MEMORY) {
            return status;
        }
        if (status != INLAY_OK) {
            *why = status == INLAY_CORRUPT ? FOLDER_SKIP_DAMAGED : FOLDER_SKIP_TOO_LARGE;
            return INLAY_OK;
        }
        from = &source->unpacked;
    }
    kind = from->len != 0 ? text_kind_of(from->data, from->len) : TEXT_UTF8;
    if (kind == TEXT_BINARY) {
        *why = FOLDER_SKIP_BINARY;
        return INLAY_OK;
    }
    if (kind != TEXT_UTF8) {
        text_transcode(kind, from->data, from->len, &source->text);
        from = &source->text;
    }
    *text = from;
    return buffer_status(from, err);
}

static inlay_status set_path(struct folder_source *source, const char *path, inlay_error *err)
{
    size_t length = strlen(path);
    clear(&source->path);
    text_transcode(utf8_valid(path, length) ? TEXT_UTF8 : TEXT_REPAIR, path, length, &source->path);
    buffer_u8(&source->path, 0);
    return buffer_status(&source->path, err);
}

static inlay_status split_file(struct folder_source *source, const char *name,
                               const struct buffer *text, inlay_error *err)
{
    static const char mark[] = "\xef\xbb\xbf";
    const char *bytes = text->len != 0 ? (const char *)text->data : "";
    const char *path = (const char *)source->path.data;
    const char *slash = strrchr(path, '/');
    size_t skip = text->len >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    source->format = file_text_format(name);
    source->passage = 0;
    source->in_file = true;
    atomic_fetch_add_explicit(&source->files, 1, memory_order_relaxed);
    return passage_splitter_begin(source->splitter, source->format, bytes + skip, text->len - skip,
                                  slash != NULL ? slash + 1 : path, err);
}

/* `file` is -1 when it could not be opened; taken over. */
static inlay_status take_file(struct folder_source *source, int file, const char *name,
                              inlay_error *err)
{
    enum folder_skip why = FOLDER_SKIP_UNREADABLE;
    const struct buffer *text = NULL;
    inlay_status status = INLAY_OK;
    bool readable = false;
    struct stat info;
    clear(&source->raw);
    clear(&source->unpacked);
    clear(&source->text);
    if (file >= 0 && fstat(file, &info) == 0 && S_ISREG(info.st_mode)) {
        source->modified_ms = milliseconds(&info);
        if ((uint64_t)info.st_size > FOLDER_FILE_MAX) {
            why = FOLDER_SKIP_TOO_LARGE;
        } else {
            status = read_file(source, file, (size_t)info.st_size, &readable, err);
        }
    }
    if (file >= 0) {
        (void)close(file);
    }
    if (status == INLAY_OK && readable) {
        status = decode_file(source, name, &text, &why, err);
    }
    if (status != INLAY_OK) {
        return status;
    }
    if (text == NULL) {
        skip_file(source, why);
        return INLAY_OK;
    }
    return split_file(source, name, text, err);
}

/* ---- rows ---- */

/* A single file that gives nothing is an error, not a figure. */
static inlay_status take_single(struct folder_source *source, inlay_error *err)
{
    static const struct {
        inlay_status status;
        const char *reason;
    } failures[FOLDER_SKIP_KINDS] = {
        [FOLDER_SKIP_UNREADABLE] = {INLAY_IO, "it cannot be read"},
        [FOLDER_SKIP_TOO_LARGE] = {INLAY_OVER_BUDGET, "it is larger than 64 MiB; divide it"},
        [FOLDER_SKIP_DAMAGED] = {INLAY_CORRUPT, "its gzip data is damaged"},
        [FOLDER_SKIP_BINARY] = {INLAY_UNSUPPORTED, "it holds no text"},
    };
    const char *slash = strrchr(source->root, '/');
    const char *name = slash != NULL ? slash + 1 : source->root;
    inlay_status status = INLAY_OK;
    size_t why;
    INLAY_TRY(set_path(source, name, err));
    INLAY_TRY(take_file(source, open(source->root, O_RDONLY | O_CLOEXEC | O_NONBLOCK), name, err));
    for (why = 0; why < FOLDER_SKIP_KINDS; why++) {
        if (source->skipped.counts[why] != 0) {
            status = error_set(err, failures[why].status, "\"%.300s\" cannot be imported: %s",
                               source->root, failures[why].reason);
            error_key(err, source->root);
        }
    }
    return status;
}

static inlay_status next_file(struct folder_source *source, bool *end, inlay_error *err)
{
    struct walk_file file;
    int descriptor;
    if (source->single) {
        *end = source->single_done;
        source->single_done = true;
        return *end ? INLAY_OK : take_single(source, err);
    }
    INLAY_TRY(walk_next(source->walk, &file, end, err));
    if (*end) {
        return INLAY_OK;
    }
    INLAY_TRY(set_path(source, file.path, err));
    descriptor = file.unreadable ? -1
                                 : openat(file.folder, file.name,
                                          O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return take_file(source, descriptor, file.name, err);
}

static inlay_status next_passage(struct folder_source *source, struct passage *out, bool *end,
                                 inlay_error *err)
{
    *end = false;
    while (!source->in_file || !passage_splitter_next(source->splitter, out)) {
        source->in_file = false;
        INLAY_TRY(next_file(source, end, err));
        if (*end) {
            return INLAY_OK;
        }
    }
    return INLAY_OK;
}

static inlay_status add_row(struct folder_source *source, const struct passage *passage,
                            inlay_error *err)
{
    struct builder *b = source->builder;
    const char *format = passage_format_name(source->format);
    INLAY_TRY(builder_bytes_value(builder_child(b, COLUMN_PATH), source->path.data,
                                  source->path.len - 1, err));
    INLAY_TRY(builder_bytes_value(builder_child(b, COLUMN_TITLE), passage->title.bytes,
                                  passage->title.length, err));
    INLAY_TRY(builder_int(builder_child(b, COLUMN_PASSAGE), source->passage++, err));
    INLAY_TRY(builder_bytes_value(builder_child(b, COLUMN_FORMAT), format, strlen(format), err));
    INLAY_TRY(builder_bytes_value(builder_child(b, COLUMN_BODY), passage->body.bytes,
                                  passage->body.length, err));
    INLAY_TRY(builder_int(builder_child(b, COLUMN_MODIFIED), source->modified_ms, err));
    return builder_close_row(b, err);
}

inlay_status folder_source_skip(struct folder_source *source, uint64_t rows, inlay_error *err)
{
    struct passage passage;
    bool end = false;
    while (rows > 0 && !end) {
        INLAY_TRY(next_passage(source, &passage, &end, err));
        source->passage++;
        rows--;
    }
    return INLAY_OK;
}

inlay_status folder_source_next(struct folder_source *source, struct ArrowArray *out,
                                inlay_error *err)
{
    struct passage passage;
    bool end = false;
    memset(out, 0, sizeof(*out));
    while (builder_count(source->builder) < FOLDER_BATCH_ROWS &&
           (builder_count(source->builder) == 0 ||
            builder_bytes(source->builder) + source->passage_bytes < FOLDER_BATCH_BYTES)) {
        INLAY_TRY(next_passage(source, &passage, &end, err));
        if (end) {
            break;
        }
        INLAY_TRY(add_row(source, &passage, err));
    }
    return builder_count(source->builder) != 0 ? builder_finish(source->builder, out, err)
                                               : INLAY_OK;
}
