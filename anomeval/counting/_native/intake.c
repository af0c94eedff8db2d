#include "intake.h"

#include "codes.h"
#include "masks.h"

#define STRETCH 64u /* pixels looked at together: is the mask clear, are the scores all equal */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void keep_inside(Intake *intake, uint32_t float_bits)
{
    if (intake->inside_room == 0)
        return; /* the mask has changed under our hands; stay within bounds */
    *intake->inside++ = without_minus_zero(float_bits);
    intake->inside_room--;
}

/* float32, step 1: the keys of the scores outside the mask; returns how many. */

static void all_to_keys(const uint32_t *scores, size_t count, uint32_t *keys)
{
    for (size_t i = 0; i < count; i++)
        keys[i] = key_from_bits(scores[i]);
}

static size_t split_block(Intake *intake, const uint32_t *scores, const uint8_t *mask, size_t count)
{
    uint32_t *keys = intake->scratch->keys;
    size_t outside = 0;
    for (size_t start = 0; start < count; start += STRETCH) {
        size_t end = smaller(start + STRETCH, count);
        if (!mask_any(mask + start, end - start)) {
            all_to_keys(scores + start, end - start, keys + outside);
            outside += end - start;
            continue;
        }
        for (size_t i = start; i < end; i++) {
            if (mask[i] != 0)
                keep_inside(intake, scores[i]);
            else
                keys[outside++] = key_from_bits(scores[i]);
        }
    }
    return outside;
}

/* float32, step 2: count constant stretches at once and close the gaps; returns how many keys are
 * left. */

static bool count_equal(Intake *intake, uint32_t key, uint64_t count)
{
    uint32_t number = key >> 16;
    Page *page = table_lock_page(intake->table, number);
    if (!page)
        return false;
    bool counted = page_add(page, (uint16_t)key, count);
    table_unlock_page(intake->table, number);
    if (intake->coarse)
        coarse_add(intake->coarse, number, count);
    return counted;
}

static bool is_constant(const uint32_t *keys)
{
    uint32_t difference = 0;
    for (size_t i = 0; i < STRETCH; i++)
        difference |= keys[i] ^ keys[0];
    return difference == 0;
}

static bool count_stretches(Intake *intake, size_t *count)
{
    uint32_t *keys = intake->scratch->keys;
    size_t kept = 0;
    size_t start = 0;
    while (start < *count) {
        size_t end = start;
        while (end + STRETCH <= *count && keys[end] == keys[start] && is_constant(keys + end))
            end += STRETCH;
        if (end > start) {
            if (!count_equal(intake, keys[start], end - start))
                return false;
        } else {
            end = smaller(start + STRETCH, *count);
            if (kept != start)
                memmove(keys + kept, keys + start, (end - start) * sizeof *keys);
            kept += end - start;
        }
        start = end;
    }
    *count = kept;
    return true;
}

/* float32, step 3: put the lower halves of the keys side by side, page by page; returns how many
 * pages were touched. Afterwards a page's tally says where its lows end, and those of the next
 * touched page begin. */
static size_t distribute(Scratch *scratch, size_t count)
{
    uint32_t *tally = scratch->tally;
    size_t pages = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t page = scratch->keys[i] >> 16;
        scratch->touched[pages] = (uint16_t)page;
        pages += tally[page]++ == 0;
    }
    uint32_t begin = 0;
    for (size_t i = 0; i < pages; i++) {
        uint32_t size = tally[scratch->touched[i]];
        tally[scratch->touched[i]] = begin;
        begin += size;
    }
    for (size_t i = 0; i < count; i++)
        scratch->lows[tally[scratch->keys[i] >> 16]++] = (uint16_t)scratch->keys[i];
    return pages;
}

/* float32, step 4: hand each touched page its share. */
static bool deliver(Intake *intake, size_t pages)
{
    Scratch *scratch = intake->scratch;
    bool delivered = table_reserve(intake->table, scratch->touched, pages);
    uint32_t begin = 0;
    for (size_t i = 0; i < pages; i++) {
        uint32_t number = scratch->touched[i];
        uint32_t end = scratch->tally[number];
        scratch->tally[number] = 0;
        if (delivered) {
            Page *page = table_lock_reserved(intake->table, number);
            delivered = page_append(page, scratch->lows + begin, end - begin);
            table_unlock_page(intake->table, number);
        }
        if (intake->coarse)
            coarse_add(intake->coarse, number, end - begin);
        begin = end;
    }
    return delivered;
}

static bool take_floats(Intake *intake, const uint32_t *scores, const uint8_t *mask, size_t count)
{
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t size = smaller(BLOCK, count - start);
        size_t outside = size;
        if (mask && mask_any(mask + start, size))
            outside = split_block(intake, scores + start, mask + start, size);
        else
            all_to_keys(scores + start, size, intake->scratch->keys);
        if (!count_stretches(intake, &outside))
            return false;
        if (!deliver(intake, distribute(intake->scratch, outside)))
            return false;
    }
    return true;
}

/* float16, uint16, uint8: tally the codes outside the mask. */

static inline uint16_t code_at(const void *codes, bool wide, size_t i)
{
    return wide ? ((const uint16_t *)codes)[i] : ((const uint8_t *)codes)[i];
}

static inline void tally_codes(Intake *intake, const void *codes, bool wide, const uint8_t *mask,
                               size_t count)
{
    uint32_t *tally = intake->scratch->tally;
    for (size_t start = 0; start < count; start += STRETCH) {
        size_t end = smaller(start + STRETCH, count);
        bool clear = !mask || !mask_any(mask + start, end - start);
        for (size_t i = start; i < end; i++) {
            uint16_t code = code_at(codes, wide, i);
            if (clear || mask[i] == 0)
                tally[code]++;
            else
                keep_inside(intake, bits_from_code(intake->kind, code));
        }
    }
}

static bool take_codes(Intake *intake, const void *codes, const uint8_t *mask, size_t count)
{
    if (intake->kind == KIND_UINT8)
        tally_codes(intake, codes, false, mask, count);
    else
        tally_codes(intake, codes, true, mask, count);
    return codes_take(intake->table, intake->kind, intake->scratch->tally, intake->coarse);
}

bool intake_take(Intake *intake, const void *scores, const uint8_t *mask, size_t count)
{
    if (intake->kind == KIND_FLOAT32)
        return take_floats(intake, scores, mask, count);
    return take_codes(intake, scores, mask, count);
}
