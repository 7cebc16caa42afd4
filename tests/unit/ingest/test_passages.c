/* SPDX-License-Identifier: Apache-2.0 */
/* Where documents are cut, and what the passages are called. */
#include "support/test.h"

#include "columnar/utf8.h"
#include "ingest/html.h"
#include "ingest/passages.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static inlay_error err;

/* All passages as "[title] body", with | between them. */
static char *split(enum passage_format format, size_t max_bytes, const char *text)
{
    struct passage_splitter *splitter = NULL;
    struct passage passage;
    size_t length = strlen(text);
    size_t size = length * 4 + 4096;
    char *out = malloc(size);
    size_t used = 0;
    assert_non_null(out);
    inlay_error_init(&err);
    out[0] = '\0';
    assert_ok(passage_splitter_new(max_bytes, &splitter, &err), err);
    assert_ok(passage_splitter_begin(splitter, format, text, length, "name", &err), err);
    while (passage_splitter_next(splitter, &passage)) {
        assert_in_range(passage.body.length, 1, max_bytes);
        used += (size_t)snprintf(out + used, size - used, "%s[%.*s] %.*s", used != 0 ? "|" : "",
                                 (int)passage.title.length, passage.title.bytes,
                                 (int)passage.body.length, passage.body.bytes);
        assert_true(used < size);
    }
    assert_false(passage_splitter_next(splitter, &passage));
    passage_splitter_free(splitter);
    return out;
}

static void check(enum passage_format format, const char *text, const char *expected)
{
    char *got = split(format, 64, text);
    assert_string_equal(got, expected);
    free(got);
}

static void test_borders(void **state)
{
    (void)state;
    check(PASSAGE_TEXT, "", "");
    check(PASSAGE_TEXT, " \n\t\n", "");
    check(PASSAGE_TEXT, "short", "[name] short");
    /* Paragraphs before sentences: the first fits with room for half of the second. */
    check(PASSAGE_TEXT,
          "The first paragraph is here. It has two.\n\nThe second one. It does not fit any more.",
          "[name] The first paragraph is here. It has two.|"
          "[name] The second one. It does not fit any more.");
    check(PASSAGE_TEXT,
          "One sentence is here and ends. \"Another one comes now.\" And then a third that is long",
          "[name] One sentence is here and ends. \"Another one comes now.\"|"
          "[name] And then a third that is long");
    /* Lines, with the indentation of a table kept. */
    check(PASSAGE_TEXT,
          "    name       value   unit\n    alpha          1   m\n    beta           2 "
          "  km\n    gamma          3   cm\n",
          "[name]     name       value   unit\n    alpha          1   m|"
          "[name]     beta           2   km\n    gamma          3   cm");
    check(PASSAGE_TEXT,
          "words without any mark of the end of a sentence that go on and on until it is full",
          "[name] words without any mark of the end of a sentence that go on and|"
          "[name] on until it is full");
    check(PASSAGE_TEXT,
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4xyz",
          "[name] aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|"
          "[name] \xc3\xa4xyz");
    /* Indentation that would fill a passage is white space like any other. */
    check(PASSAGE_TEXT,
          "                                                                                  "
          "far to the right",
          "[name] far to the right");
    check(PASSAGE_TEXT, "# no heading here\n", "[name] # no heading here");
    /* Ideographic full stops need no blank. */
    check(PASSAGE_TEXT,
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x80\x82"
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6"
          "\x97\xa5\xe6\x97\xa5",
          "[name] \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
          "\xe3\x80\x82|[name] "
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"
          "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe6\x97\xa5\xe6"
          "\x97\xa5\xe6\x97\xa5");
}

static void test_markdown(void **state)
{
    (void)state;
    check(
        PASSAGE_MARKDOWN,
        "Words before any heading.\n\n# First ##\n\nText of the first section.\n\n## Second\nMore "
        "text, of the second.\n",
        "[First] Words before any heading.|"
        "[First] # First ##\n\nText of the first section.|"
        "[Second] ## Second\nMore text, of the second.");
    /* A short section goes on; fenced code and front matter have no headings. */
    check(PASSAGE_MARKDOWN, "# A\n\n# B\n\n```sh\n# comment\n```\n",
          "[A] # A\n\n# B\n\n```sh\n# "
          "comment\n```");
    check(PASSAGE_MARKDOWN, "---\ntitle: x\n---\n\nSome words that are long.\n\nReal\n====\nText",
          "[Real] ---\ntitle: x\n---\n\nSome words that are long.|[Real] Real\n====\nText");
    check(PASSAGE_MARKDOWN, "Setext C#\n---\nwords and words and words\n\n# C#\nbody",
          "[Setext C#] Setext C#\n---\nwords and words and words|[C#] # C#\nbody");
    check(PASSAGE_MARKDOWN, "two\nlines\n---\n#nospace\n    # code\n####### seven\n#\n",
          "[name] two\nlines\n---\n#nospace\n    # code\n####### seven\n#");
    check(PASSAGE_MARKDOWN, "a | b\n--|--\n1 | 2\n", "[name] a | b\n--|--\n1 | 2");
    check(PASSAGE_MARKDOWN, "# Windows lines\r\n\r\ntext of it\r\n",
          "[Windows lines] # Windows lines\r\n\r\ntext of it");
}

static void test_rst(void **state)
{
    (void)state;
    check(PASSAGE_RST,
          "=====\nTitle\n=====\n\nWords of the beginning.\n\nSection\n-------\nIts words.\n",
          "[Title] =====\nTitle\n=====\n\nWords of the beginning.|[Section] Section\n-------\nIts "
          "words.");
    check(PASSAGE_RST, "a paragraph\nof two lines\n------------\n\n----\n\ntext\n",
          "[name] a paragraph\nof two lines\n------------\n\n----\n\ntext");
    check(PASSAGE_RST, "=====  =====\ncol    col\n=====  =====\n",
          "[name] =====  =====\ncol    col\n=====  =====");
}

static void test_html(void **state)
{
    (void)state;
    check(PASSAGE_HTML,
          "<html><head><title>The page</title><style>p > a { color: red }</style>\n"
          "<script>if (a < b) { document.write(\"<h1>no</h1>\"); }</script></head><body>\n"
          "<h1>A <b>bold</b>\n heading</h1><p>Text &amp; more&nbsp;text&hellip; &#65;&#x42;</p>"
          "<!-- <h2>gone</h2> --></body></html>",
          "[The page] The page\n\nA bold heading\n\nText & more text\xe2\x80\xa6 AB");
    check(PASSAGE_HTML,
          "<ul><li>one<li>two</ul><table><tr><td>a<td title=\"x > y\">b<tr><td>c"
          "</table>",
          "[name] one\ntwo\n\na\tb\nc");
    check(PASSAGE_HTML, "<pre>  keep\n    this</pre>", "[name]   keep\n    this");
    check(PASSAGE_HTML, "1 < 2 && 3 > 2 &bogus; &amp", "[name] 1 < 2 && 3 > 2 &bogus; &amp");
    check(PASSAGE_HTML, "a<!-- never closed", "[name] a");
    check(PASSAGE_HTML, "a<a href=\"never closed", "[name] a");
    check(PASSAGE_HTML, "a<script>never closed", "[name] a");
    check(PASSAGE_HTML, "<h1></h1><h2><div>Deep</div></h2><h3>never closed<p>text",
          "[Deep] Deep\n\nnever closed\n\ntext");
    check(PASSAGE_HTML, "na\xc3\xafve caf&eacute; so&shy;ft &#0;&#xd800;&#1114112;",
          "[name] na\xc3\xafve caf\xc3\xa9 soft \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void test_arguments(void **state)
{
    struct passage_splitter *splitter = NULL;
    (void)state;
    inlay_error_init(&err);
    assert_status(passage_splitter_new(PASSAGE_BYTES_MIN - 1, &splitter, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(passage_splitter_new((size_t)PASSAGE_BYTES_MAX + 1, &splitter, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_null(splitter);
    passage_splitter_free(NULL);
}

/* No byte but white space is lost, nothing is twice, whatever the text and the format. */
static void test_nothing_is_lost(void **state)
{
    static const char *const pieces[] = {"# Heading\n", "text ",   "\n",      "\n\n",
                                         "Sentence. ",  "```\n",   "=====\n", "\xc3\xa4",
                                         "    ",        "word",    "-----\n", "\xe6\x97\xa5",
                                         "\t",          "Title\n", "x",       "\r\n"};
    struct test_random random = test_random_init(7);
    struct passage_splitter *splitter = NULL;
    int round;
    (void)state;
    inlay_error_init(&err);
    for (round = 0; round < 2000; round++) {
        enum passage_format format = (enum passage_format)(round % 3);
        size_t max_bytes = 64 + test_random_below(&random, 200);
        char text[4096] = "";
        size_t length = 0;
        size_t at = 0;
        size_t i;
        struct passage passage;
        uint64_t count = test_random_below(&random, 400);
        for (i = 0; i < count; i++) {
            const char *piece = pieces[test_random_below(&random, 16)];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        assert_ok(passage_splitter_new(max_bytes, &splitter, &err), err);
        assert_ok(passage_splitter_begin(splitter, format, text, length, "name", &err), err);
        while (passage_splitter_next(splitter, &passage)) {
            size_t start = (size_t)(passage.body.bytes - text);
            assert_true(start >= at);
            assert_in_range(passage.body.length, 1, max_bytes);
            assert_true(utf8_valid(passage.body.bytes, passage.body.length));
            assert_true(utf8_valid(passage.title.bytes, passage.title.length));
            assert_true(passage.title.length > 0);
            for (i = at; i < start; i++) {
                assert_true(isspace((unsigned char)text[i]));
            }
            at = start + passage.body.length;
        }
        for (i = at; i < length; i++) {
            assert_true(isspace((unsigned char)text[i]));
        }
        passage_splitter_free(splitter);
    }
}

/* Texts that make careless code slow: a second would be a thousand times too long. */
static void test_time_is_linear(void **state)
{
    static const char *const pieces[] = {
        "<", "<!--", "<a href=\"", "&amp",  "<h1>",  "</script", "<script", "# \n",
        " ", "\n",   "=\n",        "```\n", "<pre>", "a",        ".\n",     "</"};
    size_t size = (size_t)1 << 20;
    char *text = malloc(size);
    struct passage_splitter *splitter = NULL;
    size_t p;
    (void)state;
    inlay_error_init(&err);
    assert_non_null(text);
    for (p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
        size_t length = strlen(pieces[p]);
        size_t i;
        int format;
        for (i = 0; i + length <= size; i += length) {
            memcpy(text + i, pieces[p], length);
        }
        for (format = PASSAGE_TEXT; format <= PASSAGE_HTML; format++) {
            struct passage passage;
            size_t count = 0;
            assert_ok(passage_splitter_new(64, &splitter, &err), err);
            assert_ok(
                passage_splitter_begin(splitter, (enum passage_format)format, text, i, "n", &err),
                err);
            while (passage_splitter_next(splitter, &passage)) {
                count++;
            }
            assert_true(count <= size / 16 + 1);
            passage_splitter_free(splitter);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_borders),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_rst),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_nothing_is_lost),
        cmocka_unit_test(test_time_is_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
