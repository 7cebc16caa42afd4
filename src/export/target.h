/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an export goes: a file that appears whole or not at all, or a function of the caller. A
 * file is written under a hidden name in its folder and renamed when it is complete; a failure
 * removes it. One thread at a time.
 */
#ifndef INLAY_EXPORT_TARGET_H
#define INLAY_EXPORT_TARGET_H

#include "base/byte_sink.h"

#include <stdbool.h>

/* Takes all bytes and returns 0, or an errno value. */
typedef int (*export_write)(void *context, const void *bytes, size_t length);

struct export_target {
    struct byte_sink sink; /* buffered */
    export_write write;    /* NULL: a file */
    void *context;
    int fd;
    bool overwrite;
    char *path;      /* owned; what the file is to be called */
    char *temporary; /* owned; what it is called now; NULL = there is no file */
    struct buffer held;
};

/* INLAY_ALREADY_EXISTS when there is a file and it may not be overwritten; what is no regular file
 * never is. */
inlay_status export_target_file(struct export_target *target, const char *path, bool overwrite,
                                inlay_error *err);
void export_target_callback(struct export_target *target, export_write write, void *context);

/* Writes what is held and lets the file appear. */
inlay_status export_target_finish(struct export_target *target, inlay_error *err);
/* Removes a file that was not finished. Safe on a zeroed target. */
void export_target_free(struct export_target *target);

#endif
