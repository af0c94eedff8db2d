#include "coarse_export.h"

/* The narrowest unsigned integer for counts up to `largest`, in bytes. */
static size_t width_for(uint64_t largest)
{
    if (largest > UINT32_MAX)
        return sizeof(uint64_t);
    if (largest > UINT16_MAX)
        return sizeof(uint32_t);
    return largest > UINT8_MAX ? sizeof(uint16_t) : sizeof(uint8_t);
}

static void write_count(void *counts, size_t width, size_t at, uint64_t count)
{
    if (width == sizeof(uint8_t))
        ((uint8_t *)counts)[at] = (uint8_t)count;
    else if (width == sizeof(uint16_t))
        ((uint16_t *)counts)[at] = (uint16_t)count;
    else if (width == sizeof(uint32_t))
        ((uint32_t *)counts)[at] = (uint32_t)count;
    else
        ((uint64_t *)counts)[at] = count;
}

PyObject *export_coarse(const Coarse *coarse)
{
    size_t length = 0;
    uint64_t largest = 0;
    for (uint32_t page = coarse_next(coarse, 0); page < PAGE_COUNT;
         page = coarse_next(coarse, page + 1), length++)
        largest = coarse->counts[page] > largest ? coarse->counts[page] : largest;
    size_t width = width_for(largest);
    PyObject *pages = new_bytearray(length, sizeof(uint16_t));
    PyObject *counts = pages ? new_bytearray(length, width) : NULL;
    uint32_t page = 0;
    for (size_t at = 0; counts && at < length; at++, page++) {
        page = coarse_next(coarse, page);
        ((uint16_t *)bytes_of(pages))[at] = (uint16_t)page;
        write_count(bytes_of(counts), width, at, coarse->counts[page]);
    }
    return pair(pages, counts);
}
