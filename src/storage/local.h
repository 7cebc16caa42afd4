/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A provider over a folder of the local file system; docs/format/local-storage.md is its format.
 *
 * An object is a file whose bytes never change: a new version is a new file that takes the name
 * over, so an open descriptor or a mapping keeps its version. A write that returned is durable
 * (file and folder synced). A crash leaves the old or the new version, and perhaps a hidden staging
 * file that provider_clean_staging removes. Conditional replacement is exclusive across threads
 * and processes. Symbolic links below the root are neither followed nor listed.
 *
 * Thread-safe. Needs a file system with rename and flock; O_TMPFILE, hard links and extended
 * attributes are used where they work.
 */
#ifndef INLAY_STORAGE_LOCAL_H
#define INLAY_STORAGE_LOCAL_H

#include "base/env.h"
#include "storage/provider.h"

struct provider_local_options {
    const struct env *env; /* random bytes and clock; NULL = the system's */
    size_t list_page;      /* entries per listing page; 0 = 4096 */
    bool no_sync;          /* a power cut may lose or tear recent writes; for scratch data */
    bool no_tmpfile;       /* stage under a hidden name, as where O_TMPFILE does not work */
    bool no_xattr;         /* versions by content, as where attributes do not work */
};

/* Creates `root` and its parents where they are missing. A folder that cannot be written to can
 * still be read. */
inlay_status provider_local_open(const char *root, struct provider **out, inlay_error *err);
/* `options` NULL = all defaults. */
inlay_status provider_local_open_with(const char *root,
                                      const struct provider_local_options *options,
                                      struct provider **out, inlay_error *err);

#endif
