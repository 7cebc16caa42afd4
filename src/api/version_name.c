/* SPDX-License-Identifier: Apache-2.0 */
#include "api/version_name.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/timestamp.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define VERSIONS_MAX 100000 /* looked through for the oldest */

const char *version_name_part(const char *name)
{
    const char *at = strrchr(name, '@');
    return at != NULL && at != name && at[1] != '\0' ? at + 1 : NULL;
}

/* Digits only, and no overflow. */
static bool parse_number(const char *text, uint64_t *number)
{
    *number = 0;
    for (; isdigit((unsigned char)*text); text++) {
        if (*number > (UINT64_MAX - 9) / 10) {
            return false;
        }
        *number = *number * 10 + (uint64_t)(*text - '0');
    }
    return *text == '\0';
}

/* "2026-01-02", "... 03:04", "... 03:04:05.678", with a blank or T between, with or without Z. */
static bool parse_time(const char *text, int64_t *unix_ms)
{
    static const char whole[] = "0000-00-00T00:00:00";
    char full[64];
    size_t length = strlen(text);
    if (length != 0 && text[length - 1] == 'Z') {
        length--;
    }
    if (length < 10 || length > 40 || (length > 10 && length < 16) || length == 17 ||
        length == 18) {
        return false;
    }
    (void)snprintf(full, sizeof(full), "%.*s%sZ", (int)length, text,
                   length < sizeof(whole) - 1 ? whole + length : "");
    if (full[10] == ' ') {
        full[10] = 'T';
    }
    return timestamp_from_text(full, strlen(full), unix_ms, NULL) == INLAY_OK;
}

/* Says which versions there are; the status stays. */
static inlay_status no_such_version(struct typed_table *table, const char *name, inlay_error *err)
{
    char newest[TIMESTAMP_TEXT_SIZE] = "";
    char oldest[TIMESTAMP_TEXT_SIZE] = "";
    struct history_record *records = NULL;
    size_t count = 0;
    if (table_versions(typed_table_handle(table), VERSIONS_MAX, &records, &count, NULL) ==
            INLAY_OK &&
        count != 0) {
        const struct history_record *last = &records[count - 1];
        (void)timestamp_to_text(records[0].time_ms, newest, NULL);
        (void)timestamp_to_text(last->time_ms, oldest, NULL);
        error_set(err, INLAY_NOT_FOUND,
                  "there is no \"%s\": the versions are %llu (%s) to %llu (%s)", name,
                  (unsigned long long)last->id, oldest, (unsigned long long)records[0].id, newest);
    }
    mem_free(records);
    return INLAY_NOT_FOUND;
}

inlay_status version_name_open(struct typed_table *table, const char *name, const char *version,
                               struct snapshot **out, inlay_error *err)
{
    struct table *handle = typed_table_handle(table);
    uint64_t number;
    int64_t time_ms;
    inlay_status status;
    *out = NULL;
    if (parse_number(version, &number)) {
        status = table_open_version(handle, number, out, err);
    } else if (parse_time(version, &time_ms)) {
        status = table_open_at(handle, time_ms, out, err);
    } else {
        return error_set(err, INLAY_QUERY,
                         "\"%s\" names no version: after @ stands its number, or a time in UTC "
                         "such as '2026-01-02 03:04'",
                         name);
    }
    return status == INLAY_NOT_FOUND ? no_such_version(table, name, err) : status;
}
