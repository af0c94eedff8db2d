"""Opening prediction files: one call from what the user typed to a data set."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from anomeval.errors import InvalidInputError, Problem
from anomeval.predictions.fields import check_overrides
from anomeval.predictions.paths import PathLike, expand, position_names
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.stored import StoredPredictions, examine

NO_OVERRIDES: Mapping[str, str] = MappingProxyType({})


def open_predictions(
    paths: Sequence[PathLike] | PathLike, *, fields: Mapping[str, str] = NO_OVERRIDES
) -> PredictionSet:
    """Open files, patterns and directories as one data set.

    Headers and small columns are read and checked here, pixels when the set is gone through.
    An image without `image_path` is called `<file stem>#<index>`; see `position_names` for files
    of equal stems.

    Args:
        paths: files, patterns (`runs/**/test.h5`) and directories, see `expand`.
        fields: canonical field name → the name it has in the files, where that is no known alias.

    Raises:
        UsageError: `fields` has an unknown field, or no path is given.
        InvalidInputError: with all problems of all files.
    """
    check_overrides(fields)
    opened: list[StoredPredictions] = []
    problems: list[Problem] = []
    for path in expand(paths):
        try:
            opened.append(StoredPredictions(examine(path, fields)))
        except InvalidInputError as error:
            problems += error.problems
    if problems:
        raise InvalidInputError(problems)
    return PredictionSet(with_position_names(opened))


def with_position_names(files: Sequence[StoredPredictions]) -> list[StoredPredictions]:
    """Name the images that have no path of their own, differently in every file."""
    unnamed = [file.path for file in files if not all(entry.named for entry in file.entries)]
    names = dict(zip(unnamed, position_names(unnamed), strict=True))
    return [
        file.named_by_position(names[file.path]) if file.path in names else file for file in files
    ]
