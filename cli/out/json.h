/* SPDX-License-Identifier: Apache-2.0 */
/* JSON out: strings, base64, and single objects of named figures. */
#ifndef INLAY_CLI_OUT_JSON_H
#define INLAY_CLI_OUT_JSON_H

#include "text.h"

/* A quoted string; malformed UTF-8 becomes U+FFFD, so the output is always valid JSON. */
void json_add_string(struct text *out, const char *bytes, size_t length);
void json_add_base64(struct text *out, const void *bytes, size_t length); /* quoted */

/* Members of an object: json_object_begin, members, json_object_end. */
void json_object_begin(struct text *out);
void json_object_end(struct text *out);
void json_member_name(struct text *out, const char *name); /* then add the value yourself */
void json_member_string(struct text *out, const char *name, const char *value); /* NULL = null */
void json_member_uint(struct text *out, const char *name, uint64_t value);
void json_member_int(struct text *out, const char *name, int64_t value);
void json_member_double(struct text *out, const char *name, double value);
void json_member_bool(struct text *out, const char *name, bool value);

#endif
