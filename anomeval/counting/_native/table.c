#include "table.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#define RETURN_FREED_MEMORY() malloc_trim(0) /* pages freed between others stay with us otherwise */
#else
#define RETURN_FREED_MEMORY() ((void)0)
#endif

Table *table_create(void)
{
    return calloc(1, sizeof(Table));
}

void table_destroy(Table *table)
{
    for (uint32_t group = 0; group < GROUP_COUNT; group++) {
        for (uint32_t i = 0; table->groups[group] && i < GROUP_SIZE; i++)
            page_release(&table->groups[group][i]);
        free(table->groups[group]);
    }
    for (uint32_t kind = 0; kind < CODE_KINDS; kind++)
        for (uint32_t segment = 0; segment < SEGMENT_COUNT; segment++)
            free(table->codes[kind][segment]);
    free(table);
}

/* Guards the pointers in `groups`. */
static Lock *lock_groups(Table *table)
{
    Lock *lock = lock_from_bank(BANK_OF_TABLES, table, 0);
    lock_acquire(lock);
    return lock;
}

static Page *find_group(Table *table, uint32_t group)
{
    Lock *lock = lock_groups(table);
    Page *pages = table->groups[group];
    lock_release(lock);
    return pages;
}

bool table_reserve(Table *table, const uint16_t *numbers, size_t count)
{
    bool reserved = true;
    Lock *lock = lock_groups(table);
    for (size_t i = 0; reserved && i < count; i++) {
        Page **pages = &table->groups[numbers[i] / GROUP_SIZE];
        if (!*pages)
            *pages = calloc(GROUP_SIZE, sizeof **pages);
        reserved = *pages != NULL;
    }
    lock_release(lock);
    return reserved;
}

/* A group stays where it is once it exists, and this thread has seen that it does. */
Page *table_lock_reserved(Table *table, uint32_t number)
{
    lock_acquire(lock_from_bank(BANK_OF_PAGES, table, number));
    return &table->groups[number / GROUP_SIZE][number % GROUP_SIZE];
}

Page *table_lock_page(Table *table, uint32_t number)
{
    uint16_t narrow = (uint16_t)number;
    return table_reserve(table, &narrow, 1) ? table_lock_reserved(table, number) : NULL;
}

Page *table_lock_next_page(Table *table, uint32_t *number)
{
    while (*number < PAGE_COUNT) {
        Page *pages = find_group(table, *number / GROUP_SIZE);
        if (!pages) {
            *number += GROUP_SIZE - *number % GROUP_SIZE;
            continue;
        }
        lock_acquire(lock_from_bank(BANK_OF_PAGES, table, *number));
        if (pages[*number % GROUP_SIZE].total != 0)
            return &pages[*number % GROUP_SIZE];
        table_unlock_page(table, *number);
        ++*number;
    }
    return NULL;
}

void table_unlock_page(Table *table, uint32_t number)
{
    lock_release(lock_from_bank(BANK_OF_PAGES, table, number));
}

bool table_add(Table *table, const uint32_t *float_bits, const int64_t *counts, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint32_t number = key_from_bits(float_bits[at]) >> 16;
        Page *page = table_lock_page(table, number);
        if (!page)
            return false;
        bool added = true;
        for (; added && at < length; at++) {
            uint32_t key = key_from_bits(float_bits[at]);
            if (key >> 16 != number)
                break;
            added = page_add(page, (uint16_t)key, (uint64_t)counts[at]);
        }
        table_unlock_page(table, number);
        if (!added)
            return false;
    }
    return true;
}

static bool add_page(Table *table, uint32_t number, const uint64_t *counts)
{
    Page *page = table_lock_page(table, number);
    if (!page)
        return false;
    bool added = page_add_counts(page, counts);
    table_unlock_page(table, number);
    return added;
}

bool table_merge(Table *table, Table *other, uint32_t first, uint32_t end, uint64_t *counts)
{
    for (uint32_t number = first; table_next_page(other, &number, counts) && number < end; number++)
        if (!add_page(table, number, counts))
            return false;
    return true;
}

bool table_next_page(Table *table, uint32_t *number, uint64_t *counts)
{
    Page *page = table_lock_next_page(table, number);
    if (!page)
        return false;
    page_counts(page, counts);
    table_unlock_page(table, *number);
    return true;
}

uint64_t table_total(Table *table)
{
    uint64_t total = 0;
    Page *page;
    for (uint32_t number = 0; (page = table_lock_next_page(table, &number)); number++) {
        total += page->total;
        table_unlock_page(table, number);
    }
    return total;
}

void table_settle(Table *table)
{
    Page *page;
    for (uint32_t number = 0; (page = table_lock_next_page(table, &number)); number++) {
        page_settle(page);
        table_unlock_page(table, number);
    }
    RETURN_FREED_MEMORY();
}
