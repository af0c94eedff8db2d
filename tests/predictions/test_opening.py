"""From the words on a command line to one data set."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import PredictionSet, open_predictions
from anomeval.predictions.paths import expand, position_names

from .conftest import Make, both_formats, flat, maps, problems


def scores(count: int = 2, name: str | None = None) -> dict:
    columns: dict = {"pred_score": np.arange(count, dtype=float)}
    if name:
        columns["image_path"] = np.array([f"{name}/{i}.png" for i in range(count)])
    return columns


def test_several_files_are_one_set_in_the_given_order(make: Make) -> None:
    """Entries and images follow the order of the files, and formats may be mixed."""
    second, first = make("b.npz", flat(2, "b")), make("a.h5", flat(3, "a"))
    opened = open_predictions([second, first])
    names = ["b/0.png", "b/1.png", "a/0.png", "a/1.png", "a/2.png"]
    assert len(opened) == 5
    assert [entry.identity for entry in opened.entries] == names
    assert [image.entry.identity for image in opened] == names
    assert [file.path for file in opened.files] == [second, first]
    assert [entry.index for entry in opened.entries] == [0, 1, 0, 1, 2]


@both_formats
def test_a_set_can_be_gone_through_again_and_again(make: Make, suffix: str) -> None:
    """Every `iter` starts anew, also while another pass is under way."""
    opened = open_predictions(make(f"f.{suffix}", flat(4)))
    first, second = iter(opened), iter(opened)
    next(first)
    assert [image.entry.index for image in second] == [0, 1, 2, 3]
    assert [image.entry.index for image in first] == [1, 2, 3]
    assert len(list(opened)) == 4


def test_a_single_path_needs_no_list(make: Make) -> None:
    """A string is one path, not a sequence of letters."""
    path = make("f.h5", flat(1))
    assert len(open_predictions(path)) == len(open_predictions(Path(path))) == 1


def test_fields_are_those_that_every_file_has(make: Make) -> None:
    """Each file tells its own fields; the set promises only what all have."""
    paths = [make("a.h5", flat(1, "a")), make("b.h5", scores(1, "b"))]
    opened = open_predictions(paths)
    assert opened.fields == {"pred_score", "image_path"}
    assert opened.files_without("gt_mask") == [paths[1]]
    assert opened.files_without("pred_score") == []


def test_directories_and_patterns(make: Make, tmp_path: Path, monkeypatch) -> None:
    """Directories are searched below, in sorted order; `**` stands for any depth."""
    for name in ("run/b/test.h5", "run/a/test.npz", "run/a/val.hdf5", "run/c.h5"):
        make(name, scores(1, name))
    for name in ("run/notes.txt", "run/a/.hidden.h5", "run/.git/x.h5", "run/a/.t.h5.1f.part"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no predictions")
    monkeypatch.chdir(tmp_path)
    whole = ["run/a/test.npz", "run/a/val.hdf5", "run/b/test.h5", "run/c.h5"]
    assert expand("run") == whole
    assert expand(["run/*/test.*"]) == ["run/a/test.npz", "run/b/test.h5"]
    assert expand("run/**/test.*") == ["run/a/test.npz", "run/b/test.h5"]
    assert expand("run/[ab]") == ["run/a/test.npz", "run/a/val.hdf5", "run/b/test.h5"]
    assert sorted(expand("**/*.h5")) == ["run/b/test.h5", "run/c.h5"]
    assert [file.path for file in open_predictions("run").files] == whole


def test_a_name_with_brackets_that_exists_is_no_pattern(make: Make) -> None:
    """What is there is taken as it is."""
    path = make("run[1]*.h5", scores(1))
    assert expand(path) == [path]


def test_nothing_matches(make: Make, tmp_path: Path) -> None:
    """Patterns, directories and files without a match are told, all at once."""
    (tmp_path / "empty").mkdir()
    typed = [str(tmp_path / "*.h5"), str(tmp_path / "empty"), str(tmp_path / "no.h5")]
    with pytest.raises(InvalidInputError) as caught:
        open_predictions(typed)
    first, second, third = map(str, caught.value.problems)
    assert "*.h5: matches no file — check the pattern, here it is looked up from" in first
    assert "empty: is a directory without any .h5, .hdf5, .npz file" in second
    assert "no.h5: does not exist" in third


def test_no_path_at_all_is_wrong_usage() -> None:
    """At least one file must be named."""
    with pytest.raises(UsageError, match="no prediction file is named"):
        open_predictions([])


def test_a_file_named_twice(make: Make, tmp_path: Path) -> None:
    """Overlapping arguments, and links, would count images twice."""
    path = make("f.h5", flat(1))
    (tmp_path / "link.h5").symlink_to(path)
    [text] = problems([path, path])
    assert "f.h5: is named twice — name every file once" in text
    [text] = problems([path, str(tmp_path / "link.h5")])
    assert "link.h5: is named twice, also as " in text
    [text] = problems([str(tmp_path / "f*.h5"), path])
    assert "is named twice" in text


def test_problems_of_all_files_are_told_at_once(make: Make) -> None:
    """One run shows everything that has to be mended."""
    paths = [make("a.h5", {"x": [1]}), make("b.npz", {"amap": maps(1).astype(int)})]
    first, second = problems([*paths, make("c.h5", scores(1))])
    assert "a.h5: holds neither" in first
    assert "b.npz, anomaly_map (stored as 'amap'): is int64" in second


def test_the_same_image_twice_names_both_places(make: Make) -> None:
    """Within a file and across files; one message for every two files."""
    twice = {"score": [1.0, 2.0, 3.0], "path": np.array(["a", "b", "a"])}
    [text] = problems(make("f.h5", twice))
    assert text.startswith("f.h5, image_path, image 2 (a): the same image_path is at f.h5, image 0")
    a, b = make("x/a.h5", flat(3)), make("x/b.npz", {**flat(4), "score": np.zeros(4)})
    [text] = problems([a, b])
    assert f"{b}, image_path, image 0 (image/0.png): the same image_path is at {a}, image 0" in text
    assert "(and 2 more like it)" in text


def test_an_empty_shard_is_fine_and_an_empty_set_is_not(make: Make) -> None:
    """A worker that saw no image may leave an empty file."""
    empty = make("a.h5", {"pred_score": np.zeros(0)})
    assert len(open_predictions([empty, make("b.h5", scores(2))])) == 2
    [text] = problems(empty)
    assert text.startswith("a.h5: holds no images")


@both_formats
def test_images_without_a_path_are_named_by_position(make: Make, suffix: str) -> None:
    """`<file stem>#<index>`, and the entry says that it is only a position."""
    opened = open_predictions(make(f"test.v1.{suffix}", scores(2)))
    assert [(e.identity, e.named) for e in opened.entries] == [
        ("test.v1#0", False),
        ("test.v1#1", False),
    ]
    assert "image_path" not in opened.fields


def test_files_of_equal_stems_get_their_directories_in_front(make: Make) -> None:
    """As many as tell them apart, whatever the order of the files; others keep their stem."""
    paths = [
        make("run/a/test.h5", scores(1)),
        make("run/b/test.h5", scores(1)),
        make("run/b/val.h5", scores(1)),
    ]
    for order in (paths, paths[::-1]):
        names = {e.file: e.identity for e in open_predictions(order).entries}
        assert [names[path] for path in paths] == ["a/test#0", "b/test#0", "val#0"]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/d/test.h5"], ["test"]),
        (["/d/a.h5", "/d/b.h5"], ["a", "b"]),
        (["/d/a/t.h5", "/d/b/t.h5"], ["a/t", "b/t"]),
        (["/d/a/x/t.h5", "/d/b/x/t.h5", "/d/b/y/t.h5"], ["a/x/t", "b/x/t", "b/y/t"]),
        (["/d/t.h5", "/d/t.npz"], ["t.h5", "t.npz"]),
        (["/t.h5", "/a/t.h5"], ["t", "a/t"]),
        (["/a/t.h5", "/a/t.npz", "/b/t.h5"], ["a/t.h5", "a/t.npz", "b/t.h5"]),
    ],
)
def test_position_names(paths: list[str], names: list[str]) -> None:
    """The least that tells files apart, the same for any order."""
    assert position_names(paths) == names
    assert position_names(paths[::-1]) == names[::-1]


def test_only_files_without_paths_are_told_apart(make: Make) -> None:
    """A file whose images have names does not lengthen the names of the others."""
    paths = [make("a/test.h5", scores(1)), make("b/test.h5", scores(1, "named"))]
    assert [e.identity for e in open_predictions(paths).entries] == ["test#0", "named/0.png"]


def test_hundreds_of_files_need_few_handles(make: Make) -> None:
    """300 shards are opened and read twice by a process that may have 40 files open."""
    for i in range(300):
        make(f"shards/{i:03d}.{'npz' if i % 2 else 'h5'}", {"anomaly_map": maps(1, first=i)})
    folder = os.path.dirname(make("shards/999.h5", scores(1)))
    code = (
        "import resource, sys\n"
        "from anomeval.predictions import open_predictions\n"
        "import h5py, numpy\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))\n"
        "opened = open_predictions(sys.argv[1])\n"
        "passes = [iter(opened), iter(opened)]\n"
        "for images in zip(*passes): pass\n"
        "print(len(opened), len(list(opened)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True)
    assert done.stdout.strip() == "301 301", done.stderr


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc")
@both_formats
def test_an_idle_set_holds_no_handle(make: Make, suffix: str) -> None:
    """Handles are opened by a pass and closed at its end, or when it is given up."""
    path = make(f"f.{suffix}", flat(3))
    before = open_files()
    opened = open_predictions(path)
    assert open_files() == before
    images = opened.files[0].images()
    next(images)
    assert before < open_files() <= before + 4
    images.close()
    assert open_files() == before
    list(opened)
    assert open_files() == before


@both_formats
def test_a_closed_set_is_not_read(make: Make, suffix: str) -> None:
    """`with` closes; entries remain."""
    with open_predictions(make(f"f.{suffix}", flat(2))) as opened:
        pass
    opened.close()
    assert len(opened.entries) == 2
    with pytest.raises(UsageError, match="was closed before it was read"):
        next(iter(opened))


@both_formats
def test_a_file_can_be_sent_to_another_process(make: Make, suffix: str) -> None:
    """Opened files are plain data."""
    file = open_predictions(make(f"f.{suffix}", flat(3))).files[0]
    copy = pickle.loads(pickle.dumps(file))
    assert [image.entry for image in copy.images(1)] == list(file.entries[1:])


def test_sets_of_files_opened_elsewhere(make: Make) -> None:
    """A PredictionSet is made of anything that follows the protocol, and checks identities."""
    file = open_predictions(make("f.h5", flat(1))).files[0]
    assert len(PredictionSet([file])) == 1
    with pytest.raises(InvalidInputError, match="the same image_path"):
        PredictionSet([file, file])


def test_importing_and_asking_costs_no_h5py() -> None:
    """`anomeval --help` must not wait for h5py."""
    code = (
        "import sys, anomeval.predictions\n"
        "from anomeval.predictions import open_predictions, Writer, inspect_predictions\n"
        "print('h5py' in sys.modules, 'scipy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False False", done.stderr
