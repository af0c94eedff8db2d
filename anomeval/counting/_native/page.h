/* One page of the multiset: exact counts of 65,536 neighbouring keys.
 *
 * A page counts in whichever way is smallest for what it has seen:
 *
 *   pending    lower halves of keys not yet looked at, two bytes each. Most pages of a small
 *              data set never get beyond this.
 *   counters   65,536 counters of 4 bits, later of 8, at most of 16. Absent (0 bits) at first.
 *   rest       what does not fit into the counters: for the few keys whose counter has wrapped,
 *              how often it did. Without counters each score wraps at once, so `rest` simply
 *              holds the counts themselves - all that a page of few distinct scores needs.
 *
 * so that  count(low) = counter(low) + rest(low) * 2^bits + occurrences of low in pending.
 *
 * Pending scores are folded into the counters thousands at a time, while these sit in the cache;
 * touching a random counter in main memory for every single score would be several times slower.
 * When `rest` would grow beyond the memory that wider counters cost, the counters are widened:
 * no page pays for a few frequent scores with wide counters for all, or the other way round.
 *
 * Each function leaves a page that counts exactly what `total` says even if memory runs out in
 * the middle. None of them locks.
 */
#ifndef ANOMEVAL_PAGE_H
#define ANOMEVAL_PAGE_H

#include "sparse.h"

typedef struct {
    uint64_t total; /* all counts of the page, pending ones included */
    uint16_t *pending;
    uint32_t pending_used;
    uint32_t pending_room;
    void *counters; /* uint16_t[65536], uint8_t[65536], or uint8_t[32768] with two to a byte */
    uint32_t bits;  /* 0, 4, 8 or 16 */
    Sparse rest;
} Page;

/* Count each of `lows` once. False: out of memory, only the first few are counted. */
bool page_append(Page *page, const uint16_t *lows, size_t count);

/* Count `low` `count` times. False: out of memory, counted less often or not at all. */
bool page_add(Page *page, uint16_t low, uint64_t count);

/* Count each key of the page as often as `counts`, 65,536 of them, says. False: out of memory,
 * only some are counted. */
bool page_add_counts(Page *page, const uint64_t *counts);

/* Nothing more is to come for now: count what is pending and give its memory back. Of a page
 * without counters nothing changes, as its pending scores take the least memory as they are. */
void page_settle(Page *page);

/* Write out all 65,536 counts. */
void page_counts(const Page *page, uint64_t *counts);

void page_release(Page *page);

#endif
