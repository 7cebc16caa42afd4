/* SPDX-License-Identifier: Apache-2.0 */
/* The least program that uses an installed inlay: the header, the library, its SQL engine. Also
 * compiled as C++. */
#include <inlay/inlay.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    inlay_connection *connection = NULL;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    inlay_error err;
    int ok;
    inlay_error_init(&err);
    if (strcmp(inlay_version(), INLAY_VERSION) != 0 ||
        inlay_connect("memory://", NULL, &connection, &err) != INLAY_OK ||
        inlay_query_sql(connection, "SELECT 40 + 2 AS answer", NULL, 0, NULL, &stream, NULL,
                        &err) != INLAY_OK) {
        (void)fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    ok = stream.get_next(&stream, &array) == 0 && array.release != NULL && array.length == 1 &&
         ((const int32_t *)array.children[0]->buffers[1])[0] == 42;
    if (array.release != NULL) {
        array.release(&array);
    }
    stream.release(&stream);
    inlay_close(connection);
    (void)puts(ok ? "42" : "wrong");
    return ok ? 0 : 1;
}
