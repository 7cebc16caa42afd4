/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listing: a depth-first walk in key order. Within a folder, subfolders sort as "name/", which
 * makes the walk's order that of the whole keys; so a page's cursor is just its last key, and whole
 * subtrees before it are skipped unread. What vanishes meanwhile was not there. Hidden files
 * (staging, locks), links, and names that are no keys are no objects.
 */
#include "storage/local_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The names of one folder, sorted; those of subfolders end in '/'. */
struct names {
    char **items;
    size_t count;
    size_t capacity;
};

struct walk {
    struct local *local;
    const char *cursor; /* "" = from the start */
    struct object_page *page;
    size_t capacity;
    size_t limit;
    bool more; /* there is an object behind the page */
    char key[PROVIDER_KEY_MAX + 2];
    size_t length;
    /* Cleaning walks the same way, but looks at staging files only. */
    bool clean;
    int64_t before_ms;
    uint64_t removed;
};

static void names_free(struct names *names)
{
    size_t i;
    for (i = 0; i < names->count; i++) {
        mem_free(names->items[i]);
    }
    mem_free(names->items);
    memset(names, 0, sizeof(*names));
}

static inlay_status names_add(struct names *names, const char *name, bool folder, inlay_error *err)
{
    size_t length = strlen(name);
    void *items = names->items;
    char *copy;
    if (!mem_grow(&items, &names->capacity, names->count + 1, sizeof(*names->items))) {
        return error_no_memory(err);
    }
    names->items = items;
    copy = mem_alloc(length + 2);
    if (copy == NULL) {
        return error_no_memory(err);
    }
    memcpy(copy, name, length + 1);
    if (folder) {
        memcpy(copy + length, "/", 2);
    }
    names->items[names->count++] = copy;
    return INLAY_OK;
}

static int names_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 'f'ile, 'd'irectory, or something else. */
static char entry_kind(int folder, const struct dirent *entry)
{
    struct stat info;
    if (entry->d_type == DT_REG) {
        return 'f';
    }
    if (entry->d_type == DT_DIR) {
        return 'd';
    }
    if (entry->d_type != DT_UNKNOWN ||
        fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return '?';
    }
    return S_ISREG(info.st_mode) ? 'f' : S_ISDIR(info.st_mode) ? 'd' : '?';
}

static bool is_staging(const char *name)
{
    return strncmp(name, LOCAL_STAGE_PREFIX, sizeof(LOCAL_STAGE_PREFIX) - 1) == 0;
}

/* Keeps `fd`. */
static inlay_status names_read(int fd, bool clean, struct names *out, inlay_error *err)
{
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* closedir closes its own */
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    inlay_status status = INLAY_OK;
    struct dirent *entry;
    if (stream == NULL) {
        int failure = errno;
        local_close_fd(copy);
        return failure == ENOENT ? INLAY_OK : local_read_error(err, failure, "cannot list");
    }
    while (status == INLAY_OK && (errno = 0, entry = readdir(stream)) != NULL) {
        const char *name = entry->d_name;
        char kind;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
            (!(clean && is_staging(name)) && provider_check_key(name, NULL) != INLAY_OK)) {
            continue;
        }
        kind = entry_kind(fd, entry);
        if (kind != '?') {
            status = names_add(out, name, kind == 'd', err);
        }
    }
    if (status == INLAY_OK && entry == NULL && errno != 0 && errno != ENOENT) {
        status = local_read_error(err, errno, "cannot list");
    }
    (void)closedir(stream);
    if (status == INLAY_OK && out->count > 1) {
        qsort(out->items, out->count, sizeof(*out->items), names_compare);
    }
    return status;
}

static inlay_status walk_add(struct walk *walk, const struct object_meta *meta, inlay_error *err)
{
    void *entries = walk->page->entries;
    char *key;
    if (!mem_grow(&entries, &walk->capacity, walk->page->count + 1, sizeof(struct object_entry))) {
        return error_no_memory(err);
    }
    walk->page->entries = entries;
    key = mem_strdup(walk->key);
    if (key == NULL) {
        return error_no_memory(err);
    }
    walk->page->entries[walk->page->count++] = (struct object_entry){key, *meta};
    return INLAY_OK;
}

static inlay_status visit_file(struct walk *walk, int folder, const char *name, inlay_error *err)
{
    struct object_meta meta;
    struct stat info;
    int fd;
    inlay_status status;
    if (strcmp(walk->key, walk->cursor) <= 0) {
        return INLAY_OK;
    }
    if (walk->page->count == walk->limit) {
        walk->more = true;
        return INLAY_OK;
    }
    status = local_object_open_at(folder, name, &fd, &info, err);
    if (status != INLAY_OK) {
        return status == INLAY_NOT_FOUND ? INLAY_OK : status;
    }
    status = local_token_read(fd, &info, &meta, err);
    local_close_fd(fd);
    return status == INLAY_OK ? walk_add(walk, &meta, err) : status;
}

static inlay_status clean_file(struct walk *walk, int folder, const char *name, inlay_error *err)
{
    struct stat info;
    if (!is_staging(name) || fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
        (int64_t)info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1000000 >= walk->before_ms) {
        return INLAY_OK;
    }
    if (unlinkat(folder, name, 0) == 0) {
        walk->removed++;
        return INLAY_OK;
    }
    return errno == ENOENT ? INLAY_OK
                           : local_write_error(err, errno, "cannot remove a staging file");
}

/* False: every key below the folder in walk->key (it ends in '/') is at or before the cursor. */
static bool folder_is_ahead(const struct walk *walk)
{
    return strncmp(walk->key, walk->cursor, walk->length) >= 0;
}

static inlay_status walk_folder(struct walk *walk, int fd, inlay_error *err);

static inlay_status visit_folder(struct walk *walk, int parent, char *name, inlay_error *err)
{
    inlay_status status;
    int fd;
    if (!folder_is_ahead(walk)) {
        return INLAY_OK;
    }
    name[strlen(name) - 1] = '\0'; /* without its '/' */
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        status = local_read_error(err, errno, "cannot list");
        return status == INLAY_NOT_FOUND ? INLAY_OK : status;
    }
    status = walk_folder(walk, fd, err);
    local_close_fd(fd);
    return status;
}

/* Visits what is in the folder `fd`, whose key (with '/', or empty) stands in walk->key. Depth is
 * bounded by the length of a key. */
static inlay_status walk_folder(struct walk *walk, int fd, inlay_error *err)
{
    struct names names = {0};
    size_t base = walk->length;
    inlay_status status = names_read(fd, walk->clean, &names, err);
    size_t i;
    for (i = 0; i < names.count && status == INLAY_OK && !walk->more; i++) {
        char *name = names.items[i];
        size_t length = strlen(name);
        if (length > PROVIDER_KEY_MAX - base) {
            continue; /* longer than any key */
        }
        memcpy(walk->key + base, name, length + 1);
        walk->length = base + length;
        if (name[length - 1] == '/') {
            status = visit_folder(walk, fd, name, err);
        } else if (walk->clean) {
            status = clean_file(walk, fd, name, err);
        } else {
            status = visit_file(walk, fd, name, err);
        }
    }
    walk->length = base;
    walk->key[base] = '\0';
    names_free(&names);
    return status;
}

/* Walks what is below `prefix`; a folder that is not there is empty. */
static inlay_status walk_prefix(struct walk *walk, const char *prefix, inlay_error *err)
{
    struct local_place place;
    inlay_status status;
    int fd;
    if (prefix[0] == '\0') {
        return walk_folder(walk, walk->local->root_fd, err);
    }
    status = local_place_open(walk->local, prefix, false, &place, err);
    if (status != INLAY_OK) {
        return status == INLAY_NOT_FOUND ? INLAY_OK : status;
    }
    fd = openat(place.fd, place.leaf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        status = local_read_error(err, errno, "cannot list");
        status = status == INLAY_NOT_FOUND ? INLAY_OK : status;
    } else {
        walk->length = strlen(prefix);
        memcpy(walk->key, prefix, walk->length);
        walk->key[walk->length++] = '/';
        walk->key[walk->length] = '\0';
        status = walk_folder(walk, fd, err);
        local_close_fd(fd);
    }
    local_place_close(&place);
    return status;
}

inlay_status local_list(struct provider *provider, const char *prefix, const char *cursor,
                        struct object_page *out, inlay_error *err)
{
    struct local *local = (struct local *)provider;
    struct walk walk = {.local = local,
                        .cursor = cursor != NULL ? cursor : "",
                        .page = out,
                        .limit = local->list_page};
    INLAY_TRY(walk_prefix(&walk, prefix, err));
    if (walk.more) {
        out->next_cursor = mem_strdup(out->entries[out->count - 1].key);
        if (out->next_cursor == NULL) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

inlay_status local_clean_staging(struct provider *provider, int64_t before_unix_ms,
                                 uint64_t *removed, inlay_error *err)
{
    struct walk walk = {.local = (struct local *)provider,
                        .cursor = "",
                        .clean = true,
                        .before_ms = before_unix_ms};
    inlay_status status = walk_prefix(&walk, "", err);
    *removed = walk.removed;
    return status;
}
