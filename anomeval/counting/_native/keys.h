/* Scores as integers.
 *
 * A float32 becomes a 32-bit key that orders as the score does: the sign bit of positive scores
 * is flipped, all bits of negative ones. -0.0 is made 0.0 first, so that equal scores have equal
 * keys. All of this is integer arithmetic: no rounding mode or flush-to-zero setting can touch it.
 *
 *   score   -inf        -1.0        0.0         1.0         +inf
 *   key     0x007fffff  0x407fffff  0x80000000  0xbf800000  0xff800000
 *
 * The upper half of a key is its page, the lower half its place within the page.
 */
#ifndef ANOMEVAL_KEYS_H
#define ANOMEVAL_KEYS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define PAGE_COUNT 65536u
#define PAGE_SIZE 65536u

#define SIGN_BIT 0x80000000u

/* Dtypes of score maps. All but float32 have so few values that a table of counts holds them. */
typedef enum { KIND_FLOAT16, KIND_UINT16, KIND_UINT8, KIND_FLOAT32 } ScoreKind;
#define CODE_KINDS 3 /* the kinds before KIND_FLOAT32: their values are called codes */

static inline uint32_t without_minus_zero(uint32_t float_bits)
{
    return float_bits == SIGN_BIT ? 0 : float_bits;
}

static inline uint32_t key_from_bits(uint32_t float_bits)
{
    uint32_t bits = without_minus_zero(float_bits);
    uint32_t all_if_negative = 0u - (bits >> 31);
    return bits ^ (all_if_negative | SIGN_BIT);
}

static inline uint32_t bits_from_key(uint32_t key)
{
    uint32_t all_if_negative = (key >> 31) - 1u;
    return key ^ (all_if_negative | SIGN_BIT);
}

static inline uint32_t bits_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float float_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Widen the bits of a float16 to those of the same float32; every float16 has one. */
static inline uint32_t bits_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 0x1fu;
    uint32_t fraction = half & 0x3ffu;
    if (exponent == 0x1f) /* infinite or NaN */
        return sign | 0x7f800000u | fraction << 13;
    if (exponent == 0) /* zero or subnormal: a multiple of 2^-24 */
        return sign | bits_from_float((float)fraction * 0x1p-24f);
    return sign | (exponent + 127 - 15) << 23 | fraction << 13;
}

/* The float32 bits of a value of one of the narrow kinds. */
static inline uint32_t bits_from_code(ScoreKind kind, uint16_t code)
{
    uint32_t bits = kind == KIND_FLOAT16 ? bits_from_half(code) : bits_from_float((float)code);
    return without_minus_zero(bits);
}

/* Where a threshold cuts the keys: scores at or above it have keys >= `first`, and `met` says
 * whether `first` is the threshold itself, so that scores strictly above it begin one later. */
typedef struct {
    uint32_t first;
    bool met;
} Cut;

static inline Cut cut_at_float(float threshold)
{
    return (Cut){key_from_bits(bits_from_float(threshold)), true};
}

/* A double between two neighbouring float32 cuts at the upper one, and no score can meet it. */
static inline Cut cut_at_double(double threshold)
{
    float nearest = (float)threshold;
    uint32_t key = key_from_bits(bits_from_float(nearest));
    bool too_low = (double)nearest < threshold;
    return (Cut){key + too_low, (double)nearest == threshold};
}

#endif
