#include "ranks.h"

static Cut cut_at(const Thresholds *thresholds, size_t i)
{
    if (thresholds->doubles)
        return cut_at_double(((const double *)thresholds->values)[i]);
    return cut_at_float(((const float *)thresholds->values)[i]);
}

bool thresholds_ascend(const Thresholds *thresholds)
{
    uint32_t previous = 0;
    for (size_t i = 0; i < thresholds->length; i++) {
        uint32_t first = cut_at(thresholds, i).first;
        if (first < previous)
            return false;
        previous = first;
    }
    return true;
}

/* A walk over thresholds and pages at once, both ascending. */
typedef struct {
    const Thresholds *thresholds;
    size_t next;    /* the first threshold that has no answer yet */
    uint64_t total; /* all scores */
    uint64_t below; /* scores in the pages passed */
    int64_t *above;
    int64_t *at_or_above;
} Walk;

static void answer(Walk *walk, uint64_t below, uint64_t met)
{
    walk->at_or_above[walk->next] = (int64_t)(walk->total - below);
    walk->above[walk->next] = (int64_t)(walk->total - below - met);
    walk->next++;
}

/* Answer the thresholds below the next page that has scores. */
static void answer_until(Walk *walk, uint32_t page)
{
    while (walk->next < walk->thresholds->length
           && cut_at(walk->thresholds, walk->next).first >> 16 < page)
        answer(walk, walk->below, 0);
}

static bool has_threshold_in(const Walk *walk, uint32_t page)
{
    return walk->next < walk->thresholds->length
           && cut_at(walk->thresholds, walk->next).first >> 16 == page;
}

static void answer_within(Walk *walk, uint32_t page, uint64_t *counts)
{
    uint64_t sum = 0;
    for (uint32_t low = 0; low < PAGE_SIZE; low++)
        counts[low] = sum += counts[low];
    while (has_threshold_in(walk, page)) {
        Cut cut = cut_at(walk->thresholds, walk->next);
        uint32_t low = cut.first & (PAGE_SIZE - 1);
        uint64_t below = low == 0 ? 0 : counts[low - 1];
        answer(walk, walk->below + below, cut.met ? counts[low] - below : 0);
    }
}

void table_ranks(Table *table, const Thresholds *thresholds, uint64_t *counts, int64_t *above,
                 int64_t *at_or_above)
{
    Walk walk = {thresholds, 0, table_total(table), 0, above, at_or_above};
    Page *page;
    for (uint32_t number = 0; walk.next < thresholds->length
                              && (page = table_lock_next_page(table, &number)); number++) {
        answer_until(&walk, number);
        uint64_t page_total = page->total;
        bool wanted = has_threshold_in(&walk, number);
        if (wanted)
            page_counts(page, counts);
        table_unlock_page(table, number);
        if (wanted)
            answer_within(&walk, number, counts);
        walk.below += page_total;
    }
    answer_until(&walk, PAGE_COUNT);
}
