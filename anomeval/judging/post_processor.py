"""What a validation split has fitted, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from anomeval.judging.scale import Scale


@dataclass(frozen=True)
class FittedLevel:
    """The fit of one level, image or pixel.

    rule: the threshold rule that chose. normal_count, anomalous_count: scores it was chosen from.
    """

    scale: Scale
    rule: str
    normal_count: int
    anomalous_count: int


@dataclass(frozen=True)
class OneClassPostProcessor:
    """Thresholds and normalization of both levels. None: this level could not be fitted."""

    image: FittedLevel | None
    pixel: FittedLevel | None


@dataclass(frozen=True)
class Source:
    """The images something was computed from.

    digest: of their content, independent of order, files and file format.
    identities, map_digests: short digests by which a later run knows an image again; images that
        are known by position only, and maps that are constant, are in neither.
    """

    files: tuple[str, ...]
    digest: str
    images: int
    identities: frozenset[str] = frozenset()
    map_digests: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Fit:
    """A fitted validation split, as FIT.json holds it.

    shared: fitted on all images together. categories: fitted on each category alone, where the
        split has several; these serve for the categories they name.
    """

    shared: OneClassPostProcessor
    source: Source
    categories: Mapping[str, OneClassPostProcessor] = field(default_factory=dict)
    cautions: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """Digest of what was fitted and on which content; file names do not enter."""
        content = (self.shared, sorted(self.categories.items()), self.source.digest)
        return f"sha256:{sha256(repr(content).encode()).hexdigest()}"

    def for_category(self, category: str | None) -> OneClassPostProcessor:
        """The post-processor for images of a category; the shared one where it was not seen."""
        return self.categories.get(category, self.shared) if category else self.shared
