/* Sorting scores from the highest down, in linear time: digit by digit of their keys (keys.h).
 *
 * A score travels with a tag, the region of its pixel or its place, in one word that ascends while
 * the score descends: the complement of its key in the upper half, the tag in the lower.
 */
#ifndef ANOMEVAL_SORTING_H
#define ANOMEVAL_SORTING_H

#include "keys.h"

/* Write out scores from the highest down with their tags; equal scores by tag. False: out of
 * memory. */
bool sort_descending(const uint32_t *float_bits, const uint32_t *tags, size_t count,
                     uint32_t *sorted_bits, uint32_t *sorted_tags);

/* The distinct ones among `count` scores, from the highest down. Arrays have room for all scores,
 * of which there are fewer than 2^32. */
typedef struct {
    size_t distinct;
    uint32_t *float_bits;
    uint32_t *counts; /* how often each occurs */
    uint32_t *places; /* for each score, in the order given, which of the distinct ones it is */
} Ranked;

/* Scratch memory is taken for a part of the scores at a time. False: out of memory. */
bool rank_distinct(const uint32_t *float_bits, size_t count, Ranked *ranked);

#endif
