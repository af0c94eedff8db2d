"""The evidence seen again under many weightings of its images.

A resample of a data set is the same evidence with a whole number at each image: how often it was
drawn. Image scores are few, so their resampled curves are exact. Pixels are many, so their
resampled curves are exact at the ends of some hundred bins and run straight between them.

All that is summed over images are whole numbers below 2**53 in float64. Such sums are exact in
any order, so neither threads nor the linear algebra at hand can change a bit of the outcome.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from anomeval.evidence.evidence import Evidence
from anomeval.evidence.images import ImageRow, by_identity, unit_name
from anomeval.evidence.resampled_marks import SHARE_BITS, Amounts, Found, Marks, Places
from anomeval.evidence.resampled_pixels import BINS, PixelTable
from anomeval.ranking.weighted import (
    Floats,
    Measure,
    WeightedConfusion,
    WeightedCurve,
    add_up,
)

Weights = NDArray[np.uint8]
"""How often each unit was drawn into each resample, (units, resamples)."""

Level = Literal["image", "pixel", "sample"]
_UNITS_AT_ONCE = 1024
_NUMBERS_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Units:
    """What is drawn: images, or all images of a `group_id` at once.

    names: (u,) ascending; draws are derived from these.
    anomalous: (u,) whether any image of the unit is. Draws are balanced within the two classes.
    of_image: (n,) the unit of each image, by identity.
    """

    names: Sequence[str]
    anomalous: NDArray[np.bool_]
    of_image: Places

    @classmethod
    def of(cls, rows: Sequence[ImageRow], called: Mapping[str, str] | None = None) -> "Units":
        """The units that images, by identity, form; `called`: their names, if not identities."""
        units = [unit_name(row, called) for row in rows]
        names = sorted(set(units))
        place = {name: index for index, name in enumerate(names)}
        of_image = np.array([place[unit] for unit in units], np.intp)
        anomalous = np.zeros(len(names), np.bool_)
        anomalous[of_image[[row.anomalous for row in rows]]] = True
        return cls(names, anomalous, of_image)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Scored:
    """Scores of images or samples with their labels and units, (m,) each, highest first.

    ends: (k,) where each distinct score ends.
    """

    scores: Floats
    anomalous: NDArray[np.bool_]
    units: Places
    ends: Places

    @classmethod
    def of(cls, judged: Sequence[tuple[float, bool, int]]) -> "Scored":
        """From a score, a label and a unit each."""
        scores = np.array([score for score, _, _ in judged], np.float64)
        order = np.argsort(-scores, kind="stable")
        scores = scores[order]
        anomalous = np.array([label for _, label, _ in judged], np.bool_)[order]
        units = np.array([unit for _, _, unit in judged], np.intp)[order]
        last = np.ones(len(scores), np.bool_)
        last[:-1] = scores[1:] != scores[:-1]
        return cls(scores, anomalous, units, np.flatnonzero(last))


class ResampledEvidence:
    """What does not depend on the weights: made once, seen under as many as one likes.

    has_pixels: whether pixels were judged, or images only.
    of_pixels: leave out the images of which no pixel counts, as if there were none of these.
    bins: about how many bins the scores of pixels are sorted into.
    called: the names that images are drawn by, if these are not their identities.
    """

    def __init__(
        self,
        evidence: Evidence,
        *,
        has_pixels: bool = True,
        of_pixels: bool = False,
        bins: int = BINS,
        called: Mapping[str, str] | None = None,
    ) -> None:
        self.rows = by_identity(row for row in evidence.images if row.pixels or not of_pixels)
        self.units = Units.of(self.rows, called)
        self.has_pixels = has_pixels
        self._evidence = evidence
        self._bins = bins

    @cached_property
    def pixels(self) -> PixelTable:
        """The pixels of each image on shared bins."""
        return PixelTable(self._evidence.pixels, self.rows, self._bins)

    @cached_property
    def pixel_units(self) -> Places:
        """The unit of each image that has a map."""
        unit = dict(zip((r.entry.identity for r in self.rows), self.units.of_image, strict=True))
        return np.array([unit[row.entry.identity] for row in self.pixels.rows], np.intp)

    def scored(self, level: Level) -> Scored:
        """The scores of the image or sample level."""
        return self._image_scores if level == "image" else self._sample_scores

    def sizes(self, level: Level) -> tuple[int, int]:
        """How many normal and anomalous units a level has anything of."""
        anomalous = self.units.anomalous
        if level == "pixel":
            marked = self.pixel_units[self.pixels.marked.pixels > 0]
            normal = self.pixel_units[~anomalous[self.pixel_units]]
            return len(set(normal.tolist())), len(set(marked.tolist()))
        present = np.bincount(self.scored(level).units, minlength=len(anomalous)) > 0
        return int((present & ~anomalous).sum()), int((present & anomalous).sum())

    @cached_property
    def _image_scores(self) -> Scored:
        """Image scores that were not dropped."""
        pairs = zip(self.rows, self.units.of_image, strict=True)
        return Scored.of([(r.score, r.anomalous, u) for r, u in pairs if r.score is not None])

    @cached_property
    def _sample_scores(self) -> Scored:
        """The highest score of each `group_id`, as `Findings.group_sample` has it."""
        members: dict[int, list[ImageRow]] = {}
        for row, unit in zip(self.rows, self.units.of_image.tolist(), strict=True):
            members.setdefault(unit, []).append(row)
        judged = []
        for unit, rows in members.items():
            scores = [row.score for row in rows if row.score is not None]
            if scores:
                judged.append((max(scores), bool(self.units.anomalous[unit]), unit))
        return Scored.of(judged)


class Resamples:
    """The evidence under one weighting after another, for metrics to be computed on all at once.

    weights: as `Weights` has it.
    """

    def __init__(self, evidence: ResampledEvidence, weights: Weights) -> None:
        self._evidence = evidence
        self._weights = weights
        self._kept_curves: dict[Level, WeightedCurve] = {}

    def __len__(self) -> int:
        return int(self._weights.shape[1])

    def measured(self, level: Level, measure: Measure) -> Floats:
        """A metric of the ranking of a level, (resamples,)."""
        if level == "pixel":
            return measure(self.pixel_curve)
        return np.concatenate([measure(curve) for curve in self._score_curves(level)])

    @cached_property
    def pixel_curve(self) -> WeightedCurve:
        """Pixels inside masks against all others."""
        found = self._on_bins(self._pixels.marked.amounts())
        return self._curve(found, self._background, self._balance)

    @cached_property
    def region_curve(self) -> WeightedCurve:
        """Shares of regions against all pixels outside masks."""
        found = self._on_bins(self._pixels.marked.region_shares())
        return self._curve(found, self._background, self._balance)

    @cached_property
    def saturated_curve(self) -> WeightedCurve:
        """Shares of what is enough of defects against all pixels outside masks."""
        found = self._on_bins(self._pixels.saturated.region_shares())
        return self._curve(found, self._background, self._balance)

    @cached_property
    def image_curve(self) -> WeightedCurve:
        """Shares of the masks of images against the false positive rates of normal images."""
        found = self._on_bins(self._pixels.marked.image_shares())
        normal = np.array([not row.anomalous for row in self._pixels.rows], np.bool_)
        flagged = self._in_balance(
            self._on_bins(self._pixels.normal_shares(normal & ~self._pixel_stratum)),
            self._on_bins(self._pixels.normal_shares(normal & self._pixel_stratum)),
        )
        return self._curve(found, flagged, np.ones(len(self)))

    def confusion(self, level: Level, cut: float) -> WeightedConfusion:
        """Decisions by the one rule, anomalous if `score >= cut`."""
        if level == "pixel":
            return self._pixel_confusion(cut)
        scored = self._evidence.scored(level)
        flagged = scored.scores >= cut
        found = self._total(scored.anomalous & flagged, scored.units)
        positives = self._total(scored.anomalous, scored.units)
        false = self._balanced_total(~scored.anomalous & flagged, scored.units)
        negatives = self._balanced_total(~scored.anomalous, scored.units)
        return _confusion(found, positives, false * self._balance, negatives * self._balance)

    def overlap(self, cut: float) -> Floats:
        """Mean over regions of the share at or above the cut, (resamples,)."""
        return self._overlap(self._pixels.at_cut(cut).marked, self._pixels.marked)

    def saturated_overlap(self, cut: float) -> Floats:
        """The same of what is enough of each defect, (resamples,)."""
        return self._overlap(self._pixels.at_cut(cut).saturated, self._pixels.saturated)

    def _overlap(self, at: Found, marks: Marks) -> Floats:
        units = self._evidence.pixel_units
        found = self._total(at.overlap, units)
        regions = self._total(marks.regions, units)
        return np.ldexp(found, -SHARE_BITS) / np.where(regions == 0, np.nan, regions)

    def _pixel_confusion(self, cut: float) -> WeightedConfusion:
        units, at = self._evidence.pixel_units, self._pixels.at_cut(cut)
        within = self._balanced_total(at.within, units)
        false = self._balanced_total(at.above, units) + self._share_flagged(at.share) * within
        negatives = self._balanced_total(self._pixels.normal_pixels, units)
        return _confusion(
            self._total(at.marked.pixels, units),
            self._total(self._pixels.marked.pixels, units),
            false * self._balance,
            negatives * self._balance,
        )

    def _share_flagged(self, share: float) -> float:
        """How much of the page of a cut is at or above it."""
        return share

    @cached_property
    def _pixels(self) -> PixelTable:
        assert self._evidence.has_pixels
        return self._evidence.pixels

    @cached_property
    def _pixel_stratum(self) -> NDArray[np.bool_]:
        """(n,) whether each image with a map is of an anomalous unit."""
        return self._evidence.units.anomalous[self._evidence.pixel_units]

    @cached_property
    def _balance(self) -> Floats:
        """(r,) what brings normal units back to their share beside the anomalous ones.

        NaN where a class that the data has was not drawn at all.
        """
        anomalous = self._evidence.units.anomalous
        sizes = [int(anomalous.sum()), int((~anomalous).sum())]
        if not all(sizes):
            return np.ones(len(self))
        everyone = np.arange(len(anomalous))
        drawn = [self._total(chosen, everyone) for chosen in (anomalous, ~anomalous)]
        lost = (drawn[0] == 0) | (drawn[1] == 0)
        return (sizes[1] * drawn[0]) / np.where(lost, np.nan, sizes[0] * drawn[1])

    def _in_balance(self, normal: Floats, anomalous: Floats) -> Floats:
        """Sums over normal units, and those over anomalous ones on the same footing."""
        return normal + anomalous / self._balance if anomalous.any() else normal

    @cached_property
    def _background(self) -> Floats:
        stratum = self._pixel_stratum
        return self._in_balance(
            self._on_bins(self._pixels.normals(~stratum)),
            self._on_bins(self._pixels.normals(stratum)),
        )

    def _on_bins(self, parts: Iterable[Amounts]) -> Floats:
        units, weights = self._evidence.pixel_units, self._weights
        return self._pixels.on_bins(parts, lambda places: weights[units[places]].astype(np.float64))

    def _curve(self, found: Floats, flagged: Floats, balance: Floats) -> WeightedCurve:
        return WeightedCurve(found, flagged, balance, stepped=False)

    def _score_curves(self, level: Level) -> Iterable[WeightedCurve]:
        """The exact curves, so many resamples at a time that memory stays small."""
        scored = self._evidence.scored(level)
        step = max(_NUMBERS_AT_ONCE // max(len(scored.units), 1), 1)
        if step < len(self):
            starts = range(0, len(self), step)
            return (self._score_curve(scored, slice(s, s + step)) for s in starts)
        if level not in self._kept_curves:
            self._kept_curves[level] = self._score_curve(scored, slice(None))
        return [self._kept_curves[level]]

    def _score_curve(self, scored: Scored, some: slice) -> WeightedCurve:
        drawn = self._weights[scored.units, some].astype(np.float64)
        mixed = ~scored.anomalous & self._evidence.units.anomalous[scored.units]
        found = _reached(drawn, scored.anomalous, scored.ends)
        flagged = _reached(drawn, ~scored.anomalous & ~mixed, scored.ends)
        if mixed.any():
            flagged += _reached(drawn, mixed, scored.ends) / self._balance[some]
        return WeightedCurve(found, flagged, self._balance[some], stepped=True)

    def _balanced_total(self, amounts: NDArray[np.bool_] | Floats, units: Places) -> Floats:
        anomalous = self._evidence.units.anomalous[units]
        normal = self._total(amounts * ~anomalous, units)
        return self._in_balance(normal, self._total(amounts * anomalous, units))

    def _total(self, amounts: NDArray[np.bool_] | Floats, units: Places) -> Floats:
        """Weighted sum of whole numbers (m,) of some units (m,), (resamples,)."""
        by_unit = np.bincount(units, amounts, minlength=len(self._weights))
        total = np.zeros(len(self))
        for start in range(0, len(by_unit), _UNITS_AT_ONCE):
            some = slice(start, start + _UNITS_AT_ONCE)
            total += by_unit[some] @ self._weights[some].astype(np.float64)
        return total


class ExtremeResample(Resamples):
    """One resample, as it would be if its bins were ranked in the best or the worst way.

    Between the two lies what the bins leave open.
    """

    def __init__(self, whole: Resamples, column: int, *, best: bool) -> None:
        super().__init__(whole._evidence, whole._weights[:, column : column + 1])
        self._whole, self._column, self._best = whole, column, best

    @cached_property
    def pixel_curve(self) -> WeightedCurve:
        """See `Resamples.pixel_curve`."""
        return self._whole.pixel_curve.extreme(self._column, best=self._best)

    @cached_property
    def region_curve(self) -> WeightedCurve:
        """See `Resamples.region_curve`."""
        return self._whole.region_curve.extreme(self._column, best=self._best)

    @cached_property
    def saturated_curve(self) -> WeightedCurve:
        """See `Resamples.saturated_curve`."""
        return self._whole.saturated_curve.extreme(self._column, best=self._best)

    @cached_property
    def image_curve(self) -> WeightedCurve:
        """See `Resamples.image_curve`."""
        return self._whole.image_curve.extreme(self._column, best=self._best)

    def _share_flagged(self, share: float) -> float:
        return 0.0 if self._best else 1.0


def _reached(drawn: Floats, counted: NDArray[np.bool_], ends: Places) -> Floats:
    """How much of what counts is drawn at or above each distinct score; first a row of zeros."""
    reached = drawn * counted[:, None]
    add_up(reached)
    return np.concatenate([np.zeros((1, drawn.shape[1])), reached[ends]])


def _confusion(
    found: Floats, positives: Floats, flagged: Floats, negatives: Floats
) -> WeightedConfusion:
    return WeightedConfusion(found, flagged, positives - found, negatives - flagged)
