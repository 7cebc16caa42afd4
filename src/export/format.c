/* SPDX-License-Identifier: Apache-2.0 */
#include "export/format.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

struct named_format {
    const char *name;
    enum export_format format;
    const char *endings[3];
};

static const struct named_format formats[] = {
    {"parquet", EXPORT_PARQUET, {".parquet", NULL, NULL}},
    {"csv", EXPORT_CSV, {".csv", NULL, NULL}},
    {"tsv", EXPORT_TSV, {".tsv", NULL, NULL}},
    {"ndjson", EXPORT_NDJSON, {".ndjson", ".jsonl", NULL}},
    {"arrow", EXPORT_ARROW, {".arrow", ".arrows", NULL}},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static bool has_ending(const struct named_format *format, const char *path)
{
    size_t length = strlen(path);
    size_t i;
    for (i = 0; format->endings[i] != NULL; i++) {
        size_t size = strlen(format->endings[i]);
        if (length > size && strcasecmp(path + length - size, format->endings[i]) == 0) {
            return true;
        }
    }
    return false;
}

inlay_status export_format_choose(const char *name, const char *path, enum export_format *out,
                                  inlay_error *err)
{
    size_t i;
    for (i = 0; i < FORMAT_COUNT; i++) {
        if (name != NULL ? strcmp(name, formats[i].name) == 0
                         : path != NULL && has_ending(&formats[i], path)) {
            *out = formats[i].format;
            return INLAY_OK;
        }
    }
    if (name != NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "there is no export format \"%.50s\"; give parquet, csv, tsv, ndjson or "
                         "arrow",
                         name);
    }
    if (path == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "an export that goes to a callback needs a format: parquet, csv, tsv, "
                         "ndjson or arrow");
    }
    return error_set(err, INLAY_INVALID_ARGUMENT,
                     "the name of \"%.300s\" does not tell its format; end it in .parquet, .csv, "
                     ".tsv, .ndjson, .jsonl, .arrow or .arrows, or name the format",
                     path);
}
