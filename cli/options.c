/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    int argc;
    char **argv;
    int next;
    const struct option_spec *tables[2]; /* global, command; either may be NULL */
    struct parsed *parsed;
    struct text *problem;
};

void parsed_free(struct parsed *parsed)
{
    for (size_t i = 0; i < OPTIONS_MAX; i++) {
        free(parsed->globals[i].list);
        free(parsed->options[i].list);
    }
    free(parsed->arguments);
    *parsed = (struct parsed){0};
}

bool options_parse_number(const char *text, uint64_t *value)
{
    uint64_t sum = 0;
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*text - '0');
        if (sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool options_parse_real(const char *text, double *value)
{
    char *end = NULL;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*value);
}

uint32_t option_u32(const struct option_value *value)
{
    return value->number > UINT32_MAX ? UINT32_MAX : (uint32_t)value->number;
}

bool options_parse_size(const char *text, uint64_t *bytes)
{
    static const struct {
        const char *unit;
        uint64_t factor;
    } units[] = {{"", 1},        {"B", 1},           {"kB", 1000},        {"KB", 1000},
                 {"KiB", 1024},  {"K", 1024},        {"MB", 1000000},     {"MiB", 1048576},
                 {"M", 1048576}, {"GB", 1000000000}, {"GiB", 1073741824}, {"G", 1073741824}};
    char digits[24];
    size_t length = strspn(text, "0123456789");
    uint64_t number;
    if (length >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (!options_parse_number(digits, &number)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + length, units[i].unit) == 0) {
            if (number > UINT64_MAX / units[i].factor) {
                return false;
            }
            *bytes = number * units[i].factor;
            return true;
        }
    }
    return false;
}

/* The spec of an option and the place for its value; by name when letter is 0. */
static const struct option_spec *find(struct parser *p, const char *name, size_t length,
                                      char letter, struct option_value **value)
{
    for (size_t t = 0; t < 2; t++) {
        const struct option_spec *table = p->tables[t];
        for (size_t i = 0; table && table[i].name; i++) {
            bool same = letter ? table[i].letter == letter
                               : strlen(table[i].name) == length &&
                                     memcmp(table[i].name, name, length) == 0;
            if (same) {
                *value = t == 0 ? &p->parsed->globals[i] : &p->parsed->options[i];
                return &table[i];
            }
        }
    }
    return NULL;
}

static bool unknown(struct parser *p, const char *argument, size_t length)
{
    const char *names[2 * OPTIONS_MAX];
    size_t count = 0;
    char *name = memory_or_exit(strndup(argument, length));
    for (size_t t = 0; t < 2; t++) {
        const struct option_spec *table = p->tables[t];
        for (size_t i = 0; table && table[i].name; i++) {
            names[count++] = table[i].name;
        }
    }
    const char *nearest = suggest_nearest(name, names, count);
    text_format(p->problem, "unknown option %s", name);
    if (nearest) {
        text_format(p->problem, "; did you mean %s?", nearest);
    } else if (name[1] != '-') {
        text_add_string(p->problem, "; put -- before an argument that begins with \"-\"");
    }
    free(name);
    return false;
}

static bool store(struct parser *p, const struct option_spec *spec, struct option_value *value,
                  const char *text)
{
    value->set = true;
    value->text = text;
    switch (spec->kind) {
    case OPTION_NUMBER:
        if (!options_parse_number(text, &value->number)) {
            text_format(p->problem, "%s takes a number, not \"%s\"", spec->name, text);
            return false;
        }
        break;
    case OPTION_REAL:
        if (!options_parse_real(text, &value->real)) {
            text_format(p->problem, "%s takes a number such as 0.95, not \"%s\"", spec->name, text);
            return false;
        }
        break;
    case OPTION_SIZE:
        if (!options_parse_size(text, &value->number)) {
            text_format(p->problem, "%s takes a size such as 64MiB, not \"%s\"", spec->name, text);
            return false;
        }
        break;
    case OPTION_LIST:
        value->list = resize_or_exit(value->list, value->count + 1, sizeof(*value->list));
        value->list[value->count++] = text;
        break;
    default:
        break;
    }
    return true;
}

/* The value of an option: what follows in the same argument, or the next argument. */
static bool take_value(struct parser *p, const struct option_spec *spec, struct option_value *value,
                       const char *attached)
{
    if (spec->kind == OPTION_FLAG) {
        value->set = true;
        if (attached) {
            text_format(p->problem, "%s takes no value", spec->name);
            return false;
        }
        return true;
    }
    if (!attached) {
        if (p->next >= p->argc) {
            text_format(p->problem, "%s needs a value: %s %s", spec->name, spec->name, spec->value);
            return false;
        }
        attached = p->argv[p->next++];
    }
    return store(p, spec, value, attached);
}

/* "--name", "--name=value", "-x", "-xvalue". */
static bool take_option(struct parser *p, const char *argument)
{
    struct option_value *value = NULL;
    const struct option_spec *spec;
    const char *attached = NULL;
    size_t length;
    if (argument[1] == '-') {
        length = strcspn(argument, "=");
        attached = argument[length] ? argument + length + 1 : NULL;
        spec = find(p, argument, length, 0, &value);
    } else {
        length = 2;
        spec = find(p, NULL, 0, argument[1], &value);
        if (argument[2]) {
            attached = argument[2] == '=' ? argument + 3 : argument + 2;
        }
    }
    return spec ? take_value(p, spec, value, attached)
                : unknown(p, argument, argument[1] == '-' ? length : strlen(argument));
}

bool options_parse(int argc, char **argv, int *next, const struct option_spec *globals,
                   const struct option_spec *options, struct parsed *parsed, struct text *problem)
{
    struct parser p = {argc, argv, *next, {globals, options}, parsed, problem};
    bool options_ended = false;
    bool fine = true;
    while (fine && p.next < argc) {
        const char *argument = argv[p.next];
        if (options_ended || argument[0] != '-' || argument[1] == '\0') {
            if (!options) {
                break;
            }
            parsed->arguments = resize_or_exit(parsed->arguments, parsed->argument_count + 1,
                                               sizeof(*parsed->arguments));
            parsed->arguments[parsed->argument_count++] = argument;
            p.next++;
        } else if (strcmp(argument, "--") == 0) {
            options_ended = true;
            p.next++;
        } else {
            p.next++;
            fine = take_option(&p, argument);
        }
    }
    *next = p.next;
    return fine;
}

uint64_t option_ms(const struct option_value *value)
{
    double ms = value->set ? value->real * 1000 : 0;
    if (!value->set) {
        return 0;
    }
    return ms < 1 ? 1 : ms < 1e15 ? (uint64_t)ms : (uint64_t)1e15;
}
