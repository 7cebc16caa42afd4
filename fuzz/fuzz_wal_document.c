/* SPDX-License-Identifier: Apache-2.0 */
/* State documents from arbitrary bytes: what decodes encodes again, to a fixed point. */
#include "wal/wal_document.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wal_document document;
    struct wal_document again;
    struct buffer first;
    struct buffer second;
    if (wal_document_decode(data, size, &document, NULL) != INLAY_OK) {
        return 0;
    }
    if (document.new_row_count != 0) {
        struct id128 last = wal_document_minted_id(&document, document.new_row_count - 1);
        struct id128 end = document.minted_spans[document.minted_span_count - 1].last;
        require(id_compare(last, end) == 0);
    }
    buffer_init(&first, SIZE_MAX);
    buffer_init(&second, SIZE_MAX);
    require(wal_document_encode(&document, &first, NULL) == INLAY_OK);
    require(wal_document_decode(first.data, first.len, &again, NULL) == INLAY_OK);
    require(wal_document_encode(&again, &second, NULL) == INLAY_OK);
    require(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
    require(again.target_count == document.target_count && again.state == document.state);
    wal_document_free(&again);
    wal_document_free(&document);
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
