/* SPDX-License-Identifier: Apache-2.0 */
/* Character references of HTML: numeric ones, the names of Latin-1, and common punctuation. */
#ifndef INLAY_INGEST_HTML_ENTITY_H
#define INLAY_INGEST_HTML_ENTITY_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the reference at `text`, which starts with '&'. Returns its length in the source and the
 * code point, always a valid one; 0 when it is none. A decoded reference is never longer in UTF-8
 * than in the source. */
size_t html_entity_decode(const char *text, size_t length, uint32_t *code);

/* Writes 1 to 4 bytes. */
size_t utf8_encode(uint32_t code, char *out);

/* Windows-1252 for bytes 0x80 to 0x9f, which Latin-1 leaves to controls; unused ones U+FFFD. */
uint32_t windows_1252(uint8_t byte);

#endif
