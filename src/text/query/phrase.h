/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Phrases over word positions. Slots are the phrase's terms with their offsets. With slop s, an
 * occurrence is a position of the first slot from which the other slots can be filled such that
 * their displacements (position - offset) differ by at most s; slots of one term take different
 * positions, in the order of the slots. The frequency is the number of such positions of the first
 * slot. Slop 0 is the exact phrase.
 */
#ifndef INLAY_TEXT_QUERY_PHRASE_H
#define INLAY_TEXT_QUERY_PHRASE_H

#include "text/query/bound.h"
#include "text/query/plan.h"
#include "text/read/cursor.h"

struct phrase_matcher;

/* `lists` by term number. Free with phrase_matcher_free before the arena goes. */
inlay_status phrase_matcher_create(const struct plan_node *plan, const struct posting_list *lists,
                                   struct arena *arena, struct phrase_matcher **out,
                                   inlay_error *err);
void phrase_matcher_free(struct phrase_matcher *matcher);
uint32_t phrase_matcher_seek(struct phrase_matcher *matcher, uint32_t target);

/*
 * The first match from `target` on that may score `floor` or more by `scorer`, the same one in
 * every call: a phrase occurs at most as often as each of its terms (with slop, as its first term),
 * so the terms' bounds and frequencies exclude blocks and rows before any position is read. Targets
 * and floors ascend; not to be mixed with phrase_matcher_seek.
 */
uint32_t phrase_matcher_seek_best(struct phrase_matcher *matcher, uint32_t target, uint64_t floor);
/* To be called once before it. */
void phrase_matcher_bound(struct phrase_matcher *matcher, struct term_scorer *scorer);
uint32_t phrase_matcher_frequency(const struct phrase_matcher *matcher);
uint8_t phrase_matcher_code(struct phrase_matcher *matcher);
inlay_status phrase_matcher_status(const struct phrase_matcher *matcher);

/* Counts the occurrences in one document: `positions[i]`, ascending, of slot i. */
struct phrase_slot {
    uint32_t offset;
    uint32_t same; /* number of the previous slot with the same term; own number = none */
    const uint32_t *positions;
    uint32_t count;
    uint32_t chosen; /* scratch */
};
uint32_t phrase_frequency(struct phrase_slot *slots, uint32_t count, uint32_t slop);

#endif
