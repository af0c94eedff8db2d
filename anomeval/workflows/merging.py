"""merge: states of the parts of a data set become one result.

It is the result that `score` gives on all files at once, byte for byte, whatever the order of the
parts and however they were merged before. Parts are read one after the other, so memory holds the
merged evidence and one part.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from anomeval.errors import InvalidInputError, Problem, UsageError
from anomeval.evidence.evidence import Evidence
from anomeval.evidence.state import CellKey, State, save_state
from anomeval.evidence.state_header import Header, Settings
from anomeval.evidence.state_parts import Parts
from anomeval.judging.post_processor import Fit
from anomeval.metrics import Metric
from anomeval.metrics.selection import Metrics, data_support, select_metrics
from anomeval.metrics.streamed import StreamedMetric
from anomeval.predictions.paths import expand, position_names
from anomeval.predictions.preparation import PreparationRules
from anomeval.predictions.progress import Progress
from anomeval.reporting.fit_file import fit_of
from anomeval.reporting.result import Caution
from anomeval.workflows.cautions import cautions_of_normalized
from anomeval.workflows.collection import Collection
from anomeval.workflows.evaluation import Evaluation
from anomeval.workflows.options import REPLICATES, By, Cell, Options, Splitting


def merge(
    parts: Sequence[str | Path],
    *,
    fit: Fit | str | Path | None = None,
    metrics: Metrics = (),
    preset: str | None = None,
    by: By | Sequence[By] | None = None,
    allow_overlap: bool = False,
    confidence: float | None = 0.95,
    replicates: int = REPLICATES,
    save_to: str | Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Evaluate a data set whose parts were evaluated apart.

    Args:
        parts: state files, or patterns of them.
        fit, metrics, preset, allow_overlap, confidence, replicates: as for `score`.
        by: as for `score`; default: as when the parts were made.
        save_to: write the merged state there, too.
        progress: told after each part how many images are done, and how many there are.

    Raises:
        UsageError: metrics or options that cannot be, or that the data does not support.
        InvalidInputError: unreadable or damaged states, or an image that is in two parts.
        CannotJudgeError: the parts were made under different settings, or the fit has seen images
            of this data set.
    """
    found, fit = Parts(expand(parts)), fit_of(fit)
    header = found.header
    splitting = _splitting(header.settings, by)
    options = Options(splitting, header.settings.rules, allow_overlap, confidence, replicates)
    support = data_support(header.fields, header.has_pixels, splitting.by, fit is not None)
    chosen, left_out = select_metrics(metrics, preset, support)
    refuse_streamed(chosen)
    state = found.merged(_position_names(header.unnamed), progress)
    collection = collection_of(state)
    if save_to is not None:
        save_state(save_to, state)
    cautions = [Caution("left_out", sentence) for sentence in left_out]
    cautions += cautions_of_normalized(header.normalized)
    return Evaluation(collection, chosen, fit, options, header.files, cautions)


def refuse_streamed(metrics: Sequence[Metric]) -> None:
    """Refuse metrics that no state can serve.

    Raises:
        UsageError: naming them.
    """
    problems = [
        Problem(f"{metric} looks at every image itself, what it sees is in no state")
        for metric in metrics
        if isinstance(metric, StreamedMetric)
    ]
    if problems:
        remedy = "score all files at once, in one process"
        raise UsageError([replace(problems[0], remedy=remedy), *problems[1:]])


def state_of(
    collection: Collection,
    rules: PreparationRules,
    fields: Iterable[str],
    files: Iterable[str],
    normalized: Iterable[str] = (),
) -> State:
    """What was collected, as a state.

    Args:
        collection: the evidence.
        rules: how stored values became evidence.
        fields: canonical fields that every file has.
        files: paths of the files. normalized: of those whose scores are normalized.
    """
    entries = [row.entry for row in collection.rows()]
    header = Header(
        settings=Settings(rules, tuple(collection.splitting.by), collection.splitting.pool),
        has_pixels=collection.has_pixels,
        fields=frozenset(fields),
        files=tuple(sorted(files)),
        unnamed=tuple(sorted({entry.file for entry in entries if not entry.named})),
        images=len(entries),
        normalized=tuple(sorted(normalized)),
        ignored=collection.ignored,
    )
    cells: dict[CellKey, Evidence] = {
        (cell.category, cell.part): evidence for cell, evidence in collection.cells.items()
    }
    return State(header, cells)


def collection_of(state: State) -> Collection:
    """The evidence of a state, ready for questions.

    Raises:
        InvalidInputError: masks of its parts contradict each other.
    """
    cells = {Cell(*key): evidence for key, evidence in state.cells.items()}
    header = state.header
    splitting = _splitting(header.settings, None)
    collection = Collection(header.has_pixels, splitting, cells, ignored=header.ignored)
    if problems := collection.mask_problems():
        raise InvalidInputError(problems)
    return collection


def _splitting(settings: Settings, wanted: By | Sequence[By] | None) -> Splitting:
    """How values are asked for: as wanted, else as the parts were made."""
    made: tuple[By, ...] = settings.by  # type: ignore[assignment]
    splitting = Splitting.of(wanted or made, settings.pool)
    if "defect_type" in splitting.by and "defect_type" not in made:
        remedy = "make the parts with `anomeval score --by defect_type --save-state`"
        raise UsageError(Problem("the parts do not keep defect types apart", remedy=remedy))
    return splitting


def _position_names(files: Sequence[str]) -> dict[str, str]:
    """What images without an `image_path` are called after when all files are one data set."""
    whole = {path: os.path.abspath(path) for path in files}
    distinct = sorted(set(whole.values()))
    names = dict(zip(distinct, position_names(distinct), strict=True))
    return {path: names[whole[path]] for path in files}
