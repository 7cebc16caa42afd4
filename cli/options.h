/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line parsing by declarative tables. Usage, help and the reference in docs/guide/cli.md
 * are printed from the same tables (help.h), so they cannot disagree with what is accepted.
 */
#ifndef INLAY_CLI_OPTIONS_H
#define INLAY_CLI_OPTIONS_H

#include "out/text.h"

enum option_kind {
    OPTION_FLAG,
    OPTION_TEXT,   /* the last one counts */
    OPTION_LIST,   /* may be given several times */
    OPTION_NUMBER, /* a non-negative integer */
    OPTION_REAL,   /* a number such as 0.95 */
    OPTION_SIZE    /* bytes with an optional unit: 64MiB, 2GB */
};

struct option_spec {
    const char *name;  /* "--column"; NULL ends a table */
    char letter;       /* "-k", or 0 */
    int kind;          /* enum option_kind */
    const char *value; /* its name in the help */
    const char *help;
};

struct option_value {
    bool set;
    uint64_t number;
    double real;
    const char *text;
    const char **list; /* owned by the parsed struct */
    size_t count;
};

#define OPTIONS_MAX 16

/* What was given: values by the index of their spec, arguments in order. */
struct parsed {
    struct option_value globals[OPTIONS_MAX];
    struct option_value options[OPTIONS_MAX];
    const char **arguments; /* owned array of borrowed strings */
    size_t argument_count;
};

void parsed_free(struct parsed *parsed);

/*
 * Reads argv[*next...]: options of both tables (`options` may be NULL) and arguments, which may be
 * mixed; "--" ends the options. With `options` NULL it stops before the first argument. Adds to
 * what `parsed` holds. False when something is wrong, told in `problem`.
 */
bool options_parse(int argc, char **argv, int *next, const struct option_spec *globals,
                   const struct option_spec *options, struct parsed *parsed, struct text *problem);

bool options_parse_number(const char *text, uint64_t *value);
bool options_parse_real(const char *text, double *value); /* finite */
bool options_parse_size(const char *text, uint64_t *bytes);

/* The seconds of an option as whole milliseconds, at least one when it is set; 0 when it is not. */
uint64_t option_ms(const struct option_value *value);

/* The number of an option as 32 bits: the greatest one for more, 0 when it is not set. */
uint32_t option_u32(const struct option_value *value);

#endif
