/* Connected regions of a mask: pixels that touch by an edge or a corner. */
#ifndef ANOMEVAL_REGIONS_H
#define ANOMEVAL_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A stretch of anomalous pixels within one row. */
typedef struct {
    size_t begin;   /* index of the first pixel in the mask */
    size_t end;     /* one behind the last */
    int32_t parent; /* an earlier run of the same region, or this one; in the end: the region */
} Run;

typedef struct {
    Run *runs; /* in row-major order */
    size_t run_count;
    size_t run_room;
    int64_t *sizes; /* pixels of each region */
    size_t region_count;
    size_t pixel_count;
} Regions;

typedef enum { REGIONS_FOUND, REGIONS_NO_MEMORY, REGIONS_TOO_MANY } RegionsOutcome;

/* Find the regions of a mask, any byte but zero being anomalous; number them from 0 in row-major
 * order of their first pixel. Release `regions` afterwards, whatever the outcome. */
RegionsOutcome regions_find(Regions *regions, const uint8_t *mask, size_t height, size_t width);

/* Write the region of each anomalous pixel, in row-major order. */
void regions_write(const Regions *regions, int32_t *region_of_pixel);

void regions_release(Regions *regions);

#endif
