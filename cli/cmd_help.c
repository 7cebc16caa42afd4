/* SPDX-License-Identifier: Apache-2.0 */
#include "help.h"
#include "session.h"

enum { OPT_MARKDOWN };

static const struct option_spec options[] = {
    [OPT_MARKDOWN] = {"--markdown", 0, OPTION_FLAG, NULL,
                      "everything at once, as the reference in docs/guide/cli.md"},
    {0},
};

static int run(struct session *session, const struct parsed *parsed)
{
    if (parsed->options[OPT_MARKDOWN].set) {
        help_print_markdown(stdout);
        return EXIT_DONE;
    }
    if (parsed->argument_count == 0) {
        help_print_overview(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(parsed->arguments[0]);
    if (!command) {
        return report_misuse(session, NULL, "there is no command \"%s\"", parsed->arguments[0]);
    }
    help_print_command(stdout, command);
    return EXIT_DONE;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "this overview, or more on a command",
    .max_arguments = 1,
    .options = options,
    .description = "Prints the overview of commands, or the help of one.\n",
    .examples = "inlay help import\n",
    .run = run,
};
