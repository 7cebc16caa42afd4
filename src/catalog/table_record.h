/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table's record in the catalog: where it is, its schema, its indexes, its settings. JSON, see
 * docs/format/catalog.md. Plain data; a filled record owns everything in it.
 */
#ifndef INLAY_CATALOG_TABLE_RECORD_H
#define INLAY_CATALOG_TABLE_RECORD_H

#include "base/buffer.h"
#include "columnar/schema.h"
#include "text/analyzer.h"
#include "vector/format/code.h"

#define TABLE_NAME_MAX 200 /* leaves room in a file name for the location and for staging */
#define ID_COLUMN "_id"

struct text_index_spec {
    char *column;                    /* owned */
    struct analyzer_config analyzer; /* stop_words and their array are owned by the record */
    bool positions;
    double k1;
    double b;
};

struct vector_index_spec {
    char *column; /* owned */
    enum vector_metric metric;
    uint32_t code_bits; /* of a code, per element: 4 or 8 */
    uint32_t cell_rows; /* wanted rows per cell; 0 = as the writer chooses */
};

struct table_setting {
    char *key;   /* owned */
    char *value; /* owned */
};

struct table_record {
    char *name;     /* owned */
    char *location; /* owned; in the connection's provider */
    int64_t created_at_ms;
    struct schema schema;                 /* without the _id column */
    struct text_index_spec *text_indexes; /* owned */
    size_t text_index_count;
    struct vector_index_spec *vector_indexes; /* owned */
    size_t vector_index_count;
    struct table_setting *settings; /* owned */
    size_t setting_count;
};

void table_record_init(struct table_record *record);
void table_record_free(struct table_record *record); /* NULL-safe; what it owns, not the struct */

/* Adds an index with the standard analyzer, positions, k1 1.2 and b 0.75; the pointer stays valid
 * until the next call. NULL: no memory. */
struct text_index_spec *table_record_add_text_index(struct table_record *record,
                                                    const char *column);
/* Adds a cosine index with codes of 4 bits; the rest as above. */
struct vector_index_spec *table_record_add_vector_index(struct table_record *record,
                                                        const char *column);
/* Copies one word into the index's analyzer configuration. */
inlay_status text_index_add_stop_word(struct text_index_spec *index, const char *word,
                                      inlay_error *err);
inlay_status table_record_add_setting(struct table_record *record, const char *key,
                                      const char *value, inlay_error *err);
const char *table_record_setting(const struct table_record *record, const char *key); /* or NULL */

/* [A-Za-z0-9_-]+, at most TABLE_NAME_MAX bytes, not starting with an underscore. */
inlay_status table_name_check(const char *name, inlay_error *err);
/* "cosine", "l2", "inner_product"; the number as stored in files. */
const char *vector_metric_name(enum vector_metric metric);
inlay_status vector_metric_parse(const char *name, enum vector_metric *out, inlay_error *err);
/* Schema and indexes make sense together: INLAY_SCHEMA names the column. */
inlay_status table_record_check(const struct table_record *record, inlay_error *err);

inlay_status table_record_encode(const struct table_record *record, struct buffer *out,
                                 inlay_error *err);
/* Untrusted bytes. */
inlay_status table_record_decode(const void *data, size_t size, struct table_record *out,
                                 inlay_error *err);

#endif
