/* SPDX-License-Identifier: Apache-2.0 */
#include "export/export.h"
#include "api/handles.h"
#include "base/error.h"

#include <string.h>

void inlay_export_options_init(inlay_export_options *options)
{
    memset(options, 0, sizeof(*options));
    options->struct_size = sizeof(*options);
}

struct export_run {
    const inlay_export_options *options;
    uint64_t started_ns;
};

static uint64_t now_ns(void)
{
    const struct env *env = env_system();
    return env->monotonic_ns(env->context);
}

static double seconds_since(uint64_t started_ns)
{
    return (double)(now_ns() - started_ns) / 1e9;
}

static inlay_status report(void *context, uint64_t rows, uint64_t bytes, inlay_error *err)
{
    const struct export_run *run = context;
    inlay_progress progress = {"exporting", rows, bytes, 0, seconds_since(run->started_ns)};
    if (run->options->progress(run->options->progress_context, &progress) != 0) {
        return error_set(err, INLAY_CANCELLED, "the export was cancelled; no file was written");
    }
    return INLAY_OK;
}

static inlay_status open_target(const char *path, const inlay_export_options *options,
                                struct export_target *target, inlay_error *err)
{
    if (path != NULL) {
        return export_target_file(target, path, options->overwrite != 0, err);
    }
    if (options->write == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "an export needs a path, or options with a function that takes the bytes");
    }
    export_target_callback(target, options->write, options->write_context);
    return INLAY_OK;
}

/* A statement's failure has its own words; the stream passes on only a part. */
static inlay_status own_error(const struct ArrowArrayStream *stream, inlay_status status,
                              inlay_error *err)
{
    const inlay_error *own = sql_stream_error(stream);
    if (status == INLAY_OK || own == NULL) {
        return status;
    }
    if (err != NULL) {
        *err = *own;
    }
    return own->status;
}

static inlay_status export_statement(struct inlay_connection *connection, const char *sql,
                                     const inlay_parameter *parameters, size_t parameter_count,
                                     const struct export_options *options,
                                     struct export_target *target, struct export_counts *counts,
                                     const struct cost_meter *meter, inlay_error *err)
{
    struct ArrowArrayStream stream;
    inlay_status status;
    INLAY_TRY(connection_query(connection, sql, parameters, parameter_count, NULL, &stream, err));
    status = export_rows(&stream, options, target, counts, err);
    status = own_error(&stream, status, err);
    cost_finish_sql(meter, &stream);
    stream.release(&stream);
    return status;
}

static void fill_result(const struct export_run *run, const struct export_counts *counts,
                        inlay_export_result *result)
{
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
        result->struct_size = sizeof(*result);
        result->rows = counts->rows;
        result->bytes = counts->bytes;
        result->seconds = seconds_since(run->started_ns);
    }
}

inlay_status inlay_export(inlay_connection *connection, const char *sql,
                          const inlay_parameter *parameters, size_t parameter_count,
                          const char *path, const inlay_export_options *options,
                          inlay_export_result *result, inlay_cost *cost, inlay_error *err)
{
    inlay_export_options defaults;
    struct export_options rows = {0};
    struct export_target target;
    struct export_counts counts = {0, 0};
    struct export_run run;
    struct cost_meter meter;
    inlay_status status;
    INLAY_TRY(check_argument(connection, "the connection", err));
    INLAY_TRY(check_argument(sql, "the statement", err));
    inlay_export_options_init(&defaults);
    run.options = options != NULL ? options : &defaults;
    run.started_ns = now_ns();
    rows.row_group_bytes = run.options->row_group_bytes;
    rows.progress = run.options->progress != NULL ? report : NULL;
    rows.context = &run;
    meter = cost_start(connection, cost);
    fill_result(&run, &counts, result);
    INLAY_TRY(export_format_choose(run.options->format, path, &rows.format, err));
    INLAY_TRY(open_target(path, run.options, &target, err));
    status = export_statement(connection, sql, parameters, parameter_count, &rows, &target, &counts,
                              &meter, err);
    export_target_free(&target);
    fill_result(&run, &counts, result);
    return status;
}
