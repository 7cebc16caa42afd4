/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a document. The first byte picks the format and the passage size; the rest is
 * decoded as a file would be, gzip included, and split. Checked: passages are valid UTF-8, within
 * their size, in order, disjoint, and leave out nothing but white space; twice gives the same.
 */
#include "base/buffer.h"
#include "columnar/utf8.h"
#include "ingest/passages.h"
#include "ingest/text_decode.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void check_blank(const char *from, const char *to)
{
    for (; from < to; from++) {
        CHECK(is_space(*from));
    }
}

/* A sum over all borders, to compare runs. */
static uint64_t split(struct passage_splitter *splitter, size_t max_bytes,
                      enum passage_format format, const char *text, size_t length)
{
    struct passage passage;
    const char *at = format == PASSAGE_HTML ? NULL : text;
    const char *first = NULL;
    uint64_t sum = 0;
    CHECK(passage_splitter_begin(splitter, format, text, length, "name", NULL) == INLAY_OK);
    while (passage_splitter_next(splitter, &passage)) {
        first = first == NULL ? passage.body.bytes : first;
        CHECK(passage.body.length >= 1 && passage.body.length <= max_bytes);
        CHECK(passage.title.length >= 1 && passage.title.length <= PASSAGE_TITLE_MAX);
        CHECK(utf8_valid(passage.body.bytes, passage.body.length));
        CHECK(utf8_valid(passage.title.bytes, passage.title.length));
        CHECK(at == NULL || passage.body.bytes >= at);
        if (at != NULL) {
            check_blank(at, passage.body.bytes);
        }
        at = passage.body.bytes + passage.body.length;
        sum = sum * 31 + (uint64_t)(passage.body.bytes - first) * 7 + passage.body.length +
              passage.title.length;
    }
    if (format != PASSAGE_HTML) {
        check_blank(at, text + length);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t sizes[] = {64, 100, 1200, 5000};
    struct passage_splitter *splitter = NULL;
    struct buffer unpacked;
    struct buffer text;
    enum text_kind kind;
    size_t max_bytes;
    uint64_t sum;
    if (size < 2) {
        return 0;
    }
    max_bytes = sizes[data[0] / 4 % 4];
    buffer_init(&unpacked, (size_t)4 << 20);
    buffer_init(&text, (size_t)12 << 20);
    if (data[1] == 0x1f && gunzip(data + 1, size - 1, &unpacked, NULL) != INLAY_OK) {
        buffer_clear(&unpacked);
    }
    if (unpacked.len == 0) {
        buffer_append(&unpacked, data + 1, size - 1);
    }
    kind = text_kind_of(unpacked.data, unpacked.len);
    if (kind != TEXT_BINARY) {
        text_transcode(kind, unpacked.data, unpacked.len, &text);
        CHECK(text.status == INLAY_OK && utf8_valid(text.data, text.len));
        CHECK(passage_splitter_new(max_bytes, &splitter, NULL) == INLAY_OK);
        sum = split(splitter, max_bytes, (enum passage_format)(data[0] % 4),
                    (const char *)text.data, text.len);
        CHECK(sum == split(splitter, max_bytes, (enum passage_format)(data[0] % 4),
                           (const char *)text.data, text.len));
        passage_splitter_free(splitter);
    }
    buffer_free(&unpacked);
    buffer_free(&text);
    return 0;
}
