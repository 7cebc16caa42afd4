/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a byte of options, then a query as a person would type it. It always parses, prints, and
 * compiles. */
#include "base/alloc.h"
#include "text/text_search.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct text_query_options options = {false};
    struct text_query *query;
    struct text_segment segment;
    struct buffer out;
    uint64_t matches;
    if (size == 0) {
        return 0;
    }
    analyzer_config_init(&config);
    config.kind = (data[0] & 2) != 0 ? ANALYZER_WHITESPACE : ANALYZER_STANDARD;
    options.require_all = (data[0] & 1) != 0;
    if (analyzer_create(&config, &analyzer, NULL) != INLAY_OK) {
        return 0;
    }
    if (text_query_parse(analyzer, (const char *)data + 1, size - 1, &options, &query, NULL) !=
        INLAY_OK) {
        abort();
    }
    buffer_init(&out, SIZE_MAX);
    text_query_print(query, &out);
    buffer_free(&out);
    memset(&segment, 0, sizeof(segment));
    if (text_count(query, &segment, 0, &matches, NULL) != INLAY_OK || matches != 0) {
        abort();
    }
    text_query_free(query);
    analyzer_free(analyzer);
    return 0;
}
