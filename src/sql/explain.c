/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/explain.h"

#include "base/buffer.h"
#include "base/error.h"
#include "columnar/builder.h"
#include "table/predicate/predicate_print.h"

#include <string.h>
#include <strings.h>

#define EXPLAIN_KEY "inlay"
#define EXPLAIN_TEXT_MAX ((size_t)1 << 20)

static uint64_t counter(const _Atomic uint64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

void explain_begin(struct statement *statement)
{
    const struct io_account *io = statement->engine->io;
    struct io_account *before = &statement->io_before;
    if (io != NULL) {
        io_account_add(&before->requests, counter(&io->requests));
        io_account_add(&before->round_trips, counter(&io->round_trips));
        io_account_add(&before->bytes_read, counter(&io->bytes_read));
        io_account_add(&before->cache_hits, counter(&io->cache_hits));
        io_account_add(&before->wait_ns, counter(&io->wait_ns));
    }
}

void explain_forget_scans(struct statement *statement)
{
    struct scan_account *account = &statement->account;
    _Atomic uint64_t *const counters[] = {&account->superfiles,   &account->superfiles_pruned,
                                          &account->row_groups,   &account->row_groups_pruned,
                                          &account->pages_pruned, &account->rows_read,
                                          &account->rows_by_index};
    size_t i;
    for (i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        atomic_store_explicit(counters[i], 0, memory_order_relaxed);
    }
}

bool explain_analyzes(const char *text, const char *explained)
{
    static const char word[] = "analyze";
    for (; text + strlen(word) <= explained; text++) {
        if (strncasecmp(text, word, strlen(word)) == 0) {
            return true;
        }
    }
    return false;
}

static unsigned long long figure(const _Atomic uint64_t *value)
{
    return counter(value);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void guess_text(const struct top_guess *guess, struct buffer *out)
{
    buffer_printf(out, "; first those of them with ");
    predicate_print(guess->tries[0].bound, guess->relation->ops->schema(guess->relation), out);
    buffer_printf(out, ": if they give %llu row%s, no more are read",
                  (unsigned long long)guess->rows, plural(guess->rows));
}

static void table_text(struct statement *statement, const struct pinned_relation *pinned,
                       struct buffer *out)
{
    const struct relation *relation = pinned->relation;
    const struct predicate *wanted = statement_hint(statement, relation);
    struct relation_facts facts = {0, 0};
    uint64_t rows = relation->ops->row_count(relation);
    buffer_printf(out, "table %s: ", pinned->name);
    if (relation->ops->facts != NULL) {
        relation->ops->facts(relation, &facts);
        buffer_printf(out, "version %llu, %llu superfile%s, ", (unsigned long long)facts.version,
                      (unsigned long long)facts.superfiles, plural(facts.superfiles));
    }
    buffer_printf(out, "%llu row%s; its scans want ", (unsigned long long)rows, plural(rows));
    if (wanted != NULL) {
        buffer_printf(out, "the rows with ");
        predicate_print(wanted, relation->ops->schema(relation), out);
        buffer_printf(out, "%s", statement_is_exact(statement, relation) ? " and no others" : "");
    } else {
        buffer_printf(out, "all rows");
    }
    if (statement->guess.relation == relation && statement->guess.count != 0 &&
        wanted == statement->guess.wide) {
        guess_text(&statement->guess, out);
    }
}

static void scans_text(const struct scan_account *account, struct buffer *out)
{
    buffer_printf(out,
                  "scans: %llu superfiles, %llu of them pruned; %llu row groups, %llu pruned; "
                  "%llu pages pruned; %llu rows read, %llu of them by index",
                  figure(&account->superfiles), figure(&account->superfiles_pruned),
                  figure(&account->row_groups), figure(&account->row_groups_pruned),
                  figure(&account->pages_pruned), figure(&account->rows_read),
                  figure(&account->rows_by_index));
}

static uint64_t since(const _Atomic uint64_t *now, const _Atomic uint64_t *before)
{
    return counter(now) - counter(before);
}

static void store_text(const struct statement *statement, struct buffer *out)
{
    const struct io_account *io = statement->engine->io;
    const struct io_account *before = &statement->io_before;
    const struct io_prices *prices = &statement->engine->prices;
    uint64_t requests = since(&io->requests, &before->requests);
    uint64_t bytes = since(&io->bytes_read, &before->bytes_read);
    uint64_t trips = since(&io->round_trips, &before->round_trips);
    buffer_printf(out,
                  "store: %llu request%s in %llu round trip%s, %llu bytes read, %llu reads from "
                  "cache, %.3f ms waiting; price $%.8f at $%g per 1,000 requests and $%g per GB",
                  (unsigned long long)requests, plural(requests), (unsigned long long)trips,
                  plural(trips), (unsigned long long)bytes,
                  (unsigned long long)since(&io->cache_hits, &before->cache_hits),
                  (double)since(&io->wait_ns, &before->wait_ns) / 1e6,
                  io_price(prices, requests, bytes), prices->per_1000_requests, prices->per_gb);
}

/* Empties the text. */
static inlay_status add_row(struct builder *rows, struct buffer *text, inlay_error *err)
{
    INLAY_TRY(buffer_status(text, err));
    INLAY_TRY(builder_bytes_value(builder_child(rows, 0), EXPLAIN_KEY, strlen(EXPLAIN_KEY), err));
    INLAY_TRY(builder_bytes_value(builder_child(rows, 1), text->data, text->len, err));
    buffer_clear(text);
    return builder_close_row(rows, err);
}

/* The engine is done with the statement: nothing more is pinned, so the list is read without the
 * lock, which statement_hint takes. */
static inlay_status add_rows(struct statement *statement, bool analyzes, struct builder *rows,
                             struct buffer *text, inlay_error *err)
{
    size_t i;
    for (i = 0; i < statement->pinned_count; i++) {
        table_text(statement, &statement->pinned[i], text);
        INLAY_TRY(add_row(rows, text, err));
    }
    if (analyzes) {
        scans_text(&statement->account, text);
        INLAY_TRY(add_row(rows, text, err));
    }
    if (analyzes && statement->engine->io != NULL) {
        store_text(statement, text);
        INLAY_TRY(add_row(rows, text, err));
    }
    return INLAY_OK;
}

inlay_status explain_rows(struct statement *statement, bool analyzes, struct ArrowArray *out,
                          inlay_error *err)
{
    struct schema schema = {NULL, 0};
    struct builder *rows = NULL;
    struct buffer text;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    buffer_init(&text, EXPLAIN_TEXT_MAX);
    if (schema_add(&schema, "explain_key", COLUMN_UTF8, true) == NULL ||
        schema_add(&schema, "explain_value", COLUMN_UTF8, true) == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, builder_new_batch(&schema, UINT64_MAX, &rows, err), cleanup);
    INLAY_TRY_GOTO(status, add_rows(statement, analyzes, rows, &text, err), cleanup);
    status = builder_finish(rows, out, err);
cleanup:
    builder_free(rows);
    buffer_free(&text);
    schema_free(&schema);
    return status;
}
