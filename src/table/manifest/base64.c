/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

void base64_encode(const uint8_t *data, size_t size, char *text)
{
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t group = (uint32_t)data[i] << 16 | (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                         (left > 2 ? data[i + 2] : 0);
        *text++ = alphabet[group >> 18];
        *text++ = alphabet[group >> 12 & 63];
        *text++ = '=';
        *text++ = '=';
        if (left > 1) {
            text[-2] = alphabet[group >> 6 & 63];
        }
        if (left > 2) {
            text[-1] = alphabet[group & 63];
        }
    }
    *text = '\0';
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(const char *text, size_t length, uint8_t *out, size_t *size)
{
    uint8_t *start = out;
    *size = 0;
    if (length % 4 != 0) {
        return false;
    }
    for (size_t i = 0; i < length; i += 4) {
        bool last = i + 4 == length;
        int padding = last ? (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=') : 0;
        uint32_t group = 0;
        for (int n = 0; n < 4 - padding; n++) {
            int value = digit(text[i + (size_t)n]);
            if (value < 0) {
                return false;
            }
            group |= (uint32_t)value << (18 - 6 * n);
        }
        if ((padding == 1 && (group & 0xff) != 0) || (padding == 2 && (group & 0xffff) != 0)) {
            return false;
        }
        *out++ = (uint8_t)(group >> 16);
        if (padding < 2) {
            *out++ = (uint8_t)(group >> 8);
        }
        if (padding < 1) {
            *out++ = (uint8_t)group;
        }
    }
    *size = (size_t)(out - start);
    return true;
}
