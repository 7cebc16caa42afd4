/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/value_counts.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/typed_table_priv.h"

#include <string.h>

/* ---- the values ---- */

static inlay_status add_superfile_values(struct superfile *file, size_t column,
                                         struct text_values *values, bool *known, inlay_error *err)
{
    struct parquet_reader *reader = superfile_parquet(file);
    size_t group;
    for (group = 0; group < parquet_reader_row_groups(reader) && *known; group++) {
        struct colvec dictionary;
        inlay_status status;
        INLAY_TRY(parquet_reader_dictionary(reader, group, column, TEXT_VALUES_MAX, &dictionary,
                                            known, err));
        status = *known ? text_values_add(values, &dictionary, known, err) : INLAY_OK;
        colvec_release(&dictionary);
        INLAY_TRY(status);
    }
    return INLAY_OK;
}

inlay_status table_view_text_values(struct table_view *view, size_t column,
                                    struct text_values **out, inlay_error *err)
{
    struct text_values *values = mem_zalloc(sizeof(*values));
    inlay_status status = INLAY_OK;
    bool known = true;
    size_t i;
    *out = NULL;
    if (values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->list.count && known && status == INLAY_OK; i++) {
        struct superfile *file = NULL;
        status = table_view_superfile(view, i, &file, err);
        if (status == INLAY_OK) {
            status = add_superfile_values(file, column, values, &known, err);
        }
        superfile_release(file);
    }
    if (status == INLAY_OK && known) {
        *out = values;
        return INLAY_OK;
    }
    text_values_free(values);
    return status;
}

inlay_status table_view_repeats(struct table_view *view, size_t column, uint64_t share, bool *out,
                                inlay_error *err)
{
    struct superfile *file = NULL;
    struct parquet_reader *reader;
    struct colvec dictionary;
    inlay_status status = INLAY_OK;
    *out = false;
    if (view->list.count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(table_view_superfile(view, 0, &file, err));
    reader = superfile_parquet(file);
    if (parquet_reader_row_groups(reader) != 0) {
        const uint64_t rows = parquet_reader_first_row(reader, 1);
        status = parquet_reader_dictionary(reader, 0, column, rows / share, &dictionary, out, err);
        colvec_release(&dictionary);
    }
    superfile_release(file);
    return status;
}

/* ---- counting ---- */

/* How often each code of one dictionary came. */
struct tally {
    struct value_counts *counts;
    const struct colvec *dictionary;
    struct colvec_owner *owner; /* keeps another dictionary from taking its place in memory */
    uint64_t *codes;            /* owned; per code */
    size_t capacity;
};

static inlay_status add_value(const struct tally *tally, const struct colvec *vector,
                              const struct colvec_string *value, uint64_t rows, inlay_error *err)
{
    const size_t at = text_values_find(tally->counts->values, value);
    if (at == SIZE_MAX) {
        error_set(err, INLAY_CORRUPT,
                  "column \"%s\" has a value that its files' dictionaries do not have",
                  vector->field->name);
        error_key(err, vector->field->name);
        return INLAY_CORRUPT;
    }
    tally->counts->rows[at] += rows;
    return INLAY_OK;
}

static void forget(struct tally *tally)
{
    colvec_owner_release(tally->owner);
    tally->owner = NULL;
    tally->dictionary = NULL;
}

/* Gives what was counted to the values, and forgets the dictionary. */
static inlay_status settle(struct tally *tally, inlay_error *err)
{
    const struct colvec *dictionary = tally->dictionary;
    const struct colvec_string *strings = dictionary != NULL ? dictionary->values : NULL;
    inlay_status status = INLAY_OK;
    uint64_t i;
    for (i = 0; strings != NULL && i < dictionary->count && status == INLAY_OK; i++) {
        if (tally->codes[i] != 0) {
            status = add_value(tally, dictionary, &strings[i], tally->codes[i], err);
        }
    }
    forget(tally);
    return status;
}

static inlay_status take_dictionary(struct tally *tally, const struct colvec *vector,
                                    inlay_error *err)
{
    void *codes = tally->codes;
    if (tally->dictionary == vector->dictionary && tally->owner != NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(settle(tally, err));
    if (!mem_grow(&codes, &tally->capacity, (size_t)vector->dictionary->count + 1,
                  sizeof(*tally->codes))) {
        return error_no_memory(err);
    }
    tally->codes = codes;
    memset(tally->codes, 0, ((size_t)vector->dictionary->count + 1) * sizeof(*tally->codes));
    tally->dictionary = vector->dictionary;
    tally->owner = vector->owner != NULL ? colvec_owner_retain(vector->owner) : NULL;
    return INLAY_OK;
}

static inlay_status count_vector(struct tally *tally, const struct colvec *vector, inlay_error *err)
{
    const struct colvec_string *strings = vector->values;
    uint64_t row;
    tally->counts->nulls += vector->null_count;
    if (vector->form == COLVEC_DICTIONARY) {
        INLAY_TRY(take_dictionary(tally, vector, err));
        for (row = 0; row < vector->count; row++) {
            if (vector->null_count == 0 || colvec_valid(vector, row)) {
                tally->codes[vector->codes[row]]++;
            }
        }
        return tally->owner != NULL ? INLAY_OK : settle(tally, err);
    }
    for (row = 0; row < vector->count; row++) {
        if (colvec_valid(vector, row)) {
            INLAY_TRY(add_value(tally, vector, &strings[row], 1, err));
        }
    }
    return INLAY_OK;
}

static inlay_status count_superfile(struct tally *tally, struct superfile *file, size_t column,
                                    const struct cancel_token *cancel, inlay_error *err)
{
    const uint32_t columns[] = {(uint32_t)column};
    const struct parquet_scan_options options = {.columns = columns, .column_count = 1};
    struct parquet_batch batch;
    struct parquet_scan *scan;
    inlay_status status;
    memset(&batch, 0, sizeof(batch));
    INLAY_TRY(parquet_scan_open(superfile_parquet(file), &options, &scan, err));
    do {
        status = cancel_check(cancel, err);
        if (status == INLAY_OK) {
            status = parquet_scan_next(scan, &batch, err);
        }
        if (status == INLAY_OK && batch.row_count != 0) {
            status = count_vector(tally, &batch.columns[0], err);
        }
        if (batch.row_count == 0) {
            break;
        }
        parquet_batch_release(&batch);
    } while (status == INLAY_OK);
    parquet_batch_release(&batch);
    parquet_scan_close(scan);
    return status;
}

static inlay_status count_view(struct table_view *view, size_t column, struct value_counts *counts,
                               const struct cancel_token *cancel, inlay_error *err)
{
    struct tally tally = {.counts = counts};
    inlay_status status = INLAY_OK;
    size_t i;
    counts->rows = mem_zalloc_array(counts->values->count + 1, sizeof(*counts->rows));
    if (counts->rows == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->list.count && status == INLAY_OK; i++) {
        struct superfile *file = NULL;
        status = table_view_superfile(view, i, &file, err);
        if (status == INLAY_OK) {
            status = count_superfile(&tally, file, column, cancel, err);
        }
        if (status == INLAY_OK) {
            status = settle(&tally, err);
        }
        superfile_release(file);
    }
    forget(&tally);
    mem_free(tally.codes);
    return status;
}

static inlay_status make_counts(struct table_view *view, size_t column,
                                const struct cancel_token *cancel, struct value_counts **out,
                                inlay_error *err)
{
    struct value_counts *counts = mem_zalloc(sizeof(*counts));
    inlay_status status;
    *out = NULL;
    if (counts == NULL) {
        return error_no_memory(err);
    }
    status = table_view_text_values(view, column, &counts->values, err);
    if (status == INLAY_OK && counts->values != NULL) {
        status = count_view(view, column, counts, cancel, err);
    }
    if (status != INLAY_OK || counts->values == NULL) {
        value_counts_free(counts);
        return status;
    }
    *out = counts;
    return INLAY_OK;
}

inlay_status table_view_value_counts(struct table_view *view, size_t column, bool make,
                                     const struct cancel_token *cancel,
                                     const struct value_counts **out, inlay_error *err)
{
    _Atomic(struct value_counts *) *place = &view->core->counts[column];
    struct value_counts *counts = atomic_load_explicit(place, memory_order_acquire);
    *out = NULL;
    if (counts == NULL && make) {
        struct value_counts *made;
        INLAY_TRY(make_counts(view, column, cancel, &made, err));
        /* Two threads may have made the same: the first one's are kept. What cannot be known now
         * may be known when the column has become resident. */
        if (made != NULL && atomic_compare_exchange_strong_explicit(
                                place, &counts, made, memory_order_acq_rel, memory_order_acquire)) {
            counts = made;
        } else {
            value_counts_free(made);
        }
    }
    *out = counts;
    return INLAY_OK;
}

void value_counts_free(struct value_counts *counts)
{
    if (counts != NULL) {
        text_values_free(counts->values);
        mem_free(counts->rows);
        mem_free(counts);
    }
}
