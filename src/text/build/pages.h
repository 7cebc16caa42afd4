/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of large tables that are touched at random: on huge pages where the system gives them, for
 * fewer page faults and address translations. Thread-safe. */
#ifndef INLAY_TEXT_BUILD_PAGES_H
#define INLAY_TEXT_BUILD_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#define PAGES_HUGE ((size_t)2 << 20) /* less than this is ordinary memory */

/* NULL: no memory. Free with pages_free. */
void *pages_alloc(size_t size);
void *pages_zalloc(size_t size);
void pages_free(void *memory); /* NULL-safe */

/* Like mem_grow for memory of pages_alloc; keeps the first `used` items. */
bool pages_grow(void **items, size_t *capacity, size_t used, size_t needed, size_t item_size);

#endif
