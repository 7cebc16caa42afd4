/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/error.h"
#include "wal/wal_document.h"
#include "wal/wal_error.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
#define SUPERFILE "12345678-9abc-4def-8123-456789abcdef"

/* The exact bytes of a delete after one of two targets, and of an update. */
static const char delete_text[] =
    "{\"wal_id\":\"0000019e7853857ab1a2c3d4e5000007\",\"schema_version\":1,\"op_kind\":\"DELETE\","
    "\"state\":\"INTENT\",\"created_at\":\"2026-05-30T10:00:00.123Z\",\"lease\":null,"
    "\"predicate_repr\":\"id < 3\",\"target_ids\":[\"0000019e000000000000000000000001\","
    "\"0000019e000000000000000000000002\"],\"new_row_count\":null,\"new_row_content_hash\":null,"
    "\"preallocated_superfile_id\":null,\"minted_id_spans\":[],\"tombstone_progress\":["
    "{\"target_id\":\"0000019e000000000000000000000001\",\"outcome\":\"TOMBSTONED\","
    "\"tombstoned_in_superfile\":\"" SUPERFILE "\"},"
    "{\"target_id\":\"0000019e000000000000000000000002\",\"outcome\":\"PENDING\","
    "\"tombstoned_in_superfile\":null}]}";
static const char update_text[] =
    "{\"wal_id\":\"0000019e7853857ab1a2c3d4e5000008\",\"schema_version\":1,\"op_kind\":\"UPDATE\","
    "\"state\":\"FAILED\",\"created_at\":\"1970-01-01T00:00:00.000Z\",\"lease\":{\"owner\":"
    "\"000000000000000000000000000000ff\",\"acquired_at\":\"1970-01-01T00:00:01.000Z\","
    "\"expires_at\":\"1970-01-01T00:01:01.000Z\"},\"predicate_repr\":\"\",\"target_ids\":[],"
    "\"new_row_count\":4,\"new_row_content_hash\":\"" HASH "\",\"preallocated_superfile_id\":"
    "\"" SUPERFILE "\",\"minted_id_spans\":[{\"first\":\"00000000000000050000000000000001\","
    "\"last\":\"00000000000000050000000000000003\"},{\"first\":"
    "\"00000000000000060000000000000000\","
    "\"last\":\"00000000000000060000000000000000\"}],\"tombstone_progress\":[],"
    "\"failure_reason\":\"column 'x' is gone\"}";

static inlay_status decode(const char *text, struct wal_document *out, inlay_error *err)
{
    inlay_error_init(err);
    return wal_document_decode(text, strlen(text), out, err);
}

static void expect_text(const struct wal_document *document, const char *expected)
{
    struct buffer bytes;
    inlay_error err;
    inlay_error_init(&err);
    buffer_init(&bytes, 1 << 20);
    assert_ok(wal_document_encode(document, &bytes, &err), err);
    buffer_u8(&bytes, 0);
    assert_string_equal((char *)bytes.data, expected);
    buffer_free(&bytes);
}

static void delete_round_trips(void **state)
{
    static const struct id128 targets[] = {{0x19e00000000, 1}, {0x19e00000000, 2}};
    struct wal_document document;
    struct wal_document again;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    wal_document_init(&document);
    document.wal_id = (struct id128){0x19e7853857a, 0xb1a2c3d4e5000007};
    document.created_at_ms = 1780135200123;
    assert_ok(wal_document_set_predicate(&document, "id < 3", &err), err);
    assert_ok(wal_document_set_targets(&document, targets, 2, &err), err);
    document.progress[0].outcome = WAL_OUTCOME_TOMBSTONED;
    memcpy(document.progress[0].superfile_id, SUPERFILE, sizeof(SUPERFILE));
    expect_text(&document, delete_text);
    assert_ok(decode(delete_text, &again, &err), err);
    assert_int_equal(again.op, WAL_OP_DELETE);
    assert_int_equal(again.state, WAL_STATE_INTENT);
    assert_true(again.created_at_ms == 1780135200123);
    assert_false(again.has_lease || again.has_new_rows);
    assert_int_equal(again.target_count, 2);
    assert_int_equal(again.progress_count, 2);
    assert_string_equal(again.progress[0].superfile_id, SUPERFILE);
    assert_string_equal(again.progress[1].superfile_id, "");
    assert_int_equal(wal_document_count_outcome(&again, WAL_OUTCOME_TOMBSTONED), 1);
    assert_int_equal(wal_document_count_outcome(&again, WAL_OUTCOME_PENDING), 1);
    assert_int_equal(wal_document_count_outcome(&again, WAL_OUTCOME_NOT_FOUND), 0);
    expect_text(&again, delete_text);
    wal_document_free(&again);
    wal_document_free(&again); /* harmless */
    wal_document_free(&document);
    wal_document_free(NULL);
}

static void update_round_trips(void **state)
{
    struct wal_document document;
    inlay_error err;
    struct id128 id;
    (void)state;
    assert_ok(decode(update_text, &document, &err), err);
    assert_int_equal(document.op, WAL_OP_UPDATE);
    assert_true(document.has_lease && document.lease.owner.lo == 0xff);
    assert_true(document.lease.acquired_at_ms == 1000 && document.lease.expires_at_ms == 61000);
    assert_int_equal(document.new_row_count, 4);
    assert_string_equal(document.new_row_hash, HASH);
    assert_string_equal(document.superfile_id, SUPERFILE);
    assert_string_equal(document.failure, "column 'x' is gone");
    assert_int_equal(document.minted_span_count, 2);
    id = wal_document_minted_id(&document, 0); /* spans are inclusive at both ends */
    assert_true(id.hi == 5 && id.lo == 1);
    id = wal_document_minted_id(&document, 2);
    assert_true(id.hi == 5 && id.lo == 3);
    id = wal_document_minted_id(&document, 3);
    assert_true(id.hi == 6 && id.lo == 0);
    expect_text(&document, update_text);
    wal_document_free(&document);
}

/* Replaces the first `from` of `text` by `to`; free the result. */
static char *edited(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *result = NULL;
    assert_non_null(at);
    assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) > 0);
    return result;
}

struct edit {
    const char *text;
    const char *from;
    const char *to;
    enum wal_error_code code; /* NONE: accepted */
};

static void documents_are_checked(void **state)
{
    static const struct edit edits[] = {
        {delete_text, "{\"wal_id\"", "{\"later_key\":{\"x\":[1]},\"wal_id\"", WAL_ERROR_NONE},
        {delete_text, "\"lease\":null,", "", WAL_ERROR_NONE},
        {delete_text, "\"new_row_count\":null,", "", WAL_ERROR_NONE},
        {delete_text, "\"minted_id_spans\":[],", "", WAL_ERROR_NONE},
        {delete_text, ",\"tombstoned_in_superfile\":null", "", WAL_ERROR_NONE},
        {delete_text, "00:00.123Z", "00:00.123456789Z", WAL_ERROR_NONE},
        {delete_text, "b1a2c3d4e5", "B1A2C3D4E5", WAL_ERROR_NONE},
        {update_text, "UPDATE", "UPSERT", WAL_ERROR_NONE},
        /* Required members. */
        {delete_text, "\"wal_id\":", "\"w\":", WAL_ERROR_JSON},
        {delete_text, "\"schema_version\":1,", "", WAL_ERROR_JSON},
        {delete_text, "\"op_kind\":", "\"o\":", WAL_ERROR_JSON},
        {delete_text, "\"state\":", "\"s\":", WAL_ERROR_JSON},
        {delete_text, "\"created_at\":", "\"c\":", WAL_ERROR_JSON},
        {delete_text, "\"predicate_repr\":", "\"p\":", WAL_ERROR_JSON},
        {delete_text, "\"target_ids\":", "\"t\":", WAL_ERROR_JSON},
        {delete_text, "\"tombstone_progress\":", "\"t\":", WAL_ERROR_JSON},
        {delete_text, "\"outcome\":", "\"o\":", WAL_ERROR_JSON},
        {update_text, "\"owner\":", "\"o\":", WAL_ERROR_JSON},
        {update_text, "\"new_row_count\":4,", "", WAL_ERROR_JSON},
        {update_text, "\"new_row_content_hash\":\"" HASH "\",", "", WAL_ERROR_JSON},
        {update_text, "\"preallocated_superfile_id\":\"" SUPERFILE "\",", "", WAL_ERROR_JSON},
        /* Bad values. */
        {delete_text, "DELETE", "TRUNCATE", WAL_ERROR_JSON},
        {delete_text, "INTENT", "intent", WAL_ERROR_JSON},
        {delete_text, "PENDING", "LOST", WAL_ERROR_JSON},
        {delete_text, "e5000007", "e500000x", WAL_ERROR_JSON},
        {delete_text, "e5000007", "e500000", WAL_ERROR_JSON},
        {delete_text, "10:00:00.123Z", "10:00:00.123", WAL_ERROR_JSON},
        {delete_text, SUPERFILE, "12345678-9abc-4def-8123-456789ABCDEF", WAL_ERROR_JSON},
        {delete_text, "\"target_ids\":[", "\"target_ids\":[7,", WAL_ERROR_JSON},
        {delete_text, "\"schema_version\":1", "\"schema_version\":0", WAL_ERROR_JSON},
        {delete_text, "\"schema_version\":1", "\"schema_version\":\"1\"", WAL_ERROR_JSON},
        {delete_text, "]}", "]", WAL_ERROR_JSON},
        {delete_text, "]}", "]}x", WAL_ERROR_JSON},
        {update_text, "\"new_row_count\":4", "\"new_row_count\":4294967296", WAL_ERROR_JSON},
        {update_text, "\"new_row_count\":4", "\"new_row_count\":-1", WAL_ERROR_JSON},
        {update_text, HASH, "af13", WAL_ERROR_JSON},
        {delete_text, "\"schema_version\":1", "\"schema_version\":2", WAL_ERROR_DOCUMENT_VERSION},
        /* Contradictions. */
        {update_text, "UPDATE", "DELETE", WAL_ERROR_DOCUMENT},
        {delete_text, "DELETE", "UPDATE", WAL_ERROR_DOCUMENT},
        {delete_text, "INTENT", "APPENDED", WAL_ERROR_DOCUMENT},
        {update_text, "FAILED", "COMPLETE", WAL_ERROR_DOCUMENT},
        {update_text, "00:01:01.000Z", "00:00:00.999Z", WAL_ERROR_DOCUMENT},
        {update_text, "\"new_row_count\":4", "\"new_row_count\":3", WAL_ERROR_DOCUMENT},
        {update_text, "0000000000000003", "0000000000000000", WAL_ERROR_DOCUMENT},
        {update_text, "0000000600000000", "0000000500000000", WAL_ERROR_DOCUMENT},
        {update_text, "0000000000000003", "0000ffff00000003", WAL_ERROR_DOCUMENT},
        {delete_text, "TOMBSTONED", "NOTFOUND", WAL_ERROR_DOCUMENT},
        {delete_text, "PENDING", "TOMBSTONED", WAL_ERROR_DOCUMENT},
        {delete_text, "{\"target_id\":\"0000019e000000000000000000000001\"",
         "{\"target_id\":\"0000019e000000000000000000000003\"", WAL_ERROR_DOCUMENT},
        {delete_text, "{\"target_id\":\"0000019e000000000000000000000001\"",
         "{\"target_id\":\"0000019e000000000000000000000002\"", WAL_ERROR_DOCUMENT},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        char *text = edited(edits[i].text, edits[i].from, edits[i].to);
        struct wal_document document;
        inlay_error err;
        inlay_status status = decode(text, &document, &err);
        if ((status == INLAY_OK) != (edits[i].code == WAL_ERROR_NONE) ||
            (status != INLAY_OK && !wal_error_is(&err, edits[i].code))) {
            fail_msg("edit %zu '%s' -> '%s': %s, code %s: %s", i, edits[i].from, edits[i].to,
                     inlay_status_name(status), wal_error_name((enum wal_error_code)err.sub_code),
                     err.message);
        }
        if (edits[i].code == WAL_ERROR_DOCUMENT_VERSION) {
            assert_int_equal(status, INLAY_UNSUPPORTED);
            assert_string_equal(err.found, "2");
        } else if (status != INLAY_OK) {
            assert_int_equal(status, INLAY_CORRUPT);
            assert_null(document.target_ids); /* empty on failure */
        }
        wal_document_free(&document);
        free(text);
    }
}

static void contradictions_are_not_written(void **state)
{
    struct wal_document document;
    struct buffer bytes;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&bytes, 1000);
    wal_document_init(&document);
    document.op = WAL_OP_UPDATE;
    assert_status(wal_document_encode(&document, &bytes, &err), INLAY_CORRUPT);
    assert_true(wal_error_is(&err, WAL_ERROR_DOCUMENT));
    assert_status(wal_document_set_new_rows(&document, 0, "short", SUPERFILE, NULL, 0, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(wal_document_set_new_rows(&document, 0, HASH, "short", NULL, 0, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_ok(wal_document_set_new_rows(&document, 0, HASH, SUPERFILE, NULL, 0, &err), err);
    assert_ok(wal_document_encode(&document, &bytes, &err), err);
    buffer_free(&bytes);
    wal_document_free(&document);
}

static void every_truncation_and_mutation_is_survived(void **state)
{
    struct test_random random = test_random_init(11);
    size_t size = sizeof(update_text) - 1;
    char *text = malloc(size);
    size_t i;
    (void)state;
    for (i = 0; i < size; i++) {
        char *exact = malloc(i != 0 ? i : 1);
        struct wal_document document;
        memcpy(exact, update_text, i);
        assert_int_not_equal(wal_document_decode(exact, i, &document, NULL), INLAY_OK);
        free(exact);
    }
    for (i = 0; i < 3000; i++) {
        struct wal_document document;
        inlay_error err;
        inlay_error_init(&err);
        memcpy(text, update_text, size);
        text[test_random_below(&random, size)] = (char)test_random_next(&random);
        if (wal_document_decode(text, size, &document, &err) != INLAY_OK) {
            assert_int_not_equal(err.sub_code, 0);
        }
        wal_document_free(&document);
    }
    free(text);
}

static void texts_of_ids(void **state)
{
    (void)state;
    assert_true(wal_is_superfile_id(SUPERFILE, 36));
    assert_false(wal_is_superfile_id(SUPERFILE, 35));
    assert_false(wal_is_superfile_id("12345678-9abc-4def-8123-456789abcdeF", 36));
    assert_false(wal_is_superfile_id("12345678-9abc-4def-8123/456789abcdef", 36));
    assert_false(wal_is_superfile_id("../../../../../../../../../../../etc", 36));
}

static inlay_status round_trip(void *context, inlay_error *err)
{
    struct wal_document document;
    struct buffer bytes;
    inlay_status status = wal_document_decode(context, strlen(context), &document, err);
    buffer_init(&bytes, 1 << 20);
    if (status == INLAY_OK) {
        status = wal_document_encode(&document, &bytes, err);
    }
    buffer_free(&bytes);
    wal_document_free(&document);
    return status;
}

static void allocation_failure(void **state)
{
    static char text[sizeof(delete_text)];
    (void)state;
    memcpy(text, delete_text, sizeof(text));
    assert_true(alloc_fault_sweep(round_trip, text) >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delete_round_trips),
        cmocka_unit_test(update_round_trips),
        cmocka_unit_test(documents_are_checked),
        cmocka_unit_test(contradictions_are_not_written),
        cmocka_unit_test(every_truncation_and_mutation_is_survived),
        cmocka_unit_test(texts_of_ids),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
