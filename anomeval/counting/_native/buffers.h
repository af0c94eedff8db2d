/* The way from Python objects to plain memory and back.
 *
 * NumPy is not needed to build this: arrays come in by the buffer protocol and go out as
 * bytearrays. native_core.py makes arrays fit for that beforehand and arrays of the bytearrays
 * afterwards; what comes in is checked all the same, so no argument can make the extension crash.
 * Only the limited API of Python 3.11 is used, so one binary serves that version and all later
 * ones.
 */
#ifndef ANOMEVAL_BUFFERS_H
#define ANOMEVAL_BUFFERS_H

#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "keys.h"

/* Open a buffer of contiguous, aligned, native items whose format is one of the letters in
 * `formats` (see Python's struct). Returns which, or -1 with an exception set. */
int open_buffer(PyObject *object, Py_buffer *view, const char *formats);

/* The same for score maps, for masks of bytes, and for 64-bit counts. */
int open_scores(PyObject *object, Py_buffer *view, ScoreKind *kind);
int open_mask(PyObject *object, Py_buffer *view);
int open_counts(PyObject *object, Py_buffer *view);

size_t item_count(const Py_buffer *view);

/* NULL with an exception set: out of memory. */
PyObject *new_bytearray(size_t items, size_t item_size);
PyObject *copy_to_bytearray(const void *items, size_t count, size_t item_size);

void *bytes_of(PyObject *bytearray);

/* Let other Python threads run until `lock_python`, unless what is to be done with so many items is
 * over about as soon as another thread could begin: passing Python's lock to and fro would then
 * cost more than it gains, and did (measured: two threads took longer than one). */
PyThreadState *unlock_python(size_t items);
void lock_python(PyThreadState *unlocked);

/* A tuple that takes over both references. If one is NULL the other is dropped, and so is the
 * result; whoever failed to make it has set an exception. */
PyObject *pair(PyObject *first, PyObject *second);

#endif
