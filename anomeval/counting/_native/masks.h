/* Looking over masks of bytes, where any byte but zero means anomalous, at memory speed. */
#ifndef ANOMEVAL_MASKS_H
#define ANOMEVAL_MASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MASK_WORD sizeof(uint64_t)

static inline uint64_t mask_word(const uint8_t *mask)
{
    uint64_t word;
    memcpy(&word, mask, sizeof word);
    return word;
}

static inline bool mask_any(const uint8_t *mask, size_t count)
{
    size_t at = 0;
    for (; at + 8 * MASK_WORD <= count; at += 8 * MASK_WORD) {
        uint64_t together = 0;
        for (size_t i = 0; i < 8; i++)
            together |= mask_word(mask + at + i * MASK_WORD);
        if (together != 0)
            return true;
    }
    for (; at < count; at++)
        if (mask[at] != 0)
            return true;
    return false;
}

typedef struct {
    size_t marked; /* values that are not zero */
    uint8_t highest;
    bool gray; /* any value that is none of 0, 1 and 255 */
} MaskSurvey;

static inline MaskSurvey mask_survey(const uint8_t *mask, size_t count)
{
    size_t marked = 0;
    uint8_t highest = 0;
    uint8_t farthest = 0; /* from 255, 0 and 1, which adding 1 makes 0, 1 and 2 */
    for (size_t start = 0; start < count; start += 192) {
        size_t end = start + 192 < count ? start + 192 : count;
        uint8_t few = 0; /* bytes add up sixteen at a time, and 192 of them cannot overflow */
        for (size_t at = start; at < end; at++) {
            uint8_t distance = (uint8_t)(mask[at] + 1u);
            few = (uint8_t)(few + (mask[at] != 0));
            highest = mask[at] > highest ? mask[at] : highest;
            farthest = distance > farthest ? distance : farthest;
        }
        marked += few;
    }
    return (MaskSurvey){marked, highest, farthest > 2};
}

static inline size_t mask_count(const uint8_t *mask, size_t count)
{
    return mask_survey(mask, count).marked; /* the compiler leaves out the rest */
}

#endif
