#include "sorting.h"

#include <stdlib.h>

#define DIGIT_BITS 8u
#define DIGIT_VALUES (1u << DIGIT_BITS)
#define DIGITS (64u / DIGIT_BITS)
#define TAG_DIGITS (DIGITS / 2)

/* Scores are ranked in portions of whole pages, for which all of them are looked through anew. */
#define SMALLEST_PORTION ((size_t)1 << 20)
#define MOST_PORTIONS 8 /* about */

typedef struct {
    size_t counts[DIGITS][DIGIT_VALUES]; /* how many words have each value of each digit */
    bool tags_ascend;                    /* from the first word to the last, as they come */
} Digits;

static uint32_t rank_key(uint32_t float_bits)
{
    return ~key_from_bits(float_bits);
}

static uint64_t make_word(uint32_t float_bits, uint32_t tag)
{
    return (uint64_t)rank_key(float_bits) << 32 | tag;
}

static uint32_t score_of(uint64_t word)
{
    return bits_from_key(~(uint32_t)(word >> 32));
}

static bool same_score(uint64_t left, uint64_t right)
{
    return (left ^ right) >> 32 == 0;
}

static uint32_t digit_of(uint64_t word, uint32_t digit)
{
    return (uint32_t)(word >> digit * DIGIT_BITS) & (DIGIT_VALUES - 1);
}

static void look_at_digits(Digits *digits, const uint64_t *words, size_t count)
{
    memset(digits, 0, sizeof *digits);
    digits->tags_ascend = true;
    for (size_t i = 0; i < count; i++) {
        for (uint32_t digit = 0; digit < DIGITS; digit++)
            digits->counts[digit][digit_of(words[i], digit)]++;
        if (i > 0 && (uint32_t)words[i] < (uint32_t)words[i - 1])
            digits->tags_ascend = false;
    }
}

/* Move words to where they belong by one digit; those with equal digits keep their order. */
static void distribute(const uint64_t *from, uint64_t *to, size_t count, uint32_t digit,
                       const size_t *counts)
{
    size_t next[DIGIT_VALUES];
    size_t start = 0;
    for (uint32_t value = 0; value < DIGIT_VALUES; value++) {
        next[value] = start;
        start += counts[value];
    }
    for (size_t i = 0; i < count; i++)
        to[next[digit_of(from[i], digit)]++] = from[i];
}

/* Sort words, with scratch memory for as many; returns which of both holds the result. */
static uint64_t *sort_words(uint64_t *words, uint64_t *spare, size_t count)
{
    Digits digits;
    look_at_digits(&digits, words, count);
    uint32_t digit = digits.tags_ascend ? TAG_DIGITS : 0;
    for (; count > 0 && digit < DIGITS; digit++) {
        const size_t *counts = digits.counts[digit];
        if (counts[digit_of(words[0], digit)] == count)
            continue;
        distribute(words, spare, count, digit, counts);
        uint64_t *sorted = spare;
        spare = words;
        words = sorted;
    }
    return words;
}

/* Room for words and as many spare ones. */
static uint64_t *new_words(size_t count)
{
    return calloc(count + 1, 2 * sizeof(uint64_t));
}

bool sort_descending(const uint32_t *float_bits, const uint32_t *tags, size_t count,
                     uint32_t *sorted_bits, uint32_t *sorted_tags)
{
    uint64_t *words = new_words(count);
    if (!words)
        return false;
    for (size_t i = 0; i < count; i++)
        words[i] = make_word(float_bits[i], tags[i]);
    const uint64_t *sorted = sort_words(words, words + count, count);
    for (size_t i = 0; i < count; i++) {
        sorted_bits[i] = score_of(sorted[i]);
        sorted_tags[i] = (uint32_t)sorted[i];
    }
    free(words);
    return true;
}

/* Go on with sorted words, whose tags are places, below those that are ranked already. */
static void append_ranked(Ranked *ranked, const uint64_t *words, size_t count)
{
    for (size_t start = 0; start < count; ranked->distinct++) {
        size_t end = start;
        for (; end < count && same_score(words[end], words[start]); end++)
            ranked->places[(uint32_t)words[end]] = (uint32_t)ranked->distinct;
        ranked->float_bits[ranked->distinct] = score_of(words[start]);
        ranked->counts[ranked->distinct] = (uint32_t)(end - start);
        start = end;
    }
}

/* The scores of pages from `first` up to `end`, `room` of them. */
static bool rank_pages(const uint32_t *float_bits, size_t count, uint32_t first, uint32_t end,
                       size_t room, Ranked *ranked)
{
    uint64_t *words = new_words(room);
    if (!words)
        return false;
    size_t used = 0;
    for (size_t i = 0; i < count && used < room; i++) {
        uint32_t page = rank_key(float_bits[i]) >> 16;
        if (page >= first && page < end)
            words[used++] = make_word(float_bits[i], (uint32_t)i);
    }
    append_ranked(ranked, sort_words(words, words + used, used), used);
    free(words);
    return true;
}

bool rank_distinct(const uint32_t *float_bits, size_t count, Ranked *ranked)
{
    size_t *pages = calloc(PAGE_COUNT, sizeof *pages); /* how many scores lie in each */
    if (!pages)
        return false;
    for (size_t i = 0; i < count; i++)
        pages[rank_key(float_bits[i]) >> 16]++;
    size_t portion = count / MOST_PORTIONS;
    if (portion < SMALLEST_PORTION)
        portion = SMALLEST_PORTION;
    ranked->distinct = 0;
    bool done = true;
    for (uint32_t first = 0, end; done && first < PAGE_COUNT; first = end) {
        size_t together = pages[first];
        for (end = first + 1; end < PAGE_COUNT && together + pages[end] <= portion; end++)
            together += pages[end];
        if (together > 0)
            done = rank_pages(float_bits, count, first, end, together, ranked);
    }
    free(pages);
    return done;
}
