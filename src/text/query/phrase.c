/* SPDX-License-Identifier: Apache-2.0 */
#include "text/query/phrase.h"

#include "base/error.h"

struct phrase_matcher {
    const struct plan_node *plan;
    uint32_t count;   /* slots */
    uint32_t cursors; /* distinct terms */
    uint32_t *cursor_of;
    struct posting_cursor *cursor;
    struct block_positions *positions;
    struct phrase_slot *slots;
    struct term_bounds *bounds; /* per cursor, by the phrase's scorer */
    uint32_t leader;            /* the cursor of the rarest term that bounds the frequency */
    uint32_t strong_end;        /* blocks reach strong_floor up to this row, which is not one */
    uint64_t strong_floor;
    uint32_t row;
    uint32_t frequency;
    bool started;
    inlay_status status;
};

/* The least of the ascending positions that is `from` or greater; UINT64_MAX: none. */
static uint64_t least_from(const struct phrase_slot *slot, int64_t from)
{
    uint32_t low = 0;
    uint32_t count = slot->count;
    while (count > 0) {
        uint32_t half = count / 2;
        if ((int64_t)slot->positions[low + half] < from) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low < slot->count ? slot->positions[low] : UINT64_MAX;
}

/* Whether slots 1.. can be filled with displacements in [least, least + slop]; slot 0 is chosen.
 * Taking the least position for each slot in order is right: for slots of one term both the
 * lower and the upper limits ascend. */
static bool fill(struct phrase_slot *slots, uint32_t count, int64_t least, uint32_t slop)
{
    uint32_t i;
    for (i = 1; i < count; i++) {
        int64_t from = least + slots[i].offset;
        uint64_t position;
        if (slots[i].same != i && from <= (int64_t)slots[slots[i].same].chosen) {
            from = (int64_t)slots[slots[i].same].chosen + 1;
        }
        position = least_from(&slots[i], from);
        if (position == UINT64_MAX || (int64_t)position > least + slop + slots[i].offset) {
            return false;
        }
        slots[i].chosen = (uint32_t)position;
    }
    return true;
}

uint32_t phrase_frequency(struct phrase_slot *slots, uint32_t count, uint32_t slop)
{
    uint32_t frequency = 0;
    uint32_t i;
    for (i = 0; i < slots[0].count; i++) {
        int64_t displacement = (int64_t)slots[0].positions[i] - slots[0].offset;
        int64_t least;
        slots[0].chosen = slots[0].positions[i];
        for (least = displacement; least >= displacement - (int64_t)slop; least--) {
            if (fill(slots, count, least, slop)) {
                frequency++;
                break;
            }
        }
    }
    return frequency;
}

static void *take(struct arena *arena, size_t count, size_t size, bool *ok)
{
    void *memory = arena_zalloc_array(arena, count, size);
    *ok = *ok && memory != NULL;
    return memory;
}

inlay_status phrase_matcher_create(const struct plan_node *plan, const struct posting_list *lists,
                                   struct arena *arena, struct phrase_matcher **out,
                                   inlay_error *err)
{
    bool ok = true;
    struct phrase_matcher *m = take(arena, 1, sizeof(*m), &ok);
    uint32_t n = plan->term_count;
    uint32_t i;
    uint32_t j;
    *out = NULL;
    if (!ok) {
        return error_no_memory(err);
    }
    m->plan = plan;
    m->count = n;
    m->cursor_of = take(arena, n, sizeof(*m->cursor_of), &ok);
    m->cursor = take(arena, n, sizeof(*m->cursor), &ok);
    m->positions = take(arena, n, sizeof(*m->positions), &ok);
    m->slots = take(arena, n, sizeof(*m->slots), &ok);
    m->bounds = take(arena, n, sizeof(*m->bounds), &ok);
    if (!ok) {
        return error_no_memory(err);
    }
    for (i = 0; i < n; i++) {
        m->slots[i].offset = plan->offsets[i];
        m->slots[i].same = i;
        for (j = i; j-- > 0;) {
            if (plan->terms[j] == plan->terms[i]) {
                m->slots[i].same = j;
                m->cursor_of[i] = m->cursor_of[j];
                break;
            }
        }
        if (m->slots[i].same == i) {
            m->cursor_of[i] = m->cursors;
            cursor_init(&m->cursor[m->cursors], &lists[plan->terms[i]], err);
            block_positions_init(&m->positions[m->cursors]);
            m->status = m->status == INLAY_OK ? m->cursor[m->cursors].status : m->status;
            m->cursors++;
        }
    }
    *out = m;
    return m->status;
}

void phrase_matcher_free(struct phrase_matcher *matcher)
{
    uint32_t i;
    for (i = 0; matcher != NULL && i < matcher->cursors; i++) {
        block_positions_free(&matcher->positions[i]);
    }
}

/* The first row from `target` on that has all terms. */
static uint32_t align(struct phrase_matcher *m, uint32_t target)
{
    uint32_t agreed = 0;
    uint32_t i = 0;
    while (agreed < m->cursors && target != CURSOR_END) {
        uint32_t row = cursor_seek(&m->cursor[i], target);
        if (m->cursor[i].status != INLAY_OK) {
            m->status = m->cursor[i].status;
            return CURSOR_END;
        }
        agreed = row == target ? agreed + 1 : 1;
        target = row;
        i = i + 1 < m->cursors ? i + 1 : 0;
    }
    return target;
}

static bool load_positions(struct phrase_matcher *m)
{
    uint32_t i;
    for (i = 0; i < m->count; i++) {
        struct posting_cursor *cursor = &m->cursor[m->cursor_of[i]];
        m->slots[i].count = cursor_tf(cursor);
        m->slots[i].positions = cursor_positions(cursor, &m->positions[m->cursor_of[i]]);
        if (m->slots[i].positions == NULL) {
            m->status = cursor->status;
            return false;
        }
    }
    return true;
}

uint32_t phrase_matcher_seek(struct phrase_matcher *m, uint32_t target)
{
    uint32_t row;
    if (m->started && m->row >= target) {
        return m->row;
    }
    m->started = true;
    for (row = align(m, target); row != CURSOR_END; row = align(m, row + 1)) {
        if (!load_positions(m)) {
            row = CURSOR_END;
            break;
        }
        m->frequency = phrase_frequency(m->slots, m->count, m->plan->slop);
        if (m->frequency != 0) {
            break;
        }
    }
    m->row = row;
    return row;
}

/* How many of the cursors bound the phrase's frequency. */
static uint32_t bounding_cursors(const struct phrase_matcher *m)
{
    return m->plan->slop == 0 ? m->cursors : 1;
}

void phrase_matcher_bound(struct phrase_matcher *m, struct term_scorer *scorer)
{
    uint32_t i;
    for (i = 0; i < m->cursors; i++) {
        term_bounds_init(&m->bounds[i], &m->cursor[i], scorer);
        if (i < bounding_cursors(m) &&
            m->cursor[i].list->term.df < m->cursor[m->leader].list->term.df) {
            m->leader = i;
        }
    }
}

/* The first row from `target` on whose blocks all have bounds that reach the floor. */
static uint32_t skip_weak_blocks(struct phrase_matcher *m, uint32_t target, uint64_t floor)
{
    uint32_t count = bounding_cursors(m);
    uint32_t agreed = 0;
    uint32_t end = CURSOR_END;
    uint32_t i = 0;
    if (target < m->strong_end && floor == m->strong_floor) {
        return target;
    }
    while (agreed < count) {
        struct term_bounds *bounds = &m->bounds[i];
        const struct posting_list *list = bounds->list;
        agreed++;
        if (!list_is_long(list)) {
            if (bounds->list_bound < floor) {
                return CURSOR_END;
            }
        } else {
            uint32_t block = list_find_block(list, bounds->next_block, target);
            bounds->next_block = block;
            if (block == list->layout.blocks) {
                return CURSOR_END;
            }
            if (term_bounds_block(bounds, block) < floor) {
                target = list_last_row(list, block) + 1;
                agreed = 0;
                end = CURSOR_END;
            } else if (list_last_row(list, block) < end) {
                end = list_last_row(list, block) + 1;
            }
        }
        i = i + 1 < count ? i + 1 : 0;
    }
    m->strong_end = end;
    m->strong_floor = floor;
    return target;
}

static bool frequency_may_reach(const struct phrase_matcher *m, uint32_t tf, uint8_t code,
                                uint64_t floor)
{
    uint8_t capped = (uint8_t)(tf < BOUND_TF_MAX ? tf : BOUND_TF_MAX);
    return term_bound(m->bounds[0].scorer, capped, code) >= floor;
}

/* Moves the leader to its first posting from `target` on in the same block whose frequency may
 * reach the floor, else to the start of the next block; returns its row. */
static uint32_t seek_leader(struct phrase_matcher *m, uint32_t target, uint64_t floor)
{
    struct posting_cursor *cursor = &m->cursor[m->leader];
    uint32_t i;
    if (cursor_seek(cursor, target) == CURSOR_END) {
        m->status = m->status == INLAY_OK ? cursor->status : m->status;
        return CURSOR_END;
    }
    (void)cursor_tf(cursor);
    for (i = cursor->at; i < cursor->count; i++) {
        if (frequency_may_reach(m, cursor->tfs[i], cursor->codes[i], floor)) {
            cursor->at = i;
            cursor->row = cursor->rows[i];
            return cursor->row;
        }
    }
    cursor_enter(cursor, cursor->block + 1);
    m->status = m->status == INLAY_OK ? cursor->status : m->status;
    return cursor->row;
}

/* Whether the frequencies of all terms in the present row allow a score that reaches the floor. */
static bool row_may_reach(struct phrase_matcher *m, uint64_t floor)
{
    uint32_t least = BOUND_TF_MAX;
    uint32_t i;
    for (i = 0; i < bounding_cursors(m); i++) {
        uint32_t tf = cursor_tf(&m->cursor[i]);
        least = tf < least ? tf : least;
    }
    return frequency_may_reach(m, least, cursor_code(&m->cursor[0]), floor);
}

uint32_t phrase_matcher_seek_best(struct phrase_matcher *m, uint32_t target, uint64_t floor)
{
    while (target != CURSOR_END && m->status == INLAY_OK) {
        uint32_t strong = skip_weak_blocks(m, target, floor);
        uint32_t row = strong != CURSOR_END ? seek_leader(m, strong, floor) : CURSOR_END;
        if (row != strong && row != CURSOR_END && skip_weak_blocks(m, row, floor) != row) {
            target = row;
            continue;
        }
        target = align(m, row);
        if (target != row || row == CURSOR_END) {
            continue;
        }
        if (row_may_reach(m, floor)) {
            if (!load_positions(m)) {
                return CURSOR_END;
            }
            m->frequency = phrase_frequency(m->slots, m->count, m->plan->slop);
            if (m->frequency != 0) {
                return row;
            }
        }
        target = row + 1;
    }
    return CURSOR_END;
}

uint32_t phrase_matcher_frequency(const struct phrase_matcher *matcher)
{
    return matcher->frequency;
}

uint8_t phrase_matcher_code(struct phrase_matcher *matcher)
{
    return cursor_code(&matcher->cursor[0]);
}

inlay_status phrase_matcher_status(const struct phrase_matcher *matcher)
{
    return matcher->status;
}
