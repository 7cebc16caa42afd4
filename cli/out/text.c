/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *memory_or_exit(void *pointer)
{
    if (!pointer) {
        fputs("inlay: error: out of memory\n", stderr);
        exit(1);
    }
    return pointer;
}

void *resize_or_exit(void *old, size_t n, size_t item)
{
    if (item != 0 && n > SIZE_MAX / item) {
        return memory_or_exit(NULL);
    }
    return memory_or_exit(realloc(old, n * item > 0 ? n * item : 1));
}

char *copy_or_exit(const char *string)
{
    size_t size = strlen(string) + 1;
    return memcpy(resize_or_exit(NULL, size, 1), string, size);
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->data) {
        text->data[0] = '\0';
    }
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

const char *text_cstr(const struct text *text)
{
    return text->data ? text->data : "";
}

static void reserve(struct text *text, size_t more)
{
    if (more > SIZE_MAX / 2 - text->length) {
        (void)memory_or_exit(NULL);
    }
    size_t needed = text->length + more + 1;
    if (needed > text->capacity) {
        size_t capacity = text->capacity < 64 ? 64 : text->capacity * 2;
        text->capacity = capacity < needed ? needed : capacity;
        text->data = resize_or_exit(text->data, text->capacity, 1);
    }
}

void text_add(struct text *text, const void *bytes, size_t length)
{
    reserve(text, length);
    if (length > 0) {
        memcpy(text->data + text->length, bytes, length);
    }
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
    text_add(text, &c, 1);
}

void text_add_repeated(struct text *text, const char *string, size_t times)
{
    size_t length = strlen(string);
    for (size_t i = 0; i < times; i++) {
        text_add(text, string, length);
    }
}

void text_vformat(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length > 0) {
        reserve(text, (size_t)length);
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_vformat(text, format, arguments);
    va_end(arguments);
}

void text_add_count(struct text *text, uint64_t n)
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text_add_char(text, ',');
        }
        text_add_char(text, digits[i]);
    }
}

void text_add_bytes(struct text *text, uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1000;
        unit++;
    }
    if (unit == 0) {
        text_format(text, "%llu B", (unsigned long long)bytes);
    } else {
        text_format(text, "%.*f %s", value < 99.95 ? 1 : 0, value, units[unit]);
    }
}

void text_add_seconds(struct text *text, double s)
{
    if (s < 0.001) {
        text_format(text, "%.2f ms", s * 1e3);
    } else if (s < 0.9995) {
        text_format(text, "%.1f ms", s * 1e3);
    } else if (s < 99.995) {
        text_format(text, "%.2f s", s);
    } else {
        unsigned long long whole = (unsigned long long)(s + 0.5);
        text_format(text, "%llu:%02llu min", whole / 60, whole % 60);
    }
}
