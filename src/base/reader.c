/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

void reader_init(struct reader *r, const void *data, size_t len, uint64_t base_offset)
{
    static const uint8_t nothing[1] = {0};
    r->start = data != NULL ? data : nothing;
    r->p = r->start;
    r->end = r->start + (data != NULL ? len : 0);
    r->base_offset = base_offset;
    r->status = INLAY_OK;
    r->fail_offset = 0;
    r->fail_what = NULL;
}

size_t reader_left(const struct reader *r)
{
    return r->status == INLAY_OK ? (size_t)(r->end - r->p) : 0;
}

uint64_t reader_offset(const struct reader *r)
{
    return r->base_offset + (uint64_t)(r->p - r->start);
}

bool reader_ok(const struct reader *r)
{
    return r->status == INLAY_OK;
}

void reader_fail(struct reader *r, const char *what)
{
    if (r->status == INLAY_OK) {
        r->status = INLAY_CORRUPT;
        r->fail_offset = reader_offset(r);
        r->fail_what = what;
    }
}

const uint8_t *reader_bytes(struct reader *r, size_t len)
{
    const uint8_t *bytes = r->p;
    if (r->status != INLAY_OK) {
        return NULL;
    }
    if (len > (size_t)(r->end - r->p)) {
        reader_fail(r, "unexpected end of data");
        return NULL;
    }
    r->p += len;
    return bytes;
}

void reader_skip(struct reader *r, size_t len)
{
    (void)reader_bytes(r, len);
}

void reader_copy(struct reader *r, void *out, size_t len)
{
    const uint8_t *bytes = reader_bytes(r, len);
    if (bytes != NULL) {
        memcpy(out, bytes, len);
    } else {
        memset(out, 0, len);
    }
}

uint8_t reader_u8(struct reader *r)
{
    const uint8_t *bytes = reader_bytes(r, 1);
    return bytes != NULL ? *bytes : 0;
}

uint16_t reader_u16(struct reader *r)
{
    const uint8_t *bytes = reader_bytes(r, 2);
    return bytes != NULL ? load_u16(bytes) : 0;
}

uint32_t reader_u32(struct reader *r)
{
    const uint8_t *bytes = reader_bytes(r, 4);
    return bytes != NULL ? load_u32(bytes) : 0;
}

uint64_t reader_u64(struct reader *r)
{
    const uint8_t *bytes = reader_bytes(r, 8);
    return bytes != NULL ? load_u64(bytes) : 0;
}

float reader_f32(struct reader *r)
{
    uint32_t bits = reader_u32(r);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

double reader_f64(struct reader *r)
{
    uint64_t bits = reader_u64(r);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

uint64_t reader_varint(struct reader *r)
{
    uint64_t value = 0;
    unsigned shift;
    for (shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(r);
        if (r->status != INLAY_OK) {
            return 0;
        }
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    reader_fail(r, "variable-length integer does not fit 64 bits");
    return 0;
}

uint64_t reader_varint_max(struct reader *r, uint64_t max)
{
    uint64_t value = reader_varint(r);
    if (value > max) {
        reader_fail(r, "value above its limit");
        return 0;
    }
    return value;
}

struct reader reader_sub(struct reader *r, size_t len)
{
    struct reader sub;
    uint64_t offset = reader_offset(r);
    const uint8_t *bytes = reader_bytes(r, len);
    reader_init(&sub, bytes, bytes != NULL ? len : 0, offset);
    if (bytes == NULL) {
        sub.status = r->status;
        sub.fail_offset = r->fail_offset;
        sub.fail_what = r->fail_what;
    }
    return sub;
}

void reader_expect_end(struct reader *r, const char *what)
{
    if (r->status == INLAY_OK && r->p != r->end) {
        reader_fail(r, what);
    }
}

inlay_status reader_status(const struct reader *r, const char *context, inlay_error *err)
{
    if (r->status == INLAY_OK) {
        return INLAY_OK;
    }
    error_set(err, r->status, "%s: %s at byte %llu", context, r->fail_what,
              (unsigned long long)r->fail_offset);
    error_offset(err, r->fail_offset);
    return r->status;
}
