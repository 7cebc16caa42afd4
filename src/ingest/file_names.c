/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/file_names.h"

#include <string.h>
#include <strings.h>

const char *file_ending(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *dot;
    name = slash != NULL ? slash + 1 : name;
    dot = strrchr(name, '.');
    return dot != NULL && dot != name ? dot : "";
}

bool file_is_gzip(const char *name)
{
    return strcasecmp(file_ending(name), ".gz") == 0;
}

bool file_ending_listed(const char *name, const char *const *endings)
{
    const char *ending = file_ending(name);
    for (; *endings != NULL; endings++) {
        if (strcasecmp(ending, *endings) == 0) {
            return true;
        }
    }
    return false;
}

enum passage_format file_text_format(const char *name)
{
    static const struct {
        const char *ending;
        enum passage_format format;
    } known[] = {
        {".md", PASSAGE_MARKDOWN}, {".markdown", PASSAGE_MARKDOWN}, {".rst", PASSAGE_RST},
        {".html", PASSAGE_HTML},   {".htm", PASSAGE_HTML},          {".xhtml", PASSAGE_HTML},
    };
    size_t length = strlen(name) - (file_is_gzip(name) ? strlen(".gz") : 0);
    size_t i;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t size = strlen(known[i].ending);
        if (length > size && strncasecmp(name + length - size, known[i].ending, size) == 0) {
            return known[i].format;
        }
    }
    return PASSAGE_TEXT;
}
