/* SPDX-License-Identifier: Apache-2.0 */
#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t requested;
static inlay_cancel *handle; /* set before the signal handler is; as long as the program runs */

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (requested) {
        _exit(130);
    }
    requested = 1;
    inlay_cancel_request(handle);
}

void interrupt_install(void)
{
    struct sigaction action;
    if (!handle && inlay_cancel_create(&handle, NULL) != INLAY_OK) {
        return; /* no memory: Ctrl-C ends the program, as without this */
    }
    memset(&action, 0, sizeof(action));
    action.sa_handler = on_interrupt;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
}

const inlay_cancel *interrupt_handle(void)
{
    return handle;
}

bool interrupt_requested(void)
{
    return requested != 0;
}

void interrupt_reset(void)
{
    requested = 0;
    if (handle) {
        inlay_cancel_reset(handle);
    }
}
