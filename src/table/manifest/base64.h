/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with the standard alphabet and padding (RFC 4648, section 4). */
#ifndef INLAY_TABLE_MANIFEST_BASE64_H
#define INLAY_TABLE_MANIFEST_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters for so many bytes, the NUL not counted. */
size_t base64_length(size_t bytes);
/* Writes base64_length(size) characters and a NUL. */
void base64_encode(const uint8_t *data, size_t size, char *text);
/* Strict: whole groups, no other character, no stray bits. `out` has room for length / 4 * 3 bytes.
 */
bool base64_decode(const char *text, size_t length, uint8_t *out, size_t *size);

#endif
