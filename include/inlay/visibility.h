/* SPDX-License-Identifier: Apache-2.0 */
/* Marks what the shared library exports; everything else is hidden. */
#ifndef INLAY_VISIBILITY_H
#define INLAY_VISIBILITY_H

#if defined(__GNUC__)
#define INLAY_API __attribute__((visibility("default")))
#define INLAY_MUST_CHECK __attribute__((warn_unused_result))
#define INLAY_PRINTF(format_index, first_argument)                                                 \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define INLAY_API
#define INLAY_MUST_CHECK
#define INLAY_PRINTF(format_index, first_argument)
#endif

#endif
