/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: run_slt FILE...                      our suites: all must agree
 *        run_slt --write FILE                 fills in the expected blocks, for a person to read
 *        run_slt --public AT_LEAST FILE...    public suites, AT_LEAST statements must be compared
 */
#include "sql/slt_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add(struct slt_counts *total, const struct slt_counts *counts)
{
    total->statements += counts->statements;
    total->failures += counts->failures;
    total->errors += counts->errors;
    total->without_peer += counts->without_peer;
    total->skipped += counts->skipped;
    total->both_refused += counts->both_refused;
    total->not_for_us += counts->not_for_us;
}

/* The file again, with the blocks of the queries replaced, and "?" by the types of the columns. */
static void rewrite(const char *path, const struct slt_file *file, char **written, char **types)
{
    FILE *in = fopen(path, "rb");
    char *made = NULL;
    size_t size = 0;
    char *line = NULL;
    size_t capacity = 0;
    size_t number = 0;
    size_t record = 0;
    FILE *out = open_memstream(&made, &size);
    while (in != NULL && getline(&line, &capacity, in) >= 0) {
        number++;
        while (record < file->count && number > file->records[record].end_line) {
            record++;
        }
        if (record < file->count && (written[record] != NULL || types[record] != NULL)) {
            const struct slt_record *at = &file->records[record];
            if (number == at->line && strncmp(line, "query ?", 7) == 0) {
                (void)fprintf(out, "query %s%s", types[record], line + 7);
                continue;
            }
            if (number == at->end_line && written[record] != NULL) {
                (void)fprintf(out, "----\n%s\n", written[record]);
                continue;
            }
            if (written[record] != NULL && at->block_line != 0 && number >= at->block_line) {
                continue;
            }
        }
        (void)fputs(line, out);
    }
    /* the last record may end with the file */
    if (record < file->count && written[record] != NULL &&
        number < file->records[record].end_line) {
        (void)fprintf(out, "----\n%s", written[record]);
    }
    (void)fclose(out);
    free(line);
    if (in != NULL) {
        (void)fclose(in);
        in = fopen(path, "wb");
        (void)fwrite(made, 1, size, in);
        (void)fclose(in);
    }
    free(made);
}

static bool run_file(const char *path, bool public_file, bool write, struct slt_counts *total)
{
    struct slt_runner runner = {0};
    struct slt_file file;
    size_t i;
    slt_file_read(path, &file);
    if (file.error != NULL) {
        (void)printf("%s: %s\n", path, file.error);
        slt_file_free(&file);
        return false;
    }
    runner.path = path;
    /* Public files number rows in no order; with one thread both engines take the same. */
    layouts_open(&runner.layouts, public_file ? 1 : 2);
    if (write && !file.loops) {
        runner.written = calloc(file.count + 1, sizeof(char *));
        runner.types = calloc(file.count + 1, sizeof(char *));
    }
    if (public_file) {
        slt_run_public(&runner, &file);
    } else {
        slt_run(&runner, &file);
    }
    if (runner.written != NULL) {
        rewrite(path, &file, runner.written, runner.types);
        for (i = 0; i < file.count; i++) {
            free(runner.written[i]);
            free(runner.types[i]);
        }
        free(runner.written);
        free(runner.types);
    }
    layouts_close(&runner.layouts);
    slt_file_free(&file);
    add(total, &runner.counts);
    return true;
}

int main(int count, char **arguments)
{
    struct slt_counts total = {0};
    size_t at_least = 1;
    bool public_file = false;
    bool write = false;
    bool readable = true;
    int i = 1;
    if (count > 2 && strcmp(arguments[1], "--write") == 0) {
        write = true;
        i = 2;
    } else if (count > 3 && strcmp(arguments[1], "--public") == 0) {
        public_file = true;
        at_least = strtoul(arguments[2], NULL, 10);
        i = 3;
    } else if (count < 2) {
        (void)fprintf(stderr, "usage: run_slt [--write | --public AT_LEAST] FILE...\n");
        return 2;
    }
    if (public_file && access(arguments[i], R_OK) != 0) {
        (void)printf("%s is not here: tools/bootstrap.sh test fetches it\n", arguments[i]);
        return 77; /* skipped */
    }
    for (; i < count; i++) {
        readable = run_file(arguments[i], public_file, write, &total) && readable;
    }
    (void)printf("%zu statements agree, %zu do not; %zu refused as expected, %zu without plain "
                 "DuckDB, %zu skipped",
                 total.statements - (total.failures < total.statements ? total.failures : 0),
                 total.failures, total.errors, total.without_peer, total.skipped);
    if (public_file) {
        (void)printf(", %zu that neither runs, %zu over what is no table of ours",
                     total.both_refused, total.not_for_us);
    }
    (void)printf("\n");
    if (total.statements < at_least) {
        (void)printf("at least %zu statements should have been compared\n", at_least);
        return 1;
    }
    return total.failures == 0 && readable ? 0 : 1;
}
