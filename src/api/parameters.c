/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handles.h"
#include "base/alloc.h"
#include "base/error.h"

/* The public kinds are numbered as the engine's; the struct differs only in the kind's type. */
_Static_assert((int)INLAY_PARAMETER_FLOATS == (int)SQL_PARAMETER_FLOATS, "kinds are shared");
_Static_assert((int)INLAY_PARAMETER_TIMESTAMPTZ == (int)SQL_PARAMETER_TIMESTAMPTZ, "the same");
_Static_assert((int)INLAY_PARAMETER_INT64S == (int)SQL_PARAMETER_INT64S, "kinds are shared");

/* Is its value in `bytes`? */
static bool is_bytes(int32_t kind)
{
    switch (kind) {
    case INLAY_PARAMETER_TEXT:
    case INLAY_PARAMETER_BLOB:
    case INLAY_PARAMETER_FLOATS:
    case INLAY_PARAMETER_DECIMAL:
    case INLAY_PARAMETER_ID:
    case INLAY_PARAMETER_TEXTS:
    case INLAY_PARAMETER_INT64S:
        return true;
    default:
        return false;
    }
}

inlay_status take_parameters(const inlay_parameter *parameters, size_t count,
                             struct sql_parameter **out, inlay_error *err)
{
    size_t i;
    *out = NULL;
    if (count != 0) {
        INLAY_TRY(check_argument(parameters, "the list of parameters", err));
    }
    *out = mem_zalloc_array(count, sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        struct sql_parameter *p = &(*out)[i];
        bool bytes = is_bytes(parameters[i].kind);
        if (parameters[i].kind < INLAY_PARAMETER_NULL ||
            parameters[i].kind > INLAY_PARAMETER_INT64S ||
            (bytes && parameters[i].bytes == NULL && parameters[i].length != 0)) {
            mem_free(*out);
            *out = NULL;
            return error_set(err, INLAY_INVALID_ARGUMENT, "parameter %zu has no valid %s", i + 1,
                             bytes ? "value" : "kind");
        }
        p->name = parameters[i].name;
        p->kind = (enum sql_parameter_kind)parameters[i].kind;
        p->integer = parameters[i].integer;
        p->number = parameters[i].number;
        p->bytes = bytes && parameters[i].bytes != NULL ? parameters[i].bytes : "";
        p->length = bytes ? parameters[i].length : 0;
    }
    return INLAY_OK;
}
