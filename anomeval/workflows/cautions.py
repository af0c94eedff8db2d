"""What a reader should know before believing a number: from observations to sentences."""

from collections import Counter
from collections.abc import Iterable, Sequence

from anomeval.errors import Problem
from anomeval.evidence.images import ImageRow
from anomeval.judging.post_processor import Fit
from anomeval.names import clean_name
from anomeval.predictions.peaks import common_peak
from anomeval.predictions.prediction_set import PredictionSet
from anomeval.predictions.preparation import PreparationRules
from anomeval.reporting.numerals import score_text
from anomeval.reporting.result import Caution, Result, Row
from anomeval.workflows.collection import Collection
from anomeval.workflows.delivering import normalized_files
from anomeval.workflows.mixtures import mixture_cautions

_SHOWN = 5  # problems of images that were left out

_OBSERVED = {
    "score_from_map": "{n} without pred_score: the maximum of the anomaly map is the image score",
    "empty_mask": "{n} labelled anomalous without a pixel that a mask marks: no pixel truth, so "
    "left out of everything at pixel level (--empty-masks)",
    "empty_mask_normal": "{n} labelled anomalous without a pixel that a mask marks: their pixels "
    "count as normal (--empty-masks normal)",
    "all_ignored": "{n} with no pixel that counts: no pixel truth, no image score but a "
    "pred_score, and without gt_label not judged at all",
    "mask_emptied_by_resizing": "{n} lost the whole mask to resizing",
    "gray_mask": "{n} with mask values other than 0, 1 and 255: check the rule that binarizes "
    "(--mask-above), and whether a value means not annotated (--ignore-value)",
    "jpeg_mask": "{n} with a JPEG mask, whose compression blurs edges: more than 127 of 255 is "
    "anomalous; masks in PNG are exact",
    "nan_dropped": "{n} with NaN: the pixel or score was left out (--nan drop)",
    "nan_replaced": "{n} with NaN: replaced by an infinite score (--nan min or max)",
}
"""Every observation that preparing an image can make, with what it means; {n} counts images."""

_LASTING = (
    *("overlap", "identity_by_position", "normalized_scores", "other_reading"),
    *("partial_category", "mixed_map_types", "constant_map", "repeated_map", "no_normals"),
)


def lasting_cautions(result: Result) -> list[Caution]:
    """Those of a result that hold for whatever is made of it, too, such as a verdict."""
    return [caution for caution in result.cautions if caution.code in _LASTING]


def skipped_cautions(skipped: Sequence[Problem], images: int) -> list[Caution]:
    """Which images were left out because something is wrong with them."""
    if not skipped:
        return []
    told = "; ".join(map(str, skipped[:_SHOWN]))
    more = f"; and {len(skipped) - _SHOWN} more" if len(skipped) > _SHOWN else ""
    message = f"{counted(images, 'image')} left out (--skip-bad): {told}{more}"
    return [Caution("skipped_images", message)]


def collected_cautions(
    collection: Collection, rows: Sequence[ImageRow], rules: PreparationRules, fit: Fit | None
) -> list[Caution]:
    """What evidence itself gives rise to, and how it goes with the fit; rows: of all its images."""
    cautions = observed_cautions(collection.observations()) + identity_cautions(rows)
    cautions += map_cautions(rows)
    cautions += mixture_cautions(collection, rows, pool=collection.splitting.pool)
    cautions += reading_cautions(rules, fit)
    if not collection.splitting.pool:
        cautions += fit_cautions(collection.categories, fit)
    return cautions


def observed_cautions(observations: Counter[str]) -> list[Caution]:
    """One caution for each kind of observation, in a fixed order."""
    return [
        Caution(code, text.format(n=counted(observations[code], "image")))
        for code, text in _OBSERVED.items()
        if observations[code]
    ]


def identity_cautions(rows: Sequence[ImageRow]) -> list[Caution]:
    """Whether images can be told apart by more than their position."""
    unnamed = sum(not row.entry.named for row in rows)
    if not unnamed:
        return []
    message = (
        f"{counted(unnamed, 'image')} without image_path: known by position in the file only, "
        "so another result pairs with this one by position"
    )
    return [Caution("identity_by_position", message)]


def map_cautions(rows: Sequence[ImageRow]) -> list[Caution]:
    """Whether every map was scaled by itself, so that images cannot be compared by their maps."""
    peaks = [row.peak for row in rows if row.map_digest is not None]  # constant maps have none
    peak = common_peak(peaks)
    if peak is None:
        return []
    message = (
        f"each of {len(peaks)} anomaly maps has the same maximum, {score_text(peak)}: "
        "scaled or clamped one by one, they do not tell which image is more anomalous"
    )
    if all(row.entry.score is None for row in rows):
        message += ", and neither does their maximum as image score"
    return [Caution("same_maximum", f"{message}; save the raw maps")]


def fit_cautions(categories: Iterable[str | None], fit: Fit | None) -> list[Caution]:
    """Whether every category is judged by a threshold of its own where there are such."""
    if fit is None or not fit.categories:
        return []
    unseen = [name or "(none)" for name in categories if name not in fit.categories]
    if not unseen:
        return []
    message = (
        f"categories without a fit of their own: {', '.join(unseen)}; "
        "the threshold fitted on all categories together serves for them"
    )
    return [Caution("category_not_fitted", message)]


def reading_cautions(rules: PreparationRules, fit: Fit | None) -> list[Caution]:
    """Whether the validation split was read as these images are."""
    if fit is None or fit.rules is None:
        return []
    then, now = vars(fit.rules), vars(rules)
    changed = [
        f"{name} was {_setting(then[name])}, here it is {_setting(now[name])}"
        for name in now
        if then[name] != now[name]
    ]
    if not changed:
        return []
    message = f"the fit read its split by other rules: {'; '.join(changed)}"
    return [Caution("other_reading", message)]


def normalized_cautions(predictions: PredictionSet) -> list[Caution]:
    """Whether files hold what `apply` has made of raw scores."""
    return cautions_of_normalized(normalized_files(predictions))


def cautions_of_normalized(files: Sequence[str]) -> list[Caution]:
    """What follows from it; files: the paths of those that do."""
    if not files:
        return []
    message = (
        f"{counted(len(files), 'file')} with normalized scores ({clean_name(files[0])}): "
        "they are clamped to [0, 1], which ties what raw scores tell apart; "
        "take the raw predictions"
    )
    return [Caution("normalized_scores", message)]


def value_cautions(rows: Sequence[Row]) -> list[Caution]:
    """What the values themselves give rise to."""
    return [*_incomplete_means(rows), *_inverted_scores(rows)]


def _incomplete_means(rows: Sequence[Row]) -> list[Caution]:
    cautions = []
    for row in rows:
        if row.value is not None and row.extra.get("undefined"):
            message = (
                f"{row.metric}: the mean leaves out {row.extra['undefined']} of "
                f"{row.extra['groups']} groups, where it is undefined"
            )
            cautions.append(Caution("mean_incomplete", message))
    return cautions


def _inverted_scores(rows: Sequence[Row]) -> list[Caution]:
    cautions = []
    for row in rows:
        below_chance = row.value is not None and row.value < 0.5
        if row.group is None and row.metric.endswith("_auroc") and below_chance:
            message = f"{row.metric} is below 0.5: do high scores mean anomalous in this file?"
            cautions.append(Caution("inverted_scores", message))
    return cautions


def _setting(value: object) -> str:
    if isinstance(value, tuple):
        value = " and ".join(map(str, value)) or None
    return "not set" if value is None else str(value)


def counted(number: int, noun: str) -> str:
    """A number with its noun: 1 image, 2 images."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
