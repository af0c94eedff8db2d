#include "locks.h"

#include <stdbool.h>

#define BANK_SIZE 256u

static Lock banks[BANKS][BANK_SIZE];

void locks_prepare(void)
{
    static bool prepared;
    if (prepared)
        return;
    prepared = true;
    for (int bank = 0; bank < BANKS; bank++)
        for (uint32_t i = 0; i < BANK_SIZE; i++)
            lock_prepare(&banks[bank][i]);
}

Lock *lock_from_bank(Bank bank, const void *owner, uint32_t item)
{
    uint32_t spread = (uint32_t)((uintptr_t)owner >> 6) * 2654435769u >> 24;
    return &banks[bank][(item + spread) % BANK_SIZE];
}

#ifdef _WIN32

void lock_prepare(Lock *lock)
{
    InitializeSRWLock(lock);
}

void lock_dispose(Lock *lock)
{
    (void)lock;
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

void lock_prepare(Lock *lock)
{
    pthread_mutex_init(lock, NULL);
}

void lock_dispose(Lock *lock)
{
    pthread_mutex_destroy(lock);
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
