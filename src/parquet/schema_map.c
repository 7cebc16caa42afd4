/* SPDX-License-Identifier: Apache-2.0 */
/* The part of the schema map that both directions share: levels, refinement, freeing. */
#include "parquet/schema_map_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

static bool is_list(const struct field *field)
{
    return field->type == COLUMN_LIST || field->type == COLUMN_LARGE_LIST ||
           field->type == COLUMN_FIXED_LIST;
}

/* Position of the walk over the column trees. */
struct link_walk {
    struct schema_map *map;
    size_t column;
    size_t next_leaf;
};

static inlay_status link_node(struct link_walk *walk, const struct field *field,
                              uint16_t definition, uint16_t repetition, struct schema_node *node,
                              inlay_error *err)
{
    size_t i;
    node->field = field;
    node->first_leaf = walk->next_leaf;
    node->parent_definition = definition;
    node->definition = (uint16_t)(definition + (field->nullable ? 1 : 0));
    node->item_definition = node->definition;
    node->item_repetition = repetition;
    if (is_list(field)) {
        node->item_definition++;
        node->item_repetition++;
    }
    if (field->child_count == 0) {
        struct schema_leaf *leaf = &walk->map->leaves[walk->next_leaf++];
        leaf->field = field;
        leaf->column = walk->column;
        leaf->max_definition = node->definition;
        leaf->max_repetition = repetition;
    } else {
        node->children = mem_zalloc_array(field->child_count, sizeof(*node->children));
        if (node->children == NULL) {
            return error_no_memory(err);
        }
        node->child_count = field->child_count;
    }
    for (i = 0; i < field->child_count; i++) {
        INLAY_TRY(link_node(walk, &field->children[i], node->item_definition, node->item_repetition,
                            &node->children[i], err));
    }
    node->leaf_count = walk->next_leaf - node->first_leaf;
    return INLAY_OK;
}

inlay_status schema_map_link(struct schema_map *map, inlay_error *err)
{
    struct link_walk walk = {map, 0, 0};
    map->nodes = mem_zalloc_array(map->schema.count, sizeof(*map->nodes));
    if (map->nodes == NULL) {
        return error_no_memory(err);
    }
    for (; walk.column < map->schema.count; walk.column++) {
        INLAY_TRY(link_node(&walk, &map->schema.fields[walk.column], 0, 0, &map->nodes[walk.column],
                            err));
    }
    return INLAY_OK;
}

static void free_nodes(struct schema_node *nodes, size_t count)
{
    size_t i;
    for (i = 0; nodes != NULL && i < count; i++) {
        free_nodes(nodes[i].children, nodes[i].child_count);
    }
    mem_free(nodes);
}

void schema_map_free(struct schema_map *map)
{
    if (map != NULL) {
        free_nodes(map->nodes, map->schema.count);
        mem_free(map->leaves);
        mem_free(map->elements);
        schema_free(&map->schema);
        memset(map, 0, sizeof(*map));
    }
}

/* ---- refinement ---- */

static bool same_shape(const struct field *stored, const struct field *original)
{
    return stored->child_count == original->child_count &&
           (is_list(stored)                 ? is_list(original)
            : stored->type == COLUMN_STRUCT ? original->type == COLUMN_STRUCT
                                            : original->child_count == 0);
}

/* May a value stored as `stored` be shown as `original`? The pairs are those that our writer and
 * Arrow's make. */
static bool leaf_fits(const struct field *stored, const struct field *original)
{
    switch (original->type) {
    case COLUMN_LARGE_UTF8:
        return stored->type == COLUMN_UTF8;
    case COLUMN_LARGE_BINARY:
        return stored->type == COLUMN_BINARY;
    case COLUMN_DATE64:
        return stored->type == COLUMN_DATE32;
    case COLUMN_DURATION:
        return stored->type == COLUMN_INT64;
    case COLUMN_TIME32:
        return stored->type == COLUMN_TIME32 &&
               (original->unit == stored->unit || original->unit == UNIT_SECOND);
    case COLUMN_TIMESTAMP:
        return stored->type == COLUMN_TIMESTAMP &&
               (stored->timezone == NULL) == (original->timezone == NULL) &&
               (original->unit == stored->unit ||
                (original->unit == UNIT_SECOND && stored->unit == UNIT_MILLI));
    default:
        /* The same type: only the preference for a dictionary can be new. */
        return original->type == stored->type && original->unit == stored->unit &&
               original->width == stored->width && original->precision == stored->precision &&
               original->scale == stored->scale;
    }
}

static bool fits(const struct field *stored, const struct field *original)
{
    size_t i;
    if (!same_shape(stored, original)) {
        return false;
    }
    if (stored->child_count == 0) {
        return leaf_fits(stored, original);
    }
    for (i = 0; i < stored->child_count; i++) {
        if (!fits(&stored->children[i], &original->children[i])) {
            return false;
        }
    }
    return original->type != COLUMN_FIXED_LIST || original->width > 0;
}

static inlay_status refine_field(struct field *stored, const struct field *original,
                                 inlay_error *err)
{
    size_t i;
    if (original->timezone != NULL) {
        char *timezone = mem_strdup(original->timezone);
        if (timezone == NULL) {
            return error_no_memory(err);
        }
        mem_free(stored->timezone);
        stored->timezone = timezone;
    }
    stored->type = original->type;
    stored->unit = original->unit;
    stored->width = original->width;
    stored->dictionary = original->dictionary;
    for (i = 0; i < stored->child_count; i++) {
        INLAY_TRY(refine_field(&stored->children[i], &original->children[i], err));
    }
    return INLAY_OK;
}

inlay_status schema_map_refine(struct schema_map *map, const struct schema *original,
                               inlay_error *err)
{
    size_t i;
    for (i = 0; i < map->schema.count && i < original->count; i++) {
        struct field *stored = &map->schema.fields[i];
        if (strcmp(stored->name, original->fields[i].name) == 0 &&
            fits(stored, &original->fields[i])) {
            INLAY_TRY(refine_field(stored, &original->fields[i], err));
        }
    }
    return INLAY_OK;
}
