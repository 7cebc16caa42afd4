/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels behind crc32c.h: they work on the inverted register. */
#ifndef INLAY_BASE_CRC32C_PRIV_H
#define INLAY_BASE_CRC32C_PRIV_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c_scalar(uint32_t state, const uint8_t *bytes, size_t length);
uint32_t crc32c_sse42(uint32_t state, const uint8_t *bytes, size_t length);
uint32_t crc32_ieee_scalar(uint32_t state, const uint8_t *bytes, size_t length);
uint32_t crc32_ieee_sse42(uint32_t state, const uint8_t *bytes, size_t length);

#endif
