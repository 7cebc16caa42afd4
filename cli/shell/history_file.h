/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_CLI_SHELL_HISTORY_FILE_H
#define INLAY_CLI_SHELL_HISTORY_FILE_H

#include "../out/text.h"

/* $XDG_STATE_HOME/inlay/history, else ~/.local/state/inlay/history; its folders are made, for the
 * user only. False when there is no home: then no history is kept. */
bool history_file_path(struct text *path);

#endif
