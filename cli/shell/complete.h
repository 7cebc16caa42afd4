/* SPDX-License-Identifier: Apache-2.0 */
/* Completion of a word of SQL from keywords, table names and column names. */
#ifndef INLAY_CLI_SHELL_COMPLETE_H
#define INLAY_CLI_SHELL_COMPLETE_H

#include "../out/text.h"

struct word_list {
    char **words; /* owned */
    size_t count;
};

void word_list_add(struct word_list *list, const char *word); /* copies; ignores a repeated one */
void word_list_free(struct word_list *list);
void word_list_add_keywords(struct word_list *list); /* of SQL and of the shell */

/* Where the word that ends at `cursor` begins. */
size_t complete_word_start(const char *line, size_t cursor);

/*
 * What to append to the word: all that its matches have in common, and a space when there is only
 * one. A lower-case prefix keeps a keyword lower-case. When nothing can be appended, `choices` gets
 * the matches, one per line.
 */
void complete_word(const struct word_list *list, const char *word, size_t length,
                   struct text *append, struct text *choices);

#endif
