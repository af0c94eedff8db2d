#include "codes.h"

#include <stdlib.h>

static Lock *lock_segment(Table *table, ScoreKind kind, uint32_t segment)
{
    Lock *lock = lock_from_bank(BANK_OF_CODES, &table->codes[kind], segment);
    lock_acquire(lock);
    return lock;
}

static bool any(const uint32_t *tally)
{
    uint32_t together = 0;
    for (uint32_t i = 0; i < SEGMENT_SIZE; i++)
        together |= tally[i];
    return together != 0;
}

static bool take_segment(Table *table, ScoreKind kind, uint32_t segment, uint32_t *tally)
{
    Lock *lock = lock_segment(table, kind, segment);
    uint64_t **counts = &table->codes[kind][segment];
    if (!*counts)
        *counts = calloc(SEGMENT_SIZE, sizeof **counts);
    bool taken = *counts != NULL;
    for (uint32_t i = 0; taken && i < SEGMENT_SIZE; i++)
        (*counts)[i] += tally[i];
    lock_release(lock);
    memset(tally, 0, SEGMENT_SIZE * sizeof *tally);
    return taken;
}

static void add_to_coarse(Coarse *coarse, ScoreKind kind, uint32_t first, const uint32_t *tally)
{
    for (uint32_t i = 0; i < SEGMENT_SIZE; i++)
        if (tally[i] != 0) {
            uint32_t key = key_from_bits(bits_from_code(kind, (uint16_t)(first + i)));
            coarse_add(coarse, key >> 16, tally[i]);
        }
}

bool codes_take(Table *table, ScoreKind kind, uint32_t *tally, Coarse *coarse)
{
    bool taken = true;
    uint32_t segments = kind == KIND_UINT8 ? 1 : SEGMENT_COUNT;
    for (uint32_t segment = 0; segment < segments; segment++) {
        uint32_t first = segment * SEGMENT_SIZE;
        if (!any(tally + first))
            continue;
        if (coarse)
            add_to_coarse(coarse, kind, first, tally + first);
        taken &= take_segment(table, kind, segment, tally + first);
    }
    return taken;
}

static bool settle_segment(Table *table, ScoreKind kind, uint32_t segment)
{
    Lock *lock = lock_segment(table, kind, segment);
    uint64_t *counts = table->codes[kind][segment];
    bool settled = true;
    for (uint32_t i = 0; counts && settled && i < SEGMENT_SIZE; i++) {
        if (counts[i] == 0)
            continue;
        uint32_t bits = bits_from_code(kind, (uint16_t)(segment * SEGMENT_SIZE + i));
        int64_t count = (int64_t)counts[i];
        settled = table_add(table, &bits, &count, 1);
        if (settled)
            counts[i] = 0;
    }
    if (settled) {
        free(counts);
        table->codes[kind][segment] = NULL;
    }
    lock_release(lock);
    return settled;
}

bool codes_settle(Table *table)
{
    for (int kind = 0; kind < CODE_KINDS; kind++)
        for (uint32_t segment = 0; segment < SEGMENT_COUNT; segment++)
            if (!settle_segment(table, (ScoreKind)kind, segment))
                return false;
    return true;
}

uint64_t codes_total(Table *table)
{
    uint64_t total = 0;
    for (int kind = 0; kind < CODE_KINDS; kind++)
        for (uint32_t segment = 0; segment < SEGMENT_COUNT; segment++) {
            Lock *lock = lock_segment(table, (ScoreKind)kind, segment);
            const uint64_t *counts = table->codes[kind][segment];
            for (uint32_t i = 0; counts && i < SEGMENT_SIZE; i++)
                total += counts[i];
            lock_release(lock);
        }
    return total;
}
