/* How many scores lie above thresholds. */
#ifndef ANOMEVAL_RANKS_H
#define ANOMEVAL_RANKS_H

#include "table.h"

typedef struct {
    const void *values; /* float or double, free of NaN */
    bool doubles;
    size_t length;
} Thresholds;

bool thresholds_ascend(const Thresholds *thresholds);

/* For each of the ascending thresholds, how many scores lie strictly above it, and how many at or
 * above it. Call codes_settle before. `counts` is scratch memory for one page. */
void table_ranks(Table *table, const Thresholds *thresholds, uint64_t *counts, int64_t *above,
                 int64_t *at_or_above);

#endif
