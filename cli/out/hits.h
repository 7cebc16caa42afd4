/* SPDX-License-Identifier: Apache-2.0 */
/* Ranked hits for people: rank, score, title, where it is, and a snippet with its matches in bold.
 */
#ifndef INLAY_CLI_OUT_HITS_H
#define INLAY_CLI_OUT_HITS_H

#include "printer.h"

/* What the library is asked to put around matches: controls that no text shows. */
#define HITS_MARK_OPEN "\x02"
#define HITS_MARK_CLOSE "\x03"

/* Prints and releases the stream; the first hit has rank `first_rank`. */
inlay_status hits_print(const struct printer *printer, struct ArrowArrayStream *stream,
                        uint64_t first_rank, uint64_t *hits, inlay_error *err);

/* Appends text as lines of at most `width` columns, each behind `indent` spaces; matches become
 * bold when `ansi` is set. */
void hits_add_wrapped(struct text *out, const char *bytes, size_t length, size_t indent,
                      size_t width, bool ansi);

#endif
