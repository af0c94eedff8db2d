"""Decisions in the place of scores: labels and masks that somebody else's threshold has made.

They are judged as scores of 0 and 1 at the cut 1, so what is counted is what was decided, and
metrics at a threshold need no fit.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomeval.counting import USUAL_MASK_VALUES
from anomeval.errors import InvalidInputError, Problem
from anomeval.judging.post_processor import Fit, FittedLevel, OneClassPostProcessor, Source
from anomeval.judging.scale import Scale
from anomeval.predictions.batch import DECISION_FIELDS
from anomeval.predictions.conversion import Misfit, as_array

_SCORES = ("anomaly_map", "pred_score")
_LEVEL = FittedLevel(Scale(threshold=1.0, low=0.0, high=1.0), "manual@1", 0, 0)


def with_booleans(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The fields of a batch; those that are read from a decision's name as booleans.

    Args:
        given: canonical field → value.
        names: canonical field → the name it has in the batch, where that is another.

    Raises:
        InvalidInputError: values other than 0, 1 and 255 where decisions belong.
    """
    decided = {field for field in _SCORES if names.get(field) in DECISION_FIELDS}
    return {
        field: _booleans(value, names[field]) if field in decided else value
        for field, value in given.items()
    }


def as_scores(given: Mapping[str, Any]) -> tuple[dict[str, Any], frozenset[str]]:
    """The fields of a batch with booleans as scores of 0 and 1, and which of them were booleans."""
    decided = frozenset(field for field in _SCORES if field in given and _boolean(given[field]))
    scores = {field: _whole(value) if field in decided else value for field, value in given.items()}
    return scores, decided


def fit_of_decisions(decided: Collection[str]) -> Fit:
    """The fit that leaves decisions as they are; image scores may come from decided maps.

    Args:
        decided: the fields that are decisions; at least one.
    """
    pixel = _LEVEL if "anomaly_map" in decided else None
    return Fit(OneClassPostProcessor(_LEVEL, pixel), Source((), "", 0))


def _boolean(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_boolean, value))
    if isinstance(value, str | bytes):
        return False
    try:
        return as_array(value).dtype == np.bool_
    except Misfit:
        return False  # what is wrong with it is told where scores are taken


def _booleans(value: Any, name: str) -> Any:
    if isinstance(value, list | tuple):
        return [_booleans(part, name) for part in value]
    try:
        array = as_array(value)
    except Misfit as misfit:
        raise InvalidInputError(Problem(misfit.what, field=name, remedy=misfit.remedy)) from misfit
    if not np.isin(array, USUAL_MASK_VALUES).all():
        remedy = "give booleans, or name the field that holds raw scores"
        raise InvalidInputError(Problem("holds scores, not decisions", field=name, remedy=remedy))
    flags: NDArray[np.bool_] = array != 0
    return flags


def _whole(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_whole(part) for part in value]
    return as_array(value).astype(np.uint8)
