/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/array.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

#include <string.h>

#define OWNED_MAX 3

/* The private data of every array of ours; the buffer list stands behind it in the same block. */
struct array_node {
    struct colvec_owner *owner;
    void *owned[OWNED_MAX];
    int owned_count;
    const void *buffers[];
};

void array_release(struct ArrowArray *array)
{
    if (array != NULL && array->release != NULL) {
        array->release(array);
    }
}

void array_move(struct ArrowArray *from, struct ArrowArray *to)
{
    *to = *from;
    memset(from, 0, sizeof(*from));
}

static void release_node(struct ArrowArray *array)
{
    struct array_node *node = array->private_data;
    int64_t i;
    int n;
    for (i = 0; i < array->n_children; i++) {
        array_release(array->children[i]);
        mem_free(array->children[i]);
    }
    mem_free(array->children);
    array_release(array->dictionary);
    mem_free(array->dictionary);
    for (n = 0; n < node->owned_count; n++) {
        mem_free(node->owned[n]);
    }
    colvec_owner_release(node->owner);
    mem_free(node);
    memset(array, 0, sizeof(*array));
}

/* True when no node of the tree owns a buffer by itself. */
static bool is_shared(const struct ArrowArray *array)
{
    const struct array_node *node = array->private_data;
    int64_t i;
    if (array->release != release_node || node->owner == NULL || node->owned_count != 0) {
        return false;
    }
    for (i = 0; i < array->n_children; i++) {
        if (!is_shared(array->children[i])) {
            return false;
        }
    }
    return array->dictionary == NULL || is_shared(array->dictionary);
}

static inlay_status new_children(struct ArrowArray *out, int64_t count)
{
    out->children = mem_zalloc_array((size_t)count, sizeof(struct ArrowArray *));
    if (out->children == NULL) {
        return INLAY_NO_MEMORY;
    }
    for (; out->n_children < count; out->n_children++) {
        struct ArrowArray *child = mem_zalloc(sizeof(*child));
        if (child == NULL) {
            return INLAY_NO_MEMORY;
        }
        out->children[out->n_children] = child;
    }
    return INLAY_OK;
}

inlay_status array_new(struct ArrowArray *out, int64_t buffer_count, int64_t child_count,
                       bool dictionary, struct colvec_owner *owner, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    struct array_node *node = NULL;
    size_t size;
    memset(out, 0, sizeof(*out));
    if (size_mul((size_t)buffer_count, sizeof(void *), &size) &&
        size_add(size, sizeof(*node), &size)) {
        node = mem_zalloc(size);
    }
    if (node == NULL) {
        return error_no_memory(err);
    }
    node->owner = owner != NULL ? colvec_owner_retain(owner) : NULL;
    out->release = release_node;
    out->private_data = node;
    out->n_buffers = buffer_count;
    out->buffers = node->buffers;
    if (child_count > 0) {
        status = new_children(out, child_count);
    }
    if (status == INLAY_OK && dictionary) {
        out->dictionary = mem_zalloc(sizeof(*out->dictionary));
        status = out->dictionary != NULL ? INLAY_OK : INLAY_NO_MEMORY;
    }
    if (status != INLAY_OK) {
        release_node(out);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

void array_own_buffer(struct ArrowArray *array, int64_t index, void *memory)
{
    struct array_node *node = array->private_data;
    node->buffers[index] = memory;
    node->owned[node->owned_count++] = memory;
}

void array_borrow_buffer(struct ArrowArray *array, int64_t index, const void *memory)
{
    struct array_node *node = array->private_data;
    node->buffers[index] = memory;
}

/* A tree of nodes of ours over the buffers of `from`, all kept alive by `owner`. */
static inlay_status mirror(const struct ArrowArray *from, struct colvec_owner *owner,
                           struct ArrowArray *out, inlay_error *err)
{
    inlay_status status;
    int64_t i;
    INLAY_TRY(
        array_new(out, from->n_buffers, from->n_children, from->dictionary != NULL, owner, err));
    out->length = from->length;
    out->offset = from->offset;
    out->null_count = from->null_count;
    for (i = 0; i < from->n_buffers; i++) {
        array_borrow_buffer(out, i, from->buffers[i]);
    }
    for (i = 0; i < from->n_children; i++) {
        INLAY_TRY_GOTO(status, mirror(from->children[i], owner, out->children[i], err), failed);
    }
    if (from->dictionary != NULL) {
        INLAY_TRY_GOTO(status, mirror(from->dictionary, owner, out->dictionary, err), failed);
    }
    return INLAY_OK;
failed:
    array_release(out);
    return status;
}

/* The owner that array_share makes: holds the original array. */
struct shared_root {
    struct colvec_owner owner;
    struct ArrowArray array;
};

static void destroy_shared_root(struct colvec_owner *owner)
{
    struct shared_root *root = (struct shared_root *)(void *)owner;
    array_release(&root->array);
    mem_free(root);
}

inlay_status array_share(struct ArrowArray *array, inlay_error *err)
{
    struct shared_root *root;
    struct ArrowArray copy;
    inlay_status status;
    if (is_shared(array)) {
        return INLAY_OK;
    }
    root = mem_zalloc(sizeof(*root));
    if (root == NULL) {
        return error_no_memory(err);
    }
    colvec_owner_init(&root->owner, destroy_shared_root);
    status = mirror(array, &root->owner, &copy, err);
    if (status == INLAY_OK) {
        array_move(array, &root->array);
        *array = copy;
    }
    colvec_owner_release(&root->owner);
    return status;
}

/* Every node keeps its own owner: columns of one batch may come from different places. */
static inlay_status clone_shared(const struct ArrowArray *from, struct ArrowArray *out,
                                 inlay_error *err)
{
    const struct array_node *node = from->private_data;
    inlay_status status;
    int64_t i;
    if (from->release != release_node || node->owned_count != 0) {
        return error_set(err, INLAY_INTERNAL, "an Arrow array that is not shared cannot be sliced");
    }
    INLAY_TRY(array_new(out, from->n_buffers, from->n_children, from->dictionary != NULL,
                        node->owner, err));
    out->length = from->length;
    out->offset = from->offset;
    out->null_count = from->null_count;
    for (i = 0; i < from->n_buffers; i++) {
        array_borrow_buffer(out, i, from->buffers[i]);
    }
    for (i = 0; i < from->n_children; i++) {
        INLAY_TRY_GOTO(status, clone_shared(from->children[i], out->children[i], err), failed);
    }
    if (from->dictionary != NULL) {
        INLAY_TRY_GOTO(status, clone_shared(from->dictionary, out->dictionary, err), failed);
    }
    return INLAY_OK;
failed:
    array_release(out);
    return status;
}

inlay_status array_slice(const struct ArrowArray *shared, int64_t offset, int64_t length,
                         struct ArrowArray *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    if (offset < 0 || length < 0 || offset > shared->length || length > shared->length - offset) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "rows %lld to %lld are outside an array of %lld rows", (long long)offset,
                         (long long)offset + (long long)length, (long long)shared->length);
    }
    INLAY_TRY(clone_shared(shared, out, err));
    out->offset += offset;
    if (length != shared->length && out->null_count != 0) {
        out->null_count = -1;
    }
    out->length = length;
    return INLAY_OK;
}
