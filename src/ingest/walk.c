/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/walk.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct entry {
    char *name;
    bool folder;
};

struct level {
    int descriptor;
    struct entry *entries; /* sorted */
    size_t count;
    size_t next;
    size_t path_length; /* of this folder in the walk's path, '/' included */
};

struct walk {
    bool (*accept)(void *context, const char *name);
    void *context;
    struct level levels[WALK_DEPTH_MAX];
    size_t depth; /* levels in use */
    struct buffer path;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;
    return strcmp(x->name, y->name);
}

static void level_close(struct level *level)
{
    size_t i;
    for (i = 0; i < level->count; i++) {
        mem_free(level->entries[i].name);
    }
    mem_free(level->entries);
    if (level->descriptor >= 0) {
        (void)close(level->descriptor);
    }
    memset(level, 0, sizeof(*level));
}

/* Some file systems do not tell what an entry is. */
static unsigned char type_of(int folder, const struct dirent *item)
{
    struct stat info;
    if (item->d_type != DT_UNKNOWN) {
        return item->d_type;
    }
    if (fstatat(folder, item->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return DT_UNKNOWN;
    }
    return S_ISREG(info.st_mode) ? DT_REG : S_ISDIR(info.st_mode) ? DT_DIR : DT_UNKNOWN;
}

static inlay_status add_entry(struct level *level, size_t *capacity, const char *name, bool folder,
                              inlay_error *err)
{
    void *items = level->entries;
    char *copy = mem_strdup(name);
    if (copy == NULL || !mem_grow(&items, capacity, level->count + 1, sizeof(*level->entries))) {
        mem_free(copy);
        return error_no_memory(err);
    }
    level->entries = items;
    level->entries[level->count].name = copy;
    level->entries[level->count].folder = folder;
    level->count++;
    return INLAY_OK;
}

/* Takes the descriptor over. A read that fails half way gives what was read until then. */
static inlay_status level_read(struct walk *walk, struct level *level, int descriptor,
                               inlay_error *err)
{
    inlay_status status = INLAY_OK;
    struct dirent *item;
    size_t capacity = 0;
    int copy = dup(descriptor);
    DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
    memset(level, 0, sizeof(*level));
    level->descriptor = descriptor;
    if (folder == NULL) {
        if (copy >= 0) {
            (void)close(copy);
        }
        return INLAY_OK;
    }
    while (status == INLAY_OK && (item = readdir(folder)) != NULL) {
        unsigned char type = item->d_name[0] == '.' ? DT_UNKNOWN : type_of(descriptor, item);
        if (type == DT_DIR || (type == DT_REG && walk->accept(walk->context, item->d_name))) {
            status = add_entry(level, &capacity, item->d_name, type == DT_DIR, err);
        }
    }
    (void)closedir(folder);
    if (level->count > 1) {
        qsort(level->entries, level->count, sizeof(*level->entries), compare_entries);
    }
    return status;
}

inlay_status walk_open(const char *root, bool (*accept)(void *context, const char *name),
                       void *context, struct walk **out, inlay_error *err)
{
    struct walk *walk;
    inlay_status status;
    int descriptor = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *out = NULL;
    if (descriptor < 0) {
        status = error_from_errno(err, errno, "cannot read the folder \"%.300s\"", root);
        error_key(err, root);
        return status;
    }
    walk = mem_zalloc(sizeof(*walk));
    if (walk == NULL) {
        (void)close(descriptor);
        return error_no_memory(err);
    }
    walk->accept = accept;
    walk->context = context;
    buffer_init(&walk->path, (size_t)WALK_DEPTH_MAX * (NAME_MAX + 1) + NAME_MAX + 1);
    walk->depth = 1;
    status = level_read(walk, &walk->levels[0], descriptor, err);
    if (status != INLAY_OK) {
        walk_close(walk);
        return status;
    }
    *out = walk;
    return INLAY_OK;
}

void walk_close(struct walk *walk)
{
    if (walk != NULL) {
        while (walk->depth > 0) {
            level_close(&walk->levels[--walk->depth]);
        }
        buffer_free(&walk->path);
        mem_free(walk);
    }
}

/* Enters the folder whose path was just set; false when that cannot be done. */
static inlay_status enter(struct walk *walk, const struct level *above, const char *name,
                          bool *entered, inlay_error *err)
{
    struct level *level;
    int descriptor;
    *entered = false;
    if (walk->depth == WALK_DEPTH_MAX) {
        return INLAY_OK;
    }
    descriptor = openat(above->descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        return INLAY_OK;
    }
    *entered = true;
    level = &walk->levels[walk->depth++];
    INLAY_TRY(level_read(walk, level, descriptor, err));
    walk->path.data[walk->path.len - 1] = '/';
    level->path_length = walk->path.len;
    return INLAY_OK;
}

inlay_status walk_next(struct walk *walk, struct walk_file *out, bool *end, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    *end = false;
    while (walk->depth > 0) {
        struct level *level = &walk->levels[walk->depth - 1];
        const struct entry *entry;
        bool entered = false;
        if (level->next == level->count) {
            level_close(level);
            walk->depth--;
            continue;
        }
        entry = &level->entries[level->next++];
        walk->path.len = level->path_length;
        buffer_append(&walk->path, entry->name, strlen(entry->name) + 1);
        INLAY_TRY(buffer_status(&walk->path, err));
        if (entry->folder) {
            INLAY_TRY(enter(walk, level, entry->name, &entered, err));
            if (entered) {
                continue;
            }
        }
        out->path = (const char *)walk->path.data;
        out->folder = level->descriptor;
        out->name = entry->name;
        out->unreadable = entry->folder;
        return INLAY_OK;
    }
    *end = true;
    return INLAY_OK;
}
