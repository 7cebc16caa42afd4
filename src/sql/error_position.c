/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/error_position.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char LINE[] = "\nLINE ";
static const char DOTS[] = "...";
enum { DOTS_LENGTH = 3 };

static bool take_number(const char **at, size_t *number)
{
    *number = 0;
    if (**at < '0' || **at > '9') {
        return false;
    }
    while (**at >= '0' && **at <= '9' && *number < SIZE_MAX / 10 - 1) {
        *number = *number * 10 + (size_t)(**at - '0');
        (*at)++;
    }
    return true;
}

/* The n-th line, from 1; NULL: there are not so many. */
static const char *nth_line(const char *sql, size_t line)
{
    while (line > 1 && sql != NULL) {
        sql = strchr(sql, '\n');
        sql = sql != NULL ? sql + 1 : NULL;
        line--;
    }
    return line == 0 ? NULL : sql;
}

/* `needle` in a text of `length` bytes: its place, when it has exactly one. */
static const char *find_once(const char *text, size_t length, const char *needle, size_t size)
{
    const char *found = NULL;
    size_t i;
    for (i = 0; size != 0 && i + size <= length; i++) {
        if (memcmp(text + i, needle, size) == 0) {
            if (found != NULL) {
                return NULL;
            }
            found = text + i;
        }
    }
    return found;
}

/* The bytes of the first `characters` characters of UTF-8 text: the caret counts characters. */
static size_t bytes_of(const char *text, size_t length, size_t characters)
{
    size_t i = 0;
    while (i < length && characters > 0) {
        i++;
        while (i < length && ((unsigned char)text[i] & 0xC0) == 0x80) {
            i++;
        }
        characters--;
    }
    return i;
}

int64_t sql_error_position(const char *engine_text, const char *sql)
{
    const char *head = engine_text != NULL ? strstr(engine_text, LINE) : NULL;
    const char *shown;
    const char *end;
    const char *caret;
    const char *line;
    size_t number;
    size_t length;
    size_t before;
    if (head == NULL || sql == NULL) {
        return -1;
    }
    shown = head + strlen(LINE);
    if (!take_number(&shown, &number) || strncmp(shown, ": ", 2) != 0) {
        return -1;
    }
    shown += 2;
    end = strchr(shown, '\n');
    caret = end != NULL ? strchr(end, '^') : NULL;
    line = nth_line(sql, number);
    if (caret == NULL || line == NULL || caret - end - 1 < shown - (head + 1)) {
        return -1;
    }
    before = (size_t)(caret - end - 1) - (size_t)(shown - (head + 1));
    length = (size_t)(end - shown);
    if (strncmp(line, shown, length) != 0) { /* only a part of it is shown */
        if (length > DOTS_LENGTH && memcmp(end - DOTS_LENGTH, DOTS, DOTS_LENGTH) == 0) {
            length -= DOTS_LENGTH;
        }
        if (length > DOTS_LENGTH && before >= DOTS_LENGTH &&
            memcmp(shown, DOTS, DOTS_LENGTH) == 0) {
            shown += DOTS_LENGTH;
            length -= DOTS_LENGTH;
            before -= DOTS_LENGTH;
        }
        line = strncmp(line, shown, length) == 0
                   ? line
                   : find_once(line, strcspn(line, "\n"), shown, length);
        if (line == NULL) {
            return -1;
        }
    }
    return (int64_t)(line - sql) + (int64_t)bytes_of(shown, length, before);
}
