/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_BASE_ROWSET_CHECK_H
#define INLAY_BASE_ROWSET_CHECK_H

#include "inlay/error.h"

#include <stddef.h>

/* Full structural validation of a portable Roaring bitmap; see rowset_deserialize. */
inlay_status rowset_check(const void *data, size_t length, inlay_error *err);

#endif
