#include "buffers.h"

static bool is_aligned(const Py_buffer *view)
{
    if (view->itemsize <= 0)
        return false;
    return view->len == 0 || (uintptr_t)view->buf % (uintptr_t)view->itemsize == 0;
}

int open_buffer(PyObject *object, Py_buffer *view, const char *formats)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    const char *found = strlen(format) == 1 ? strchr(formats, format[0]) : NULL;
    if (found && is_aligned(view))
        return (int)(found - formats);
    PyErr_Format(PyExc_TypeError, "expected an aligned buffer of format '%s', got '%s'", formats,
                 format);
    PyBuffer_Release(view);
    return -1;
}

size_t item_count(const Py_buffer *view)
{
    return (size_t)(view->len / view->itemsize);
}

int open_scores(PyObject *object, Py_buffer *view, ScoreKind *kind)
{
    static const ScoreKind kinds[] = {KIND_FLOAT16, KIND_UINT16, KIND_UINT8, KIND_FLOAT32};
    int format = open_buffer(object, view, "eHBf");
    if (format >= 0)
        *kind = kinds[format];
    return format;
}

int open_mask(PyObject *object, Py_buffer *view)
{
    return open_buffer(object, view, "?B");
}

int open_counts(PyObject *object, Py_buffer *view)
{
    int format = open_buffer(object, view, "ql");
    if (format < 0 || view->itemsize == sizeof(int64_t))
        return format;
    PyErr_SetString(PyExc_TypeError, "expected counts of 64 bits");
    PyBuffer_Release(view);
    return -1;
}

PyObject *new_bytearray(size_t items, size_t item_size)
{
    if (items > (size_t)PY_SSIZE_T_MAX / item_size)
        return PyErr_NoMemory();
    return PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(items * item_size));
}

PyObject *copy_to_bytearray(const void *items, size_t count, size_t item_size)
{
    return PyByteArray_FromStringAndSize(items, (Py_ssize_t)(count * item_size));
}

void *bytes_of(PyObject *bytearray)
{
    return PyByteArray_AsString(bytearray);
}

#define FEW_ITEMS 65536u /* some ten microseconds */

PyThreadState *unlock_python(size_t items)
{
    return items > FEW_ITEMS ? PyEval_SaveThread() : NULL;
}

void lock_python(PyThreadState *unlocked)
{
    if (unlocked)
        PyEval_RestoreThread(unlocked);
}

PyObject *pair(PyObject *first, PyObject *second)
{
    if (first && second)
        return Py_BuildValue("(NN)", first, second);
    Py_XDECREF(first);
    Py_XDECREF(second);
    return NULL;
}
