/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/mmap_source.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct mmap_source {
    struct byte_source source;
    uint8_t *data; /* NULL when the file is empty: nothing to map */
    char *name;
};

static inlay_status mmap_read(struct byte_source *base, const struct byte_range *ranges,
                              size_t count, inlay_error *err)
{
    const struct mmap_source *source = (const struct mmap_source *)base;
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        if (ranges[i].length != 0) {
            memcpy(ranges[i].into, source->data + ranges[i].offset, (size_t)ranges[i].length);
        }
    }
    if (base->account != NULL) {
        io_account_add(&base->account->cache_hits, count);
    }
    return INLAY_OK;
}

static const uint8_t *mmap_view(struct byte_source *base, uint64_t offset, uint64_t length)
{
    static const uint8_t nothing[1] = {0};
    const struct mmap_source *source = (const struct mmap_source *)base;
    (void)length;
    return source->data != NULL ? source->data + offset : nothing;
}

static void mmap_destroy(struct byte_source *base)
{
    struct mmap_source *source = (struct mmap_source *)base;
    if (source->data != NULL) {
        (void)munmap(source->data, (size_t)base->size);
    }
    mem_free(source->name);
    mem_free(source);
}

static const struct byte_source_ops mmap_ops = {mmap_read, mmap_view, mmap_destroy};

static int advice(enum mmap_hint hint)
{
    switch (hint) {
    case MMAP_SEQUENTIAL:
        return MADV_SEQUENTIAL;
    case MMAP_WILL_NEED:
        return MADV_WILLNEED;
    case MMAP_RANDOM:
        break;
    }
    return MADV_RANDOM;
}

/* Maps the whole file behind `fd`, after its size was checked. */
static inlay_status map(struct mmap_source *source, int fd, uint64_t size, enum mmap_hint hint,
                        inlay_error *err)
{
    struct stat info;
    void *data;
    if (fstat(fd, &info) != 0) {
        return error_from_errno(err, errno, "%s: cannot read the file's size", source->name);
    }
    if (!S_ISREG(info.st_mode)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "%s: not a regular file", source->name);
    }
    if ((uint64_t)info.st_size != size) {
        error_set(err, INLAY_CORRUPT, "%s: the file has %llu bytes instead of %llu", source->name,
                  (unsigned long long)info.st_size, (unsigned long long)size);
        error_expected(err, "%llu bytes", (unsigned long long)size);
        error_found(err, "%llu bytes", (unsigned long long)info.st_size);
        return INLAY_CORRUPT;
    }
    if (size == 0) {
        return INLAY_OK;
    }
    if (size > SIZE_MAX) {
        return error_no_memory(err);
    }
    data = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        return error_from_errno(err, errno, "%s: cannot map the file", source->name);
    }
    source->data = data;
    (void)madvise(data, (size_t)size, advice(hint)); /* a hint: failure changes nothing */
    return INLAY_OK;
}

inlay_status mmap_source_open(const char *path, const char *name, uint64_t size,
                              enum mmap_hint hint, struct io_account *account,
                              struct byte_source **out, inlay_error *err)
{
    struct mmap_source *source = mem_zalloc(sizeof(*source));
    inlay_status status;
    int fd = -1;
    *out = NULL;
    if (source == NULL) {
        return error_no_memory(err);
    }
    byte_source_init(&source->source, &mmap_ops, size, NULL, account);
    source->name = mem_strdup(name != NULL ? name : path);
    source->source.name = source->name;
    if (source->name == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    status = fd >= 0 ? map(source, fd, size, hint, err)
                     : error_from_errno(err, errno, "%s: cannot open the file", source->name);
    if (status != INLAY_OK) {
        error_key(err, source->name);
        goto cleanup;
    }
    *out = &source->source;
    source = NULL;
cleanup:
    if (fd >= 0) {
        (void)close(fd);
    }
    if (source != NULL) {
        mmap_destroy(&source->source);
    }
    return status;
}

void mmap_source_will_need(struct byte_source *base, uint64_t offset, uint64_t length)
{
    struct mmap_source *source = (struct mmap_source *)base;
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t start = offset - offset % page;
    if (base->ops != &mmap_ops || source->data == NULL || length == 0 ||
        !range_inside(offset, length, base->size)) {
        return;
    }
    (void)madvise(source->data + start, (size_t)(offset - start + length), MADV_WILLNEED);
}
