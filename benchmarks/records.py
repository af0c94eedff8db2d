"""What was measured, as data that can be written to JSON and read again."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Self

from catalogue import DataSet, Scale


@dataclass(frozen=True)
class Record:
    """One run of one contender on one data set.

    part, round: when. Runs of one round of one part took place under about the same conditions.
    wall, cpu: seconds. peak: bytes. digest: of the output, if it must be the same in every run.
    error: why it failed; then nothing else counts.
    """

    data: str
    contender: str
    part: str
    round: int
    wall: float
    cpu: float
    peak: int
    values: dict[str, float]
    digest: str | None = None
    error: str | None = None


@dataclass
class Results:
    """All runs of one benchmark, or of some parts of it.

    reference: the contender that all others are compared with. titles: contender → (title, what it
    computes). machine: for readers; the same for all parts. occasions: part → when it was run.
    startup: command → seconds of each run. imports: package → seconds. phases: contender → phase →
    seconds of each run.
    """

    scale: Scale
    reference: str
    titles: dict[str, tuple[str, str]]
    machine: dict[str, str]
    occasions: dict[str, str]
    records: list[Record] = field(default_factory=list)
    startup: dict[str, list[float]] = field(default_factory=dict)
    imports: dict[str, float] = field(default_factory=dict)
    phases: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def join(self, older: Self) -> None:
        """Take over all that an older benchmark has measured.

        Ends the program if that was done with other versions or on another machine.
        """
        for label in self.machine.keys() & older.machine.keys():
            if self.machine[label] != older.machine[label]:
                sys.exit(
                    f"the records that these would be joined to have another {label}: "
                    f"{older.machine[label]}; remove them, or name another file with --json"
                )
        self.machine = older.machine | self.machine
        self.occasions, self.records = older.occasions, older.records
        self.startup, self.imports, self.phases = older.startup, older.imports, older.phases

    def begin(self, part: str, occasion: str) -> None:
        """Forget what was measured of a part."""
        self.occasions[part] = occasion
        self.records = [record for record in self.records if record.part != part]
        if part == "medium":
            self.startup, self.imports, self.phases = {}, {}, {}

    def runs(self, data: DataSet, contender: str) -> list[Record]:
        """The runs that ended well."""
        return [
            record
            for record in self.records
            if (record.data, record.contender, record.error) == (data.name, contender, None)
        ]

    def data_sets(self) -> Iterator[DataSet]:
        """All data sets in the order in which they were met first."""
        return (DataSet.named(name) for name in dict.fromkeys(r.data for r in self.records))

    def contenders(self, data: DataSet) -> list[str]:
        """Who ended at least one run on a data set well, in the order of `titles`."""
        return [name for name in self.titles if self.runs(data, name)]

    def wall(self, data: DataSet, contender: str) -> float | None:
        """Median seconds; None if there was no run."""
        walls = [record.wall for record in self.runs(data, contender)]
        return median(walls) if walls else None

    def peak(self, data: DataSet, contender: str) -> int | None:
        """The highest peak of all runs, in bytes."""
        return max((record.peak for record in self.runs(data, contender)), default=None)

    def speed(self, data: DataSet, contender: str) -> float | None:
        """Median million pixels a second."""
        wall = self.wall(data, contender)
        return data.pixels / wall / 1e6 if wall else None

    def ratio(self, over: tuple[DataSet, str], under: tuple[DataSet, str]) -> float | None:
        """How much longer one took than another: median of the ratios within a round.

        Both ran under about the same conditions then, which matters on a machine that is shared.
        """
        above = {(record.part, record.round): record.wall for record in self.runs(*over)}
        below = {(record.part, record.round): record.wall for record in self.runs(*under)}
        ratios = [above[turn] / below[turn] for turn in above.keys() & below.keys()]
        return median(ratios) if ratios else None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> Self:
        found: dict[str, Any] = json.loads(path.read_text())
        records = [Record(**record) for record in found.pop("records")]
        return cls(records=records, **found)
