/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/table_names.h"

#include "base/error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct name_search {
    const char *name;
    char same[TABLE_NAME_SIZE]; /* but for the case */
    size_t same_count;
    char nearest[TABLE_NAME_SIZE];
    size_t distance; /* of `nearest` */
};

/* Insertions, deletions and replacements, ignoring case (Wagner and Fischer, JACM 1974). */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[TABLE_NAME_SIZE];
    const size_t length = strlen(b);
    size_t i;
    size_t j;
    for (j = 0; j <= length; j++) {
        row[j] = j;
    }
    for (i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (j = 1; j <= length; j++) {
            size_t replaced =
                diagonal + (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
            size_t other = 1 + (row[j] < row[j - 1] ? row[j] : row[j - 1]);
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[length];
}

static void consider(void *context, const char *name)
{
    struct name_search *search = context;
    size_t distance;
    if (strlen(name) >= TABLE_NAME_SIZE) {
        return;
    }
    if (strcasecmp(name, search->name) == 0) {
        search->same_count++;
        (void)snprintf(search->same, sizeof(search->same), "%s", name);
    }
    distance = edit_distance(search->name, name);
    if (distance < search->distance) {
        search->distance = distance;
        (void)snprintf(search->nearest, sizeof(search->nearest), "%s", name);
    }
}

/* "@3" of "docs@3", or "". */
static const char *version_of(const char *name)
{
    const char *at = strrchr(name, '@');
    return at != NULL && at != name && at[1] != '\0' ? at : name + strlen(name);
}

bool table_name_meant(const struct relation_resolver *resolver, const char *name,
                      char meant[TABLE_NAME_SIZE], inlay_error *err)
{
    const char *version = version_of(name);
    const size_t length = (size_t)(version - name);
    char base[TABLE_NAME_SIZE];
    struct name_search search = {.name = base};
    search.distance = 2 + length / 4; /* as many typing errors are no likeness */
    meant[0] = '\0';
    if (strlen(name) >= TABLE_NAME_SIZE) {
        return false;
    }
    (void)snprintf(base, sizeof(base), "%.*s", (int)length, name);
    if (resolver->list(resolver->context, consider, &search, NULL) != INLAY_OK) {
        return false;
    }
    if (search.same_count == 1) {
        (void)snprintf(meant, TABLE_NAME_SIZE, "%s%s", search.same, version);
        return strcmp(search.same, base) != 0;
    }
    if (search.nearest[0] != '\0') {
        error_set(err, INLAY_NOT_FOUND, "there is no table '%s'; did you mean '%s'?", name,
                  search.nearest);
        error_key(err, name);
    }
    return false;
}
