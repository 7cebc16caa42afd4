/* SPDX-License-Identifier: Apache-2.0 */
/* Opening the folder, and the reads: token and bytes always come from one descriptor. */
#include "storage/local.h"

#include "base/alloc.h"
#include "base/error.h"
#include "storage/local_priv.h"
#include "storage/refusals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PAGE 4096
#define PART_BYTES ((uint32_t)512 << 10) /* from the second-level cache into the page cache */

/* The last min(n, size) bytes of an open version. */
static inlay_status read_tail(int fd, uint64_t n, struct object_data *out, inlay_error *err)
{
    uint64_t size = out->meta.size;
    out->size = n < size ? n : size;
    out->data = out->size <= SIZE_MAX ? mem_alloc((size_t)out->size) : NULL;
    if (out->data == NULL) {
        return error_no_memory(err);
    }
    return local_read(fd, size - out->size, out->data, out->size, err);
}

static inlay_status local_get_tail(struct provider *provider, const char *key, uint64_t n,
                                   struct object_data *out, inlay_error *err)
{
    struct stat info;
    int fd;
    inlay_status status;
    INLAY_TRY(local_object_open((struct local *)provider, key, &fd, &info, err));
    status = local_token_read(fd, &info, &out->meta, err);
    if (status == INLAY_OK) {
        status = read_tail(fd, n, out, err);
    }
    local_close_fd(fd);
    return status;
}

static inlay_status local_get(struct provider *provider, const char *key, struct object_data *out,
                              inlay_error *err)
{
    return local_get_tail(provider, key, UINT64_MAX, out, err);
}

static inlay_status local_get_if_changed(struct provider *provider, const char *key,
                                         const char *etag, bool *changed, struct object_data *out,
                                         inlay_error *err)
{
    struct stat info;
    int fd;
    inlay_status status;
    INLAY_TRY(local_object_open((struct local *)provider, key, &fd, &info, err));
    status = local_token_read(fd, &info, &out->meta, err);
    *changed = strcmp(out->meta.etag, etag) != 0;
    if (status == INLAY_OK && *changed) {
        status = read_tail(fd, UINT64_MAX, out, err);
    }
    local_close_fd(fd);
    return status;
}

static inlay_status local_get_ranges(struct provider *provider, const char *key,
                                     const struct object_range *ranges, size_t count,
                                     inlay_error *err)
{
    struct stat info;
    int fd;
    inlay_status status = INLAY_OK;
    size_t i;
    INLAY_TRY(local_object_open((struct local *)provider, key, &fd, &info, err));
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = range_past_end(&ranges[i], (uint64_t)info.st_size, err);
    }
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = local_read(fd, ranges[i].offset, ranges[i].into, ranges[i].length, err);
    }
    local_close_fd(fd);
    return status;
}

static inlay_status local_head(struct provider *provider, const char *key, struct object_meta *out,
                               inlay_error *err)
{
    struct stat info;
    int fd;
    inlay_status status;
    INLAY_TRY(local_object_open((struct local *)provider, key, &fd, &info, err));
    status = local_token_read(fd, &info, out, err);
    local_close_fd(fd);
    return status;
}

static char *local_path(struct provider *provider, const char *key)
{
    struct local *local = (struct local *)provider;
    size_t size = strlen(local->root) + strlen(key) + 2;
    struct stat info;
    char *path;
    int fd;
    if (local_object_open(local, key, &fd, &info, NULL) != INLAY_OK) {
        return NULL;
    }
    local_close_fd(fd);
    path = mem_alloc(size);
    if (path != NULL) {
        (void)snprintf(path, size, "%s/%s", local->root, key);
    }
    return path;
}

static void local_destroy(struct provider *provider)
{
    struct local *local = (struct local *)provider;
    local_close_fd(local->root_fd);
    mem_free(local->root);
    mem_free(local);
}

static const struct provider_ops local_ops = {
    .get = local_get,
    .get_if_changed = local_get_if_changed,
    .get_ranges = local_get_ranges,
    .get_tail = local_get_tail,
    .head = local_head,
    .put_atomic = local_put_atomic,
    .put_if_match = local_put_if_match,
    .multipart_begin = local_multipart_begin,
    .remove = local_remove,
    .list = local_list,
    .local_path = local_path,
    .clean_staging = local_clean_staging,
    .destroy = local_destroy,
};

/* Makes the folder `path` durably; 0 or errno. */
static int folder_make(const char *path, size_t parent_length, bool sync)
{
    char *parent;
    int fd;
    int failure = 0;
    if (mkdir(path, 0777) != 0) {
        return errno == EEXIST ? 0 : errno;
    }
    if (!sync) {
        return 0;
    }
    parent = parent_length != 0 ? mem_strndup(path, parent_length)
                                : mem_strdup(path[0] == '/' ? "/" : ".");
    if (parent == NULL) {
        return ENOMEM;
    }
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        failure = errno;
    }
    local_close_fd(fd);
    mem_free(parent);
    return failure;
}

/* Like mkdir -p; `path` is changed in between and restored. */
static int folders_make(char *path, bool sync)
{
    size_t last = 0; /* length of the parent */
    size_t i;
    int failure;
    for (i = 1; path[i] != '\0'; i++) {
        if (path[i] == '/') {
            path[i] = '\0';
            failure = folder_make(path, last, sync);
            path[i] = '/';
            last = i;
            if (failure != 0 && failure != EACCES && failure != EROFS) {
                return failure; /* a parent that we may not make may still be there */
            }
        }
    }
    return folder_make(path, last, sync);
}

static inlay_status root_open(struct local *local, inlay_error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int failure;
    local->root_fd = open(local->root, flags);
    if (local->root_fd < 0 && errno == ENOENT) {
        failure = folders_make(local->root, local->sync);
        if (failure != 0) {
            return error_from_errno(err, failure, "cannot make the storage folder %s", local->root);
        }
        local->root_fd = open(local->root, flags);
    }
    if (local->root_fd < 0) {
        return error_from_errno(err, errno, "cannot open the storage folder %s", local->root);
    }
    return INLAY_OK;
}

inlay_status provider_local_open_with(const char *root,
                                      const struct provider_local_options *options,
                                      struct provider **out, inlay_error *err)
{
    static const struct provider_local_options defaults = {0};
    struct local *local;
    inlay_status status;
    size_t length;
    *out = NULL;
    if (root == NULL || root[0] == '\0') {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the storage folder's path is empty");
    }
    local = mem_zalloc(sizeof(*local));
    if (local == NULL) {
        return error_no_memory(err);
    }
    options = options != NULL ? options : &defaults;
    local->provider.ops = &local_ops;
    local->provider.name = "local";
    local->provider.part_bytes = PART_BYTES;
    local->root_fd = -1;
    local->env = options->env != NULL ? options->env : env_system();
    local->list_page = options->list_page != 0 ? options->list_page : DEFAULT_PAGE;
    local->sync = !options->no_sync;
    /* A file without a name gets one through /proc. */
    atomic_init(&local->no_tmpfile, options->no_tmpfile || access("/proc/self/fd", X_OK) != 0);
    atomic_init(&local->no_xattr, options->no_xattr);
    for (length = strlen(root); length > 1 && root[length - 1] == '/'; length--) {
    }
    local->root = mem_strndup(root, length);
    status = local->root != NULL ? root_open(local, err) : error_no_memory(err);
    if (status != INLAY_OK) {
        error_key(err, root);
        local_destroy(&local->provider);
        return status;
    }
    *out = &local->provider;
    return INLAY_OK;
}

inlay_status provider_local_open(const char *root, struct provider **out, inlay_error *err)
{
    return provider_local_open_with(root, NULL, out, err);
}
