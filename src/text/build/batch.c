/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/batch.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <string.h>

#define FIRST_SLOT_BITS 12
#define LOOK_AHEAD 32 /* tokens whose slots are fetched before the first is looked up */
#define PREFIX 8

void token_batch_init(struct token_batch *batch)
{
    memset(batch, 0, sizeof(*batch));
    buffer_init(&batch->bytes, UINT32_MAX);
}

void token_batch_free(struct token_batch *batch)
{
    mem_free(batch->slots);
    mem_free(batch->terms);
    mem_free(batch->documents);
    mem_free(batch->log);
    mem_free(batch->positions);
    mem_free(batch->occurrences);
    buffer_free(&batch->bytes);
    token_batch_init(batch);
}

void token_batch_clear(struct token_batch *batch)
{
    if (batch->slots != NULL) {
        memset(batch->slots, 0, sizeof(*batch->slots) << batch->slot_bits);
    }
    buffer_clear(&batch->bytes);
    batch->term_count = 0;
    batch->document_count = 0;
    batch->token_count = 0;
}

size_t token_batch_memory(const struct token_batch *batch)
{
    return (batch->slots != NULL ? sizeof(*batch->slots) << batch->slot_bits : 0) +
           batch->term_capacity * sizeof(*batch->terms) + batch->bytes.capacity +
           batch->document_capacity * sizeof(*batch->documents) +
           (batch->log_capacity + batch->position_capacity) * sizeof(uint32_t) +
           batch->occurrence_capacity * sizeof(*batch->occurrences);
}

/* The first 8 bytes, least significant first, by loads that stay inside the token. */
static uint64_t prefix_of(const uint8_t *bytes, size_t length)
{
    if (length >= PREFIX) {
        return load_u64(bytes);
    }
    if (length >= 4) {
        return load_u32(bytes) | (uint64_t)load_u32(bytes + length - 4) << (8 * (length - 4));
    }
    return bytes[0] | (uint64_t)bytes[length / 2] << (8 * (length / 2)) |
           (uint64_t)bytes[length - 1] << (8 * (length - 1));
}

static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, after Wang Yi's wyhash; constants are digits of pi. */
static uint32_t hash_of(const uint8_t *bytes, size_t length, uint64_t prefix)
{
    uint64_t hash = fold(prefix ^ 0x243f6a8885a308d3u, length ^ 0x13198a2e03707344u);
    size_t i;
    if (length > PREFIX) {
        for (i = PREFIX; i + PREFIX < length; i += PREFIX) {
            hash = fold(hash ^ load_u64(bytes + i), 0xa4093822299f31d1u);
        }
        hash = fold(hash ^ load_u64(bytes + length - PREFIX), 0x082efa98ec4e6c89u);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool grow_slots(struct token_batch *batch)
{
    unsigned bits = batch->slots == NULL ? FIRST_SLOT_BITS : batch->slot_bits + 1;
    size_t mask = ((size_t)1 << bits) - 1;
    struct batch_slot *slots = mem_zalloc_array(mask + 1, sizeof(*slots));
    size_t old = batch->slots == NULL ? 0 : (size_t)1 << batch->slot_bits;
    size_t i;
    if (slots == NULL) {
        return false;
    }
    for (i = 0; i < old; i++) {
        size_t at;
        if (batch->slots[i].term == 0) {
            continue;
        }
        at = batch->terms[batch->slots[i].term - 1].hash >> (32 - bits);
        while (slots[at].term != 0) {
            at = (at + 1) & mask;
        }
        slots[at] = batch->slots[i];
    }
    mem_free(batch->slots);
    batch->slots = slots;
    batch->slot_bits = bits;
    return true;
}

static bool add_term(struct token_batch *batch, struct batch_slot *slot, const struct token *token,
                     uint32_t hash)
{
    void *terms = batch->terms;
    struct batch_term *term;
    if (!mem_grow(&terms, &batch->term_capacity, batch->term_count + 1, sizeof(*term))) {
        return false;
    }
    batch->terms = terms;
    term = &batch->terms[batch->term_count++];
    term->hash = hash;
    term->text = (uint32_t)batch->bytes.len;
    term->end = 0;
    term->length = token->length;
    buffer_append(&batch->bytes, token->bytes, token->length);
    slot->term = (uint32_t)batch->term_count;
    return batch->bytes.status == INLAY_OK;
}

struct token_key {
    uint64_t prefix;
    uint32_t hash;
};

static struct batch_slot *find_slot(const struct token_batch *batch, const struct token *token,
                                    const struct token_key *key)
{
    uint32_t tag = (key->hash & ~0xffu) | token->length;
    size_t mask = ((size_t)1 << batch->slot_bits) - 1;
    size_t at = key->hash >> (32 - batch->slot_bits);
    for (; batch->slots[at].term != 0; at = (at + 1) & mask) {
        const struct batch_slot *slot = &batch->slots[at];
        if (slot->tag == tag && slot->prefix == key->prefix &&
            (token->length <= PREFIX ||
             memcmp(batch->bytes.data + batch->terms[slot->term - 1].text + PREFIX,
                    token->bytes + PREFIX, token->length - PREFIX) == 0)) {
            return &batch->slots[at];
        }
    }
    batch->slots[at].tag = tag;
    batch->slots[at].prefix = key->prefix;
    return &batch->slots[at];
}

static bool log_tokens(struct token_batch *batch, const struct token *tokens, size_t count)
{
    struct token_key keys[LOOK_AHEAD];
    uint32_t *log = batch->log + batch->token_count;
    uint32_t *positions = batch->positions + batch->token_count;
    size_t i;
    while (batch->slots == NULL || (batch->term_count + count) * 2 > (size_t)1
                                                                         << batch->slot_bits) {
        if (!grow_slots(batch)) {
            return false;
        }
    }
    for (i = 0; i < count; i++) {
        keys[i].prefix = prefix_of(tokens[i].bytes, tokens[i].length);
        keys[i].hash = hash_of(tokens[i].bytes, tokens[i].length, keys[i].prefix);
        __builtin_prefetch(&batch->slots[keys[i].hash >> (32 - batch->slot_bits)], 1);
    }
    for (i = 0; i < count; i++) {
        struct batch_slot *slot = find_slot(batch, &tokens[i], &keys[i]);
        if (slot->term == 0 && !add_term(batch, slot, &tokens[i], keys[i].hash)) {
            return false;
        }
        log[i] = slot->term - 1;
        positions[i] = tokens[i].position;
    }
    batch->token_count += count;
    return true;
}

bool token_batch_add(struct token_batch *batch, uint32_t row, uint8_t code,
                     const struct token *tokens, size_t count)
{
    void *documents = batch->documents;
    void *log = batch->log;
    void *positions = batch->positions;
    size_t needed = batch->token_count + count;
    size_t done;
    if (needed > INT32_MAX) {
        return false;
    }
    if (!mem_grow(&documents, &batch->document_capacity, batch->document_count + 1,
                  sizeof(*batch->documents))) {
        return false;
    }
    batch->documents = documents;
    if (!mem_grow(&log, &batch->log_capacity, needed, sizeof(uint32_t))) {
        return false;
    }
    batch->log = log;
    if (!mem_grow(&positions, &batch->position_capacity, needed, sizeof(uint32_t))) {
        return false;
    }
    batch->positions = positions;
    for (done = 0; done < count; done += LOOK_AHEAD) {
        size_t part = count - done < LOOK_AHEAD ? count - done : LOOK_AHEAD;
        if (!log_tokens(batch, tokens + done, part)) {
            return false;
        }
    }
    batch->documents[batch->document_count++] =
        (struct batch_document){row, (uint32_t)batch->token_count, code};
    return true;
}

bool token_batch_sort(struct token_batch *batch)
{
    void *occurrences = batch->occurrences;
    uint32_t start = 0;
    size_t i = 0;
    size_t d;
    if (!mem_grow(&occurrences, &batch->occurrence_capacity, batch->token_count,
                  sizeof(*batch->occurrences))) {
        return false;
    }
    batch->occurrences = occurrences;
    for (i = 0; i < batch->token_count; i++) {
        batch->terms[batch->log[i]].end++;
    }
    for (i = 0; i < batch->term_count; i++) {
        uint32_t count = batch->terms[i].end;
        batch->terms[i].end = start; /* moves to the end as the occurrences come */
        start += count;
    }
    i = 0;
    for (d = 0; d < batch->document_count; d++) {
        for (; i < batch->documents[d].end; i++) {
            batch->occurrences[batch->terms[batch->log[i]].end++] =
                (struct batch_occurrence){(uint32_t)d, batch->positions[i]};
        }
    }
    return true;
}
