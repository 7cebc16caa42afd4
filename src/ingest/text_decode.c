/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest/text_decode.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/utf8.h"
#include "ingest/html_entity.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

/* ---- encoding ---- */

/* Bytes that no text has: controls but tab, newline, vertical tab, form feed, return, escape and
 * backspace (overstruck manual pages). */
static bool is_control(uint8_t byte)
{
    return byte < 0x20 && !(byte >= 0x08 && byte <= 0x0d) && byte != 0x1b;
}

struct census {
    size_t controls;
    size_t high;       /* bytes from 0x80 */
    size_t characters; /* valid ones beyond ASCII */
    size_t bad;        /* bytes of no valid character */
};

static struct census take_census(const uint8_t *bytes, size_t length)
{
    struct census census = {0};
    size_t i = 0;
    size_t k;
    while (i < length) {
        size_t valid = utf8_valid_prefix(bytes + i, length - i);
        for (k = i; k < i + valid; k++) {
            census.characters += bytes[k] >= 0xc0 ? 1 : 0;
            census.high += bytes[k] >= 0x80 ? 1 : 0;
            census.controls += is_control(bytes[k]) ? 1 : 0;
        }
        i += valid;
        if (i < length) {
            census.bad++;
            census.high++;
            i++;
        }
    }
    return census;
}

/* A few controls happen in text; a file that is not valid anyway has none of them. */
enum text_kind text_kind_of(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    struct census census;
    if (memchr(bytes, 0, length) != NULL) {
        return TEXT_BINARY;
    }
    if (utf8_valid(bytes, length)) {
        return TEXT_UTF8;
    }
    census = take_census(bytes, length);
    if (census.controls > length / 64 || census.high > length / 3) {
        return TEXT_BINARY;
    }
    return census.characters >= census.bad ? TEXT_REPAIR : TEXT_LATIN1;
}

void text_transcode(enum text_kind kind, const void *data, size_t length, struct buffer *out)
{
    const uint8_t *bytes = data;
    size_t i = 0;
    while (i < length && out->status == INLAY_OK) {
        size_t plain = kind == TEXT_LATIN1 ? 0 : utf8_valid_prefix(bytes + i, length - i);
        char encoded[4];
        while (kind == TEXT_LATIN1 && i + plain < length && bytes[i + plain] < 0x80) {
            plain++;
        }
        buffer_append(out, bytes + i, plain);
        i += plain;
        if (i < length) {
            uint32_t code = kind == TEXT_LATIN1 ? windows_1252(bytes[i]) : 0xfffd;
            buffer_append(out, encoded, utf8_encode(code, encoded));
            i++;
        }
    }
}

/* ---- gzip ---- */

static inlay_status gunzip_failed(const struct z_stream_s *z, const char *what, inlay_error *err)
{
    return error_set(err, INLAY_CORRUPT, "the gzip data is damaged at byte %lu: %s", z->total_in,
                     z->msg != NULL ? z->msg : what);
}

static inlay_status inflate_member(struct z_stream_s *z, struct buffer *out, size_t length,
                                   inlay_error *err)
{
    int code = Z_OK;
    while (code != Z_STREAM_END) {
        size_t before = out->len;
        size_t room = out->cap - out->len < 65536 ? out->cap - out->len : 65536;
        size_t consumed;
        if (room == 0) {
            return error_set(err, INLAY_OVER_BUDGET, "the gzip data holds more than %zu bytes",
                             out->cap);
        }
        z->next_out = buffer_extend(out, room);
        if (z->next_out == NULL) {
            return buffer_status(out, err);
        }
        z->avail_out = (uInt)room;
        code = inflate(z, Z_NO_FLUSH);
        out->len = before + (room - z->avail_out);
        consumed = length - z->avail_in;
        if (code == Z_MEM_ERROR) {
            return error_no_memory(err);
        }
        if (code != Z_OK && code != Z_STREAM_END) {
            return gunzip_failed(z, "it ends too early", err);
        }
        if (out->len > GUNZIP_RATIO_FREE && out->len / GUNZIP_RATIO_MAX > consumed) {
            return error_set(err, INLAY_OVER_BUDGET,
                             "the gzip data unpacks to more than %u times its size",
                             GUNZIP_RATIO_MAX);
        }
    }
    return INLAY_OK;
}

inlay_status gunzip(const void *bytes, size_t length, struct buffer *out, inlay_error *err)
{
    struct z_stream_s z;
    inlay_status status = INLAY_OK;
    memset(&z, 0, sizeof(z));
    if (length > UINT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "%zu bytes of gzip data are too many", length);
    }
    if (inflateInit2(&z, 15 + 16) != Z_OK) { /* gzip framing only */
        return error_no_memory(err);
    }
    z.next_in = (z_const Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)length;
    do {
        status = inflate_member(&z, out, length, err);
    } while (status == INLAY_OK && z.avail_in != 0 && inflateReset(&z) == Z_OK);
    (void)inflateEnd(&z);
    return status;
}

static inlay_status check_to_end(gzFile file, const char *path, inlay_error *err)
{
    static const unsigned block_size = 1u << 16;
    uint8_t *block = mem_alloc(block_size);
    inlay_status status = INLAY_OK;
    int got;
    if (block == NULL) {
        return error_no_memory(err);
    }
    do {
        got = gzread(file, block, block_size);
    } while (got > 0);
    mem_free(block);
    if (got < 0 || gzdirect(file) != 0) {
        status =
            error_set(err, INLAY_CORRUPT, "\"%.300s\" is no gzip file, or a damaged one", path);
    }
    return status;
}

inlay_status gunzip_check(const char *path, inlay_error *err)
{
    gzFile file = gzopen(path, "rbe");
    inlay_status status;
    int code;
    if (file == NULL) {
        status = error_from_errno(err, errno, "cannot open \"%.300s\"", path);
        error_key(err, path);
        return status;
    }
    status = check_to_end(file, path, err);
    code = gzclose(file);
    if (status == INLAY_OK && code != Z_OK) { /* the end came inside a member */
        status =
            error_set(err, INLAY_CORRUPT, "\"%.300s\" is cut: its gzip data ends too early", path);
    }
    if (status == INLAY_CORRUPT) {
        error_key(err, path);
    }
    return status;
}
