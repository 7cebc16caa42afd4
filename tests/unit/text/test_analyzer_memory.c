/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of the analyzers and snippets fails once: a clear status, no leak, no crash. */
#include "support/test.h"

#include "base/alloc.h"
#include "base/reader.h"
#include "text/highlight.h"

#include <stdlib.h>

struct failing {
    uint64_t seen;
    uint64_t fail_at; /* 1 is the first allocation */
};

static bool fails(struct failing *f)
{
    return ++f->seen == f->fail_at;
}

static void *failing_alloc(void *context, size_t size)
{
    return fails(context) ? NULL : malloc(size == 0 ? 1 : size);
}

static void *failing_realloc(void *context, void *pointer, size_t size)
{
    return fails(context) ? NULL : realloc(pointer, size == 0 ? 1 : size);
}

static void failing_free(void *context, void *pointer)
{
    (void)context;
    free(pointer);
}

#define PLAIN                                                                                      \
    "Plain words of some length, to enter the fast path with more than one block of text. "
static const char text[] = PLAIN "Crème brûlée 東京都 สวัสดี running " PLAIN "Привет";

static inlay_status run_all(const struct analyzer_config *config, struct buffer *stored)
{
    static const struct highlight_term term = {(const uint8_t *)"plain", 5};
    struct analyzer *analyzer = NULL;
    struct analyzer_scratch *scratch = NULL;
    struct analyzer_config read;
    const struct token *tokens;
    struct buffer out;
    struct reader in;
    size_t count;
    inlay_status status = analyzer_create(config, &analyzer, NULL);
    buffer_init(&out, 10000);
    if (status == INLAY_OK) {
        status = analyzer_scratch_create(analyzer, &scratch, NULL);
    }
    if (status == INLAY_OK) {
        status = analyzer_run(analyzer, scratch, text, strlen(text), &tokens, &count, NULL);
        assert_true(status == INLAY_OK || (tokens == NULL && count == 0));
    }
    if (status == INLAY_OK) {
        status = highlight_snippet(analyzer, scratch, text, strlen(text), &term, 1, 40, "[", "]",
                                   &out, NULL);
    }
    if (status == INLAY_OK) {
        analyzer_config_write(config, stored);
        status = stored->status;
    }
    if (status == INLAY_OK) {
        reader_init(&in, stored->data, stored->len, 0);
        status = analyzer_config_read(&in, &read, NULL, NULL);
        analyzer_config_free(&read);
    }
    buffer_free(&out);
    buffer_free(stored);
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
    return status;
}

static void every_failed_allocation_is_reported(void **state)
{
    struct failing failing = {0, 0};
    const struct mem_hooks hooks = {failing_alloc, failing_realloc, failing_free, &failing};
    struct analyzer_config config;
    struct buffer stored;
    inlay_status status = INLAY_NO_MEMORY;
    (void)state;
    analyzer_config_init(&config);
    config.ascii_folding = true;
    strcpy(config.stemmer, "english");
    config.stop_words = analyzer_stop_words("english", &config.stop_word_count);
    mem_set_hooks(&hooks);
    for (uint64_t n = 1; status != INLAY_OK; n++) {
        failing = (struct failing){0, n};
        buffer_init(&stored, 10000);
        status = run_all(&config, &stored);
        assert_true(status == INLAY_NO_MEMORY || (status == INLAY_OK && failing.seen < n));
        assert_true(n < 1000);
    }
    assert_true(failing.seen > 40); /* the sweep met stop words, regions, tokens, hits */
    mem_set_hooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_failed_allocation_is_reported)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
