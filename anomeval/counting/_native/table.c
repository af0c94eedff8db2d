#include "table.h"

#include <stdlib.h>

Table *table_create(void)
{
    Table *table = calloc(1, sizeof *table);
    if (table)
        lock_prepare(&table->lock);
    return table;
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
    lock_dispose(&table->lock);
    free(table);
}

static Page *find_group(Table *table, uint32_t group, bool create)
{
    lock_acquire(&table->lock);
    if (!table->groups[group] && create)
        table->groups[group] = calloc(GROUP_SIZE, sizeof(Page));
    Page *pages = table->groups[group];
    lock_release(&table->lock);
    return pages;
}

Page *table_lock_page(Table *table, uint32_t number)
{
    Page *pages = find_group(table, number / GROUP_SIZE, true);
    if (!pages)
        return NULL;
    lock_acquire(lock_from_bank(BANK_OF_PAGES, table, number));
    return &pages[number % GROUP_SIZE];
}

Page *table_lock_next_page(Table *table, uint32_t *number)
{
    while (*number < PAGE_COUNT) {
        Page *pages = find_group(table, *number / GROUP_SIZE, false);
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

bool table_merge(Table *table, Table *other)
{
    uint64_t *counts = malloc(PAGE_SIZE * sizeof *counts);
    if (!counts)
        return false;
    bool merged = true;
    for (uint32_t number = 0; merged && table_next_page(other, &number, counts); number++)
        merged = add_page(table, number, counts);
    free(counts);
    return merged;
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
