"""Lines about many images in the log of a job: a sign of life, no noise, the same every time."""

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import anomeval.predictions.progress as workflow
from anomeval.cli import progress as module
from anomeval.cli.progress import progress
from anomeval.predictions.record import ImageEntry
from tests.layouts.samples import samples, write_masks, write_tree
from tests.support import Picture, Run, run_here, write_h5

NAMES = {"nut": 6, "bolt": 4}

LINE = re.compile(r"scoring (.*): (\d+) images? in \d+\.\d s(, [\d.]+ images/s)?")


def pictures(category: str | None, count: int, first: int = 0) -> list[Picture]:
    random = np.random.default_rng(count)
    return [
        Picture(
            score=float(n),
            map=random.normal(size=(4, 5)) + n % 2,
            mask=np.full((4, 5), n % 2).tolist(),
            path=f"{category}/{first + n}",
            category=category,
        )
        for n in range(count)
    ]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two categories whose images alternate."""
    nuts, bolts = (pictures(name, count) for name, count in NAMES.items())
    mixed = [image for pair in zip(nuts, bolts, strict=False) for image in pair] + nuts[4:]
    return write_h5(tmp_path / "test.h5", mixed)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every image was one of many."""
    monkeypatch.setattr(module, "_MANY", 1)


def told(run: Run) -> dict[str, int]:
    """How many images each line speaks of."""
    assert run.status == 0, run.stderr
    found = [LINE.fullmatch(line) for line in run.stderr.splitlines() if "scoring" in line]
    return {match[1]: int(match[2]) for match in found if match}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_nothing_is_said_of_few_images(source: Path, jobs: str) -> None:
    """As every run on a sample is."""
    assert told(run_here("score", source, "--no-confidence", "-j", jobs)) == {}


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_every_category_has_a_line_when_it_is_done(source: Path, jobs: str) -> None:
    """On standard error alone: every byte of the results is the same."""
    words = ["score", source, "--no-confidence", "-j", jobs]
    talking, quiet = run_here(*words), run_here(*words, "-q", "--json", "-")
    assert told(talking) == NAMES
    assert quiet.stderr == ""
    assert run_here(*words, "--json", "-").stdout == quiet.stdout


@pytest.mark.usefixtures("always")
def test_results_are_the_same_with_and_without_lines(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table and the JSON."""
    for words in ([], ["--json", "-"]):
        many = run_here("score", source, *words)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_MANY", sum(NAMES.values()) + 1)
            few = run_here("score", source, *words)
        assert (many.stdout, bool(told(many))) == (few.stdout, True)
        assert told(few) == {}


@pytest.mark.usefixtures("always")
def test_without_categories_every_file_has_a_line(tmp_path: Path) -> None:
    """Whatever it is called."""
    names = {"a.h5": 4, "b\x1b[2J.h5": 6}
    paths = [
        write_h5(tmp_path / name, pictures(None, count, 10 * count))
        for name, count in names.items()
    ]
    done = told(run_here("score", *paths, "--no-confidence"))
    assert done == {str(tmp_path / "a.h5"): 4, str(tmp_path / "b\\x1b[2J.h5"): 6}


@pytest.mark.usefixtures("always")
@pytest.mark.parametrize(
    ("words", "verb"),
    [
        ("convert test.h5 x.npz", "converting"),
        ("fit test.h5 -o x.json", "fitting"),
        ("apply f.json test.h5 -o x.h5", "applying"),
        ("apply f.json test.h5 --mebin -o x.h5", "applying"),
        ("explain test.h5", "explaining"),
        ("inspect test.h5", "inspecting"),
        ("report test.h5 -o x.html", "reading"),
        ("plot test.h5 --curve roc -o x.svg", "reading"),
    ],
)
def test_every_command_that_reads_images_tells(
    source: Path, monkeypatch: pytest.MonkeyPatch, words: str, verb: str
) -> None:
    """Once for each category."""
    monkeypatch.chdir(source.parent)
    assert run_here("fit", source, "-o", "f.json", "-q").status == 0
    done = run_here(*words.split())
    assert done.status == 0, done.stderr
    lines = re.findall(rf"(?m)^{verb} (\w+): (\d+) images in ", done.stderr)
    assert dict(lines) == {name: str(count) for name, count in NAMES.items()}
    assert len(lines) >= 2


@pytest.mark.usefixtures("always")
def test_images_of_other_layouts_are_counted(tmp_path: Path) -> None:
    """Of which the truth is told by other files."""
    tree = write_masks(write_tree(tmp_path / "tree", samples()), samples())
    expected = Counter(sample.category for sample in samples())
    assert told(run_here("score", tree, "--no-confidence")) == expected


@pytest.mark.usefixtures("always")
def test_images_that_cannot_be_read_are_done_with(source: Path, tmp_path: Path) -> None:
    """Their category has a line all the same."""
    with h5py.File(source) as file, h5py.File(tmp_path / "bad.h5", "w") as bad:
        maps = file["anomaly_map"][:]
        bad.create_dataset("anomaly_map", data=maps, chunks=(1, 4, 5), compression=9)
        for name in set(file) - {"anomaly_map"}:
            file.copy(name, bad)
        place = bad["anomaly_map"].id.get_chunk_info(4)
    with open(tmp_path / "bad.h5", "r+b") as raw:
        raw.seek(place.byte_offset)
        raw.write(bytes(place.size))
    done = run_here("score", tmp_path / "bad.h5", "--no-confidence", "--skip-bad")
    assert "1 image left out" in done.stderr
    assert told(done) == NAMES


class Clock:
    """A time that passes only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for place in (module, workflow):
        monkeypatch.setattr(place, "monotonic", clock)
    return clock


def passing(
    clock: Clock, seconds: float, parts: dict[str, int], read: Callable[[], str]
) -> list[list[str]]:
    """What is written after each image of a pass that takes so long for each."""
    entries = [
        ImageEntry("f.h5", n, f"{part}{n}", named=True, category=part)
        for part, count in parts.items()
        for n in range(count)
    ]
    written = []
    with progress("scoring", quiet=False) as report:
        pace = workflow.Pace(entries, report)
        for entry in entries:
            clock.now += seconds
            pace.take(entry)
            written.append(read().splitlines())
    return [*written, read().splitlines()]


@pytest.mark.usefixtures("always")
def test_times_and_throughput_are_those_of_the_category(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its line comes as soon as it is done, and each tenth of all has one as well."""
    written = passing(clock, 0.75, {"nut": 4, "bolt": 2, "cap": 1}, lambda: capsys.readouterr().err)
    assert written == [
        ["scoring: 1 of 7 images, about 4.5 s left"],
        ["scoring: 2 of 7 images, about 3.8 s left"],
        ["scoring: 3 of 7 images, about 3.0 s left"],
        [
            "scoring: 4 of 7 images, about 2.2 s left",
            "scoring nut: 4 images in 3.0 s, 1.3 images/s",
        ],
        ["scoring: 5 of 7 images, about 1.5 s left"],
        [
            "scoring: 6 of 7 images, about 0.8 s left",
            "scoring bolt: 2 images in 1.5 s, 1.3 images/s",
        ],
        ["scoring cap: 1 image in 0.8 s, 1.3 images/s"],
        [],
    ]


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 1.0, 1000.0])
@pytest.mark.parametrize("many", [True, False])
def test_what_is_said_does_not_depend_on_how_fast_it_goes(
    clock: Clock, capsys: pytest.CaptureFixture[str], seconds: float, many: bool
) -> None:
    """Nothing of 499 images; of 500 a line for each tenth and each category, whatever the time."""
    parts = {"nut": 120, "bolt": 380 if many else 379}
    written = passing(clock, seconds, parts, lambda: capsys.readouterr().err)
    said = [re.sub(r"( in|, about) .*", "", line) for lines in written for line in lines]
    assert said == (
        [
            "scoring: 50 of 500 images",
            "scoring: 100 of 500 images",
            "scoring nut: 120 images",
            *(f"scoring: {50 * tenth} of 500 images" for tenth in range(3, 10)),
            "scoring bolt: 380 images",
        ]
        if many
        else []
    )


@pytest.mark.usefixtures("always")
def test_a_log_that_takes_no_more_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run goes on without it."""

    class Gone:
        def isatty(self) -> bool:
            return False

        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    entries = [ImageEntry("f.h5", n, str(n), named=True) for n in range(3)]
    with progress("scoring", quiet=False) as report:
        workflow.Pace(entries, report).take(*entries)
