/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of Arrow's Schema.fbs and Message.fbs that the IPC writer and reader share. */
#ifndef INLAY_COLUMNAR_IPC_FORMAT_H
#define INLAY_COLUMNAR_IPC_FORMAT_H

#define IPC_CONTINUATION 0xffffffffu
#define IPC_VERSION_V5 4
#define IPC_VERSION_V4 3

enum ipc_header { IPC_SCHEMA = 1, IPC_DICTIONARY = 2, IPC_RECORD_BATCH = 3 };

/* Fields of the tables, by number. */
enum { MESSAGE_VERSION, MESSAGE_HEADER_TYPE, MESSAGE_HEADER, MESSAGE_BODY_LENGTH };
enum { SCHEMA_ENDIANNESS, SCHEMA_FIELDS };
enum {
    FIELD_NAME,
    FIELD_NULLABLE,
    FIELD_TYPE_TYPE,
    FIELD_TYPE,
    FIELD_DICTIONARY,
    FIELD_CHILDREN,
    FIELD_COUNT
};
enum { ENCODING_ID, ENCODING_INDEX_TYPE };
enum { BATCH_LENGTH, BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION, BATCH_VARIADIC };
enum { DICTIONARY_ID, DICTIONARY_DATA, DICTIONARY_IS_DELTA };

/* The union Type. */
enum ipc_type {
    TYPE_NULL = 1,
    TYPE_INT = 2,   /* bit width, signed */
    TYPE_FLOAT = 3, /* precision: half, single, double */
    TYPE_BINARY = 4,
    TYPE_UTF8 = 5,
    TYPE_BOOL = 6,
    TYPE_DECIMAL = 7,    /* precision, scale, bit width */
    TYPE_DATE = 8,       /* unit: day, millisecond (default) */
    TYPE_TIME = 9,       /* unit (default ms), bit width */
    TYPE_TIMESTAMP = 10, /* unit, timezone */
    TYPE_LIST = 12,
    TYPE_STRUCT = 13,
    TYPE_FIXED_BINARY = 15, /* width */
    TYPE_FIXED_LIST = 16,   /* width */
    TYPE_MAP = 17,
    TYPE_DURATION = 18, /* unit (default ms) */
    TYPE_LARGE_BINARY = 19,
    TYPE_LARGE_UTF8 = 20,
    TYPE_LARGE_LIST = 21,
    TYPE_BINARY_VIEW = 23,
    TYPE_UTF8_VIEW = 24
};

#endif
