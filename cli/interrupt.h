/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ctrl-C for commands that write, and for the shell: the first one asks the running operation to
 * stop at its next progress report or row, so that it leaves nothing half done; the second one ends
 * the program at once with code 130. Commands that only read leave the signal as it is: the first
 * Ctrl-C ends them.
 */
#ifndef INLAY_CLI_INTERRUPT_H
#define INLAY_CLI_INTERRUPT_H

#include <stdbool.h>

void interrupt_install(void);
bool interrupt_requested(void);
void interrupt_reset(void); /* the shell, before each statement */

#endif
