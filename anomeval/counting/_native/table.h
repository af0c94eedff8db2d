/* An exact multiset of float32 scores that counts at the speed of memory.
 *
 * The problem. 10^8 scores, nearly all distinct, must be counted exactly in one pass, in a tenth
 * of the memory that they take themselves. Sorting them is ten times too slow, a hash table of
 * them too large, and a histogram is not exact.
 *
 * The idea. A float32 has only 2^32 values. Taken as integers that order as the scores do (keys.h)
 * they fall into 65,536 pages of 65,536 neighbours, and real scores fill a few hundred to a few
 * thousand pages, densely. A dense page needs no keys, only counters, and these need few bits
 * (page.h). Empty pages do not exist: the table is a directory of groups of 64 pages, each
 * allocated at its first score, so hundreds of nearly empty tables can live side by side.
 *
 *   table ── groups[1024] ── 64 pages ── pending scores, 4/8/16-bit counters, sparse rest
 *        └── codes[3][256] ── 256 plain counts each, for scores that came as 8 or 16 bits
 *
 * The way of a float32 score (intake.c). A block of up to 65,536 scores is turned into keys; those
 * of anomalous pixels are handed back (sorting.h ranks them in the end); stretches of one constant
 * are counted by one addition. The rest are distributed by page, as one pass of a radix sort would
 * do it: count the keys of each page, then put the lower halves side by side. All this stays in the
 * cache. Each page then takes its share under its own lock: a copy to its pending scores, which are
 * folded into its counters when 8,192 have come together. So main memory is touched once per
 * thousands of scores, and nothing is ever sorted, searched for or moved again. How many scores a
 * page got in one block is known on the way, and is the coarse histogram.
 *
 * The way of a float16, uint16 or uint8 score (codes.c). There are at most 65,536 such values, so
 * a block is tallied in a plain array of counts, which is then added to the table's own. They
 * become pages when someone asks for the table's contents.
 *
 * Threads. Nothing belongs to a thread except its scratch memory for one block. Any number of them
 * count into one table at once; a page is locked while it takes a share. So more threads take no
 * more memory for the table, and there is nothing to bring together at the end.
 *
 * Waiting scores take a third of the memory of a dense page. When all has been counted
 * (table_settle) they are folded and let go.
 *
 * Reading (ranks.c). A rank is the sum of the totals of all higher pages plus a sum within one
 * page; pages without a threshold are never looked into.
 *
 * Limits. A single count and the total go up to 2^63 - 1. NaN must not come in: it would be
 * counted as if it were beyond the infinity of its sign. Out of memory: the table stays whole and
 * counts what it got so far, but the caller cannot know what that is, and should discard it.
 */
#ifndef ANOMEVAL_TABLE_H
#define ANOMEVAL_TABLE_H

#include "keys.h"
#include "locks.h"
#include "page.h"

#define GROUP_SIZE 64u
#define GROUP_COUNT (PAGE_COUNT / GROUP_SIZE)
#define SEGMENT_SIZE 256u
#define SEGMENT_COUNT 256u

typedef struct {
    Page *groups[GROUP_COUNT];                  /* NULL, or GROUP_SIZE pages */
    uint64_t *codes[CODE_KINDS][SEGMENT_COUNT]; /* NULL, or SEGMENT_SIZE counts */
} Table;

Table *table_create(void); /* NULL: out of memory */
void table_destroy(Table *table);

/* A page for this thread alone until it is unlocked. NULL, with nothing locked: out of memory. */
Page *table_lock_page(Table *table, uint32_t number);
/* The same in two steps, for many pages: first see that all exist (false: out of memory), then lock
 * one after the other, which takes one lock instead of two. */
bool table_reserve(Table *table, const uint16_t *numbers, size_t count);
Page *table_lock_reserved(Table *table, uint32_t number);
/* The same for the first page with any scores from `*number` on; moves `*number` there. NULL, with
 * nothing locked: there is none. */
Page *table_lock_next_page(Table *table, uint32_t *number);
void table_unlock_page(Table *table, uint32_t number);

/* What follows sees only what is in pages: call codes_settle before. */

/* Count each score as often as its count says; neighbours in one page go fastest. */
bool table_add(Table *table, const uint32_t *float_bits, const int64_t *counts, size_t length);

/* Count all that `other` has counted on pages from `first` up to `end`. `counts` is scratch memory
 * for one page. False: out of memory. */
bool table_merge(Table *table, Table *other, uint32_t first, uint32_t end, uint64_t *counts);

/* Write out the counts of the first page with any scores from `*number` on; moves `*number`
 * there. False: there is none. */
bool table_next_page(Table *table, uint32_t *number, uint64_t *counts);

/* How many scores are in all pages. */
uint64_t table_total(Table *table);

/* Give back memory that is needed for counting only. More scores may come all the same. */
void table_settle(Table *table);

#endif
