/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRC-32 checksums. Both take the checksum of the bytes before (0 at the start), so that
 * crc(crc(0, a), b) is the checksum of a followed by b, and give the customary value: the register
 * starts inverted and is inverted at the end. Thread-safe.
 *
 * crc32c: Castagnoli polynomial (RFC 3720, appendix B.4); the checksum of our own formats.
 * crc32_ieee: the polynomial of zlib and of Parquet's page header.
 */
#ifndef INLAY_BASE_CRC32C_H
#define INLAY_BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(uint32_t seed, const void *data, size_t length);
uint32_t crc32_ieee(uint32_t seed, const void *data, size_t length);

#endif
