/* Counting score maps: the scores outside the mask go into the table, those inside are kept. */
#ifndef ANOMEVAL_INTAKE_H
#define ANOMEVAL_INTAKE_H

#include "coarse.h"
#include "table.h"

#define BLOCK 65536u /* scores; all scratch memory for so many fits into the second-level cache */

/* What one thread needs besides the table. Between maps `tally` and `coarse` are all zero. */
typedef struct Scratch {
    struct Scratch *next;        /* for whoever keeps unused ones in a list */
    uint32_t keys[BLOCK];
    uint16_t lows[BLOCK];        /* lower halves of the keys, ordered by page */
    uint32_t tally[PAGE_COUNT];  /* per page or per code: how many; later, where its lows end */
    uint16_t touched[PAGE_COUNT]; /* pages with any */
    Coarse coarse;
    uint64_t counts[PAGE_SIZE]; /* of a page that is read; not for counting */
} Scratch;

/* One map on its way in, in as many pieces as the caller likes. */
typedef struct {
    Table *table;
    Scratch *scratch;
    ScoreKind kind;
    Coarse *coarse;     /* NULL unless wanted */
    uint32_t *inside;   /* where the next score inside the mask goes, as float32 bits */
    size_t inside_room; /* how many more may go there */
} Intake;

/* Count `count` scores of the intake's kind. `mask` has a byte for each, or is NULL. False: out of
 * memory; scratch is clean even then, `coarse` and the table have some of the scores. */
bool intake_take(Intake *intake, const void *scores, const uint8_t *mask, size_t count);

#endif
