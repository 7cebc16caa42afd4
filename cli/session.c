/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "interrupt.h"
#include "out/hits.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REQUEST_PRICE 0.0004 /* US dollars per 1,000 GET requests: S3 Standard, us-east-1 */

int session_init(struct session *session, const struct parsed *parsed)
{
    const struct option_value *g = parsed->globals;
    const char *environment = getenv("INLAY_DB");
    *session = (struct session){0};
    session->mode = g[GLOBAL_JSON].set  ? OUTPUT_JSON
                    : g[GLOBAL_CSV].set ? OUTPUT_CSV
                                        : OUTPUT_TABLE;
    session->db = g[GLOBAL_DB].set                ? g[GLOBAL_DB].text
                  : environment && environment[0] ? environment
                                                  : "./inlay-data";
    session->cost = g[GLOBAL_COST].set;
    session->progress = !g[GLOBAL_NO_PROGRESS].set && isatty(STDERR_FILENO);
    session->memory_limit = g[GLOBAL_MEMORY_LIMIT].number;
    session->prices = (struct unit_prices){REQUEST_PRICE, 0};
    if (g[GLOBAL_REQUEST_PRICE].set) {
        session->prices.per_1000_requests = g[GLOBAL_REQUEST_PRICE].real;
    }
    if (g[GLOBAL_TRANSFER_PRICE].set) {
        session->prices.per_gb = g[GLOBAL_TRANSFER_PRICE].real;
    }
    if (session->prices.per_1000_requests < 0 || session->prices.per_gb < 0) {
        return report_misuse(session, NULL, "a price cannot be negative");
    }
    if (g[GLOBAL_THREADS].number > 1024) {
        return report_misuse(session, NULL, "--threads takes at most 1024");
    }
    session->threads = (uint32_t)g[GLOBAL_THREADS].number;
    if (g[GLOBAL_JSON].set && g[GLOBAL_CSV].set) {
        return report_misuse(session, NULL, "--json and --csv exclude each other");
    }
    return EXIT_DONE;
}

void session_close(struct session *session)
{
    inlay_close(session->connection);
    session->connection = NULL;
}

/* The local folder that a URI names, or NULL for another backend. */
static const char *local_folder(const char *uri)
{
    if (strncmp(uri, "file://", 7) == 0) {
        return uri + 7;
    }
    return strstr(uri, "://") ? NULL : uri;
}

inlay_status session_connect(struct session *session, bool create, inlay_error *err)
{
    const char *folder = local_folder(session->db);
    inlay_connect_options options;
    struct stat info;
    if (session->connection) {
        return INLAY_OK;
    }
    if (!create && folder && stat(folder, &info) != 0) {
        return fail(err, INLAY_NOT_FOUND,
                    "there are no tables at \"%s\" yet; name the place with --db or $INLAY_DB, or "
                    "start with: inlay import TABLE FILE",
                    session->db);
    }
    inlay_connect_options_init(&options);
    options.threads = session->threads;
    options.memory_limit = session->memory_limit;
    options.price_per_1000_requests = session->prices.per_1000_requests;
    options.price_per_gb = session->prices.per_gb;
    return inlay_connect(session->db, &options, &session->connection, err);
}

inlay_status session_open_table(struct session *session, const char *name, inlay_table **out,
                                inlay_error *err)
{
    inlay_status status = session_connect(session, false, err);
    return status == INLAY_OK ? inlay_open_table(session->connection, name, NULL, out, err)
                              : status;
}

inlay_status session_print(const struct session *session, struct ArrowArrayStream *stream,
                           inlay_error *err)
{
    struct printer printer;
    printer_init(&printer, stdout, session->mode);
    printer.cancelled = interrupt_requested;
    return print_stream(&printer, stream, NULL, err);
}

inlay_status session_print_hits(const struct session *session, struct ArrowArrayStream *stream,
                                uint64_t first_rank, const char *column, inlay_error *err)
{
    struct printer printer;
    uint64_t hits = 0;
    if (session->mode != OUTPUT_TABLE) {
        return session_print(session, stream, err);
    }
    printer_init(&printer, stdout, session->mode);
    inlay_status status = hits_print(&printer, stream, first_rank, &hits, err);
    if (status == INLAY_OK && hits == 0) {
        printf("no hits in column %s\n", column);
    }
    return status;
}

void session_print_cost(const struct session *session, const inlay_cost *cost)
{
    struct text out = {0};
    if (!session->cost) {
        return;
    }
    fflush(stdout);
    if (session->mode == OUTPUT_JSON) {
        cost_add_json(&out, cost, &session->prices);
        text_add_char(&out, '\n');
    } else {
        cost_add_text(&out, cost, &session->prices);
    }
    fprintf(stderr, "%s", text_cstr(&out));
    text_free(&out);
}

int session_finish_filter(const struct session *session, inlay_status status,
                          const inlay_error *err, const char *filter)
{
    return status == INLAY_QUERY && filter ? report_sql_error(session, err, filter)
                                           : session_finish(session, status, err);
}

int session_finish(const struct session *session, inlay_status status, const inlay_error *err)
{
    inlay_error shown = *err;
    shown.status = status;
    return status == INLAY_OK ? EXIT_DONE : report_error(session, &shown);
}
