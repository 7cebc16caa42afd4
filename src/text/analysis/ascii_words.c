/* SPDX-License-Identifier: Apache-2.0 */
/* ASCII text by bit masks: 64 bytes are classified at once, a token is a run of set bits. */
#include "text/analysis/analyzer_priv.h"
#include "text/analysis/ascii.h"

#include "base/alloc.h"

#include <string.h>

#define BATCH_BLOCKS 64
#define BATCH_BYTES (BATCH_BLOCKS * ASCII_BLOCK)

enum word_rule {
    RULE_STANDARD, /* UAX #29 restricted to ASCII */
    RULE_PLAIN     /* letters and digits */
};

struct walk {
    struct analyzer_scratch *scratch;
    const uint8_t *text;
    enum word_rule rule;
    uint64_t letter_before; /* 1 when the byte before the block is a letter */
    uint64_t digit_before;
    uint64_t inside; /* 1 when the byte before the block is in a token */
    size_t start;    /* of the token we are in */
};

/* Bytes that stand in tokens: letters, digits and underscores, and a single middle character
 * between two letters or two digits. Two such characters in a row never qualify, so looking at the
 * direct neighbours is all that WB6, WB7, WB11 and WB12 ask for in ASCII. */
static uint64_t standard_mask(const struct walk *walk, const struct ascii_block *block,
                              uint64_t letter_after, uint64_t digit_after)
{
    uint64_t joined_letters = (block->letters << 1 | walk->letter_before) & block->mid_letter &
                              (block->letters >> 1 | letter_after << 63);
    uint64_t joined_digits = (block->digits << 1 | walk->digit_before) & block->mid_number &
                             (block->digits >> 1 | digit_after << 63);
    return block->letters | block->digits | block->underscore | joined_letters | joined_digits;
}

static bool only_underscores(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '_') {
            return false;
        }
    }
    return true;
}

static void end_token(struct walk *walk, size_t end)
{
    struct analyzer_scratch *scratch = walk->scratch;
    const uint8_t *bytes = scratch->lower + walk->start;
    size_t length = end - walk->start;
    if (bytes[0] == '_' && only_underscores(bytes, length)) {
        return;
    }
    scratch->tokens[scratch->count++] = (struct token){
        .bytes = bytes,
        .length = (uint32_t)(length < TOKEN_MAX_BYTES ? length : TOKEN_MAX_BYTES),
        .position = scratch->position++,
        .start = (uint32_t)walk->start,
        .end = (uint32_t)end,
    };
}

/* Starts and ends of tokens alternate: they are the changes of the mask from bit to bit. */
static void walk_block(struct walk *walk, const struct ascii_block *block, uint64_t letter_after,
                       uint64_t digit_after, size_t at)
{
    uint64_t mask = walk->rule == RULE_PLAIN
                        ? block->letters | block->digits
                        : standard_mask(walk, block, letter_after, digit_after);
    uint64_t changes = mask ^ (mask << 1 | walk->inside);
    bool inside = walk->inside != 0;
    while (changes != 0) {
        size_t where = at + (size_t)__builtin_ctzll(changes);
        if (inside) {
            end_token(walk, where);
        } else {
            walk->start = where;
        }
        inside = !inside;
        changes &= changes - 1;
    }
    walk->inside = mask >> 63;
    walk->letter_before = block->letters >> 63;
    walk->digit_before = block->digits >> 63;
}

/* Tokens that end inside `count` blocks: at most every second byte, and one from before. */
static bool reserve_tokens(struct analyzer_scratch *scratch, size_t count)
{
    size_t needed = scratch->count + count * (ASCII_BLOCK / 2) + 1;
    if (needed <= scratch->capacity ||
        mem_grow((void **)&scratch->tokens, &scratch->capacity, needed, sizeof(struct token))) {
        return true;
    }
    scratch->failed = true;
    return false;
}

/* `count` blocks at text + at, whose bytes are at `bytes` (the text itself or a padded copy). The
 * last block of `blocks` has one more behind it, which describes the byte that follows. */
static void walk_blocks(struct walk *walk, const struct ascii_block *blocks, size_t count,
                        size_t at)
{
    for (size_t i = 0; i < count; i++) {
        walk_block(walk, &blocks[i], blocks[i + 1].letters & 1, blocks[i + 1].digits & 1,
                   at + i * ASCII_BLOCK);
    }
}

/* The scratch's `lower` has room for `end` bytes and two blocks. */
static void walk_range(struct walk *walk, size_t start, size_t end)
{
    const struct ascii_kernels *kernels = ascii_kernels();
    struct ascii_block blocks[BATCH_BLOCKS + 1];
    uint8_t tail[2 * ASCII_BLOCK] = {0};
    uint8_t *lower = walk->scratch->lower;
    size_t at = start;
    /* A whole block must follow the last one of a batch, to be looked at. */
    while (end - at >= 2 * ASCII_BLOCK) {
        size_t count = (end - at) / ASCII_BLOCK - 1;
        count = count < BATCH_BLOCKS ? count : BATCH_BLOCKS;
        if (!reserve_tokens(walk->scratch, count)) {
            return;
        }
        kernels->classify(walk->text + at, count + 1, lower + at, blocks);
        walk_blocks(walk, blocks, count, at);
        at += count * ASCII_BLOCK;
    }
    if (!reserve_tokens(walk->scratch, 2)) {
        return;
    }
    /* The zeros behind the last byte end its token. */
    memcpy(tail, walk->text + at, end - at);
    kernels->classify(tail, 2, lower + at, blocks);
    blocks[2] = (struct ascii_block){0};
    walk_blocks(walk, blocks, 2, at);
}

void tokenize_ascii_words(struct analyzer_scratch *scratch, const uint8_t *text, size_t start,
                          size_t end)
{
    struct walk walk = {.scratch = scratch, .text = text, .rule = RULE_STANDARD};
    walk_range(&walk, start, end);
}

void tokenize_ascii(struct analyzer_scratch *scratch, const uint8_t *text, size_t length)
{
    struct walk walk = {.scratch = scratch, .text = text, .rule = RULE_PLAIN};
    if (scratch_lower(scratch, length)) {
        walk_range(&walk, 0, length);
    }
}
