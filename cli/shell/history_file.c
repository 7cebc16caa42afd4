/* SPDX-License-Identifier: Apache-2.0 */
#include "history_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Makes every folder of the path that is missing. */
static bool make_folders(char *path)
{
    for (char *p = path + 1; *p; p++) {
        if (*p == '/') {
            *p = '\0';
            bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
            *p = '/';
            if (!made) {
                return false;
            }
        }
    }
    return true;
}

bool history_file_path(struct text *path)
{
    const char *state = getenv("XDG_STATE_HOME");
    const char *home = getenv("HOME");
    if (state && state[0] == '/') {
        text_add_string(path, state);
    } else if (home && home[0] == '/') {
        text_format(path, "%s/.local/state", home);
    } else {
        return false;
    }
    text_add_string(path, "/inlay/history");
    return make_folders(path->data);
}
