"""Predictions as models hand them over: batches with anomalib's field names, as attributes or keys.

Needs neither torch nor Lightning: tensors are known by their methods alone.
"""

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from anomeval.errors import Problem, UsageError
from anomeval.predictions.batch import DECISION_FIELDS, MapType
from anomeval.predictions.fields import check_overrides
from anomeval.predictions.record import FIELDS
from anomeval.predictions.writer import Attribute, Writer

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})

Compression = Literal["gzip"] | None


def prediction_fields(*sources: Any, field: Mapping[str, str] = NO_OVERRIDES) -> dict[str, Any]:
    """The fields of one batch, as `Writer.add` takes them.

        with anomeval.Writer("test.h5") as writer:
            for batch in loader:
                writer.add(**prediction_fields(model(batch), batch))

    Args:
        sources: where to look, first to last: outputs, batches. Mappings by key, others by
            attribute. A value that is None counts as missing.
        field: canonical field -> the name it has there.

    Raises:
        UsageError: there is neither a pred_score nor an anomaly_map, or `field` has an unknown one.
    """
    given = found_fields(*sources, field=field)
    if not {"pred_score", "anomaly_map"} & set(given):
        kinds = " and ".join(type(source).__name__ for source in sources) or "nothing"
        what = f"neither pred_score nor anomaly_map is found in {kinds}"
        remedy = "return them by these names, or name them: field={'anomaly_map': 'my_maps'}"
        raise UsageError(Problem(what, remedy=remedy))
    return given


def found_fields(*sources: Any, field: Mapping[str, str] = NO_OVERRIDES) -> dict[str, Any]:
    """The fields that are there, whichever these are; see `prediction_fields`.

    Raises:
        UsageError: `field` has an unknown one.
    """
    check_overrides(field)
    found = {name: _first(sources, field.get(name, name)) for name in FIELDS}
    return {name: value for name, value in found.items() if value is not None}


def with_category(given: Mapping[str, Any], category: str | None) -> dict[str, Any]:
    """The fields of a batch, all of one category if any is named.

    Raises:
        UsageError: the batch tells categories of its own.
    """
    if category is None:
        return dict(given)
    if "category" in given:
        remedy = "leave category=... out, or write one file for each category"
        raise UsageError(Problem("the batch tells the category of each image", remedy=remedy))
    return {**given, "category": category}


def write_predictions(
    path: str | os.PathLike[str],
    batches: Iterable[Any],
    *,
    field: Mapping[str, str] = NO_OVERRIDES,
    category: str | None = None,
    dtype: MapType | None = None,
    compression: Compression = "gzip",
    mixed_sizes: bool = False,
    attributes: Mapping[str, Attribute] | None = None,
) -> int:
    """Write the raw predictions of a model, batch by batch as they come.

    Args:
        path: the file to write, .h5, .hdf5 or .npz; it appears whole or not at all.
        batches: each with the fields of `prediction_fields`, or a tuple of places to look in. A
            generator keeps one batch in memory.
        field: canonical field -> the name it has in the batches.
        category: of all images, such as "bottle", where batches do not tell it.
        dtype, compression, mixed_sizes, attributes: see `Writer`.

    Returns:
        How many images were written.

    Raises:
        UsageError: as `prediction_fields` and `Writer`; or the batches hold decisions. anomalib
            normalizes and clamps where it decides, and what it clamped can no longer be ranked.
        InvalidInputError: values that cannot be stored.
    """
    options: dict[str, Any] = {"dtype": dtype, "compression": compression}
    with Writer(path, **options, mixed_sizes=mixed_sizes, attributes=attributes) as writer:
        for batch in batches:
            sources = batch if type(batch) is tuple else (batch,)
            _refuse_decided(sources)
            given = prediction_fields(*sources, field=field)
            writer.add(**with_category(given, category))
    return writer.count


def _refuse_decided(sources: Iterable[Any]) -> None:
    sources = list(sources)
    decided = [name for name in DECISION_FIELDS if _first(sources, name) is not None]
    if decided:
        remedy = "write while the model runs: Trainer(callbacks=[PredictionWriter(...)])"
        what = f"the batch has {' and '.join(decided)}, so its scores were normalized and clamped"
        raise UsageError(Problem(what, remedy=remedy))


def _first(sources: Iterable[Any], name: str) -> Any:
    values = (
        source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)
        for source in sources
    )
    return next((value for value in values if value is not None), None)
