#include "regions.h"

#include <stdlib.h>

#include "masks.h"

/* The mask is cut into runs, row by row. Each run is united with the runs of the row above that
 * it touches. Regions are trees of runs, and the root of a tree is always its earliest run: so
 * a parent comes before its children, and one walk over the runs numbers all regions. */

static size_t find_anomalous(const uint8_t *mask, size_t at, size_t end)
{
    while (at + MASK_WORD <= end && mask_word(mask + at) == 0)
        at += MASK_WORD;
    while (at < end && mask[at] == 0)
        at++;
    return at;
}

static size_t find_normal(const uint8_t *mask, size_t at, size_t end)
{
    const uint8_t *found = memchr(mask + at, 0, end - at);
    return found ? (size_t)(found - mask) : end;
}

static RegionsOutcome append_run(Regions *regions, size_t begin, size_t end)
{
    if (regions->run_count == INT32_MAX)
        return REGIONS_TOO_MANY;
    if (regions->run_count == regions->run_room) {
        size_t room = regions->run_room == 0 ? 64 : regions->run_room * 2;
        Run *runs = realloc(regions->runs, room * sizeof *runs);
        if (!runs)
            return REGIONS_NO_MEMORY;
        regions->runs = runs;
        regions->run_room = room;
    }
    regions->runs[regions->run_count] = (Run){begin, end, (int32_t)regions->run_count};
    regions->run_count++;
    regions->pixel_count += end - begin;
    return REGIONS_FOUND;
}

static RegionsOutcome append_row(Regions *regions, const uint8_t *mask, size_t begin, size_t end)
{
    RegionsOutcome outcome = REGIONS_FOUND;
    size_t at = find_anomalous(mask, begin, end);
    while (at < end && outcome == REGIONS_FOUND) {
        size_t stop = find_normal(mask, at, end);
        outcome = append_run(regions, at, stop);
        at = find_anomalous(mask, stop, end);
    }
    return outcome;
}

static int32_t root_of(Run *runs, int32_t run)
{
    while (runs[run].parent != run) {
        runs[run].parent = runs[runs[run].parent].parent; /* halves the path for the next one */
        run = runs[run].parent;
    }
    return run;
}

static void unite(Run *runs, size_t a, size_t b)
{
    int32_t root_a = root_of(runs, (int32_t)a);
    int32_t root_b = root_of(runs, (int32_t)b);
    if (root_a < root_b)
        runs[root_b].parent = root_a;
    else
        runs[root_a].parent = root_b;
}

/* Unite runs of two neighbouring rows: [above, below) and [below, end) by index. */
static void unite_rows(Run *runs, size_t width, size_t above, size_t below, size_t end)
{
    size_t first_below = below;
    while (above < first_below && below < end) {
        size_t begin_above = runs[above].begin + width; /* as if it were in the row below */
        size_t end_above = runs[above].end + width;
        if (begin_above <= runs[below].end && runs[below].begin <= end_above)
            unite(runs, above, below);
        if (end_above < runs[below].end)
            above++;
        else
            below++;
    }
}

static RegionsOutcome number_regions(Regions *regions)
{
    regions->sizes = calloc(regions->run_count, sizeof *regions->sizes);
    if (!regions->sizes && regions->run_count != 0)
        return REGIONS_NO_MEMORY;
    for (size_t i = 0; i < regions->run_count; i++) {
        Run *run = &regions->runs[i];
        bool is_root = run->parent == (int32_t)i;
        run->parent = is_root ? (int32_t)regions->region_count : regions->runs[run->parent].parent;
        regions->region_count += is_root;
        regions->sizes[run->parent] += (int64_t)(run->end - run->begin);
    }
    return REGIONS_FOUND;
}

RegionsOutcome regions_find(Regions *regions, const uint8_t *mask, size_t height, size_t width)
{
    *regions = (Regions){0};
    if (!mask_any(mask, height * width))
        return REGIONS_FOUND;
    size_t above = 0; /* first run of the row above */
    size_t below = 0; /* first run of this row */
    for (size_t row = 0; row < height; row++) {
        RegionsOutcome outcome = append_row(regions, mask, row * width, (row + 1) * width);
        if (outcome != REGIONS_FOUND)
            return outcome;
        unite_rows(regions->runs, width, above, below, regions->run_count);
        above = below;
        below = regions->run_count;
    }
    return number_regions(regions);
}

void regions_write(const Regions *regions, int32_t *region_of_pixel)
{
    for (size_t i = 0; i < regions->run_count; i++) {
        const Run *run = &regions->runs[i];
        for (size_t at = run->begin; at < run->end; at++)
            *region_of_pixel++ = run->parent;
    }
}

void regions_release(Regions *regions)
{
    free(regions->runs);
    free(regions->sizes);
    *regions = (Regions){0};
}
