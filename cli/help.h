/* SPDX-License-Identifier: Apache-2.0 */
/* Help, usage and the reference page, printed from the command tables. */
#ifndef INLAY_CLI_HELP_H
#define INLAY_CLI_HELP_H

#include "command.h"

#include <stdio.h>

void help_print_overview(FILE *file);
void help_print_command(FILE *file, const struct command *command);
void help_print_usage(FILE *file, const struct command *command); /* one line */
void help_print_markdown(FILE *file); /* the generated part of docs/guide/cli.md */

#endif
