/* Counting scores that came as float16, uint16 or uint8: one plain count per value. */
#ifndef ANOMEVAL_CODES_H
#define ANOMEVAL_CODES_H

#include "coarse.h"
#include "table.h"

/* Move a tally of 65,536 codes into the table; leaves the tally all zero. If `coarse` is given,
 * add to it what the pages of these scores get. False: out of memory. */
bool codes_take(Table *table, ScoreKind kind, uint32_t *tally, Coarse *coarse);

/* Turn all codes counted so far into pages. False: out of memory. */
bool codes_settle(Table *table);

/* How many codes are waiting to be settled. */
uint64_t codes_total(Table *table);

#endif
