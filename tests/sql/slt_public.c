/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/slt_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n(");
}

static bool begins(const char *text, const char *word)
{
    return strncasecmp(skip_blanks(text), word, strlen(word)) == 0;
}

/* Only what gives rows is asked of both; what explains names an engine's own plan. */
static bool is_question(const char *sql)
{
    return begins(sql, "select") || begins(sql, "with") || begins(sql, "values") ||
           begins(sql, "from");
}

/* Answers that need not be equal twice. */
static bool is_unsteady(const char *sql)
{
    static const char *const words[] = {"random(",     "now(",      "current_",          "uuid(",
                                        "today(",      "version(",  "explain",           "nextval",
                                        "get_current", "localtime", "information_schema"};
    size_t i;
    const char *at;
    for (at = sql; *at != '\0'; at++) {
        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strncasecmp(at, words[i], strlen(words[i])) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Makes the tables of `maker` ours, all of them, as they are small (larger ones are left out). */
static void sync_tables(struct slt_runner *runner, struct peer *maker, struct row_set *have)
{
    struct row_set tables;
    size_t i;
    for (i = 0; i < have->rows; i++) {
        layouts_drop(&runner->layouts, have->cells[i]);
    }
    row_set_free(have);
    peer_query(maker,
               "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND "
               "NOT internal AND estimated_size <= 20000 AND regexp_full_match(table_name, "
               "'[A-Za-z0-9-][A-Za-z0-9_-]*')",
               &tables);
    for (i = 0; i < tables.rows; i++) {
        char message[1024];
        char sql[256];
        char head[256];
        (void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", tables.cells[i]);
        (void)snprintf(head, sizeof(head), "%s superfiles=3", tables.cells[i]);
        if (!layouts_table(&runner->layouts, head, sql, maker, message, sizeof(message))) {
            /* A type or name that no table of ours can have: its queries count as not for us. */
            layouts_drop(&runner->layouts, tables.cells[i]);
        }
    }
    *have = tables;
}

/* A refusal that is right for a library that only reads: the name is not one of a table. */
static bool asks_for_what_is_not_ours(const char *message)
{
    static const char *const words[] = {
        "there is no table", "does not exist", "no table",  "only one reading statement",
        "not allowed",       "is disabled",    "Permission"};
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strstr(message, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void ask(struct slt_runner *runner, const struct slt_record *record)
{
    struct layouts *layouts = &runner->layouts;
    struct row_set many;
    struct row_set one = {0};
    struct row_set peer;
    peer_query(layouts->of_many, record->body, &peer);
    row_set_query(&many, layouts->many, record->body);
    if (peer.status != INLAY_OK && many.status != INLAY_OK) {
        runner->counts.both_refused++;
    } else if (many.status != INLAY_OK && asks_for_what_is_not_ours(many.message)) {
        runner->counts.not_for_us++;
    } else {
        /* Rows in an order of their own where the statement does not order them all. */
        slt_sort_rows(&many, SLT_ROWS);
        slt_sort_rows(&peer, SLT_ROWS);
        runner->counts.statements++;
        if (slt_same(runner, record, "inlay", &many, "plain DuckDB", &peer)) {
            /* each layout with the peer that has its _id values */
            row_set_free(&peer);
            row_set_query(&one, layouts->one, record->body);
            peer_query(layouts->of_one, record->body, &peer);
            slt_sort_rows(&one, SLT_ROWS);
            slt_sort_rows(&peer, SLT_ROWS);
            (void)slt_same(runner, record, "inlay (one superfile)", &one, "plain DuckDB", &peer);
        }
    }
    row_set_free(&many);
    row_set_free(&one);
    row_set_free(&peer);
}

void slt_run_public(struct slt_runner *runner, const struct slt_file *file)
{
    struct peer *maker = peer_open();
    struct row_set have = {0};
    bool changed = false;
    size_t i;
    for (i = 0; i < file->count; i++) {
        const struct slt_record *record = &file->records[i];
        struct row_set made;
        if (record->skipped || record->body == NULL) {
            continue;
        }
        if (record->kind == SLT_QUERY && is_question(record->body)) {
            if (is_unsteady(record->body)) {
                runner->counts.skipped++;
                continue;
            }
            if (changed) {
                sync_tables(runner, maker, &have);
                changed = false;
            }
            ask(runner, record);
        } else if (record->kind == SLT_STATEMENT || record->kind == SLT_QUERY) {
            peer_query(maker, record->body, &made);
            changed = changed || made.status == INLAY_OK;
            row_set_free(&made);
        }
    }
    row_set_free(&have);
    peer_close(maker);
}
