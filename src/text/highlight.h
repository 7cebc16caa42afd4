/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snippets: the piece of a text that shows best why it matched, with the matching words marked.
 * Deterministic, and bounded by HIGHLIGHT_MAX_TEXT whatever the text's size.
 */
#ifndef INLAY_TEXT_HIGHLIGHT_H
#define INLAY_TEXT_HIGHLIGHT_H

#include "base/buffer.h"
#include "inlay/error.h"
#include "text/analyzer.h"

#include <stddef.h>
#include <stdint.h>

#define HIGHLIGHT_MAX_TEXT ((size_t)1 << 20) /* bytes; what follows them is not looked at */
#define HIGHLIGHT_MAX_TERMS 64               /* further terms are not looked for */

struct highlight_term {
    const uint8_t *bytes; /* in token form, as analyzer_run gives it; borrowed */
    size_t length;
};

/*
 * Appends to `out` a piece of at most `max_bytes` bytes (at least 1) of the text. It is the window
 * that holds the most different terms, then the most matches, then the first; around them as much
 * text as fits, cut between words where there are any. Without a match it is the beginning. Every
 * stretch of matches stands between the two tags, overlapping ones (bigrams) in one; "…" stands
 * where the text goes on. Neither counts into `max_bytes`.
 *
 * The piece is fit for one line of a terminal: ASCII control characters become spaces, and bytes
 * that are not UTF-8 become U+FFFD (which may pass `max_bytes`). It is not escaped for HTML.
 *
 * `scratch` belongs to `analyzer`; its tokens are replaced. INLAY_NO_MEMORY, INLAY_OVER_BUDGET (the
 * buffer's cap), INLAY_INVALID_ARGUMENT for max_bytes 0.
 */
inlay_status highlight_snippet(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const char *text, size_t length, const struct highlight_term *terms,
                               size_t term_count, size_t max_bytes, const char *open_tag,
                               const char *close_tag, struct buffer *out, inlay_error *err);

#endif
