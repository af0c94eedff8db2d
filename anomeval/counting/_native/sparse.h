/* A small hash table from the lower half of a key to a 64-bit count.
 *
 * Linear probing in a power-of-two array; an entry without a count is free. Nothing is ever
 * removed. Adding never allocates: it refuses when the table is full, and the owner decides
 * whether a larger table or another representation is the better answer.
 */
#ifndef ANOMEVAL_SPARSE_H
#define ANOMEVAL_SPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t count;
    uint16_t low;
} SparseEntry;

typedef struct {
    SparseEntry *entries; /* NULL while empty */
    uint32_t used;
    uint32_t log2_capacity; /* meaningless while empty */
} Sparse;

static inline uint32_t sparse_capacity(const Sparse *sparse)
{
    return sparse->entries ? 1u << sparse->log2_capacity : 0;
}

/* The entry of `low`, or the free one where it would go; there is always at least one. */
static inline SparseEntry *sparse_seek(const Sparse *sparse, uint16_t low)
{
    uint32_t last = (1u << sparse->log2_capacity) - 1;
    uint32_t at = (low * 2654435769u) >> (32 - sparse->log2_capacity);
    while (sparse->entries[at].count != 0 && sparse->entries[at].low != low)
        at = (at + 1) & last;
    return &sparse->entries[at];
}

/* Add a positive count. False, with nothing done, if that takes an entry and there is no room. */
static inline bool sparse_add(Sparse *sparse, uint16_t low, uint64_t count)
{
    if (!sparse->entries)
        return false;
    SparseEntry *entry = sparse_seek(sparse, low);
    if (entry->count == 0) {
        uint32_t capacity = 1u << sparse->log2_capacity;
        if (sparse->used >= capacity - capacity / 4)
            return false;
        sparse->used++;
        entry->low = low;
    }
    entry->count += count;
    return true;
}

/* An empty table with room for `entries` entries. False: out of memory. */
bool sparse_create(Sparse *sparse, uint32_t entries);

/* Double the room. False, with the table as it was: out of memory. */
bool sparse_grow(Sparse *sparse);

/* The memory that the table will take once it has grown. */
size_t sparse_bytes_when_grown(const Sparse *sparse);

void sparse_release(Sparse *sparse);

#endif
