"""What an output of a conversion is, whatever its layout."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from anomeval.predictions.record import Image
from anomeval.reporting.result import Caution


class Target(Protocol):
    """An output that takes images one by one. Leaving `with` without `commit` leaves nothing."""

    output: Path
    cautions: Sequence[Caution]
    keeps_names: bool  # whether identities are stored

    def append(self, image: Image) -> Image:
        """Write an image; returns what must be read back."""
        ...

    def finish(self) -> tuple[Path, str | None]:
        """Complete the output under a temporary name; returns that, and its layout."""
        ...

    def commit(self) -> None:
        """Put the output in its place."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
