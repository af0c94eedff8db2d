"""Evidence of everything that was read, kept apart by the groups that values are asked for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from anomeval.errors import Problem
from anomeval.evidence.evidence import Evidence, merged
from anomeval.evidence.images import ImageRow, by_identity
from anomeval.evidence.streams import Source
from anomeval.parallel import Lock
from anomeval.predictions.masks import mixed_marks
from anomeval.predictions.preparation import PreparedImage
from anomeval.workflows.options import Cell, Splitting


@dataclass
class Collection:
    """Evidence of everything that was read, apart by cell.

    has_pixels: whether pixels were judged, or images only.
    streamed: what begins the evidence that plugins collect of their own, in every cell.
    skipped: what is wrong with images that were left out, as the user has asked for.
    ignored: mask values that files themselves say are to be ignored.
    """

    has_pixels: bool
    splitting: Splitting = field(default_factory=Splitting)
    cells: dict[Cell, Evidence] = field(default_factory=dict)
    streamed: tuple[Source, ...] = ()
    skipped: tuple[Problem, ...] = ()
    ignored: tuple[int, ...] = ()
    _home: "Collection | None" = None
    _lock: Lock = field(default_factory=Lock)

    def update(self, image: PreparedImage) -> None:
        """Take in one image."""
        self._evidence_of(self.splitting.cell(image)).update(image)

    def fork(self) -> "Collection":
        """A partner for another thread to update; `join` brings its evidence home."""
        return Collection(self.has_pixels, self.splitting, streamed=self.streamed, _home=self)

    def join(self, part: "Collection") -> None:
        """Take over all that a partner made by `fork` has seen; it must not be used again."""
        for cell, evidence in part.cells.items():
            self._evidence_of(cell).join(evidence)

    def merge(self, other: "Collection") -> None:
        """Take in all that `other` has seen; `other` stays as it is."""
        for cell, evidence in other.cells.items():
            self._evidence_of(cell).merge(evidence)

    def mask_problems(self) -> list[Problem]:
        """Whether masks of different images contradict each other in what 255 means."""
        evidence = self.cells.values()
        return mixed_marks((row.entry, row.marks) for one in evidence for row in one.images)

    @property
    def skipped_images(self) -> int:
        """How many images were left out."""
        return len({(problem.file, problem.index, problem.image) for problem in self.skipped})

    @property
    def categories(self) -> list[str | None]:
        """The categories met, in a fixed order."""
        return sorted({cell.category for cell in self.cells}, key=lambda name: name or "")

    def of_category(self, category: str | None) -> Evidence:
        """All evidence of a category."""
        return merged(e for cell, e in self._sorted() if cell.category == category)

    def of_part(self, category: str | None, part: str) -> Evidence:
        """One defect type of a category against all normal images of the category."""
        wanted = (Cell(category, None), Cell(category, part))
        return merged(evidence for cell, evidence in self._sorted() if cell in wanted)

    def parts(self, category: str | None) -> list[str]:
        """The defect types met in a category, in a fixed order."""
        return sorted(c.part for c in self.cells if c.category == category and c.part is not None)

    def rows(self) -> list[ImageRow]:
        """Every image in canonical order."""
        return by_identity(row for evidence in self.cells.values() for row in evidence.images)

    def observations(self) -> Counter[str]:
        """How many images gave rise to each observation."""
        return sum((evidence.observations for evidence in self.cells.values()), Counter())

    def _sorted(self) -> list[tuple[Cell, Evidence]]:
        return sorted(self.cells.items(), key=lambda item: tuple(key or "" for key in item[0]))

    def _evidence_of(self, cell: Cell) -> Evidence:
        if cell not in self.cells:
            self.cells[cell] = self._home._fork_of(cell) if self._home else Evidence(self.streamed)
        return self.cells[cell]

    def _fork_of(self, cell: Cell) -> Evidence:
        with self._lock:  # several partners may meet a new cell at once
            return self._evidence_of(cell).fork()


def content_digest(rows: Iterable[ImageRow]) -> str:
    """Digest of what was evaluated; order, files and file format do not enter."""
    digest = sha256()
    for row in by_identity(rows):
        entry = row.entry
        words = (entry.identity, entry.category, entry.defect_type, entry.group_id)
        numbers = (row.anomalous, row.score, row.pixels, row.map_digest, row.mask_digest)
        digest.update(repr((words, numbers)).encode("utf-8", "surrogateescape"))
    return f"sha256:{digest.hexdigest()}"


def map_digests(rows: Iterable[ImageRow]) -> frozenset[str]:
    """Digests of the raw maps; constant maps have none."""
    return frozenset(row.map_digest for row in rows if row.map_digest is not None)
