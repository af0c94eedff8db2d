/* The Python module: its functions, and how it comes to life. */

#include "buffers.h"
#include "locks.h"
#include "masks.h"
#include "regions.h"
#include "sorting.h"
#include "survey.h"
#include "table_type.h"

#define SORTING_TAKES 16 /* times as long as looking at scores */

PyDoc_STRVAR(survey_doc,
             "survey(scores) -> (nan_count, lowest | None, highest | None)\n\n"
             "How many scores are NaN, and the range of the others; None if there are none.");

static PyObject *survey_function(PyObject *Py_UNUSED(module), PyObject *scores_object)
{
    Py_buffer scores;
    ScoreKind kind;
    if (open_scores(scores_object, &scores, &kind) < 0)
        return NULL;
    PyThreadState *unlocked = unlock_python(item_count(&scores));
    Survey seen = survey(scores.buf, kind, item_count(&scores));
    lock_python(unlocked);
    PyBuffer_Release(&scores);
    if (!seen.any)
        return Py_BuildValue("(nOO)", (Py_ssize_t)seen.nan_count, Py_None, Py_None);
    return Py_BuildValue("(ndd)", (Py_ssize_t)seen.nan_count, (double)seen.lowest,
                         (double)seen.highest);
}

PyDoc_STRVAR(survey_mask_doc,
             "survey_mask(mask) -> (marked, highest, gray)\n\n"
             "How many values are not zero, the highest, and whether any is none of 0, 1 and 255.");

static PyObject *survey_mask_function(PyObject *Py_UNUSED(module), PyObject *mask_object)
{
    Py_buffer mask;
    if (open_mask(mask_object, &mask) < 0)
        return NULL;
    PyThreadState *unlocked = unlock_python(item_count(&mask));
    MaskSurvey seen = mask_survey(mask.buf, item_count(&mask));
    lock_python(unlocked);
    PyBuffer_Release(&mask);
    return Py_BuildValue("(niN)", (Py_ssize_t)seen.marked, (int)seen.highest,
                         PyBool_FromLong(seen.gray));
}

/* (region of each pixel as int32, pixels of each region as int64) */
static PyObject *export_regions(const Regions *regions)
{
    PyObject *region_of_pixel = new_bytearray(regions->pixel_count, sizeof(int32_t));
    if (!region_of_pixel)
        return NULL;
    regions_write(regions, bytes_of(region_of_pixel));
    return pair(region_of_pixel, copy_to_bytearray(regions->sizes, regions->region_count,
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
    PyThreadState *unlocked = unlock_python(item_count(&mask));
    RegionsOutcome outcome =
        regions_find(&regions, mask.buf, (size_t)mask.shape[0], (size_t)mask.shape[1]);
    lock_python(unlocked);
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

static PyObject *descending(const Py_buffer *scores, const Py_buffer *tags)
{
    size_t count = item_count(scores);
    if (count != item_count(tags)) {
        PyErr_SetString(PyExc_ValueError, "scores and tags differ in length");
        return NULL;
    }
    PyObject *sorted = new_bytearray(count, sizeof(float));
    PyObject *moved = sorted ? new_bytearray(count, sizeof(uint32_t)) : NULL;
    if (moved) {
        uint32_t *float_bits = bytes_of(sorted);
        uint32_t *moved_tags = bytes_of(moved);
        PyThreadState *unlocked = unlock_python(SORTING_TAKES * count);
        bool done = sort_descending(scores->buf, tags->buf, count, float_bits, moved_tags);
        lock_python(unlocked);
        if (done)
            return pair(sorted, moved);
        PyErr_NoMemory();
    }
    Py_XDECREF(sorted);
    Py_XDECREF(moved);
    return NULL;
}

PyDoc_STRVAR(descending_doc,
             "descending(scores, tags) -> (scores, tags)\n\n"
             "float32 scores from the highest down with their uint32 tags; equal scores by tag.");

static PyObject *descending_function(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *scores_object, *tags_object;
    if (!PyArg_ParseTuple(args, "OO:descending", &scores_object, &tags_object))
        return NULL;
    Py_buffer scores, tags;
    if (open_buffer(scores_object, &scores, "f") < 0)
        return NULL;
    PyObject *result = NULL;
    if (open_buffer(tags_object, &tags, "I") >= 0) {
        result = descending(&scores, &tags);
        PyBuffer_Release(&tags);
    }
    PyBuffer_Release(&scores);
    return result;
}

static PyObject *distinct(const Py_buffer *scores)
{
    size_t count = item_count(scores);
    if (count > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "more than 2^32 - 1 scores to rank");
        return NULL;
    }
    PyObject *made[3] = {NULL, NULL, NULL};
    bool done = true;
    for (int i = 0; done && i < 3; i++)
        done = (made[i] = new_bytearray(count, sizeof(uint32_t))) != NULL;
    if (done) {
        Ranked ranked = {0, bytes_of(made[0]), bytes_of(made[1]), bytes_of(made[2])};
        Py_BEGIN_ALLOW_THREADS
        done = rank_distinct(scores->buf, count, &ranked);
        Py_END_ALLOW_THREADS
        if (!done)
            PyErr_NoMemory();
        Py_ssize_t size = (Py_ssize_t)(ranked.distinct * sizeof(uint32_t));
        done = done && PyByteArray_Resize(made[0], size) == 0
               && PyByteArray_Resize(made[1], size) == 0;
    }
    if (done)
        return Py_BuildValue("(NNN)", made[0], made[1], made[2]);
    for (int i = 0; i < 3; i++)
        Py_XDECREF(made[i]);
    return NULL;
}

PyDoc_STRVAR(distinct_doc,
             "distinct(scores) -> (values, counts, places)\n\n"
             "The distinct ones among float32 scores, from the highest down; how often each\n"
             "occurs; and for each score, in the order given, which it is; both as uint32.");

static PyObject *distinct_function(PyObject *Py_UNUSED(module), PyObject *scores_object)
{
    Py_buffer scores;
    if (open_buffer(scores_object, &scores, "f") < 0)
        return NULL;
    PyObject *result = distinct(&scores);
    PyBuffer_Release(&scores);
    return result;
}

static PyMethodDef functions[] = {
    {"survey", survey_function, METH_O, survey_doc},
    {"survey_mask", survey_mask_function, METH_O, survey_mask_doc},
    {"label_regions", label_regions_function, METH_O, label_regions_doc},
    {"descending", descending_function, METH_VARARGS, descending_doc},
    {"distinct", distinct_function, METH_O, distinct_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "anomeval.counting._native",
    .m_doc = "Exact counting of anomaly scores at memory speed; see native_core for the interface.",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC PyInit__native(void)
{
    locks_prepare();
    PyTypeObject *type = table_type_get();
    PyObject *module = type ? PyModule_Create(&module_definition) : NULL;
    if (module && PyModule_AddType(module, type) != 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
