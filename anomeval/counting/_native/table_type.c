#include "table_type.h"

#include <stdlib.h>

#include "coarse_export.h"
#include "codes.h"
#include "intake.h"
#include "masks.h"
#include "ranks.h"

#define PIXELS_BETWEEN_SIGNALS ((size_t)1 << 22) /* some hundredths of a second */
#define PAGES_BETWEEN_SIGNALS 256u               /* the same */

/* Scratch memory is borrowed for one call and kept for the next. The GIL guards the list. */

static Scratch *unused_scratch;

static Scratch *borrow_scratch(void)
{
    Scratch *scratch = unused_scratch;
    if (scratch)
        unused_scratch = scratch->next;
    else
        scratch = calloc(1, sizeof *scratch);
    if (!scratch)
        PyErr_NoMemory();
    return scratch;
}

static void return_scratch(Scratch *scratch)
{
    scratch->next = unused_scratch;
    unused_scratch = scratch;
}

typedef struct {
    PyObject_HEAD
    Table *table;
} TableObject;

static PyTypeObject *table_type;

static Table *table_of(PyObject *self)
{
    return ((TableObject *)self)->table;
}

static PyObject *table_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Table", names))
        return NULL;
    TableObject *self = (TableObject *)PyType_GenericAlloc(type, 0);
    if (!self)
        return NULL;
    self->table = table_create();
    if (!self->table) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void table_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (table_of(self))
        table_destroy(table_of(self));
    PyObject_Free(self);
    Py_DECREF(type);
}

/* Take a map in pieces, between which Python may handle signals. False: an exception is set. */
static bool take_in_pieces(Intake *intake, const Py_buffer *scores, const uint8_t *mask)
{
    size_t count = item_count(scores);
    for (size_t start = 0; start < count; start += PIXELS_BETWEEN_SIGNALS) {
        size_t size = count - start;
        if (size > PIXELS_BETWEEN_SIGNALS)
            size = PIXELS_BETWEEN_SIGNALS;
        const char *piece = (const char *)scores->buf + start * (size_t)scores->itemsize;
        bool taken;
        Py_BEGIN_ALLOW_THREADS
        taken = intake_take(intake, piece, mask ? mask + start : NULL, size);
        Py_END_ALLOW_THREADS
        if (!taken) {
            PyErr_NoMemory();
            return false;
        }
        if (PyErr_CheckSignals() != 0)
            return false;
    }
    return true;
}

static PyObject *absorb(Table *table, const Py_buffer *scores, ScoreKind kind,
                        const uint8_t *mask, bool want_coarse)
{
    size_t marked = mask ? mask_count(mask, item_count(scores)) : 0;
    PyObject *inside = new_bytearray(marked, sizeof(float));
    Scratch *scratch = inside ? borrow_scratch() : NULL;
    if (!scratch) {
        Py_XDECREF(inside);
        return NULL;
    }
    Intake intake = {table, scratch, kind, want_coarse ? &scratch->coarse : NULL,
                     bytes_of(inside), marked};
    PyObject *coarse = NULL;
    if (take_in_pieces(&intake, scores, mask))
        coarse = want_coarse ? export_coarse(&scratch->coarse) : Py_NewRef(Py_None);
    /* Room is left over only if another thread has changed the mask meanwhile. */
    memset(intake.inside, 0, intake.inside_room * sizeof *intake.inside);
    coarse_clear(&scratch->coarse);
    return_scratch(scratch);
    return pair(inside, coarse);
}

PyDoc_STRVAR(absorb_doc,
             "absorb(scores, mask, want_coarse) -> (inside, (pages, counts) | None)\n\n"
             "Count the scores where mask is zero (everywhere if it is None); return those where\n"
             "it is not as float32, and the coarse histogram of those counted, if wanted:\n"
             "pages as uint16, counts as unsigned integers, all as narrow as the largest goes.");

static PyObject *table_absorb(PyObject *self, PyObject *args)
{
    PyObject *scores_object, *mask_object;
    int want_coarse;
    if (!PyArg_ParseTuple(args, "OOp:absorb", &scores_object, &mask_object, &want_coarse))
        return NULL;
    Py_buffer scores, mask;
    ScoreKind kind;
    if (open_scores(scores_object, &scores, &kind) < 0)
        return NULL;
    PyObject *result = NULL;
    bool masked = mask_object != Py_None;
    if (!masked) {
        result = absorb(table_of(self), &scores, kind, NULL, want_coarse);
    } else if (open_mask(mask_object, &mask) >= 0) {
        if (item_count(&mask) == item_count(&scores))
            result = absorb(table_of(self), &scores, kind, mask.buf, want_coarse);
        else
            PyErr_SetString(PyExc_ValueError, "scores and mask differ in size");
        PyBuffer_Release(&mask);
    }
    PyBuffer_Release(&scores);
    return result;
}

static PyObject *add(Table *table, const Py_buffer *values, const Py_buffer *counts)
{
    size_t length = item_count(values);
    const int64_t *count = counts->buf;
    if (length != item_count(counts)) {
        PyErr_SetString(PyExc_ValueError, "values and counts differ in length");
        return NULL;
    }
    for (size_t i = 0; i < length; i++)
        if (count[i] < 0) {
            PyErr_SetString(PyExc_ValueError, "a count is negative");
            return NULL;
        }
    bool added;
    Py_BEGIN_ALLOW_THREADS
    added = table_add(table, values->buf, count, length);
    Py_END_ALLOW_THREADS
    return added ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

PyDoc_STRVAR(add_doc, "add(values, counts)\n\nCount each float32 value as often as its int64 says.");

static PyObject *table_add_method(PyObject *self, PyObject *args)
{
    PyObject *values_object, *counts_object;
    if (!PyArg_ParseTuple(args, "OO:add", &values_object, &counts_object))
        return NULL;
    Py_buffer values, counts;
    if (open_buffer(values_object, &values, "f") < 0)
        return NULL;
    PyObject *result = NULL;
    if (open_counts(counts_object, &counts) >= 0) {
        result = add(table_of(self), &values, &counts);
        PyBuffer_Release(&counts);
    }
    PyBuffer_Release(&values);
    return result;
}

static PyObject *ranks(Table *table, const Thresholds *thresholds)
{
    if (!thresholds_ascend(thresholds)) {
        PyErr_SetString(PyExc_ValueError, "thresholds do not ascend");
        return NULL;
    }
    PyObject *above = new_bytearray(thresholds->length, sizeof(int64_t));
    PyObject *at_or_above = above ? new_bytearray(thresholds->length, sizeof(int64_t)) : NULL;
    Scratch *scratch = at_or_above ? borrow_scratch() : NULL;
    if (scratch) {
        int64_t *first = bytes_of(above);
        int64_t *second = bytes_of(at_or_above);
        bool settled;
        Py_BEGIN_ALLOW_THREADS
        settled = codes_settle(table);
        if (settled)
            table_ranks(table, thresholds, scratch->counts, first, second);
        Py_END_ALLOW_THREADS
        return_scratch(scratch);
        if (settled)
            return pair(above, at_or_above);
        PyErr_NoMemory();
    }
    Py_XDECREF(above);
    Py_XDECREF(at_or_above);
    return NULL;
}

PyDoc_STRVAR(ranks_doc,
             "ranks(thresholds) -> (above, at_or_above)\n\n"
             "For each of the ascending thresholds, float32 or float64: how many scores lie\n"
             "strictly above it, and how many at or above it, as int64.");

static PyObject *table_ranks_method(PyObject *self, PyObject *thresholds_object)
{
    Py_buffer view;
    int format = open_buffer(thresholds_object, &view, "fd");
    if (format < 0)
        return NULL;
    Thresholds thresholds = {view.buf, format == 1, item_count(&view)};
    PyObject *result = ranks(table_of(self), &thresholds);
    PyBuffer_Release(&view);
    return result;
}

/* Move the counts that are not zero to the front, and write out their scores; returns how many. */
static size_t compact_page(uint32_t number, uint64_t *counts, uint32_t *float_bits)
{
    enum { STEP = 16 };
    size_t kept = 0;
    for (uint32_t start = 0; start < PAGE_SIZE; start += STEP) {
        uint64_t any = 0;
        for (uint32_t low = start; low < start + STEP; low++)
            any |= counts[low];
        for (uint32_t low = start; any != 0 && low < start + STEP; low++) {
            uint64_t count = counts[low];
            float_bits[kept] = bits_from_key(number << 16 | low);
            counts[kept] = count;
            kept += count != 0;
        }
    }
    return kept;
}

static PyObject *next_page(Table *table, uint32_t number, uint64_t *counts, uint32_t *float_bits)
{
    bool settled;
    bool found = false;
    size_t length = 0;
    Py_BEGIN_ALLOW_THREADS
    settled = codes_settle(table);
    if (settled)
        found = table_next_page(table, &number, counts);
    if (found)
        length = compact_page(number, counts, float_bits);
    Py_END_ALLOW_THREADS
    if (!settled)
        return PyErr_NoMemory();
    if (!found)
        return Py_NewRef(Py_None);
    return Py_BuildValue("(kNN)", (unsigned long)number,
                         copy_to_bytearray(float_bits, length, sizeof *float_bits),
                         copy_to_bytearray(counts, length, sizeof *counts));
}

PyDoc_STRVAR(next_page_doc,
             "next_page(first) -> (page, values, counts) | None\n\n"
             "The distinct scores, ascending, and their counts on the first page with any from\n"
             "page number `first` on.");

static PyObject *table_next_page_method(PyObject *self, PyObject *first_object)
{
    unsigned long first = PyLong_AsUnsignedLong(first_object);
    if (PyErr_Occurred())
        return NULL;
    Scratch *scratch = borrow_scratch();
    if (!scratch)
        return NULL;
    uint32_t number = first < PAGE_COUNT ? (uint32_t)first : PAGE_COUNT;
    PyObject *result = next_page(table_of(self), number, scratch->counts, scratch->keys);
    return_scratch(scratch);
    return result;
}

/* The same for a merge: page by page, with room for signals between. */
static bool merge_in_pieces(Table *table, Table *source, uint64_t *counts)
{
    bool merged;
    Py_BEGIN_ALLOW_THREADS
    merged = codes_settle(source);
    Py_END_ALLOW_THREADS
    for (uint32_t page = 0; merged && page < PAGE_COUNT; page += PAGES_BETWEEN_SIGNALS) {
        Py_BEGIN_ALLOW_THREADS
        merged = table_merge(table, source, page, page + PAGES_BETWEEN_SIGNALS, counts);
        Py_END_ALLOW_THREADS
        if (merged && PyErr_CheckSignals() != 0)
            return false;
    }
    if (!merged)
        PyErr_NoMemory();
    return merged;
}

PyDoc_STRVAR(merge_doc, "merge(other)\n\nCount everything that another table has counted.");

static PyObject *table_merge_method(PyObject *self, PyObject *other)
{
    int fits = PyObject_IsInstance(other, (PyObject *)table_type);
    if (fits < 0)
        return NULL;
    if (!fits) {
        PyErr_SetString(PyExc_TypeError, "expected a Table");
        return NULL;
    }
    Scratch *scratch = borrow_scratch();
    if (!scratch)
        return NULL;
    bool merged = merge_in_pieces(table_of(self), table_of(other), scratch->counts);
    return_scratch(scratch);
    return merged ? Py_NewRef(Py_None) : NULL;
}

PyDoc_STRVAR(settle_doc,
             "settle()\n\nGive back memory that only counting needs. More may be counted after.");

static PyObject *table_settle_method(PyObject *self, PyObject *Py_UNUSED(unused))
{
    Py_BEGIN_ALLOW_THREADS
    table_settle(table_of(self));
    Py_END_ALLOW_THREADS
    return Py_NewRef(Py_None);
}

PyDoc_STRVAR(total_doc, "total() -> int\n\nHow many scores have been counted.");

static PyObject *table_total_method(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return PyLong_FromUnsignedLongLong(table_total(table_of(self)) + codes_total(table_of(self)));
}

static PyMethodDef table_methods[] = {
    {"absorb", table_absorb, METH_VARARGS, absorb_doc},
    {"add", table_add_method, METH_VARARGS, add_doc},
    {"ranks", table_ranks_method, METH_O, ranks_doc},
    {"next_page", table_next_page_method, METH_O, next_page_doc},
    {"merge", table_merge_method, METH_O, merge_doc},
    {"settle", table_settle_method, METH_NOARGS, settle_doc},
    {"total", table_total_method, METH_NOARGS, total_doc},
    {NULL, NULL, 0, NULL},
};

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpedantic" /* Python wants functions as data pointers here */
#endif

static PyType_Slot table_slots[] = {
    {Py_tp_doc, "An exact multiset of float32 scores, safe to use from many threads at once."},
    {Py_tp_new, table_new},
    {Py_tp_dealloc, table_dealloc},
    {Py_tp_methods, table_methods},
    {0, NULL},
};

static PyType_Spec table_spec = {
    .name = "anomeval.counting._native.Table",
    .basicsize = sizeof(TableObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = table_slots,
};

PyTypeObject *table_type_get(void)
{
    if (!table_type)
        table_type = (PyTypeObject *)PyType_FromSpec(&table_spec);
    return table_type;
}
