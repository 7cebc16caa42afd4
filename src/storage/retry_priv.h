/* SPDX-License-Identifier: Apache-2.0 */
/* What became of a write whose response was lost: shared by the files of the retry decorator. */
#ifndef INLAY_STORAGE_RETRY_PRIV_H
#define INLAY_STORAGE_RETRY_PRIV_H

#include "storage/decorator.h"

enum landing {
    LANDING_OURS,    /* the stored object is what we sent; its token is in call->etag */
    LANDING_NOT,     /* nothing of ours is there: send again */
    LANDING_FOREIGN, /* the object is somebody else's */
    LANDING_UNKNOWN  /* the store does not answer that either */
};

/* The operations that this concerns. */
bool landing_matters(const struct provider_call *call);
/* Looks at the store; one or two requests, for uploads one more per part. */
enum landing landing_find(struct provider *inner, struct provider_call *call);

/* What an upload has sent so far, kept so that its completion can be recognised. */
inlay_status landing_upload_begin(struct provider_call *call, inlay_error *err);
void landing_upload_part(struct provider_call *call);
void landing_upload_free(void *state); /* NULL-safe */

#endif
