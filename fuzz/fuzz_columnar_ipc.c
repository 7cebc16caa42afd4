/* SPDX-License-Identifier: Apache-2.0 */
/* The Arrow IPC stream reader on any bytes; what it accepts is read, and must write again. */
#include "base/buffer.h"
#include "base/byte_sink.h"
#include "columnar/array.h"
#include "columnar/ipc_reader.h"
#include "columnar/ipc_writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ipc_reader *reader;
    struct ipc_writer writer;
    struct buffer out;
    struct byte_sink sink;
    inlay_error err;
    inlay_error_init(&err);
    if (ipc_reader_open(data, size, &reader, &err) != INLAY_OK) {
        return 0;
    }
    buffer_init(&out, (size_t)1 << 26);
    byte_sink_to_buffer(&sink, &out);
    if (ipc_writer_begin(&writer, ipc_reader_schema(reader), &sink, &err) != INLAY_OK) {
        __builtin_trap(); /* every schema that can be read can be written */
    }
    for (;;) {
        struct ArrowArray array;
        inlay_status status;
        if (ipc_reader_next(reader, &array, &err) != INLAY_OK || array.release == NULL) {
            break;
        }
        status = ipc_writer_batch(&writer, &array, &err);
        array_release(&array);
        if (status != INLAY_OK && status != INLAY_OVER_BUDGET) {
            __builtin_trap();
        }
    }
    buffer_free(&out);
    ipc_reader_close(reader);
    return 0;
}
