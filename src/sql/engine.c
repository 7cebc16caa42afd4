/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/engine.h"

#include "base/alloc.h"
#include "base/error.h"
#include "sql/bare_count.h"
#include "sql/bare_statistics.h"
#include "sql/counted_scan.h"
#include "sql/exact_where.h"
#include "sql/explain.h"
#include "sql/filter_cache.h"
#include "sql/grouping.h"
#include "sql/hints/hints.h"
#include "sql/search/lateral.h"
#include "sql/search/push_down.h"
#include "sql/search/search_scan.h"
#include "sql/statement_priv.h"
#include "sql/value_counts_scan.h"
#include "sql/version_names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Grouping by codes costs 0.4 ms before the first row and saves 18 ns per row. */
#define CODED_ROWS_DEFAULT 25000

/* Looking at a statement's conditions costs 0.2 ms, which reading so many rows takes. */
#define HINT_ROWS_DEFAULT 3000

/* To prepare a statement once more without its condition costs 0.2 ms; the engine's looking at the
 * condition again takes as long for so many rows. */
#define EXACT_ROWS_DEFAULT 50000

/* Kept row filters, per engine. */
#define FILTER_BYTES (64u << 20)

/* Settings are statements, run in this order before any user's: the next to last closes the way to
 * files, the last to all settings. */
static inlay_status set_option(duckdb_connection connection, const char *name, const char *value,
                               inlay_error *err)
{
    char text[4096];
    duckdb_result result;
    inlay_status status = INLAY_OK;
    if (strchr(value, '\'') != NULL ||
        (size_t)snprintf(text, sizeof(text), "SET %s = '%s'", name, value) >= sizeof(text)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the SQL setting %s cannot be '%s'", name,
                         value);
    }
    if (duckdb_query(connection, text, &result) != DuckDBSuccess) {
        status = error_set(err, INLAY_INTERNAL, "the SQL engine refused its setting %s = %s: %s",
                           name, value, duckdb_result_error(&result));
    }
    duckdb_destroy_result(&result);
    return status;
}

static inlay_status set_options(duckdb_connection connection,
                                const struct sql_engine_options *options, inlay_error *err)
{
    static const char *const fixed[][2] = {
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"enable_external_access", "false"},
        {"lock_configuration", "true"},
    };
    char text[64];
    size_t i;
    if (options->threads != 0) {
        (void)snprintf(text, sizeof(text), "%u", options->threads);
        INLAY_TRY(set_option(connection, "threads", text, err));
    }
    if (options->memory_limit != 0) {
        (void)snprintf(text, sizeof(text), "%lluB", (unsigned long long)options->memory_limit);
        INLAY_TRY(set_option(connection, "memory_limit", text, err));
    }
    INLAY_TRY(set_option(connection, "temp_directory",
                         options->spill_folder != NULL ? options->spill_folder : "", err));
    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        INLAY_TRY(set_option(connection, fixed[i][0], fixed[i][1], err));
    }
    return INLAY_OK;
}

static inlay_status open_database(struct sql_engine *engine,
                                  const struct sql_engine_options *options, inlay_error *err)
{
    duckdb_connection connection = NULL;
    char *reason = NULL;
    inlay_status status;
    if (duckdb_open_ext(NULL, &engine->database, NULL, &reason) != DuckDBSuccess) {
        status = error_set(err, INLAY_INTERNAL, "the SQL engine did not start: %s",
                           reason != NULL ? reason : "no reason given");
        duckdb_free(reason);
        return status;
    }
    if (duckdb_connect(engine->database, &connection) != DuckDBSuccess) {
        return error_set(err, INLAY_INTERNAL, "the SQL engine gave no connection");
    }
    status = set_options(connection, options, err);
    duckdb_disconnect(&connection);
    return status;
}

inlay_status sql_engine_create(const struct sql_engine_options *options,
                               const struct relation_resolver *resolver, struct sql_engine **out,
                               inlay_error *err)
{
    struct sql_engine *engine = mem_zalloc(sizeof(*engine));
    inlay_status status;
    *out = NULL;
    if (engine == NULL) {
        return error_no_memory(err);
    }
    engine->resolver = *resolver;
    engine->coded_rows = options->coded_rows != 0 ? options->coded_rows : CODED_ROWS_DEFAULT;
    engine->hint_rows = options->hint_rows != 0 ? options->hint_rows : HINT_ROWS_DEFAULT;
    engine->exact_rows = options->exact_rows != 0 ? options->exact_rows : EXACT_ROWS_DEFAULT;
    engine->hints_off = options->hints_off;
    engine->no_push_down = options->no_push_down;
    engine->io = options->io;
    engine->prices = options->prices;
    (void)pthread_mutex_init(&engine->lock, NULL);
    status = filter_cache_create(FILTER_BYTES, &engine->filters, err);
    if (status == INLAY_OK) {
        status = watchdog_create(&engine->watchdog, err);
    }
    if (status == INLAY_OK) {
        status = open_database(engine, options, err);
    }
    if (status == INLAY_OK) {
        status = scan_register(engine, err);
    }
    if (status == INLAY_OK) {
        status = search_register(engine, err);
    }
    if (status == INLAY_OK) {
        status = value_counts_register(engine, err);
    }
    if (status == INLAY_OK) {
        status = counted_scan_register(engine, err);
    }
    if (status != INLAY_OK) {
        sql_engine_free(engine);
        return status;
    }
    *out = engine;
    return INLAY_OK;
}

void sql_engine_free(struct sql_engine *engine)
{
    if (engine != NULL) {
        if (engine->database != NULL) {
            duckdb_close(&engine->database);
        }
        filter_cache_free(engine->filters);
        watchdog_free(engine->watchdog);
        (void)pthread_mutex_destroy(&engine->lock);
        mem_free(engine);
    }
}

/* Skips blanks and comments, then one word; *end is behind it. Returns whether it was `word`. */
static bool leading_word(const char *text, const char *word, const char **end)
{
    size_t length = strlen(word);
    for (;;) {
        while (isspace((unsigned char)*text)) {
            text++;
        }
        if (text[0] == '-' && text[1] == '-') {
            text += strcspn(text, "\n");
        } else if (text[0] == '/' && text[1] == '*') {
            const char *close = strstr(text + 2, "*/");
            text = close != NULL ? close + 2 : text + strlen(text);
        } else {
            break;
        }
    }
    *end = text + length;
    return strncasecmp(text, word, length) == 0 && !isalnum((unsigned char)text[length]) &&
           text[length] != '_';
}

/* EXPLAIN ANALYZE runs its statement, so what it explains must be read-only too. */
static const char *explained_text(const char *text)
{
    const char *end;
    if (!leading_word(text, "explain", &end)) {
        return NULL;
    }
    text = end;
    if (leading_word(text, "analyze", &end)) {
        text = end;
    }
    while (isspace((unsigned char)*text)) {
        text++;
    }
    if (*text == '(') {
        const char *close = strchr(text, ')');
        /* "(ANALYZE, FORMAT json)" or a parenthesised query: only option words have no SELECT. */
        if (close != NULL && !leading_word(text + 1, "select", &end) &&
            !leading_word(text + 1, "with", &end) && !leading_word(text + 1, "(", &end)) {
            text = close + 1;
        }
    }
    return text;
}

static inlay_status refuse(inlay_error *err)
{
    return error_set(err, INLAY_QUERY,
                     "only one reading statement can be run here: SELECT, WITH, VALUES, EXPLAIN, "
                     "DESCRIBE or SHOW TABLES");
}

/* Said before the engine looks: it would complain that a table to drop is not in its own catalog.
 */
static bool writes_by_its_first_word(const char *text)
{
    static const char *const words[] = {
        "alter",  "attach",   "begin",   "call",     "checkpoint", "comment", "commit",
        "copy",   "create",   "delete",  "detach",   "drop",       "execute", "export",
        "import", "insert",   "install", "load",     "merge",      "pragma",  "prepare",
        "reset",  "rollback", "set",     "truncate", "update",     "use",     "vacuum",
    };
    const char *end;
    size_t i;
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (leading_word(text, words[i], &end)) {
            return true;
        }
    }
    return false;
}

/* A PIVOT that does not say which values become columns is several statements to the engine: the
 * first makes a type of the values. */
static inlay_status refuse_many(const char *text, idx_t count, inlay_error *err)
{
    if (strcasestr(text, "pivot") != NULL) {
        return error_set(err, INLAY_QUERY,
                         "PIVOT must list the values that become columns: ON column IN (...); or "
                         "%llu statements were given: run one at a time",
                         (unsigned long long)count);
    }
    return error_set(err, INLAY_QUERY, "%llu statements were given; run one at a time",
                     (unsigned long long)count);
}

static inlay_status prepare(struct statement *statement, const char *text,
                            duckdb_prepared_statement *out, inlay_error *err)
{
    duckdb_extracted_statements extracted = NULL;
    idx_t count = duckdb_extract_statements(statement->connection, text, &extracted);
    inlay_status status = INLAY_OK;
    *out = NULL;
    if (count == 0) {
        const char *reason = duckdb_extract_statements_error(extracted);
        status = reason != NULL && reason[0] != '\0'
                     ? sql_error(statement, reason, text, err)
                     : error_set(err, INLAY_QUERY, "the statement is empty");
    } else if (count > 1) {
        status = refuse_many(text, count, err);
    } else if (duckdb_prepare_extracted_statement(statement->connection, extracted, 0, out) !=
               DuckDBSuccess) {
        status = sql_error(statement, duckdb_prepare_error(*out), text, err);
        duckdb_destroy_prepare(out);
    }
    duckdb_destroy_extracted(&extracted);
    return status;
}

static inlay_status check_reads_only(struct statement *statement, duckdb_statement_type type,
                                     const char *text, inlay_error *err)
{
    duckdb_prepared_statement inner = NULL;
    const char *explained;
    inlay_status status;
    if (type == DUCKDB_STATEMENT_TYPE_SELECT) {
        return INLAY_OK;
    }
    explained = type == DUCKDB_STATEMENT_TYPE_EXPLAIN ? explained_text(text) : NULL;
    if (explained == NULL) {
        return refuse(err);
    }
    INLAY_TRY(prepare(statement, explained, &inner, err));
    status = duckdb_prepared_statement_type(inner) == DUCKDB_STATEMENT_TYPE_SELECT ? INLAY_OK
                                                                                   : refuse(err);
    duckdb_destroy_prepare(&inner);
    return status;
}

/* SHOW TABLES lists the engine's own catalog, which is empty: answer from the resolver instead. */
struct name_list {
    char *text;
    size_t length;
    size_t capacity;
    bool failed;
};

static void add_name(void *context, const char *name)
{
    struct name_list *list = context;
    size_t length = strlen(name);
    void *text = list->text;
    if (list->failed || !mem_grow(&text, &list->capacity, list->length + length + 16, 1)) {
        list->failed = true;
        return;
    }
    list->text = text;
    /* Table names are [A-Za-z0-9_-]+, so that quoting is all the escaping there is. */
    list->length += (size_t)snprintf(list->text + list->length, length + 16, "%s('%s')",
                                     list->length != 0 ? ", " : "", name);
}

static inlay_status show_tables_text(struct sql_engine *engine, char **out, inlay_error *err)
{
    struct name_list list = {0};
    size_t size;
    inlay_status status = engine->resolver.list(engine->resolver.context, add_name, &list, err);
    if (status == INLAY_OK && !list.failed) {
        size = list.length + 128;
        *out = mem_alloc(size);
        if (*out != NULL) {
            (void)snprintf(*out, size,
                           list.length != 0 ? "SELECT name FROM (VALUES %s) t(name) ORDER BY name"
                                            : "SELECT NULL::VARCHAR AS name WHERE false",
                           list.text);
        }
    }
    mem_free(list.text);
    if (status == INLAY_OK && (list.failed || *out == NULL)) {
        status = error_no_memory(err);
    }
    return status;
}

static bool is_show_tables(const char *text)
{
    const char *end;
    if (!leading_word(text, "show", &end) || !leading_word(end, "tables", &end)) {
        return false;
    }
    end += strspn(end, " \t\r\n;");
    return *end == '\0';
}

/* The one statement so frequent that even its parse tree would cost more than the answer: the
 * snapshot knows how many rows there are. *out stays NULL for any other, and for a table that
 * cannot be had: the engine then says why. */
static inlay_status bare_count_text(struct sql_engine *engine, const char *text, char **out,
                                    inlay_error *err)
{
    const size_t size = BARE_COUNT_NAME + 64;
    struct relation *relation = NULL;
    char table[BARE_COUNT_NAME];
    char alias[BARE_COUNT_NAME];
    if (!bare_count_parse(text, table, alias) ||
        engine->resolver.resolve(engine->resolver.context, table, &relation, NULL) != INLAY_OK) {
        return INLAY_OK;
    }
    *out = mem_alloc(size);
    if (*out != NULL) {
        (void)snprintf(*out, size, "SELECT %llu::BIGINT AS \"%s\"",
                       (unsigned long long)relation->ops->row_count(relation),
                       alias[0] != '\0' ? alias : "count_star()");
    }
    relation->ops->release(relation);
    return *out != NULL ? INLAY_OK : error_no_memory(err);
}

/* The same columns but for their names? Types that wait for parameters do not count as the same. */
static bool same_columns(duckdb_prepared_statement a, duckdb_prepared_statement b)
{
    idx_t count = duckdb_prepared_statement_column_count(a);
    idx_t i;
    if (duckdb_prepared_statement_column_count(b) != count) {
        return false;
    }
    for (i = 0; i < count; i++) {
        duckdb_type type = duckdb_prepared_statement_column_type(a, i);
        if (type == DUCKDB_TYPE_INVALID || duckdb_prepared_statement_column_type(b, i) != type) {
            return false;
        }
    }
    return duckdb_nparams(a) == duckdb_nparams(b);
}

/* Runs another text for the statement, if the engine takes it and its columns are the same. */
static inlay_status prepare_instead(struct statement *statement, const char *text,
                                    struct sql_plan *plan, bool *taken, inlay_error *err)
{
    duckdb_prepared_statement other = NULL;
    INLAY_TRY(cancel_check(statement_token(statement), err));
    *taken =
        prepare(statement, text, &other, NULL) == INLAY_OK && same_columns(plan->prepared, other);
    if (!*taken) {
        duckdb_destroy_prepare(&other);
        statement_forget_failure(statement);
        return INLAY_OK;
    }
    if (plan->original == NULL) {
        plan->original = plan->prepared;
    } else {
        duckdb_destroy_prepare(&plan->prepared);
    }
    plan->prepared = other;
    return INLAY_OK;
}

/* Groups by codes or counts where that is possible; `select` is the part of the text that EXPLAIN
 * explains. *coded is the text that is run then (mem_free), and *counted whether its rows are not
 * those of the table. */
static inlay_status prepare_coded(struct statement *statement, const struct sql_tree *tree,
                                  const char *text, const char *select, struct sql_plan *plan,
                                  char **coded, bool *counted, inlay_error *err)
{
    bool taken = false;
    inlay_status status;
    INLAY_TRY(
        grouping_rewrite(statement, tree, text, (size_t)(select - text), coded, counted, err));
    if (*coded == NULL) {
        return INLAY_OK;
    }
    status = prepare_instead(statement, *coded, plan, &taken, err);
    if (!taken) {
        mem_free(*coded);
        *coded = NULL;
        *counted = false;
    }
    return status;
}

/* Leaves out a condition that the scan decides. `text` is what would be run else; `changed`: the
 * condition in it is not, or not only, of the table's rows. */
static inlay_status prepare_exact(struct statement *statement, const char *text, size_t skip,
                                  bool changed, struct sql_plan *plan, inlay_error *err)
{
    char *rewritten = NULL;
    bool taken = false;
    inlay_status status = INLAY_OK;
    if (statement->exact == NULL) {
        return INLAY_OK;
    }
    if (!changed) {
        status = exact_where_rewrite(text, skip, &rewritten, err);
    }
    if (rewritten != NULL) {
        status = prepare_instead(statement, rewritten, plan, &taken, err);
        mem_free(rewritten);
    }
    if (!taken) {
        statement_set_exact(statement, NULL);
    }
    return status;
}

static bool has_any_word(const char *text, const char *const *words, size_t count)
{
    size_t i;
    for (i = 0; i < count && !tree_has_word(text, words[i]); i++) {
    }
    return i < count;
}

/* Can anything be made of the statement's tree? Answers from statistics save opening superfiles,
 * however small; the rest pays from some thousand rows on. */
static bool wants_tree(struct statement *statement, const char *text)
{
    static const char *const aggregates[] = {"count", "min", "max"};
    static const char *const clauses[] = {"where", "join", "group", "distinct", "limit"};
    const struct sql_engine *engine = statement->engine;
    const uint64_t rows = statement_most_rows(statement);
    const bool clause = has_any_word(text, clauses, sizeof(clauses) / sizeof(clauses[0]));
    if (statement->pinned_count == 0) {
        return false; /* it reads no table */
    }
    if (has_any_word(text, aggregates, sizeof(aggregates) / sizeof(aggregates[0]))) {
        return !clause || rows >= engine->coded_rows || rows >= engine->hint_rows;
    }
    return clause && (rows >= engine->coded_rows || rows >= engine->hint_rows);
}

/* What the tree is good for: values that are known, grouping by codes, conditions for the scans. */
static inlay_status plan_improve(struct statement *statement, const char *text, const char *select,
                                 const struct sql_parameter *parameters, size_t count,
                                 struct sql_plan *plan, inlay_error *err)
{
    const bool hints = !statement->engine->hints_off &&
                       statement_most_rows(statement) >= statement->engine->hint_rows;
    const size_t skip = (size_t)(select - text);
    struct sql_tree tree;
    char *coded = NULL;
    bool counted = false;
    inlay_status status = INLAY_OK;
    sql_tree_make(statement, select, &tree);
    if (tree.node != NULL && !statement->engine->hints_off && select == text && count == 0 &&
        duckdb_nparams(plan->prepared) == 0) {
        status = bare_statistics_plan(statement, &tree, text, plan, err);
    }
    if (tree.node != NULL && status == INLAY_OK && !plan->bound && !plan->pushed) {
        status = prepare_coded(statement, &tree, text, select, plan, &coded, &counted, err);
    }
    if (tree.node != NULL && status == INLAY_OK && !plan->bound && hints) {
        status = hints_set(statement, &tree, parameters, count, err);
    }
    if (status == INLAY_OK) {
        status = prepare_exact(statement, coded != NULL ? coded : text, skip,
                               plan->pushed || counted, plan, err);
    }
    mem_free(coded);
    sql_tree_free(&tree);
    return status;
}

/* Limits and conditions go into the rankings below them: only arguments of calls are added, so the
 * result's columns are the same. What the engine does not take is prepared as it was written. */
static inlay_status prepare_pushed(struct statement *statement, const char *text,
                                   const char *select, const struct sql_parameter *parameters,
                                   size_t parameter_count, struct sql_plan *plan, inlay_error *err)
{
    char *rewritten = NULL;
    if (statement->engine->no_push_down) {
        return INLAY_OK;
    }
    INLAY_TRY(search_push_down(statement, text, (size_t)(select - text), parameters,
                               parameter_count, &rewritten, err));
    plan->pushed =
        rewritten != NULL && prepare(statement, rewritten, &plan->prepared, NULL) == INLAY_OK;
    if (!plan->pushed) {
        statement_forget_failure(statement);
    }
    mem_free(rewritten);
    return INLAY_OK;
}

static inlay_status plan_make(struct statement *statement, const char *text,
                              const struct sql_parameter *parameters, size_t count,
                              struct sql_plan *plan, inlay_error *err)
{
    const char *explained = explained_text(text);
    const char *select = explained != NULL ? explained : text;
    INLAY_TRY(prepare_pushed(statement, text, select, parameters, count, plan, err));
    if (!plan->pushed) {
        INLAY_TRY(prepare(statement, text, &plan->prepared, err));
    }
    INLAY_TRY(
        check_reads_only(statement, duckdb_prepared_statement_type(plan->prepared), text, err));
    plan->explains = explained != NULL;
    plan->analyzes = explained != NULL && explain_analyzes(text, explained);
    return wants_tree(statement, text)
               ? plan_improve(statement, text, select, parameters, count, plan, err)
               : INLAY_OK;
}

static void plan_free(struct sql_plan *plan)
{
    kept_chunks_free(&plan->kept);
    duckdb_destroy_prepare(&plan->prepared);
    duckdb_destroy_prepare(&plan->original);
    memset(plan, 0, sizeof(*plan));
}

/* Finds out which guess holds of a statement that is explained: that one runs again to be measured.
 */
static inlay_status guess_explained(struct statement *statement, const char *select,
                                    const struct sql_parameter *parameters, size_t parameter_count,
                                    inlay_error *err)
{
    struct sql_plan plan = {.prepared = NULL};
    duckdb_result result;
    inlay_status status = prepare(statement, select, &plan.prepared, err);
    memset(&result, 0, sizeof(result));
    if (status == INLAY_OK) {
        status = sql_bind_parameters(plan.prepared, parameters, parameter_count, err);
    }
    if (status == INLAY_OK) {
        status = top_guess_run(statement, plan.prepared, &result, &plan.kept, err);
    }
    if (plan.kept.count != 0) {
        duckdb_destroy_result(&result);
    }
    plan_free(&plan);
    explain_forget_scans(statement);
    return status;
}

/* Runs the plan, its guesses first. */
static inlay_status run(struct statement *statement, const char *text, struct sql_plan *plan,
                        duckdb_result *result, inlay_error *err)
{
    inlay_status status;
    if (!plan->explains) {
        INLAY_TRY(top_guess_run(statement, plan->prepared, result, &plan->kept, err));
    }
    if (plan->kept.count == 0 &&
        duckdb_execute_prepared_streaming(plan->prepared, result) != DuckDBSuccess) {
        status = sql_error(statement, duckdb_result_error(result),
                           plan->original == NULL && !plan->pushed ? text : NULL, err);
        duckdb_destroy_result(result);
        return status;
    }
    return INLAY_OK;
}

/* Prepares and starts a statement. On failure neither the plan nor the result hold anything. */
static inlay_status start(struct statement *statement, const char *text,
                          const struct sql_parameter *parameters, size_t parameter_count,
                          struct sql_plan *plan, duckdb_result *result, inlay_error *err)
{
    inlay_status status = plan_make(statement, text, parameters, parameter_count, plan, err);
    if (status == INLAY_OK) {
        status = cancel_check(statement_token(statement), err);
    }
    if (status == INLAY_OK && !plan->bound) {
        status = sql_bind_parameters(plan->prepared, parameters, parameter_count, err);
    }
    if (status == INLAY_OK && plan->analyzes && statement->guess.count != 0) {
        status = guess_explained(statement, explained_text(text), parameters, parameter_count, err);
    }
    if (status == INLAY_OK) {
        status = run(statement, text, plan, result, err);
    }
    if (status != INLAY_OK) {
        plan_free(plan);
    }
    return status;
}

/* The engine refused a column as an argument of a search; *err says so. A column of a list of
 * literals can be one, in another text. */
static inlay_status start_lateral(struct statement *statement, const char *text,
                                  const struct sql_parameter *parameters, size_t parameter_count,
                                  struct sql_plan *plan, duckdb_result *result, inlay_error *err)
{
    const char *explained = explained_text(text);
    const size_t skip = explained != NULL ? (size_t)(explained - text) : 0;
    struct lateral_text lateral;
    inlay_error failure;
    inlay_status status;
    inlay_error_init(&failure);
    statement_forget_failure(statement);
    status = search_lateral_rewrite(statement, text, skip, parameters, parameter_count, &lateral,
                                    &failure);
    if (status == INLAY_OK && lateral.text == NULL) {
        status = err->status;
        search_lateral_explain(&lateral, err);
    } else if (status == INLAY_OK) {
        status = start(statement, lateral.text, parameters, parameter_count, plan, result, err);
        if (status != INLAY_OK) {
            search_lateral_explain(&lateral, err);
        }
    } else {
        *err = failure;
    }
    lateral_text_free(&lateral);
    return status;
}

static inlay_status execute(struct statement *statement, const char *text,
                            const struct sql_parameter *parameters, size_t parameter_count,
                            struct ArrowArrayStream *out, inlay_error *err)
{
    struct sql_plan plan = {.prepared = NULL};
    duckdb_result result;
    inlay_error failure;
    inlay_status status;
    const char *explained = explained_text(text);
    memset(&result, 0, sizeof(result));
    inlay_error_init(&failure);
    if (writes_by_its_first_word(explained != NULL ? explained : text)) {
        return refuse(err);
    }
    status = start(statement, text, parameters, parameter_count, &plan, &result, &failure);
    if (status == INLAY_QUERY && search_lateral_refused(&failure)) {
        status =
            start_lateral(statement, text, parameters, parameter_count, &plan, &result, &failure);
    }
    if (status == INLAY_OK) {
        status = stream_open(statement, &plan, &result, out, &failure);
        if (status != INLAY_OK) {
            duckdb_destroy_result(&result);
            plan_free(&plan);
        }
    }
    if (status != INLAY_OK && err != NULL) {
        *err = failure;
    }
    return status;
}

static inlay_status execute_within(struct statement *statement, const char *text,
                                   const struct sql_parameter *parameters, size_t parameter_count,
                                   struct ArrowArrayStream *out, inlay_error *err)
{
    inlay_status status;
    INLAY_TRY(statement_enter(statement, err));
    status = execute(statement, text, parameters, parameter_count, out, err);
    statement_leave(statement);
    return status;
}

inlay_status sql_query_within(struct sql_engine *engine, const char *text,
                              const struct sql_parameter *parameters, size_t parameter_count,
                              const struct sql_limits *limits, struct ArrowArrayStream *out,
                              inlay_error *err)
{
    struct statement *statement = NULL;
    struct version_names versions;
    char *replaced = NULL;
    inlay_status status = INLAY_OK;
    memset(out, 0, sizeof(*out));
    if (strnlen(text, SQL_TEXT_MAX + 1) > SQL_TEXT_MAX) {
        return error_set(err, INLAY_OVER_BUDGET, "the statement is longer than %u bytes",
                         SQL_TEXT_MAX);
    }
    INLAY_TRY(version_names_rewrite(text, &versions, err));
    text = versions.text != NULL ? versions.text : text;
    if (is_show_tables(text)) { /* the engine would list its own, empty catalog */
        status = show_tables_text(engine, &replaced, err);
    } else if (!engine->hints_off) {
        status = bare_count_text(engine, text, &replaced, err);
    }
    if (status == INLAY_OK) {
        status = statement_begin(engine, &statement, err);
    }
    if (status == INLAY_OK) {
        if (limits != NULL) {
            statement_limit(statement, limits->timeout_ns, limits->cancel);
        }
        status = execute_within(statement, replaced != NULL ? replaced : text, parameters,
                                parameter_count, out, err);
    }
    if (status != INLAY_OK) {
        statement_end(statement);
        if (err != NULL) {
            err->offset = version_names_place(&versions, err->offset);
        }
    }
    version_names_free(&versions);
    mem_free(replaced);
    return status;
}

inlay_status sql_query(struct sql_engine *engine, const char *text,
                       const struct sql_parameter *parameters, size_t parameter_count,
                       struct ArrowArrayStream *out, inlay_error *err)
{
    return sql_query_within(engine, text, parameters, parameter_count, NULL, out, err);
}
