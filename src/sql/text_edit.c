/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/text_edit.h"

#include <stdlib.h>
#include <string.h>

void text_put_quoted(struct buffer *out, const char *text, char quote)
{
    buffer_u8(out, (uint8_t)quote);
    for (; *text != '\0'; text++) {
        if (*text == quote) {
            buffer_u8(out, (uint8_t)quote);
        }
        buffer_u8(out, (uint8_t)*text);
    }
    buffer_u8(out, (uint8_t)quote);
}

static int by_place(const void *a, const void *b)
{
    const struct text_edit *x = a;
    const struct text_edit *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

inlay_status text_edits_apply(const char *text, struct text_edit *edits, size_t count, char **out,
                              inlay_error *err)
{
    struct buffer edited;
    inlay_status status;
    size_t length;
    size_t at = 0;
    size_t i;
    buffer_init(&edited, REWRITTEN_MAX);
    qsort(edits, count, sizeof(*edits), by_place);
    for (i = 0; i < count; i++) {
        buffer_append(&edited, text + at, edits[i].at - at);
        buffer_append(&edited, edits[i].text, strlen(edits[i].text));
        at = edits[i].at + edits[i].length;
    }
    buffer_append(&edited, text + at, strlen(text + at) + 1);
    status = buffer_status(&edited, err);
    *out = status == INLAY_OK ? (char *)buffer_take(&edited, &length) : NULL;
    buffer_free(&edited);
    return status;
}
