#include "page.h"

#include <stdlib.h>
#include <string.h>

#include "keys.h"

#define WIDEST_BITS 16u
#define PENDING_FIRST 64u
#define PENDING_MOST 8192u /* more: fewer trips to memory; less: less memory (measured) */
#define FEW 4u             /* so many equal scores are cheaper pending than counted at once */

#if defined(__GNUC__)
#define PREFETCH_FOR_WRITING(address) __builtin_prefetch((address), 1)
#else
#define PREFETCH_FOR_WRITING(address) ((void)(address))
#endif

static size_t counter_bytes(uint32_t bits)
{
    return (size_t)PAGE_SIZE / 8 * bits;
}

/* Single counters of any width, for all that is not worth a loop per width. */

static uint32_t get_counter(const Page *page, uint16_t low)
{
    const uint8_t *bytes = page->counters;
    const uint16_t *words = page->counters;
    switch (page->bits) {
    case 4:
        return bytes[low >> 1] >> (low & 1) * 4 & 15u;
    case 8:
        return bytes[low];
    case 16:
        return words[low];
    default:
        return 0;
    }
}

static void set_counter(Page *page, uint16_t low, uint32_t value)
{
    uint8_t *bytes = page->counters;
    uint16_t *words = page->counters;
    uint32_t shift = (low & 1u) * 4;
    switch (page->bits) {
    case 4:
        bytes[low >> 1] = (uint8_t)((bytes[low >> 1] & ~(15u << shift)) | value << shift);
        break;
    case 8:
        bytes[low] = (uint8_t)value;
        break;
    case 16:
        words[low] = (uint16_t)value;
        break;
    default:
        break;
    }
}

static uint32_t next_bits(const Page *page)
{
    return page->bits == 0 ? 4 : page->bits * 2;
}

/* The count of a key that is in `rest`, pending scores left out. */
static uint64_t count_of(const Page *page, const SparseEntry *entry)
{
    return (entry->count << page->bits) + get_counter(page, entry->low);
}

/* Copy all counts to a page with wider, empty counters and room for what these cannot hold. */
static void copy_counts(Page *wide, const Page *page)
{
    for (uint32_t low = 0; page->bits != 0 && low < PAGE_SIZE; low++)
        set_counter(wide, (uint16_t)low, get_counter(page, (uint16_t)low));
    for (uint32_t i = 0; i < sparse_capacity(&page->rest); i++) {
        const SparseEntry *entry = &page->rest.entries[i];
        if (entry->count == 0)
            continue;
        uint64_t count = count_of(page, entry);
        set_counter(wide, entry->low, (uint32_t)(count & ((1u << wide->bits) - 1)));
        if (count >> wide->bits != 0)
            sparse_add(&wide->rest, entry->low, count >> wide->bits);
    }
}

/* Give a page counters of the next width, which empty most or all of `rest`. */
static bool widen(Page *page)
{
    Page wide = *page;
    wide.bits = next_bits(page);
    wide.rest = (Sparse){0};
    wide.counters = calloc(counter_bytes(wide.bits), 1);
    if (!wide.counters)
        return false;
    uint32_t remaining = 0;
    for (uint32_t i = 0; i < sparse_capacity(&page->rest); i++)
        remaining += count_of(page, &page->rest.entries[i]) >> wide.bits != 0;
    if (remaining != 0 && !sparse_create(&wide.rest, remaining)) {
        free(wide.counters);
        return false;
    }
    copy_counts(&wide, page);
    free(page->counters);
    sparse_release(&page->rest);
    *page = wide;
    return true;
}

/* Let `rest` take more entries: by growing it, or by widening the counters if that is cheaper. */
static bool make_room(Page *page)
{
    size_t price = counter_bytes(next_bits(page)) - counter_bytes(page->bits);
    if (page->bits < WIDEST_BITS && sparse_bytes_when_grown(&page->rest) > price)
        return widen(page);
    return sparse_grow(&page->rest);
}

/* Folding: one loop per width. Each counts the pending scores from the `at`-th on, and returns
 * where it came to a stop: at the end, or at a score that finds no room in `rest`. */

static uint32_t fold_into_rest(Page *page, uint32_t at)
{
    while (at < page->pending_used && sparse_add(&page->rest, page->pending[at], 1))
        at++;
    return at;
}

static uint32_t fold_into_4_bits(Page *page, uint32_t at)
{
    uint8_t *counters = page->counters;
    const uint16_t *pending = page->pending;
    uint32_t end = page->pending_used;
    for (; at < end; at++) {
        uint32_t low = pending[at];
        uint32_t shift = (low & 1) * 4;
        uint8_t pair = counters[low >> 1];
        if ((pair >> shift & 15u) != 15)
            counters[low >> 1] = (uint8_t)(pair + (1u << shift));
        else if (sparse_add(&page->rest, (uint16_t)low, 1))
            counters[low >> 1] = (uint8_t)(pair - (15u << shift));
        else
            break;
    }
    return at;
}

static uint32_t fold_into_8_bits(Page *page, uint32_t at)
{
    uint8_t *counters = page->counters;
    const uint16_t *pending = page->pending;
    uint32_t end = page->pending_used;
    for (; at < end; at++) {
        if (counters[pending[at]] == UINT8_MAX && !sparse_add(&page->rest, pending[at], 1))
            break;
        counters[pending[at]]++;
    }
    return at;
}

static uint32_t fold_into_16_bits(Page *page, uint32_t at)
{
    uint16_t *counters = page->counters;
    const uint16_t *pending = page->pending;
    uint32_t end = page->pending_used;
    for (; at < end; at++) {
        if (counters[pending[at]] == UINT16_MAX && !sparse_add(&page->rest, pending[at], 1))
            break;
        counters[pending[at]]++;
    }
    return at;
}

static uint32_t fold_from(Page *page, uint32_t at)
{
    switch (page->bits) {
    case 4:
        return fold_into_4_bits(page, at);
    case 8:
        return fold_into_8_bits(page, at);
    case 16:
        return fold_into_16_bits(page, at);
    default:
        return fold_into_rest(page, at);
    }
}

/* Ask for all counters at once: memory delivers a stream faster than it does random lines. */
static void prefetch_counters(const Page *page)
{
    const char *counters = page->counters;
    for (size_t at = 0; at < counter_bytes(page->bits); at += 64)
        PREFETCH_FOR_WRITING(counters + at);
}

static bool fold(Page *page)
{
    prefetch_counters(page);
    uint32_t at = fold_from(page, 0);
    while (at < page->pending_used) {
        if (!make_room(page)) {
            page->pending_used -= at;
            memmove(page->pending, page->pending + at, page->pending_used * sizeof(uint16_t));
            return false;
        }
        at = fold_from(page, at);
    }
    page->pending_used = 0;
    return true;
}

static bool grow_pending(Page *page)
{
    uint32_t room = page->pending_room == 0 ? PENDING_FIRST : page->pending_room * 2;
    uint16_t *pending = realloc(page->pending, room * sizeof *pending);
    if (!pending)
        return false;
    page->pending = pending;
    page->pending_room = room;
    return true;
}

bool page_append(Page *page, const uint16_t *lows, size_t count)
{
    while (count > 0) {
        if (page->pending_used == page->pending_room)
            if (!(page->pending_room < PENDING_MOST ? grow_pending(page) : fold(page)))
                return false;
        size_t fitting = page->pending_room - page->pending_used;
        if (fitting > count)
            fitting = count;
        memcpy(page->pending + page->pending_used, lows, fitting * sizeof *lows);
        page->pending_used += (uint32_t)fitting;
        page->total += fitting;
        lows += fitting;
        count -= fitting;
    }
    return true;
}

bool page_add(Page *page, uint16_t low, uint64_t count)
{
    if (count <= FEW) {
        uint16_t equal[FEW] = {low, low, low, low};
        return page_append(page, equal, count);
    }
    for (;;) {
        uint64_t sum = get_counter(page, low) + count;
        uint64_t wrapped = sum >> page->bits;
        if (wrapped == 0 || sparse_add(&page->rest, low, wrapped)) {
            set_counter(page, low, (uint32_t)(sum & ((1u << page->bits) - 1)));
            page->total += count;
            return true;
        }
        if (!make_room(page))
            return false;
    }
}

bool page_add_counts(Page *page, const uint64_t *counts)
{
    uint16_t rare[1024]; /* lows that go to the pending scores, many at a time */
    size_t used = 0;
    for (uint32_t low = 0; low < PAGE_SIZE; low++) {
        uint64_t count = counts[low];
        if (count > FEW && !page_add(page, (uint16_t)low, count))
            return false;
        for (size_t i = 0; i < FEW; i++) /* too many, as a guess at the count costs more */
            rare[used + i] = (uint16_t)low;
        used += count <= FEW ? count : 0;
        if (used > sizeof rare / sizeof *rare - FEW) {
            if (!page_append(page, rare, used))
                return false;
            used = 0;
        }
    }
    return page_append(page, rare, used);
}

void page_settle(Page *page)
{
    if (page->bits == 0 || !fold(page))
        return;
    free(page->pending);
    page->pending = NULL;
    page->pending_room = 0;
}

static void write_counters(const Page *page, uint64_t *counts)
{
    const uint8_t *bytes = page->counters;
    const uint16_t *words = page->counters;
    switch (page->bits) {
    case 4:
        for (size_t i = 0; i < PAGE_SIZE / 2; i++) {
            counts[2 * i] = bytes[i] & 15u;
            counts[2 * i + 1] = bytes[i] >> 4;
        }
        break;
    case 8:
        for (size_t i = 0; i < PAGE_SIZE; i++)
            counts[i] = bytes[i];
        break;
    case 16:
        for (size_t i = 0; i < PAGE_SIZE; i++)
            counts[i] = words[i];
        break;
    default:
        memset(counts, 0, PAGE_SIZE * sizeof *counts);
        break;
    }
}

void page_counts(const Page *page, uint64_t *counts)
{
    write_counters(page, counts);
    for (uint32_t i = 0; i < sparse_capacity(&page->rest); i++)
        counts[page->rest.entries[i].low] += page->rest.entries[i].count << page->bits;
    for (uint32_t i = 0; i < page->pending_used; i++)
        counts[page->pending[i]]++;
}

void page_release(Page *page)
{
    free(page->pending);
    free(page->counters);
    sparse_release(&page->rest);
    *page = (Page){0};
}
