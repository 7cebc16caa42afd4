/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/text_values.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

/* As memcmp orders, shorter first. */
static int compare(const char *text, const struct colvec_string *value)
{
    size_t length = strlen(text);
    size_t common = length < value->length ? length : value->length;
    int order = memcmp(text, colvec_string_data(value), common);
    return order != 0 ? order : (length > value->length) - (length < value->length);
}

/* The place of a value, or where it would be. */
static size_t find(const struct text_values *values, const struct colvec_string *value, bool *found)
{
    size_t low = 0;
    size_t high = values->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(values->texts[middle], value);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

size_t text_values_find(const struct text_values *values, const struct colvec_string *value)
{
    bool found;
    const size_t at = find(values, value, &found);
    return found ? at : SIZE_MAX;
}

static inlay_status insert(struct text_values *values, size_t at, const struct colvec_string *value,
                           inlay_error *err)
{
    void *texts = values->texts;
    char *text;
    if (!mem_grow(&texts, &values->capacity, values->count + 1, sizeof(*values->texts))) {
        return error_no_memory(err);
    }
    values->texts = texts;
    text = mem_alloc((size_t)value->length + 1);
    if (text == NULL) {
        return error_no_memory(err);
    }
    memcpy(text, colvec_string_data(value), value->length);
    text[value->length] = '\0';
    memmove(values->texts + at + 1, values->texts + at,
            (values->count - at) * sizeof(*values->texts));
    values->texts[at] = text;
    values->count++;
    return INLAY_OK;
}

inlay_status text_values_add(struct text_values *values, const struct colvec *vector, bool *fits,
                             inlay_error *err)
{
    const struct colvec_string *strings = vector->values;
    uint64_t i;
    *fits = true;
    for (i = 0; i < vector->count; i++) {
        bool found;
        size_t at = find(values, &strings[i], &found);
        if (found) {
            continue;
        }
        if (values->count == TEXT_VALUES_MAX ||
            memchr(colvec_string_data(&strings[i]), 0, strings[i].length) != NULL) {
            *fits = false;
            return INLAY_OK;
        }
        INLAY_TRY(insert(values, at, &strings[i], err));
    }
    return INLAY_OK;
}

void text_values_free(struct text_values *values)
{
    size_t i;
    if (values != NULL) {
        for (i = 0; i < values->count; i++) {
            mem_free(values->texts[i]);
        }
        mem_free(values->texts);
        mem_free(values);
    }
}

void text_coder_free(struct text_coder *coder)
{
    colvec_owner_release(coder->owner);
    mem_free(coder->codes);
    memset(coder, 0, sizeof(*coder));
}

static inlay_status code_of(const struct text_values *values, const struct colvec *vector,
                            const struct colvec_string *value, uint16_t *code, inlay_error *err)
{
    bool found;
    *code = (uint16_t)find(values, value, &found);
    if (!found) {
        error_set(err, INLAY_CORRUPT,
                  "column \"%s\" has a value that its files' dictionaries do not have",
                  vector->field->name);
        error_key(err, vector->field->name);
        return INLAY_CORRUPT;
    }
    return INLAY_OK;
}

/* The codes of a dictionary serve as long as the same one comes; a reference to the vector's memory
 * keeps another from taking its place in memory. */
static inlay_status learn_dictionary(struct text_coder *coder, const struct colvec *vector,
                                     inlay_error *err)
{
    const struct colvec *dictionary = vector->dictionary;
    void *codes = coder->codes;
    uint64_t i;
    if (coder->owner != NULL && coder->dictionary == dictionary) {
        return INLAY_OK;
    }
    colvec_owner_release(coder->owner);
    coder->owner = NULL;
    coder->dictionary = NULL;
    if (!mem_grow(&codes, &coder->capacity, (size_t)dictionary->count + 1, sizeof(*coder->codes))) {
        return error_no_memory(err);
    }
    coder->codes = codes;
    coder->codes[0] = 0;
    for (i = 0; i < dictionary->count; i++) {
        const struct colvec_string *strings = dictionary->values;
        INLAY_TRY(code_of(coder->values, vector, &strings[i], &coder->codes[i], err));
    }
    coder->dictionary = dictionary;
    coder->owner = vector->owner != NULL ? colvec_owner_retain(vector->owner) : NULL;
    return INLAY_OK;
}

/* A null row's place may be anything: those of 64 rows with a null among them are looked at one by
 * one. */
static uint64_t valid_bits(const struct colvec *vector, uint64_t row)
{
    return vector->validity != NULL ? vector->validity[row / 64] : UINT64_MAX;
}

#define TRANSLATE_PLACES(name, type)                                                               \
    static void name(const uint16_t *restrict codes, const struct colvec *vector, uint64_t rows,   \
                     type *restrict out)                                                           \
    {                                                                                              \
        const uint32_t *restrict places = vector->codes;                                           \
        uint64_t row = 0;                                                                          \
        while (row < rows) {                                                                       \
            const uint64_t end = row + 64 < rows ? row + 64 : rows;                                \
            const uint64_t valid = valid_bits(vector, row);                                        \
            for (; valid == UINT64_MAX && row < end; row++) {                                      \
                out[row] = (type)codes[places[row]];                                               \
            }                                                                                      \
            for (; row < end; row++) {                                                             \
                out[row] = (type)codes[(valid >> (row & 63)) & 1 ? places[row] : 0];               \
            }                                                                                      \
        }                                                                                          \
    }

TRANSLATE_PLACES(translate_narrow, uint8_t)
TRANSLATE_PLACES(translate_wide, uint16_t)

static inlay_status translate_dictionary(struct text_coder *coder, const struct colvec *vector,
                                         uint64_t rows, void *out, inlay_error *err)
{
    INLAY_TRY(learn_dictionary(coder, vector, err));
    if (coder->values->count <= UINT8_MAX) {
        translate_narrow(coder->codes, vector, rows, out);
    } else {
        translate_wide(coder->codes, vector, rows, out);
    }
    return INLAY_OK;
}

inlay_status text_coder_translate(struct text_coder *coder, const struct colvec *vector,
                                  uint64_t rows, void *out, inlay_error *err)
{
    bool narrow = coder->values->count <= UINT8_MAX;
    uint64_t i;
    if (vector->form == COLVEC_DICTIONARY) {
        return translate_dictionary(coder, vector, rows, out, err);
    }
    for (i = 0; i < rows; i++) {
        const struct colvec_string *strings = vector->values;
        uint16_t code = 0;
        if (colvec_valid(vector, i)) {
            INLAY_TRY(code_of(coder->values, vector, &strings[i], &code, err));
        }
        if (narrow) {
            ((uint8_t *)out)[i] = (uint8_t)code;
        } else {
            ((uint16_t *)out)[i] = code;
        }
    }
    return INLAY_OK;
}
