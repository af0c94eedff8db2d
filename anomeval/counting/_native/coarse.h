/* How many scores of one map fell into each page. Touched pages are marked, so that reading and
 * clearing a histogram of few pages does not cost a walk over all 65,536. */
#ifndef ANOMEVAL_COARSE_H
#define ANOMEVAL_COARSE_H

#include "keys.h"

typedef struct {
    uint64_t counts[PAGE_COUNT];
    uint64_t marks[PAGE_COUNT / 64]; /* a bit per page: its count is not zero */
} Coarse;

static inline void coarse_add(Coarse *coarse, uint32_t page, uint64_t count)
{
    coarse->counts[page] += count;
    coarse->marks[page / 64] |= (uint64_t)1 << page % 64;
}

static inline bool coarse_marked(const Coarse *coarse, uint32_t page)
{
    return coarse->marks[page / 64] >> page % 64 & 1;
}

/* The first marked page from `page` on; PAGE_COUNT: there is none. */
static inline uint32_t coarse_next(const Coarse *coarse, uint32_t page)
{
    while (page < PAGE_COUNT && !coarse_marked(coarse, page))
        page += coarse->marks[page / 64] == 0 ? 64 - page % 64 : 1;
    return page;
}

static inline void coarse_clear(Coarse *coarse)
{
    for (uint32_t page = coarse_next(coarse, 0); page < PAGE_COUNT;
         page = coarse_next(coarse, page + 1))
        coarse->counts[page] = 0;
    memset(coarse->marks, 0, sizeof coarse->marks);
}

#endif
