/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

#include <string.h>

static const char exit_codes[] =
    "  0  done\n"
    "  1  failed: the message says what, where and why\n"
    "  2  misuse: an unknown command, option or value\n"
    "  3  not found: a table, file, folder or row\n"
    "  4  conflict, timeout or unavailable: the same command may succeed later\n"
    "  5  damaged: stored bytes, or those of an input, are not what they should be\n"
    "  130  interrupted by Ctrl-C\n";

static void option_left(const struct option_spec *option, struct text *out)
{
    if (option->letter) {
        text_format(out, "-%c, ", option->letter);
    }
    text_add_string(out, option->name);
    if (option->value) {
        text_format(out, " %s", option->value);
    }
}

static void print_options(FILE *file, const struct option_spec *options)
{
    size_t widest = 0;
    struct text left = {0};
    for (size_t i = 0; options[i].name; i++) {
        text_clear(&left);
        option_left(&options[i], &left);
        widest = left.length > widest ? left.length : widest;
    }
    for (size_t i = 0; options[i].name; i++) {
        text_clear(&left);
        option_left(&options[i], &left);
        const char *help = options[i].help;
        fprintf(file, "  %-*s  ", (int)widest, text_cstr(&left));
        for (; *help; help++) {
            fputc(*help, file);
            if (*help == '\n') {
                fprintf(file, "%*s", (int)widest + 4, "");
            }
        }
        fputc('\n', file);
    }
    text_free(&left);
}

static void print_indented(FILE *file, const char *lines)
{
    bool fresh = true;
    for (; *lines; lines++) {
        fputs(fresh && *lines != '\n' ? "  " : "", file);
        fputc(*lines, file);
        fresh = *lines == '\n';
    }
    fputs(fresh ? "" : "\n", file);
}

void help_print_usage(FILE *file, const struct command *command)
{
    fprintf(file, "usage: inlay %s", command->name);
    fputs(command->options[0].name ? " [options]" : "", file);
    fprintf(file, "%s%s\n", *command->arguments ? " " : "", command->arguments);
}

void help_print_command(FILE *file, const struct command *command)
{
    fprintf(file, "inlay %s: %s\n\n", command->name, command->summary);
    help_print_usage(file, command);
    fprintf(file, "\n%s\n", command->description);
    if (command->options[0].name) {
        fputs("options:\n", file);
        print_options(file, command->options);
        fputc('\n', file);
    }
    fputs("examples:\n", file);
    print_indented(file, command->examples);
    fputs("\nGlobal options (--db, --json, --csv, --cost, ...) and exit codes: inlay help\n", file);
}

void help_print_overview(FILE *file)
{
    fputs("inlay: search and SQL over plain Parquet files, in one copy\n\n"
          "usage: inlay [global options] COMMAND [options] [arguments]\n\n"
          "commands:\n",
          file);
    for (size_t i = 0; commands[i]; i++) {
        fprintf(file, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs("\nglobal options (before or after the command):\n", file);
    print_options(file, global_options);
    fputs("\nfirst steps:\n"
          "  inlay import docs /usr/share/doc          # a folder of text into the table docs\n"
          "  inlay search docs \"copyright license\"     # ranked, with snippets\n"
          "  inlay sql \"SELECT format, count(*) FROM docs GROUP BY ALL\"\n"
          "  inlay sql                                 # an interactive shell\n\n"
          "exit codes:\n",
          file);
    fputs(exit_codes, file);
    fputs("\nMore on a command: inlay help COMMAND\n", file);
}

/* Option names hold no characters that Markdown would read. */
static void markdown_options(FILE *file, const struct option_spec *options)
{
    struct text left = {0};
    fputs("| option | meaning |\n|---|---|\n", file);
    for (size_t i = 0; options[i].name; i++) {
        text_clear(&left);
        option_left(&options[i], &left);
        fprintf(file, "| `%s` | ", text_cstr(&left));
        for (const char *p = options[i].help; *p; p++) {
            if (*p == '|') {
                fputc('\\', file);
            }
            fputc(*p == '\n' ? ' ' : *p, file);
        }
        fputs(" |\n", file);
    }
    fputc('\n', file);
    text_free(&left);
}

void help_print_markdown(FILE *file)
{
    fputs("## Global options\n\n", file);
    markdown_options(file, global_options);
    fputs("## Exit codes\n\n```\n", file);
    fputs(exit_codes, file);
    fputs("```\n\n## Commands\n", file);
    for (size_t i = 0; commands[i]; i++) {
        const struct command *command = commands[i];
        fprintf(file, "\n### inlay %s\n\n```\ninlay %s%s%s%s\n```\n\n%s\n", command->name,
                command->name, command->options[0].name ? " [options]" : "",
                *command->arguments ? " " : "", command->arguments, command->description);
        if (command->options[0].name) {
            markdown_options(file, command->options);
        }
        fprintf(file, "```sh\n%s%s```\n", command->examples,
                command->examples[strlen(command->examples) - 1] == '\n' ? "" : "\n");
    }
}
