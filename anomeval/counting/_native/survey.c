#include "survey.h"

/* Scores are compared as integers: that is as fast as it gets without any instruction beyond the
 * baseline of the platform, and a NaN shows as an integer beyond an infinity. So only stretches
 * whose range goes beyond the infinities need a second look.
 *
 * These integers order as the scores do, too, but are signed, unlike the keys of keys.h: more
 * processors can compare signed ones in parallel. -0.0 lies just below 0.0 here. */

#define STRETCH 4096u

typedef struct {
    int32_t low;
    int32_t high;
} Range;

static const Range nothing = {INT32_MAX, INT32_MIN};

static inline void include(Range *range, int32_t value)
{
    range->low = value < range->low ? value : range->low;
    range->high = value > range->high ? value : range->high;
}

static inline int32_t ordered_float(uint32_t bits)
{
    int32_t sign = (int32_t)bits >> 31; /* arithmetic shift: 0 or -1 */
    return (int32_t)(bits ^ ((uint32_t)sign & 0x7fffffffu));
}

static inline int16_t ordered_half(uint16_t half)
{
    return (int16_t)(half ^ ((int16_t)half < 0 ? 0x7fff : 0));
}

/* The range of a stretch: one plain loop for each kind, which compilers turn into parallel code. */

static Range range_of_floats(const uint32_t *bits, size_t count)
{
    Range range = nothing;
    for (size_t i = 0; i < count; i++)
        include(&range, ordered_float(bits[i]));
    return range;
}

static Range range_of_halves(const uint16_t *halves, size_t count)
{
    int16_t low = INT16_MAX;
    int16_t high = INT16_MIN;
    for (size_t i = 0; i < count; i++) {
        int16_t value = ordered_half(halves[i]);
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    return (Range){low, high};
}

static Range range_of_words(const uint16_t *words, size_t count)
{
    uint16_t low = UINT16_MAX;
    uint16_t high = 0;
    for (size_t i = 0; i < count; i++) {
        low = words[i] < low ? words[i] : low;
        high = words[i] > high ? words[i] : high;
    }
    return (Range){low, high};
}

static Range range_of_bytes(const uint8_t *bytes, size_t count)
{
    uint8_t low = UINT8_MAX;
    uint8_t high = 0;
    for (size_t i = 0; i < count; i++) {
        low = bytes[i] < low ? bytes[i] : low;
        high = bytes[i] > high ? bytes[i] : high;
    }
    return (Range){low, high};
}

static Range range_of(const void *scores, ScoreKind kind, size_t start, size_t count)
{
    switch (kind) {
    case KIND_FLOAT16:
        return range_of_halves((const uint16_t *)scores + start, count);
    case KIND_UINT16:
        return range_of_words((const uint16_t *)scores + start, count);
    case KIND_UINT8:
        return range_of_bytes((const uint8_t *)scores + start, count);
    default:
        return range_of_floats((const uint32_t *)scores + start, count);
    }
}

/* What is NaN: everything outside this range. Integers never are. */
static Range legal_range(ScoreKind kind)
{
    switch (kind) {
    case KIND_FLOAT16:
        return (Range){ordered_half(0xfc00u), ordered_half(0x7c00u)};
    case KIND_FLOAT32:
        return (Range){ordered_float(0xff800000u), ordered_float(0x7f800000u)};
    default:
        return (Range){INT32_MIN, INT32_MAX};
    }
}

static float float_from_ordered(ScoreKind kind, int32_t value)
{
    switch (kind) {
    case KIND_FLOAT16:
        return float_from_bits(bits_from_code(kind, (uint16_t)ordered_half((uint16_t)value)));
    case KIND_FLOAT32:
        return float_from_bits(without_minus_zero((uint32_t)ordered_float((uint32_t)value)));
    default:
        return (float)value;
    }
}

Survey survey(const void *scores, ScoreKind kind, size_t count)
{
    Range legal = legal_range(kind);
    Range whole = nothing;
    size_t nan_count = 0;
    for (size_t start = 0; start < count; start += STRETCH) {
        size_t size = count - start < STRETCH ? count - start : STRETCH;
        Range range = range_of(scores, kind, start, size);
        if (range.low >= legal.low && range.high <= legal.high) {
            include(&whole, range.low);
            include(&whole, range.high);
            continue;
        }
        for (size_t i = start; i < start + size; i++) {
            int32_t value = range_of(scores, kind, i, 1).low;
            if (value < legal.low || value > legal.high)
                nan_count++;
            else
                include(&whole, value);
        }
    }
    return (Survey){nan_count, nan_count < count, float_from_ordered(kind, whole.low),
                    float_from_ordered(kind, whole.high)};
}
