"""FIT and RESULT files that somebody has edited: refused, with the path of the field."""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anomeval
from anomeval.errors import InvalidInputError
from anomeval.predictions import Writer
from tests.support import run_here

STRANGE = {"a": [1]}
"""What stands nowhere in these files."""

OPEN = ("settings", "metrics[0].support", "metrics[0].extra")
"""Places for whatever a version or a metric has to tell: any object may stand there."""

Keys = tuple[str | int, ...]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with fit.json and result.json of two categories."""
    folder = tmp_path_factory.mktemp("documents")
    random = np.random.default_rng(0)
    masks = np.zeros((24, 6, 6), np.uint8)
    masks[12:, 1:4, 1:4] = 1
    for name in ("val", "test"):
        with Writer(folder / f"{name}.h5") as writer:
            writer.add(
                anomaly_map=random.normal(size=masks.shape).astype(np.float32) + masks,
                gt_mask=masks,
                image_path=[f"{name}/{n}" for n in range(24)],
                category=["nut", "bolt"] * 12,
                defect_type=["good"] * 12 + ["bent"] * 12,
            )
    words = ("--by", "category", "--replicates", "20", "-q")
    fit, result = folder / "fit.json", folder / "result.json"
    assert run_here("fit", folder / "val.h5", "-o", fit, "-q").status == 0
    done = run_here("score", folder / "test.h5", "--fit", fit, *words, "--json", result)
    assert done.status == 0, done.stderr
    return folder


def places(document: Any, path: Keys = ()) -> Iterator[Keys]:
    """Every field, and of a list its first item."""
    items = enumerate(document[:1]) if isinstance(document, list) else document.items()
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def name_of(path: Keys) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)[1:]


def put(document: Any, path: Keys, value: object) -> Any:
    edited = inner = deepcopy(document)
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return edited


def fields_told(read: Callable[[Path], object], path: Path) -> list[str]:
    """The fields that are told to be wrong; none where the file is taken."""
    try:
        read(path)
    except InvalidInputError as error:
        return [problem.field or "" for problem in error.problems]
    return []


@pytest.mark.parametrize("name", ["fit", "result"])
def test_every_field_is_checked_and_named(documents: Path, name: str) -> None:
    """Whichever it is."""
    document = json.loads((documents / f"{name}.json").read_text("utf-8"))
    read = anomeval.read_fit if name == "fit" else anomeval.read_result
    edited = documents / "edited.json"
    names = {name_of(path): path for path in places(document)}
    assert len(names) > 40
    for field, path in names.items():
        edited.write_text(json.dumps(put(document, path, STRANGE)), "utf-8")
        told = fields_told(read, edited)
        assert any(one.startswith(field) for one in told) or (not told and field in OPEN), field


def test_commands_refuse_what_was_edited(documents: Path) -> None:
    """Status 3 and the path, wherever such a file is read."""
    edits = {"fit": ("image", "cut"), "result": ("metrics", 0, "value")}
    for name, path in edits.items():
        document = json.loads((documents / f"{name}.json").read_text("utf-8"))
        edited = json.dumps(put(document, path, "high"))
        (documents / f"edited.{name}.json").write_text(edited, "utf-8")
    fit, result = documents / "edited.fit.json", documents / "edited.result.json"
    sound, test = documents / "result.json", documents / "test.h5"
    for words in (
        ["score", test, "--fit", fit],
        ["apply", fit, test, "-o", documents / "out.h5"],
        ["gate", result],
        ["gate", sound, "--baseline", result],
        ["compare", sound, result],
    ):
        done = run_here(*words)
        assert done.status == 3, words
        file = fit if fit in words else result
        field = "image.cut" if fit in words else "metrics[0].value"
        assert f"{file}, {field}: 'high' is not" in done.stderr
    assert not (documents / "out.h5").exists()
