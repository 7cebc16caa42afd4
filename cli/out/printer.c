/* SPDX-License-Identifier: Apache-2.0 */
#include "printer.h"

#include "cell.h"
#include "grid.h"
#include "json.h"
#include "stream.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MEASURED_ROWS 1000 /* what the widths of a table are taken from */
#define NARROW_CELL 4096   /* bytes of a value that a terminal of limited width can need */

struct run {
    const struct printer *printer;
    struct ArrowArrayStream *stream;
    struct ArrowSchema schema;
    struct ArrowArray *held; /* batches read to measure, not printed yet */
    size_t held_count;
    struct grid grid;
    int64_t *shown; /* the columns of the stream that the grid has */
    bool lines;     /* the table does not fit: one line per value */
    bool plan;      /* of EXPLAIN: drawn with line ends, so printed as it is */
    bool ended;     /* the stream has given its last batch */
    uint64_t rows;
    struct text scratch;
};

static size_t terminal_width(FILE *file)
{
    const char *columns = getenv("COLUMNS");
    unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
    struct winsize size;
    if (width >= 20 && width < 10000) {
        return width;
    }
    if (isatty(fileno(file))) {
        return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col >= 20 ? size.ws_col : 80;
    }
    return 0;
}

void printer_init(struct printer *printer, FILE *file, enum output_mode mode)
{
    const char *no_color = getenv("NO_COLOR");
    *printer = (struct printer){.file = file, .mode = mode};
    printer->width = terminal_width(file);
    printer->ansi = isatty(fileno(file)) && !(no_color && *no_color);
}

int64_t printer_column(const struct ArrowSchema *schema, const char *name)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->name && strcmp(schema->children[i]->name, name) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *column_name(const struct ArrowSchema *schema, int64_t column)
{
    const char *name = schema->children[column]->name;
    return name ? name : "";
}

/* A batch is a struct array: its own offset applies to its children too. */
static int64_t child_row(const struct ArrowArray *batch, int64_t row)
{
    return row + batch->offset;
}

void printer_add_json_row(struct text *out, const struct ArrowSchema *schema,
                          const struct ArrowArray *batch, int64_t row)
{
    json_object_begin(out);
    for (int64_t i = 0; i < schema->n_children; i++) {
        const char *name = column_name(schema, i);
        if (i > 0) {
            text_add_char(out, ',');
        }
        json_add_string(out, name, strlen(name));
        text_add_char(out, ':');
        cell_add_json(out, schema->children[i], batch->children[i], child_row(batch, row));
    }
    json_object_end(out);
}

static void add_csv_field(struct text *out, const char *bytes, size_t length)
{
    bool quoted = length == 0;
    for (size_t i = 0; i < length && !quoted; i++) {
        quoted = strchr(",\"\r\n", bytes[i]) != NULL;
    }
    if (!quoted) {
        text_add(out, bytes, length);
        return;
    }
    text_add_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        text_add_string(out, bytes[i] == '"' ? "\"" : "");
        text_add_char(out, bytes[i]);
    }
    text_add_char(out, '"');
}

/* Nulls are empty fields and empty strings "", so that they stay apart. */
static void print_csv_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    struct text value = {0};
    text_clear(&run->scratch);
    for (int64_t i = 0; i < run->schema.n_children; i++) {
        const struct ArrowSchema *schema = run->schema.children[i];
        const struct ArrowArray *array = batch->children[i];
        text_add_string(&run->scratch, i > 0 ? "," : "");
        if (!cell_is_null(schema, array, child_row(batch, row))) {
            text_clear(&value);
            cell_add_text(&value, schema, array, child_row(batch, row), SIZE_MAX);
            add_csv_field(&run->scratch, text_cstr(&value), value.length);
        }
    }
    text_add_char(&run->scratch, '\n');
    fwrite(run->scratch.data, 1, run->scratch.length, run->printer->file);
    text_free(&value);
}

static void print_csv_header(struct run *run)
{
    text_clear(&run->scratch);
    for (int64_t i = 0; i < run->schema.n_children; i++) {
        const char *name = column_name(&run->schema, i);
        text_add_string(&run->scratch, i > 0 ? "," : "");
        add_csv_field(&run->scratch, name, strlen(name));
    }
    fprintf(run->printer->file, "%s\n", text_cstr(&run->scratch));
}

static void print_json_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    text_clear(&run->scratch);
    printer_add_json_row(&run->scratch, &run->schema, batch, row);
    text_add_char(&run->scratch, '\n');
    fwrite(run->scratch.data, 1, run->scratch.length, run->printer->file);
}

/* The value of a column for a person: NULL when it is null, else text in run->scratch. */
static const char *shown_value(struct run *run, const struct ArrowArray *batch, int64_t row,
                               int64_t column)
{
    const struct ArrowSchema *schema = run->schema.children[column];
    const struct ArrowArray *array = batch->children[column];
    if (cell_is_null(schema, array, child_row(batch, row))) {
        return NULL;
    }
    text_clear(&run->scratch);
    cell_add_text(&run->scratch, schema, array, child_row(batch, row),
                  run->printer->width > 0 && !run->plan ? NARROW_CELL : SIZE_MAX);
    return text_cstr(&run->scratch);
}

static void print_grid_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    for (size_t i = 0; i < run->grid.count; i++) {
        const char *value = shown_value(run, batch, row, run->shown[i]);
        grid_cell(&run->grid, i, value, run->scratch.length);
    }
    grid_end_row(&run->grid, run->printer->file);
}

static void print_lines_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    FILE *file = run->printer->file;
    size_t widest = 0;
    for (size_t i = 0; i < run->grid.count; i++) {
        const char *name = run->grid.columns[i].name;
        size_t width = utf8_width(name, strlen(name), 40);
        widest = width > widest ? width : widest;
    }
    fprintf(file, "%s─ row %llu\n", run->rows > 0 ? "\n" : "", (unsigned long long)run->rows + 1);
    for (size_t i = 0; i < run->grid.count; i++) {
        const char *name = run->grid.columns[i].name;
        size_t width =
            run->printer->width > widest + 3 ? run->printer->width - widest - 3 : SIZE_MAX;
        const char *value = shown_value(run, batch, row, run->shown[i]);
        struct text line = {0};
        text_add_repeated(&line, " ", widest - utf8_width(name, strlen(name), 40));
        utf8_add_clean(&line, name, strlen(name), 40);
        text_add_string(&line, " │ ");
        utf8_add_clean(&line, value ? value : "NULL", value ? run->scratch.length : 4, width);
        fprintf(file, "%s\n", text_cstr(&line));
        text_free(&line);
    }
}

static void print_plan_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    const char *plan = shown_value(run, batch, row, 1);
    while (plan && *plan) {
        struct text line = {0};
        size_t length = strcspn(plan, "\n");
        utf8_add_clean(&line, plan, length, SIZE_MAX);
        fprintf(run->printer->file, "%s\n", text_cstr(&line));
        text_free(&line);
        plan += length + (plan[length] == '\n');
    }
}

static void print_row(struct run *run, const struct ArrowArray *batch, int64_t row)
{
    switch (run->printer->mode) {
    case OUTPUT_JSON:
        print_json_row(run, batch, row);
        break;
    case OUTPUT_CSV:
        print_csv_row(run, batch, row);
        break;
    default:
        if (run->plan) {
            print_plan_row(run, batch, row);
        } else if (run->lines) {
            print_lines_row(run, batch, row);
        } else {
            print_grid_row(run, batch, row);
        }
    }
    run->rows++;
}

static inlay_status print_batch(struct run *run, const struct ArrowArray *batch, inlay_error *err)
{
    const struct printer *printer = run->printer;
    for (int64_t row = 0; row < batch->length; row++) {
        if (printer->cancelled && printer->cancelled()) {
            err->status = INLAY_CANCELLED;
            snprintf(err->message, sizeof(err->message), "interrupted after %llu rows",
                     (unsigned long long)run->rows);
            return INLAY_CANCELLED;
        }
        print_row(run, batch, row);
    }
    return INLAY_OK;
}

static inlay_status next_batch(struct run *run, struct ArrowArray *out, inlay_error *err)
{
    inlay_status status = stream_next(run->stream, out, err);
    run->ended = status != INLAY_OK || !out->release;
    if (!run->ended && run->printer->observer) {
        run->printer->observer(run->printer->observer_context, &run->schema, out);
    }
    return status;
}

static void measure_batch(struct run *run, const struct ArrowArray *batch, int64_t rows)
{
    for (int64_t row = 0; row < rows && row < batch->length; row++) {
        for (size_t i = 0; i < run->grid.count; i++) {
            const char *value = shown_value(run, batch, row, run->shown[i]);
            grid_measure(&run->grid, i, value, run->scratch.length);
        }
    }
}

static bool is_hidden(const struct printer *printer, const char *name)
{
    for (size_t i = 0; printer->hidden && printer->hidden[i]; i++) {
        if (strcmp(printer->hidden[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void begin_grid(struct run *run)
{
    size_t count = 0;
    run->shown = resize_or_exit(NULL, (size_t)run->schema.n_children, sizeof(*run->shown));
    for (int64_t i = 0; i < run->schema.n_children; i++) {
        if (!is_hidden(run->printer, column_name(&run->schema, i))) {
            run->shown[count++] = i;
        }
    }
    grid_init(&run->grid, count, run->printer->ansi);
    for (size_t i = 0; i < count; i++) {
        grid_column_set(&run->grid, i, column_name(&run->schema, run->shown[i]),
                        cell_is_number(run->schema.children[run->shown[i]]));
    }
}

/* Holds the first batches back until their rows tell the widths. */
static inlay_status prepare_table(struct run *run, inlay_error *err)
{
    int64_t rows = 0;
    begin_grid(run);
    while (rows < MEASURED_ROWS) {
        struct ArrowArray batch;
        inlay_status status = next_batch(run, &batch, err);
        if (status != INLAY_OK) {
            return status;
        }
        if (run->ended) {
            break;
        }
        run->held = resize_or_exit(run->held, run->held_count + 1, sizeof(*run->held));
        run->held[run->held_count++] = batch;
        measure_batch(run, &batch, MEASURED_ROWS - rows);
        rows += batch.length;
    }
    run->lines = run->printer->mode == OUTPUT_LINES || !grid_fit(&run->grid, run->printer->width);
    run->plan = run->grid.count == 2 && strcmp(column_name(&run->schema, 1), "explain_value") == 0;
    if (!run->lines && !run->plan) {
        grid_print_header(&run->grid, run->printer->file);
    }
    return INLAY_OK;
}

static inlay_status print_all(struct run *run, inlay_error *err)
{
    inlay_status status = stream_schema(run->stream, &run->schema, err);
    if (status == INLAY_OK && run->printer->mode <= OUTPUT_LINES) {
        status = prepare_table(run, err);
    } else if (status == INLAY_OK && run->printer->mode == OUTPUT_CSV) {
        print_csv_header(run);
    }
    for (size_t i = 0; i < run->held_count; i++) {
        if (status == INLAY_OK) {
            status = print_batch(run, &run->held[i], err);
        }
        run->held[i].release(&run->held[i]);
    }
    while (status == INLAY_OK && !run->ended) {
        struct ArrowArray batch;
        status = next_batch(run, &batch, err);
        if (run->ended) {
            break;
        }
        status = print_batch(run, &batch, err);
        batch.release(&batch);
    }
    return status;
}

inlay_status print_stream(const struct printer *printer, struct ArrowArrayStream *stream,
                          uint64_t *rows, inlay_error *err)
{
    struct run run = {.printer = printer, .stream = stream};
    inlay_status status = print_all(&run, err);
    if (status == INLAY_OK && printer->row_count && printer->mode <= OUTPUT_LINES) {
        text_clear(&run.scratch);
        text_add_count(&run.scratch, run.rows);
        fprintf(printer->file, "(%s %s)\n", text_cstr(&run.scratch),
                run.rows == 1 ? "row" : "rows");
    }
    if (rows) {
        *rows = run.rows;
    }
    if (run.schema.release) {
        run.schema.release(&run.schema);
    }
    stream->release(stream);
    free(run.held);
    free(run.shown);
    grid_free(&run.grid);
    text_free(&run.scratch);
    return status;
}

inlay_status read_stream(struct ArrowArrayStream *stream, batch_observer observer, void *context,
                         inlay_error *err)
{
    struct ArrowSchema schema = {0};
    inlay_status status = stream_schema(stream, &schema, err);
    while (status == INLAY_OK) {
        struct ArrowArray batch;
        status = stream_next(stream, &batch, err);
        if (status != INLAY_OK || !batch.release) {
            break;
        }
        observer(context, &schema, &batch);
        batch.release(&batch);
    }
    if (schema.release) {
        schema.release(&schema);
    }
    stream->release(stream);
    return status;
}
