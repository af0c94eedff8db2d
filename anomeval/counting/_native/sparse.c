#include "sparse.h"

#include <stdlib.h>

#define SMALLEST_LOG2 3

static bool allocate(Sparse *sparse, uint32_t log2_capacity)
{
    SparseEntry *entries = calloc((size_t)1 << log2_capacity, sizeof *entries);
    if (!entries)
        return false;
    *sparse = (Sparse){entries, 0, log2_capacity};
    return true;
}

bool sparse_create(Sparse *sparse, uint32_t entries)
{
    uint32_t log2_capacity = SMALLEST_LOG2;
    while ((3u << log2_capacity) / 4 < entries)
        log2_capacity++;
    return allocate(sparse, log2_capacity);
}

bool sparse_grow(Sparse *sparse)
{
    Sparse grown;
    if (!allocate(&grown, sparse->entries ? sparse->log2_capacity + 1 : SMALLEST_LOG2))
        return false;
    for (uint32_t i = 0; i < sparse_capacity(sparse); i++)
        if (sparse->entries[i].count != 0)
            sparse_add(&grown, sparse->entries[i].low, sparse->entries[i].count);
    free(sparse->entries);
    *sparse = grown;
    return true;
}

size_t sparse_bytes_when_grown(const Sparse *sparse)
{
    uint32_t log2_capacity = sparse->entries ? sparse->log2_capacity + 1 : SMALLEST_LOG2;
    return sizeof *sparse->entries << log2_capacity;
}

void sparse_release(Sparse *sparse)
{
    free(sparse->entries);
    *sparse = (Sparse){0};
}
