/* SPDX-License-Identifier: Apache-2.0 */
/* The options that every search has: which rows may be hits, and when to give up. */
#ifndef INLAY_CLI_QUERY_LIMITS_H
#define INLAY_CLI_QUERY_LIMITS_H

#include "interrupt.h"
#include "options.h"

#define OPTION_SPEC_FILTER                                                                         \
    {                                                                                              \
        "--filter", 0, OPTION_TEXT, "CONDITION", "only rows for which this SQL condition is true"  \
    }
#define OPTION_SPEC_TIMEOUT                                                                        \
    {                                                                                              \
        "--timeout", 0, OPTION_REAL, "SECONDS", "give up after this time (default: never)"         \
    }

#endif
