/* SPDX-License-Identifier: Apache-2.0 */
#include "column_list.h"

#include <stdlib.h>
#include <string.h>

void column_list_parse(const struct option_value *option, struct column_list *out)
{
    struct text all = {0};
    *out = (struct column_list){0};
    if (!option->set) {
        return;
    }
    for (size_t i = 0; i < option->count; i++) {
        text_add_string(&all, i > 0 ? "," : "");
        text_add_string(&all, option->list[i]);
    }
    out->storage = copy_or_exit(text_cstr(&all));
    text_free(&all);
    out->names = resize_or_exit(NULL, strlen(out->storage) + 1, sizeof(*out->names));
    for (char *name = out->storage; *name;) {
        size_t length = strcspn(name, ",");
        bool last = name[length] == '\0';
        name[length] = '\0';
        if (length > 0) {
            out->names[out->count++] = name;
        }
        name += length + !last;
    }
}

void column_list_free(struct column_list *list)
{
    free(list->names);
    free(list->storage);
    *list = (struct column_list){0};
}
