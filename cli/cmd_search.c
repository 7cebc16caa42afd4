/* SPDX-License-Identifier: Apache-2.0 */
#include "out/hits.h"
#include "query_limits.h"
#include "shown_columns.h"
#include "table_schema.h"

#include <string.h>

enum {
    OPT_COLUMN,
    OPT_K,
    OPT_OFFSET,
    OPT_ALL,
    OPT_FILTER,
    OPT_COLUMNS,
    OPT_SNIPPET,
    OPT_COUNT,
    OPT_TIMEOUT
};

#define SNIPPET_BYTES 240

static const struct option_spec options[] = {
    [OPT_COLUMN] = {"--column", 'c', OPTION_TEXT, "NAME",
                    "the column to search (default: the only one with a text index, or\n"
                    "of several body, text, content, message, or the first)"},
    [OPT_K] = {"--k", 'k', OPTION_NUMBER, "N", "hits to show (default: 10)"},
    [OPT_OFFSET] = {"--offset", 0, OPTION_NUMBER, "N", "hits to skip first"},
    [OPT_ALL] = {"--all", 'a', OPTION_FLAG, NULL, "every word must occur, not just one"},
    [OPT_FILTER] = OPTION_SPEC_FILTER,
    [OPT_COLUMNS] = {"--columns", 0, OPTION_LIST, "NAME[,...]", "columns to show with each hit"},
    [OPT_SNIPPET] = {"--snippet", 0, OPTION_SIZE, "SIZE",
                     "bytes of text around the matches; 0 = none (default: 240, with\n"
                     "--json and --csv none)"},
    [OPT_COUNT] = {"--count", 0, OPTION_FLAG, NULL, "only how many rows match"},
    [OPT_TIMEOUT] = OPTION_SPEC_TIMEOUT,
    {0},
};

struct search {
    struct session *session;
    const struct parsed *parsed;
    inlay_table *table;
    struct ArrowSchema schema;
    const char *column;
    struct shown_columns columns;
    inlay_filter filter;
    inlay_search_options options;
    inlay_cost cost;
};

static void fill_options(struct search *s)
{
    const struct option_value *o = s->parsed->options;
    bool people = s->session->mode == OUTPUT_TABLE;
    inlay_search_options_init(&s->options);
    if (o[OPT_K].set) {
        s->options.k = o[OPT_K].number;
    }
    s->options.offset = o[OPT_OFFSET].number;
    inlay_filter_init(&s->filter);
    s->filter.where = o[OPT_FILTER].text;
    s->options.filter = &s->filter;
    s->options.timeout_ms = option_ms(&o[OPT_TIMEOUT]);
    s->options.cancel = interrupt_handle();
    s->options.match_all = o[OPT_ALL].set ? 1 : 0;
    uint64_t snippet = o[OPT_SNIPPET].set ? o[OPT_SNIPPET].number : people ? SNIPPET_BYTES : 0;
    s->options.snippet_bytes = snippet > UINT32_MAX ? UINT32_MAX : (uint32_t)snippet;
    if (people) {
        s->options.highlight_open = HITS_MARK_OPEN;
        s->options.highlight_close = HITS_MARK_CLOSE;
    }
    shown_columns_choose(s->session, &o[OPT_COLUMNS], &s->schema, &s->columns);
    s->options.columns = s->columns.names;
    s->options.column_count = s->columns.count;
}

static inlay_status count_hits(struct search *s, const char *query, inlay_error *err)
{
    uint64_t count = 0;
    inlay_status status =
        inlay_bm25_count(s->table, s->column, query, &s->options, &count, &s->cost, err);
    if (status != INLAY_OK) {
        return status;
    }
    if (s->session->mode == OUTPUT_JSON) {
        printf("{\"count\":%llu}\n", (unsigned long long)count);
    } else if (s->session->mode == OUTPUT_CSV) {
        printf("count\n%llu\n", (unsigned long long)count);
    } else {
        printf("%llu %s in column %s\n", (unsigned long long)count,
               count == 1 ? "row matches" : "rows match", s->column);
    }
    return INLAY_OK;
}

static inlay_status search(struct search *s, inlay_error *err)
{
    struct ArrowArrayStream stream = {0};
    const char *query = s->parsed->arguments[1];
    inlay_status status = session_open_table(s->session, s->parsed->arguments[0], &s->table, err);
    if (status == INLAY_OK) {
        status = inlay_table_schema(s->table, &s->schema, err);
    }
    if (status == INLAY_OK) {
        s->column = s->parsed->options[OPT_COLUMN].text;
        if (!s->column) {
            status = table_schema_search_column(s->table, &s->schema, &s->column, err);
        }
    }
    if (status != INLAY_OK) {
        return status;
    }
    fill_options(s);
    if (s->parsed->options[OPT_COUNT].set) {
        return count_hits(s, query, err);
    }
    status = inlay_bm25_search(s->table, s->column, query, &s->options, &stream, &s->cost, err);
    return status == INLAY_OK
               ? session_print_hits(s->session, &stream, s->options.offset + 1, s->column, err)
               : status;
}

static int run(struct session *session, const struct parsed *parsed)
{
    struct search s = {.session = session, .parsed = parsed};
    inlay_error err;
    inlay_error_init(&err);
    inlay_cost_init(&s.cost);
    interrupt_install();
    inlay_status status = search(&s, &err);
    if (status == INLAY_OK) {
        session_print_cost(session, &s.cost);
    }
    if (s.schema.release) {
        s.schema.release(&s.schema);
    }
    shown_columns_free(&s.columns);
    inlay_table_close(s.table);
    return session_finish_filter(session, status, &err, parsed->options[OPT_FILTER].text);
}

const struct command command_search = {
    .name = "search",
    .arguments = "TABLE QUERY",
    .summary = "the best rows for a query, ranked by BM25",
    .min_arguments = 2,
    .max_arguments = 2,
    .options = options,
    .description =
        "Ranks the rows of a table by BM25 and shows each with its score and the text\n"
        "around the matches. The query is words, \"a phrase\", \"a phrase\"~2 (two words may\n"
        "stand between), +must, -mustnot, word^2 (counts twice), AND, OR, NOT and\n"
        "brackets. Put -- before a query that begins with a minus.\n"
        "\n"
        "--filter takes what may stand behind WHERE in SQL. It is applied before the ranking:\n"
        "-k hits are shown whenever that many rows satisfy it.\n",
    .examples = "inlay search docs \"garbage collection\"\n"
                "inlay search docs '+license -\"public domain\"' -k 3 --cost\n"
                "inlay search docs error --column title --json --columns _id,path\n"
                "inlay search docs license --count\n"
                "inlay search docs whale --filter \"year < 1900 AND lang = 'en'\"\n",
    .run = run,
};
