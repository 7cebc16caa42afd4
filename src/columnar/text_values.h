/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distinct values of a text column with few of them, sorted, and the translation of column
 * vectors into their numbers. The engine groups by such a number at a tenth of the cost of grouping
 * by the text (docs/decisions/005-grouping-by-codes.md).
 */
#ifndef INLAY_COLUMNAR_TEXT_VALUES_H
#define INLAY_COLUMNAR_TEXT_VALUES_H

#include "columnar/colvec.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More are no longer cheaper than the text, and numbers are at most 16 bits. */
#define TEXT_VALUES_MAX 4096

/* Immutable once handed out, so shared freely between threads. */
struct text_values {
    size_t count;
    char **texts; /* owned, NUL terminated, no NUL inside; in byte order, each once */
    size_t capacity;
};

/* Adds the values of a flat text vector. *fits = false: there are more than TEXT_VALUES_MAX, or one
 * holds a NUL byte. The set is then of no use. */
inlay_status text_values_add(struct text_values *values, const struct colvec *vector, bool *fits,
                             inlay_error *err);
void text_values_free(struct text_values *values); /* NULL-safe; frees the struct too */
/* The number of a value; SIZE_MAX: it is not in the set. */
size_t text_values_find(const struct text_values *values, const struct colvec_string *value);

/* Translates vectors of one column; of one thread. Zeroed = new. */
struct text_coder {
    const struct text_values *values; /* borrowed */
    const struct colvec *dictionary;  /* that `codes` were made of; kept alive by `owner` */
    struct colvec_owner *owner;       /* one reference */
    uint16_t *codes;                  /* owned */
    size_t capacity;
};

/* Writes one number per row, in one byte when there are at most 255 values, else in two. Null rows
 * get any number. A value that is not in the set is INLAY_CORRUPT: the file said that there is
 * none.
 */
inlay_status text_coder_translate(struct text_coder *coder, const struct colvec *vector,
                                  uint64_t rows, void *out, inlay_error *err);
void text_coder_free(struct text_coder *coder); /* what it owns */

#endif
