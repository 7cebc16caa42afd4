/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/error.h"
#include "cache/mmap_source.h"
#include "superfile/verify.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static inlay_status open_file(const char *path, enum mmap_hint hint, struct byte_source **out,
                              inlay_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        int code = errno;
        inlay_status status = error_from_errno(err, code, "cannot open %s", path);
        error_key(err, path);
        return status;
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(err, INLAY_INVALID_ARGUMENT, "%s is not a file", path);
        error_key(err, path);
        return INLAY_INVALID_ARGUMENT;
    }
    return mmap_source_open(path, NULL, (uint64_t)info.st_size, hint, NULL, out, err);
}

inlay_status inlay_verify_file(const char *path, inlay_file_check *result, inlay_error *err)
{
    struct byte_source *source = NULL;
    struct verify_result verified;
    inlay_status status;
    INLAY_TRY(check_argument(path, "the path", err));
    INLAY_TRY(open_file(path, MMAP_SEQUENTIAL, &source, err));
    status = superfile_verify(source, NULL, &verified, err);
    byte_source_release(source);
    if (result != NULL) {
        memset(result, 0, sizeof(*result));
        result->struct_size = sizeof(*result);
        if (status == INLAY_OK) {
            result->rows = verified.rows;
            result->bytes = verified.bytes;
            result->checksums = verified.checksums;
            result->is_superfile = verified.is_superfile;
        }
    }
    return status;
}

struct verify_report {
    inlay_progress_callback callback;
    void *context;
    uint64_t done_before; /* bytes of the files already verified */
    uint64_t total;
    double seconds_before;
    int cancelled;
};

static void report(void *context, const struct progress_event *event)
{
    struct verify_report *state = context;
    inlay_progress progress = {0};
    progress.phase = "verifying";
    progress.bytes = state->done_before + event->done;
    progress.total_bytes = state->total;
    progress.seconds = state->seconds_before + (double)event->elapsed_ns * 1e-9;
    if (state->callback(state->context, &progress) != 0) {
        state->cancelled = 1;
    }
    if (event->finished) {
        state->done_before += event->done;
        state->seconds_before = progress.seconds;
    }
}

static inlay_status verify_view(struct table_view *view, struct verify_report *state,
                                inlay_verify_result *result, inlay_error *err)
{
    struct progress progress;
    inlay_status status = INLAY_OK;
    size_t i;
    progress_init(&progress, state->callback != NULL ? report : NULL, state, env_system(),
                  PROGRESS_INTERVAL_NS);
    for (i = 0; i < view->list.count && status == INLAY_OK && !state->cancelled; i++) {
        struct byte_source *source = NULL;
        struct verify_result verified;
        status = table_view_source(view, i, &source, err);
        if (status == INLAY_OK) {
            status = superfile_verify(source, &progress, &verified, err);
            byte_source_release(source);
        }
        if (status == INLAY_OK && verified.rows != view->list.entries[i].rows) {
            status = error_set(
                err, INLAY_CORRUPT, "superfile %zu has %llu rows, the manifest says %llu", i,
                (unsigned long long)verified.rows, (unsigned long long)view->list.entries[i].rows);
        }
        if (status == INLAY_OK) {
            result->superfiles++;
            result->bytes += verified.bytes;
            result->checksums += verified.checksums;
        }
    }
    progress_destroy(&progress);
    if (status == INLAY_OK && state->cancelled) {
        status = error_set(err, INLAY_CANCELLED, "the check was cancelled after %llu superfiles",
                           (unsigned long long)result->superfiles);
    }
    return status;
}

inlay_status inlay_table_verify(inlay_table *table, inlay_progress_callback progress,
                                void *progress_context, inlay_verify_result *result,
                                inlay_error *err)
{
    struct verify_report state = {0};
    inlay_verify_result scratch;
    struct table_view *view = NULL;
    inlay_status status;
    INLAY_TRY(check_argument(table, "the table", err));
    result = result != NULL ? result : &scratch;
    memset(result, 0, sizeof(*result));
    result->struct_size = sizeof(*result);
    INLAY_TRY(table_handle_view(table, &view, err));
    state.callback = progress;
    state.context = progress_context;
    state.total = view->snapshot->counts.bytes;
    status = verify_view(view, &state, result, err);
    table_view_release(view);
    return status;
}
