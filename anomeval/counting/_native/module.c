/* The Python side: buffers in, bytearrays out, the GIL released while there is work to do.
 *
 * NumPy is not needed to build this. native_core.py makes arrays contiguous, native-endian and
 * aligned, and turns the bytearrays into arrays; what comes here is checked all the same, so that
 * no argument can make this module crash. Only the limited API of Python 3.11 is used, so one
 * binary serves that version and all later ones.
 */
#ifndef Py_LIMITED_API
#define Py_LIMITED_API 0x030B0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdlib.h>

#include "codes.h"
#include "intake.h"
#include "masks.h"
#include "ranks.h"
#include "regions.h"
#include "survey.h"

#define PIXELS_BETWEEN_SIGNALS ((size_t)1 << 22) /* some hundredths of a second */

/* ---- Buffers ---- */

/* Open a buffer of contiguous, aligned, native items whose format is one of `formats`. Returns
 * where in `formats`, or -1 with an exception set. */
static int open_buffer(PyObject *object, Py_buffer *view, const char *formats)
{
    if (PyObject_GetBuffer(object, view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT) != 0)
        return -1;
    const char *format = view->format ? view->format : "B";
    const char *found = strlen(format) == 1 ? strchr(formats, format[0]) : NULL;
    bool aligned = (uintptr_t)view->buf % (uintptr_t)view->itemsize == 0;
    if (found && (aligned || view->len == 0))
        return (int)(found - formats);
    PyErr_Format(PyExc_TypeError, "expected an aligned buffer of format '%s', got '%s'", formats,
                 format);
    PyBuffer_Release(view);
    return -1;
}

static size_t item_count(const Py_buffer *view)
{
    return (size_t)(view->len / view->itemsize);
}

static int open_scores(PyObject *object, Py_buffer *view, ScoreKind *kind)
{
    static const ScoreKind kinds[] = {KIND_FLOAT16, KIND_UINT16, KIND_UINT8, KIND_FLOAT32};
    int format = open_buffer(object, view, "eHBf");
    if (format >= 0)
        *kind = kinds[format];
    return format;
}

static int open_mask(PyObject *object, Py_buffer *view)
{
    return open_buffer(object, view, "?B");
}

static int open_counts(PyObject *object, Py_buffer *view)
{
    int format = open_buffer(object, view, "ql");
    if (format < 0 || view->itemsize == sizeof(int64_t))
        return format;
    PyErr_SetString(PyExc_TypeError, "expected counts of 64 bits");
    PyBuffer_Release(view);
    return -1;
}

static PyObject *new_bytearray(size_t items, size_t item_size)
{
    if (items > (size_t)PY_SSIZE_T_MAX / item_size)
        return PyErr_NoMemory();
    return PyByteArray_FromStringAndSize(NULL, (Py_ssize_t)(items * item_size));
}

static PyObject *copy_to_bytearray(const void *items, size_t count, size_t item_size)
{
    return PyByteArray_FromStringAndSize(items, (Py_ssize_t)(count * item_size));
}

static void *bytes_of(PyObject *bytearray)
{
    return PyByteArray_AsString(bytearray);
}

/* ---- Scratch memory: borrowed for one map, kept for the next. The GIL guards the list. ---- */

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

/* ---- Table ---- */

typedef struct {
    PyObject_HEAD
    Table *table;
} TableObject;

static PyTypeObject *table_type;

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
    if (((TableObject *)self)->table)
        table_destroy(((TableObject *)self)->table);
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

/* (pages as uint16, counts as int64), ascending. */
static PyObject *export_coarse(const Coarse *coarse)
{
    size_t length = 0;
    for (uint32_t page = coarse_next(coarse, 0); page < PAGE_COUNT;
         page = coarse_next(coarse, page + 1))
        length++;
    PyObject *pages = new_bytearray(length, sizeof(uint16_t));
    PyObject *counts = new_bytearray(length, sizeof(int64_t));
    if (pages && counts) {
        uint16_t *next_page = bytes_of(pages);
        int64_t *next_count = bytes_of(counts);
        for (uint32_t page = coarse_next(coarse, 0); page < PAGE_COUNT;
             page = coarse_next(coarse, page + 1)) {
            *next_page++ = (uint16_t)page;
            *next_count++ = (int64_t)coarse->counts[page];
        }
    }
    if (pages && counts)
        return Py_BuildValue("(NN)", pages, counts);
    Py_XDECREF(pages);
    Py_XDECREF(counts);
    return NULL;
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
    memset(intake.inside, 0, intake.inside_room * sizeof *intake.inside);
    coarse_clear(&scratch->coarse);
    return_scratch(scratch);
    if (coarse)
        return Py_BuildValue("(NN)", inside, coarse);
    Py_DECREF(inside);
    return NULL;
}

PyDoc_STRVAR(absorb_doc,
             "absorb(scores, mask, want_coarse) -> (inside, (pages, counts) | None)\n\n"
             "Count the scores where mask is zero (everywhere if it is None); return those where\n"
             "it is not as float32, and the coarse histogram of those counted, as uint16 and\n"
             "int64, if wanted.");

static PyObject *table_absorb(TableObject *self, PyObject *args)
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
        result = absorb(self->table, &scores, kind, NULL, want_coarse);
    } else if (open_mask(mask_object, &mask) >= 0) {
        if (item_count(&mask) == item_count(&scores))
            result = absorb(self->table, &scores, kind, mask.buf, want_coarse);
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

static PyObject *table_add_method(TableObject *self, PyObject *args)
{
    PyObject *values_object, *counts_object;
    if (!PyArg_ParseTuple(args, "OO:add", &values_object, &counts_object))
        return NULL;
    Py_buffer values, counts;
    if (open_buffer(values_object, &values, "f") < 0)
        return NULL;
    PyObject *result = NULL;
    if (open_counts(counts_object, &counts) >= 0) {
        result = add(self->table, &values, &counts);
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
    PyObject *at_or_above = new_bytearray(thresholds->length, sizeof(int64_t));
    bool ranked = false;
    if (above && at_or_above) {
        int64_t *first = bytes_of(above);
        int64_t *second = bytes_of(at_or_above);
        Py_BEGIN_ALLOW_THREADS
        ranked = codes_settle(table) && table_ranks(table, thresholds, first, second);
        Py_END_ALLOW_THREADS
    }
    if (ranked)
        return Py_BuildValue("(NN)", above, at_or_above);
    Py_XDECREF(above);
    Py_XDECREF(at_or_above);
    return PyErr_NoMemory();
}

PyDoc_STRVAR(ranks_doc,
             "ranks(thresholds) -> (above, at_or_above)\n\n"
             "For each of the ascending thresholds, float32 or float64: how many scores lie\n"
             "strictly above it, and how many at or above it, as int64.");

static PyObject *table_ranks_method(TableObject *self, PyObject *thresholds_object)
{
    Py_buffer view;
    int format = open_buffer(thresholds_object, &view, "fd");
    if (format < 0)
        return NULL;
    Thresholds thresholds = {view.buf, format == 1, item_count(&view)};
    PyObject *result = ranks(self->table, &thresholds);
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

static PyObject *table_next_page_method(TableObject *self, PyObject *first_object)
{
    unsigned long first = PyLong_AsUnsignedLong(first_object);
    if (PyErr_Occurred())
        return NULL;
    uint64_t *counts = malloc(PAGE_SIZE * sizeof *counts);
    uint32_t *float_bits = malloc(PAGE_SIZE * sizeof *float_bits);
    PyObject *result = NULL;
    if (counts && float_bits)
        result = next_page(self->table, first < PAGE_COUNT ? (uint32_t)first : PAGE_COUNT, counts,
                           float_bits);
    else
        PyErr_NoMemory();
    free(counts);
    free(float_bits);
    return result;
}

PyDoc_STRVAR(merge_doc, "merge(other)\n\nCount everything that another table has counted.");

static PyObject *table_merge_method(TableObject *self, PyObject *other)
{
    int fits = PyObject_IsInstance(other, (PyObject *)table_type);
    if (fits < 0)
        return NULL;
    if (!fits) {
        PyErr_SetString(PyExc_TypeError, "expected a Table");
        return NULL;
    }
    Table *source = ((TableObject *)other)->table;
    bool merged;
    Py_BEGIN_ALLOW_THREADS
    merged = codes_settle(source) && table_merge(self->table, source);
    Py_END_ALLOW_THREADS
    return merged ? Py_NewRef(Py_None) : PyErr_NoMemory();
}

PyDoc_STRVAR(total_doc, "total() -> int\n\nHow many scores have been counted.");

static PyObject *table_total_method(TableObject *self, PyObject *Py_UNUSED(unused))
{
    return PyLong_FromUnsignedLongLong(table_total(self->table) + codes_total(self->table));
}

static PyMethodDef table_methods[] = {
    {"absorb", (PyCFunction)table_absorb, METH_VARARGS, absorb_doc},
    {"add", (PyCFunction)table_add_method, METH_VARARGS, add_doc},
    {"ranks", (PyCFunction)table_ranks_method, METH_O, ranks_doc},
    {"next_page", (PyCFunction)table_next_page_method, METH_O, next_page_doc},
    {"merge", (PyCFunction)table_merge_method, METH_O, merge_doc},
    {"total", (PyCFunction)table_total_method, METH_NOARGS, total_doc},
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

/* ---- Functions ---- */

PyDoc_STRVAR(survey_doc,
             "survey(scores) -> (nan_count, lowest | None, highest | None)\n\n"
             "How many scores are NaN, and the range of the others; None if there are none.");

static PyObject *survey_function(PyObject *Py_UNUSED(module), PyObject *scores_object)
{
    Py_buffer scores;
    ScoreKind kind;
    if (open_scores(scores_object, &scores, &kind) < 0)
        return NULL;
    Survey seen;
    Py_BEGIN_ALLOW_THREADS
    seen = survey(scores.buf, kind, item_count(&scores));
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&scores);
    if (!seen.any)
        return Py_BuildValue("(nOO)", (Py_ssize_t)seen.nan_count, Py_None, Py_None);
    return Py_BuildValue("(ndd)", (Py_ssize_t)seen.nan_count, (double)seen.lowest,
                         (double)seen.highest);
}

/* (region of each pixel as int32, pixels of each region as int64) */
static PyObject *export_regions(const Regions *regions)
{
    PyObject *region_of_pixel = new_bytearray(regions->pixel_count, sizeof(int32_t));
    if (!region_of_pixel)
        return NULL;
    regions_write(regions, bytes_of(region_of_pixel));
    return Py_BuildValue("(NN)", region_of_pixel,
                         copy_to_bytearray(regions->sizes, regions->region_count,
                                           sizeof *regions->sizes));
}

PyDoc_STRVAR(label_regions_doc,
             "label_regions(mask) -> (region_of_pixel, sizes)\n\n"
             "The 8-connected regions of a two-dimensional mask, numbered from 0 in row-major\n"
             "order of their first pixel: that of each anomalous pixel in row-major order, as\n"
             "int32, and the number of pixels of each, as int64.");

static PyObject *label_regions_function(PyObject *Py_UNUSED(module), PyObject *mask_object)
{
    Py_buffer mask;
    if (open_mask(mask_object, &mask) < 0)
        return NULL;
    if (mask.ndim != 2) {
        PyBuffer_Release(&mask);
        PyErr_SetString(PyExc_ValueError, "a mask has two dimensions");
        return NULL;
    }
    Regions regions;
    RegionsOutcome outcome;
    Py_BEGIN_ALLOW_THREADS
    outcome = regions_find(&regions, mask.buf, (size_t)mask.shape[0], (size_t)mask.shape[1]);
    Py_END_ALLOW_THREADS
    PyObject *result = NULL;
    if (outcome == REGIONS_FOUND)
        result = export_regions(&regions);
    else if (outcome == REGIONS_TOO_MANY)
        PyErr_SetString(PyExc_OverflowError, "a mask with more than 2^31 runs of pixels");
    else
        PyErr_NoMemory();
    regions_release(&regions);
    PyBuffer_Release(&mask);
    return result;
}

/* ---- Module ---- */

static PyMethodDef functions[] = {
    {"survey", survey_function, METH_O, survey_doc},
    {"label_regions", label_regions_function, METH_O, label_regions_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "anomeval.counting._native",
    .m_doc = "Exact counting of anomaly scores at memory speed; see native_core for the interface.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__native(void);

PyMODINIT_FUNC PyInit__native(void)
{
    if (!table_type) {
        locks_prepare();
        table_type = (PyTypeObject *)PyType_FromSpec(&table_spec);
    }
    PyObject *module = table_type ? PyModule_Create(&module_definition) : NULL;
    if (module && PyModule_AddType(module, table_type) != 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
