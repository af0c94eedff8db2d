"""What a metric is: a frozen value with a name that can be typed, and a pure function of findings.

The text of a metric names every parameter, so equal text means equal metric and a changed default
can never silently change what an old result meant.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal, get_args

import numpy as np

from anomeval.errors import UsageError
from anomeval.evidence.findings import Findings
from anomeval.evidence.resamples import Resamples
from anomeval.judging.post_processor import FittedLevel, OneClassPostProcessor
from anomeval.ranking.sample import Sample
from anomeval.ranking.weighted import Floats

Level = Literal["image", "pixel", "sample"]
Class = Literal["normal", "anomalous"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""Image scores; pixels of the anomaly maps; samples, which are images that share a `group_id`."""


@dataclass(frozen=True)
class Outcome:
    """What a metric found.

    value: None where the metric is undefined; then `reason` says why.
    support: the counts the value rests on.
    extra: further numbers that belong to the value, such as the threshold of a maximum.
    per_image: the value of each image by identity, for metrics that are means over images.
    """

    value: float | None
    reason: str | None = None
    support: Mapping[str, int] = field(default_factory=dict)
    extra: Mapping[str, float | int | None] = field(default_factory=dict)
    per_image: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Doc:
    """What people are told about a metric. All texts about it come from here.

    formula: as computed. undefined: when there is no value. source: where the definition is from.
    """

    title: str
    formula: str
    undefined: str
    source: str
    higher_is_better: bool = True
    range: str = "[0, 1]"


@dataclass(frozen=True)
class Metric:
    """A metric at one level. Subclasses are frozen dataclasses whose fields are its parameters."""

    name: ClassVar[str]
    levels: ClassVar[tuple[Level, ...]]
    doc: ClassVar[Doc]
    classes: ClassVar[tuple[Class, ...]] = ("normal", "anomalous")
    """Whose images the value rests on."""
    is_maximum: ClassVar[bool] = False
    """Whether it is the best over all thresholds, and so comes out too high on few images."""
    needed_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that files must have for it besides those of its level."""

    level: Level

    def __post_init__(self) -> None:
        for f in fields(self):  # numbers of NumPy are written in another way
            if isinstance(value := getattr(self, f.name), np.generic):
                object.__setattr__(self, f.name, value.item())
        if self.level not in self.levels:
            known = " or ".join(self.levels)
            raise UsageError(f"metric {self.name!r} exists at {known} level, not {self.level!r}")

    def __str__(self) -> str:
        values = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name != "level"]
        written = ",".join(f"{name}={_parameter_text(value)}" for name, value in values)
        return f"{self.level}_{self.name}" + (f"({written})" if written else "")

    @property
    def needs_fit(self) -> bool:
        """Whether the metric judges at the threshold that a validation split fitted."""
        return False

    @abstractmethod
    def compute(self, seen: Findings, judge: OneClassPostProcessor | None) -> Outcome:
        """The metric on complete evidence. `judge` is what the validation split fitted, if any."""

    def resample(self, seen: Resamples, judge: OneClassPostProcessor | None) -> Floats | None:
        """The metric on each resample of the images, what its interval is made of.

        Called from another thread while `compute` works, if there may be several.

        Returns:
            (resamples,) float64, NaN where it is undefined; None: it gets no interval.
        """
        return None

    def sample(self, seen: Findings) -> Sample:
        """The scores of this metric's level."""
        if self.level == "image":
            return seen.image_sample
        if self.level == "sample":
            return seen.group_sample
        assert seen.pixels is not None
        return seen.pixels.sample

    def fitted(self, judge: OneClassPostProcessor | None) -> FittedLevel | None:
        """The fit of this metric's level; samples are judged like images."""
        if judge is None:
            return None
        return judge.pixel if self.level == "pixel" else judge.image

    def support(self, sample: Sample) -> dict[str, int]:
        """The counts of the two classes, named after what is counted."""
        unit = {"image": "images", "pixel": "pixels", "sample": "samples"}[self.level]
        return {
            f"normal_{unit}": sample.negative_total,
            f"anomalous_{unit}": sample.positive_total,
        }


FIT = "fit"
"""Written in place of a threshold that the validation split is to give."""


def _parameter_text(value: object) -> str:
    return FIT if value is None else repr(value)


def check_rate(metric: str, name: str, rate: float, *, zero: bool = True, one: bool = True) -> None:
    """Refuse a rate outside [0, 1], or at an end that makes no sense."""
    if not 0 <= rate <= 1 or (rate == 0 and not zero) or (rate == 1 and not one):
        interval = f"{'[' if zero else '('}0, 1{']' if one else ')'}"
        raise UsageError(f"{metric}: {name} must be in {interval}, got {rate!r}")


def lacking(sample: Sample, what: str, *, negatives: bool = True) -> str | None:
    """Why a metric is undefined on a sample: which class is empty. None if nothing is lacking."""
    positive, negative = sample.positive_total > 0, sample.negative_total > 0
    if not positive and not negative:
        return f"no {what}s"
    if not positive:
        return f"no anomalous {what}s"
    if negatives and not negative:
        return f"no normal {what}s"
    return None
