/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pointer pointer;
    if (pointer_decode(data, size, &pointer, NULL) == INLAY_OK) {
        pointer_free(&pointer);
    }
    return 0;
}
