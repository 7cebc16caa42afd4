/* SPDX-License-Identifier: Apache-2.0 */
/* Layout and verification of any bytes as a file: superfiles and other Parquet files. */
#include "superfile/layout.h"
#include "superfile/verify.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verify_result result;
    struct byte_source *source;
    struct layout layout;
    if (byte_source_from_memory(data, size, 0, "fuzzed", &source, NULL) != INLAY_OK) {
        return 0;
    }
    if (superfile_layout(source, &layout, NULL) == INLAY_OK) {
        uint64_t end = 0;
        size_t i;
        for (i = 0; i < layout.count; i++) {
            if (!layout.regions[i].is_part) {
                if (layout.regions[i].offset != end) {
                    abort();
                }
                end += layout.regions[i].length;
            }
        }
        if (end != size) {
            abort();
        }
        layout_free(&layout);
    }
    if (superfile_verify(source, NULL, &result, NULL) == INLAY_OK && result.bytes != size) {
        abort();
    }
    byte_source_release(source);
    return 0;
}
