/* One look over a map: how many scores are NaN, and the range of the others. */
#ifndef ANOMEVAL_SURVEY_H
#define ANOMEVAL_SURVEY_H

#include "keys.h"

typedef struct {
    size_t nan_count;
    bool any; /* any score that is not NaN; `lowest` and `highest` mean nothing otherwise */
    float lowest;
    float highest;
} Survey;

Survey survey(const void *scores, ScoreKind kind, size_t count);

#endif
