/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/batch.h"

#include "text/build/pages.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <string.h>

#define FIRST_SLOT_BITS 12
#define LOOK_AHEAD 32 /* tokens whose slots are fetched before the first is looked up */
#define PREFIX 8
#define ENDS_AHEAD 16 /* tokens whose place is fetched before it is written */

void token_batch_init(struct token_batch *batch)
{
    memset(batch, 0, sizeof(*batch));
    buffer_init(&batch->bytes, UINT32_MAX);
}

void token_batch_free(struct token_batch *batch)
{
    pages_free(batch->slots);
    mem_free(batch->terms);
    mem_free(batch->documents);
    pages_free(batch->log);
    mem_free(batch->positions);
    mem_free(batch->ends);
    pages_free(batch->occurrences);
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
    batch->position_count = 0;
}

size_t token_batch_memory(const struct token_batch *batch)
{
    return (batch->slots != NULL ? sizeof(*batch->slots) << batch->slot_bits : 0) +
           batch->term_capacity * sizeof(*batch->terms) + batch->bytes.capacity +
           batch->document_capacity * sizeof(*batch->documents) +
           (batch->log_capacity + batch->position_capacity + batch->end_capacity) *
               sizeof(uint32_t) +
           batch->occurrence_capacity * sizeof(*batch->occurrences);
}

/* The first 16 bytes of a token, zeros behind a shorter one. */
struct token_head {
    uint64_t first;
    uint64_t second;
};

/* Without a branch on the length, which no predictor guesses. */
static inline struct token_head padded_head(const struct token *token)
{
    static const uint64_t low_bytes[PREFIX + 1] = {
        0,          0xff,         0xffff,         0xffffff,
        0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
        UINT64_MAX};
    uint32_t first = token->length < PREFIX ? token->length : PREFIX;
    uint32_t rest = token->length - first;
    uint32_t second = rest < PREFIX ? rest : PREFIX;
    return (struct token_head){load_u64(token->bytes) & low_bytes[first],
                               load_u64(token->bytes + PREFIX) & low_bytes[second]};
}

static struct token_head bare_head(const struct token *token)
{
    uint8_t bytes[2 * PREFIX] = {0};
    memcpy(bytes, token->bytes, token->length < sizeof(bytes) ? token->length : sizeof(bytes));
    return (struct token_head){load_u64(bytes), load_u64(bytes + PREFIX)};
}

static inline uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Multiply and fold, after Wang Yi's wyhash; constants are digits of pi. */
static inline uint32_t hash_of(const struct token *token, struct token_head head)
{
    uint64_t hash = fold(head.first ^ 0x243f6a8885a308d3u, head.second ^ 0x13198a2e03707344u);
    size_t i;
    if (token->length > 2 * PREFIX) {
        for (i = 2 * PREFIX; i + PREFIX < token->length; i += PREFIX) {
            hash = fold(hash ^ load_u64(token->bytes + i), 0xa4093822299f31d1u);
        }
        hash = fold(hash ^ load_u64(token->bytes + token->length - PREFIX), 0x082efa98ec4e6c89u);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

static bool grow_slots(struct token_batch *batch)
{
    unsigned bits = batch->slots == NULL ? FIRST_SLOT_BITS : batch->slot_bits + 1;
    size_t mask = ((size_t)1 << bits) - 1;
    struct batch_slot *slots = pages_zalloc((mask + 1) * sizeof(*slots)); /* at most 2^32 of them */
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
    pages_free(batch->slots);
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
    term->length = token->length;
    buffer_append(&batch->bytes, token->bytes, token->length);
    slot->term = (uint32_t)batch->term_count;
    return batch->bytes.status == INLAY_OK;
}

struct token_key {
    uint64_t prefix;
    uint32_t hash;
};

/* Behind the equal first 8 bytes. */
static inline bool same_rest(const uint8_t *a, const uint8_t *b, size_t length)
{
    if (length <= PREFIX) {
        return true;
    }
    return load_u64(a + length - PREFIX) == load_u64(b + length - PREFIX) &&
           (length <= 2 * PREFIX || memcmp(a + PREFIX, b + PREFIX, length - 2 * PREFIX) == 0);
}

static inline struct batch_slot *find_slot(const struct token_batch *batch,
                                           const struct token *token, const struct token_key *key)
{
    uint32_t tag = (key->hash & ~0xffu) | token->length;
    size_t mask = ((size_t)1 << batch->slot_bits) - 1;
    size_t at = key->hash >> (32 - batch->slot_bits);
    for (; batch->slots[at].term != 0; at = (at + 1) & mask) {
        const struct batch_slot *slot = &batch->slots[at];
        if (slot->tag == tag && slot->prefix == key->prefix &&
            (token->length <= PREFIX ||
             same_rest(batch->bytes.data + batch->terms[slot->term - 1].text, token->bytes,
                       token->length))) {
            return &batch->slots[at];
        }
    }
    batch->slots[at].tag = tag;
    batch->slots[at].prefix = key->prefix;
    return &batch->slots[at];
}

static bool log_tokens(struct token_batch *batch, const struct token *tokens, size_t count,
                       bool padded)
{
    struct token_key keys[LOOK_AHEAD];
    uint32_t *log = batch->log + batch->token_count;
    size_t i;
    while (batch->slots == NULL || (batch->term_count + count) * 2 > (size_t)1
                                                                         << batch->slot_bits) {
        if (!grow_slots(batch)) {
            return false;
        }
    }
    for (i = 0; i < count; i++) {
        struct token_head head = padded ? padded_head(&tokens[i]) : bare_head(&tokens[i]);
        keys[i].prefix = head.first;
        keys[i].hash = hash_of(&tokens[i], head);
        __builtin_prefetch(&batch->slots[keys[i].hash >> (32 - batch->slot_bits)], 1);
    }
    for (i = 0; i < count; i++) {
        struct batch_slot *slot = find_slot(batch, &tokens[i], &keys[i]);
        if (slot->term == 0 && !add_term(batch, slot, &tokens[i], keys[i].hash)) {
            return false;
        }
        log[i] = slot->term - 1;
    }
    batch->token_count += count;
    return true;
}

static bool is_plain(const struct token *tokens, size_t count)
{
    uint32_t wrong = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        wrong |= tokens[i].position ^ (uint32_t)i;
    }
    return wrong == 0;
}

static bool keep_positions(struct token_batch *batch, const struct token *tokens, size_t count)
{
    void *positions = batch->positions;
    size_t i;
    if (!mem_grow(&positions, &batch->position_capacity, batch->position_count + count,
                  sizeof(uint32_t))) {
        return false;
    }
    batch->positions = positions;
    for (i = 0; i < count; i++) {
        batch->positions[batch->position_count++] = tokens[i].position;
    }
    return true;
}

bool token_batch_add(struct token_batch *batch, uint32_t row, uint8_t code,
                     const struct token *tokens, size_t count, bool padded)
{
    void *documents = batch->documents;
    void *log = batch->log;
    size_t needed = batch->token_count + count;
    uint32_t positions = BATCH_PLAIN;
    size_t done;
    if (needed > INT32_MAX) {
        return false;
    }
    if (!mem_grow(&documents, &batch->document_capacity, batch->document_count + 1,
                  sizeof(*batch->documents))) {
        return false;
    }
    batch->documents = documents;
    if (!pages_grow(&log, &batch->log_capacity, batch->token_count, needed, sizeof(uint32_t))) {
        return false;
    }
    batch->log = log;
    if (!is_plain(tokens, count)) {
        positions = (uint32_t)batch->position_count;
        if (!keep_positions(batch, tokens, count)) {
            return false;
        }
    }
    for (done = 0; done < count; done += LOOK_AHEAD) {
        size_t part = count - done < LOOK_AHEAD ? count - done : LOOK_AHEAD;
        if (!log_tokens(batch, tokens + done, part, padded)) {
            return false;
        }
    }
    batch->documents[batch->document_count++] =
        (struct batch_document){row, (uint32_t)batch->token_count, positions, code};
    return true;
}

/* Where each term's occurrences begin, into `ends`. */
static void place_terms(struct token_batch *batch)
{
    uint32_t start = 0;
    size_t i;
    memset(batch->ends, 0, batch->term_count * sizeof(uint32_t));
    for (i = 0; i < batch->token_count; i++) {
        batch->ends[batch->log[i]]++;
    }
    for (i = 0; i < batch->term_count; i++) {
        uint32_t count = batch->ends[i];
        batch->ends[i] = start;
        start += count;
    }
}

static void place_document(struct token_batch *batch, uint32_t number, size_t start)
{
    const struct batch_document *document = &batch->documents[number];
    const uint32_t *positions =
        document->positions != BATCH_PLAIN ? batch->positions + document->positions : NULL;
    size_t i;
    for (i = start; i < document->end; i++) {
        if (i + ENDS_AHEAD < batch->token_count) {
            __builtin_prefetch(&batch->occurrences[batch->ends[batch->log[i + ENDS_AHEAD]]], 1);
        }
        batch->occurrences[batch->ends[batch->log[i]]++] = (struct batch_occurrence){
            number, positions != NULL ? positions[i - start] : (uint32_t)(i - start)};
    }
}

bool token_batch_sort(struct token_batch *batch)
{
    void *occurrences = batch->occurrences;
    void *ends = batch->ends;
    size_t start = 0;
    uint32_t d;
    if (!pages_grow(&occurrences, &batch->occurrence_capacity, 0, batch->token_count,
                    sizeof(*batch->occurrences))) {
        return false;
    }
    batch->occurrences = occurrences;
    if (!mem_grow(&ends, &batch->end_capacity, batch->term_count + 1, sizeof(uint32_t))) {
        return false;
    }
    batch->ends = ends;
    place_terms(batch);
    for (d = 0; d < batch->document_count; d++) {
        place_document(batch, d, start);
        start = batch->documents[d].end;
    }
    return true;
}
