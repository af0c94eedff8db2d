/* The Python type `Table`. */
#ifndef ANOMEVAL_TABLE_TYPE_H
#define ANOMEVAL_TABLE_TYPE_H

#include "buffers.h"

/* The type, made at the first call. NULL with an exception set: out of memory. */
PyTypeObject *table_type_get(void);

#endif
