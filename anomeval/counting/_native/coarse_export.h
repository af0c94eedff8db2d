/* How a coarse histogram leaves for Python. One is kept of every map, so it leaves small. */
#ifndef ANOMEVAL_COARSE_EXPORT_H
#define ANOMEVAL_COARSE_EXPORT_H

#include "buffers.h"
#include "coarse.h"

/* (pages as uint16, ascending; their counts as unsigned integers, all as narrow as the largest
 * goes). NULL with an exception set: out of memory. */
PyObject *export_coarse(const Coarse *coarse);

#endif
