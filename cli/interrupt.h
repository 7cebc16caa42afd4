/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ctrl-C for commands that write or search, and for the shell: the first one asks the running
 * operation to stop, at its next progress report or row, or through the cancel handle of a query,
 * so that it leaves nothing half done; the second one ends the program at once with code 130. Other
 * commands leave the signal as it is: the first Ctrl-C ends them.
 */
#ifndef INLAY_CLI_INTERRUPT_H
#define INLAY_CLI_INTERRUPT_H

#include "inlay/common.h"

#include <stdbool.h>

void interrupt_install(void);
const inlay_cancel *interrupt_handle(void); /* for options; NULL before interrupt_install */
bool interrupt_requested(void);
void interrupt_reset(void); /* the shell, before each statement */

#endif
