/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as hexadecimal text. Locale-free, thread-safe. */
#ifndef INLAY_BASE_HEX_H
#define INLAY_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2 * length lower-case digits and a NUL. */
void hex_encode(const uint8_t *bytes, size_t length, char *text);

/* Reads 2 * length digits of either case. The result is `2 * length` on success, else the index of
 * the first character that is no digit; `bytes` is then unspecified. */
size_t hex_decode(const char *text, size_t length, uint8_t *bytes);

#endif
