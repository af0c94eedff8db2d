"""What a validation split has fitted, as frozen values, and what it makes of raw predictions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

from anomeval.judging.batch import Decisions, NormalizedBatch, PostProcessed, RawBatch
from anomeval.judging.honesty import FalsePositives
from anomeval.judging.normals import NormalScores
from anomeval.judging.scale import Scale
from anomeval.predictions.preparation import PreparationRules


class PostProcessor(Protocol):
    """What turns raw predictions into normalized ones with decisions. Others can implement it."""

    def post_process(self, batch: RawBatch) -> PostProcessed:
        """Normalize and decide. The batch stays as it is."""
        ...


@dataclass(frozen=True)
class FittedLevel:
    """The fit of one level, image or pixel.

    rule: the threshold rule that chose. normal_count, anomalous_count: scores it was chosen from.
    false_positives: the normals among them that the cut flags; None: nobody counted.
    normals: where the normals lie, by which a later run sees whether they have moved; None: nobody
        looked. It decides nothing, so digests of a fit leave it out.
    """

    scale: Scale
    rule: str
    normal_count: int
    anomalous_count: int
    false_positives: FalsePositives | None = None
    normals: NormalScores | None = field(default=None, repr=False)


@dataclass(frozen=True)
class OneClassPostProcessor:
    """Thresholds and normalization of both levels. None: this level could not be fitted.

    The numbers of a level that was not fitted are None, and so is what it should have made.
    """

    image: FittedLevel | None
    pixel: FittedLevel | None

    @property
    def image_min(self) -> float | None:
        """Lowest raw image score of the validation split."""
        return self.image.scale.low if self.image else None

    @property
    def image_max(self) -> float | None:
        """Highest raw image score of the validation split."""
        return self.image.scale.high if self.image else None

    @property
    def image_threshold(self) -> float | None:
        """The raw image score that the rule chose."""
        return self.image.scale.threshold if self.image else None

    @property
    def image_cut(self) -> float | None:
        """The raw score from which on an image is anomalous."""
        return self.image.scale.cut if self.image else None

    @property
    def normalized_image_threshold(self) -> float | None:
        """Where the image cut lies among normalized scores."""
        return self.image.scale.normalized_threshold if self.image else None

    @property
    def image_sensitivity(self) -> float | None:
        """In [0, 1]; above 0.5 more images are anomalous than at the threshold."""
        return self.image.scale.sensitivity if self.image else None

    @property
    def pixel_min(self) -> float | None:
        """Lowest raw pixel score of the validation split."""
        return self.pixel.scale.low if self.pixel else None

    @property
    def pixel_max(self) -> float | None:
        """Highest raw pixel score of the validation split."""
        return self.pixel.scale.high if self.pixel else None

    @property
    def pixel_threshold(self) -> float | None:
        """The raw pixel score that the rule chose."""
        return self.pixel.scale.threshold if self.pixel else None

    @property
    def pixel_cut(self) -> float | None:
        """The raw score from which on a pixel is anomalous."""
        return self.pixel.scale.cut if self.pixel else None

    @property
    def normalized_pixel_threshold(self) -> float | None:
        """Where the pixel cut lies among normalized scores."""
        return self.pixel.scale.normalized_threshold if self.pixel else None

    @property
    def pixel_sensitivity(self) -> float | None:
        """In [0, 1]; above 0.5 more pixels are anomalous than at the threshold."""
        return self.pixel.scale.sensitivity if self.pixel else None

    def normalize(self, batch: RawBatch) -> NormalizedBatch:
        """Scores and maps on the scale from 0 to 1, each level on its own. For display only."""
        maps = batch.anomaly_map
        return NormalizedBatch(
            self.image.scale.normalize(batch.image_scores) if self.image else None,
            self.pixel.scale.normalize(maps) if self.pixel and maps is not None else None,
        )

    def threshold(self, batch: RawBatch) -> Decisions:
        """What is anomalous: `raw score >= cut`."""
        maps = batch.anomaly_map
        return Decisions(
            self.image.scale.is_anomalous(batch.image_scores) if self.image else None,
            self.pixel.scale.is_anomalous(maps) if self.pixel and maps is not None else None,
        )

    def post_process(self, batch: RawBatch) -> PostProcessed:
        """Both: normalized scores and maps, and the decisions on the raw ones."""
        return PostProcessed(**vars(self.normalize(batch)), **vars(self.threshold(batch)))


def match_thresholds(fitted: OneClassPostProcessor) -> OneClassPostProcessor:
    """Let a level that was not fitted take over the fit of the other: threshold, range, rule.

    Only sound where both levels have one scale, that is, where image scores are the maxima of the
    maps. Where both or none are fitted, nothing changes.
    """
    return replace(fitted, image=fitted.image or fitted.pixel, pixel=fitted.pixel or fitted.image)


@dataclass(frozen=True)
class Source:
    """The images something was computed from.

    digest: of their content, independent of order, files and file format.
    identities, map_digests: short digests by which a later run knows an image again; images that
        are known by position only, and maps that are constant, are in neither.
    ignored_pixels: how many pixels count nowhere because of their mask value.
    """

    files: tuple[str, ...]
    digest: str
    images: int
    identities: frozenset[str] = frozenset()
    map_digests: frozenset[str] = frozenset()
    ignored_pixels: int = 0


@dataclass(frozen=True)
class Fit:
    """A fitted validation split, as FIT.json holds it.

    shared: fitted on all images together. categories: fitted on each category alone, where the
        split has several; these serve for the categories they name. Images without a category are
        in the shared fit only, which serves for them and for categories that were not seen.
    rules: how stored values were read; None in files that do not say.
    plugins: where threshold rules come from that are not built in, by name: a distribution with its
        version, or a path.
    """

    shared: OneClassPostProcessor
    source: Source
    categories: Mapping[str, OneClassPostProcessor] = field(default_factory=dict)
    cautions: tuple[tuple[str, str], ...] = ()
    rules: PreparationRules | None = None
    plugins: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Digest of what was fitted and on which content; file names do not enter."""
        content = (self.shared, sorted(self.categories.items()), self.source.digest)
        return f"sha256:{sha256(repr(content).encode()).hexdigest()}"

    def for_category(self, category: str | None) -> OneClassPostProcessor:
        """The post-processor for images of a category, None = without one."""
        return self.shared if category is None else self.categories.get(category, self.shared)
