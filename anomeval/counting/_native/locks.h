/* The locks of the platform, and the little that is needed of them.
 *
 * (Those of Python's C API are portable, too, but read the clock each time.)
 *
 * A bank is a fixed set of locks shared out among very many small objects, each of which always
 * maps to the same lock; two objects on one lock merely wait for each other now and then. A thread
 * that holds a lock only takes others from further down the list of banks, so no two threads can
 * wait for each other. No lock is held while Python runs.
 *
 * A process that forks takes all locks first. So nobody holds one in the child, where only the
 * thread that forked lives on, and no page is copied while another thread is half way through it.
 */
#ifndef ANOMEVAL_LOCKS_H
#define ANOMEVAL_LOCKS_H

#include <stdint.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
typedef SRWLOCK Lock;
#else
#include <pthread.h>
typedef pthread_mutex_t Lock;
#endif

typedef enum { BANK_OF_CODES, BANK_OF_TABLES, BANK_OF_PAGES, BANKS } Bank;

/* Set up the banks, at the first call; to be called whenever the module is loaded. */
void locks_prepare(void);

/* The lock responsible for the `item`-th part of an owner. */
Lock *lock_from_bank(Bank bank, const void *owner, uint32_t item);

void lock_acquire(Lock *lock);
void lock_release(Lock *lock);

#endif
