/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growable byte string, NUL terminated. The program ends with a message when memory runs out: it
 * holds one row or one line at a time, so there is nothing to save by going on.
 */
#ifndef INLAY_CLI_OUT_TEXT_H
#define INLAY_CLI_OUT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /* NULL while empty and never filled; use text_cstr to print */
    size_t length;
    size_t capacity;
};

void *memory_or_exit(void *pointer); /* passes `pointer` on, or ends the program */
void *resize_or_exit(void *old, size_t n, size_t item); /* realloc with a checked product */
char *copy_or_exit(const char *string);                 /* free() it */

void text_clear(struct text *text);
void text_free(struct text *text);
const char *text_cstr(const struct text *text); /* never NULL */
void text_add(struct text *text, const void *bytes, size_t length);
void text_add_string(struct text *text, const char *string);
void text_add_char(struct text *text, char c);
void text_add_repeated(struct text *text, const char *string, size_t times);
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vformat(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* Figures for people. */
void text_add_count(struct text *text, uint64_t n);     /* 12,345,678 */
void text_add_bytes(struct text *text, uint64_t bytes); /* 512 B, 12.3 MB (powers of 1000) */
void text_add_seconds(struct text *text, double s);     /* 0.4 ms, 12.3 ms, 4.56 s, 3:07 min */

#endif
