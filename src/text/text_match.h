/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query against one text, without an index: whether it matches, and where its words stand. The
 * answer is that of an index with the same analyzer and positions that holds this text alone.
 */
#ifndef INLAY_TEXT_TEXT_MATCH_H
#define INLAY_TEXT_TEXT_MATCH_H

#include "base/buffer.h"
#include "text/text_query.h"

/* `scratch` belongs to `analyzer`, with which the query was parsed; its tokens are replaced. Fails
 * for want of memory, and for a text of 4 GiB. */
inlay_status text_query_matches(const struct text_query *query, const struct analyzer *analyzer,
                                struct analyzer_scratch *scratch, const char *text, size_t length,
                                bool *matches, inlay_error *err);

/* Appends the whole text, unchanged but for the tags around every word of the query that is not
 * under NOT; words that overlap (bigrams) stand between one pair of tags. */
inlay_status text_query_mark(const struct text_query *query, const struct analyzer *analyzer,
                             struct analyzer_scratch *scratch, const char *text, size_t length,
                             const char *open_tag, const char *close_tag, struct buffer *out,
                             inlay_error *err);

/* Calls `each` with every term of the query that is not under NOT, words of phrases included. */
void text_query_terms(const struct text_query *query,
                      void (*each)(void *context, const uint8_t *text, uint32_t length),
                      void *context);

#endif
