#include "locks.h"

#include <stdbool.h>

#define BANK_SIZE 256u

static Lock banks[BANKS][BANK_SIZE];

static void for_all(void (*act)(Lock *))
{
    for (int bank = 0; bank < BANKS; bank++)
        for (uint32_t i = 0; i < BANK_SIZE; i++)
            act(&banks[bank][i]);
}

Lock *lock_from_bank(Bank bank, const void *owner, uint32_t item)
{
    uint32_t spread = (uint32_t)((uintptr_t)owner >> 6) * 2654435769u >> 24;
    return &banks[bank][(item + spread) % BANK_SIZE];
}

#ifdef _WIN32

static void prepare(Lock *lock)
{
    InitializeSRWLock(lock);
}

void locks_prepare(void)
{
    static bool prepared;
    if (!prepared)
        for_all(prepare);
    prepared = true;
}

void lock_acquire(Lock *lock)
{
    AcquireSRWLockExclusive(lock);
}

void lock_release(Lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}

#else

static void prepare(Lock *lock)
{
    pthread_mutex_init(lock, NULL);
}

static void before_fork(void)
{
    for_all(lock_acquire);
}

static void after_fork(void)
{
    for_all(lock_release);
}

void locks_prepare(void)
{
    static bool prepared;
    if (prepared)
        return;
    prepared = true;
    for_all(prepare);
    pthread_atfork(before_fork, after_fork, after_fork);
}

void lock_acquire(Lock *lock)
{
    pthread_mutex_lock(lock);
}

void lock_release(Lock *lock)
{
    pthread_mutex_unlock(lock);
}

#endif
