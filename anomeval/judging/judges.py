"""Which post-processor judges the images of which category."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from anomeval.errors import Problem, UsageError
from anomeval.judging.batch import PostProcessed, RawBatch
from anomeval.judging.mebin import Mebin, MebinPostProcessor, PeakRange
from anomeval.judging.post_processor import (
    Fit,
    OneClassPostProcessor,
    PostProcessor,
    match_thresholds,
)
from anomeval.judging.scale import Scale

Level = Literal["image", "pixel"]
LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True)
class Judges:
    """The post-processor of each category.

    processors: by category, None for images without one.
    fits: what is behind them; empty where another post-processor serves. A level is there in all
        of them or in none.
    has_maps: whether every image has a map; without, nothing is made of those that there are.
    digest: of the fit.
    lent: the level that uses the fit of the other.
    """

    processors: Mapping[str | None, PostProcessor]
    fits: Mapping[str | None, OneClassPostProcessor]
    has_maps: bool
    digest: str | None = None
    lent: Level | None = None

    @classmethod
    def of(
        cls,
        fit: Fit | PostProcessor,
        categories: Iterable[str | None],
        *,
        has_maps: bool,
        match: bool,
    ) -> "Judges":
        """From a fit, or from a post-processor that serves for all categories.

        Raises:
            UsageError: the fit has nothing for these images, or there are no thresholds to match.
        """
        if not isinstance(fit, Fit):
            if match:
                raise UsageError("only the thresholds of a fit can be matched")
            return cls(dict.fromkeys(categories, fit), {}, has_maps)
        fits = {category: fit.for_category(category) for category in categories}
        lent = next((level for level in LEVELS if not _is_fitted(level, fits)), None)
        if match:
            fits = {category: match_thresholds(fitted) for category, fitted in fits.items()}
        image, pixel = _is_fitted("image", fits), has_maps and _is_fitted("pixel", fits)
        if not (image or pixel):
            remedy = "fit on files with the fields that these have"
            raise UsageError(Problem("the fit has no level that the images have", remedy=remedy))
        common = {
            category: OneClassPostProcessor(
                fitted.image if image else None, fitted.pixel if pixel else None
            )
            for category, fitted in fits.items()
        }
        return cls(common, common, has_maps, fit.digest, lent if match else None)

    def with_mebin(self, ranges: Mapping[str | None, PeakRange]) -> "Judges":
        """The same with masks by MEBin, each category on the range of its maps.

        Raises:
            UsageError: another post-processor serves.
        """
        if not self.fits:
            raise UsageError("MEBin replaces the masks of a fit, not those of a post-processor")
        processors = {
            category: MebinPostProcessor(self.fits[category], Mebin(*peaks.ends))
            for category, peaks in ranges.items()
        }
        return replace(self, processors=processors)

    def post_process(self, category: str | None, batch: RawBatch) -> PostProcessed:
        """What becomes of images of one category."""
        judged = self.processors[category].post_process(batch)
        return judged if self.has_maps else replace(judged, anomaly_map=None, pred_mask=None)

    def lacks(self, level: Level) -> bool:
        """Whether images have a level for which nothing was fitted."""
        present = level == "image" or self.has_maps
        return present and bool(self.fits) and not _is_fitted(level, self.fits)

    def scale(self, level: Level, category: str | None) -> Scale | None:
        """What a level of a category is normalized on, as far as that is known."""
        fitted = self.fits.get(category)
        judge = fitted and (fitted.image if level == "image" else fitted.pixel)
        return judge.scale if judge else None


def _is_fitted(level: Level, fits: Mapping[str | None, OneClassPostProcessor]) -> bool:
    """Whether a level was fitted for every category."""
    return all(getattr(fitted, level) is not None for fitted in fits.values())
