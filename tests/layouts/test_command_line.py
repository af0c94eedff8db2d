"""Every layout as it is typed: read in place, and converted, it is worth its native file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np
import pytest
from tifffile import TiffFile, tifffile

from anomeval.cli import layout_options
from anomeval.predictions.layouts.registry import FILES
from anomeval.predictions.layouts.registry import LAYOUTS as LAYOUT_MODULES
from tests.converting.test_pickles import records, write
from tests.support import Run, run_here

from . import test_mvtec2 as public_split
from .samples import Sample, samples, write_json, write_masks, write_native, write_png, write_tree
from .test_arrays import stacked, write_columns

Words = list[str | Path]
"""What is typed to name predictions and their truth."""

QUICK = ("--no-confidence", "--pool", "--json", "-")


def tree(folder: Path) -> Words:
    return [write_masks(write_tree(folder / "tree", samples()), samples())]


def tree_apart(folder: Path) -> Words:
    truth = write_masks(folder / "data", samples())
    return [write_tree(folder / "maps", samples(), ".tif"), "--truth", truth, "--layout", "mvtec"]


def public(folder: Path) -> Words:
    maps = public_split.write_maps(folder / "maps", public_split.samples())
    return [public_split.write_truth(maps, public_split.samples(), shared=True)]


def _with_masks(folder: Path, maps: Path) -> Words:
    for sample in samples():
        write_png(folder / "masks" / f"{sample.path}.png", sample.mask)
    return [maps, "--truth", folder / "masks", "--layout", "folder"]


def _save_npy(path: Path, sample: Sample) -> None:
    np.save(path, sample.map)


def _save_npz(path: Path, sample: Sample) -> None:
    np.savez(path, value=sample.map)


def _save_hdf5(path: Path, sample: Sample) -> None:
    with h5py.File(path, "w") as file:
        file["value"] = sample.map


def files_of(suffix: str, save: Callable[[Path, Sample], None]) -> Callable[[Path], Words]:
    """A file for each image, and masks in a folder like it."""

    def lay_out(folder: Path) -> Words:
        for sample in samples():
            path = folder / "maps" / f"{sample.path}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            save(path, sample)
        return _with_masks(folder, folder / "maps")

    return lay_out


def tiffs(folder: Path) -> Words:
    return _with_masks(folder, write_tree(folder / "maps", samples()))


def columns(folder: Path) -> Words:
    return [write_columns(folder / "run")]


def pair(folder: Path) -> Words:
    np.save(folder / "maps.npy", stacked("map"))
    np.save(folder / "masks.npy", stacked("mask"))
    return [folder / "maps.npy", "--truth", folder / "masks.npy"]


def asmaps(folder: Path) -> Words:
    torch = pytest.importorskip("torch")
    paths = [f"{sample.path}.png" for sample in samples()]
    content = {"asmaps": torch.from_numpy(stacked("map")), "paths": paths}
    torch.save(content, folder / "asmaps.pt")
    return [folder / "asmaps.pt", "--truth", write_masks(folder / "data", samples())]


def table(form: str) -> Callable[[Path], Words]:
    """Maps as of MVTec AD, and a table of what is true of them: VisA, Real-IAD, UniAD."""

    def lay_out(folder: Path) -> Words:
        rows: list[dict[str, Any]] = []
        for sample in samples():
            mask = f"{sample.category}/ground_truth/{sample.defect}/{sample.stem}_mask.png"
            good = sample.defect == "good"
            rows.append(
                {
                    "image": f"{sample.path}.JPG",
                    "label": int(not good),
                    "mask": "" if good else mask,
                }
            )
        path = write_masks(folder / "data", samples()) / f"truth.{form}"
        if form == "csv":
            lines = [",".join(map(str, row.values())) for row in rows]
            path.write_text("\n".join(["image,label,mask", *lines]), "utf-8")
        elif form == "json":
            write_json(path, {"meta": {"prefix": ""}, "test": rows})
        else:
            path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
        return [write_tree(folder / "maps", samples()), "--truth", path]

    return lay_out


LAYOUTS: dict[str, Callable[[Path], Words]] = {
    "mvtec": tree,
    "mvtec with the data set": tree_apart,
    "mvtec2": public,
    "folder of npy": files_of(".npy", _save_npy),
    "folder of npz": files_of(".npz", _save_npz),
    "folder of hdf5": files_of(".hdf5", _save_hdf5),
    "folder of tiff": tiffs,
    "columns": columns,
    "pair of arrays": pair,
    "asmaps": asmaps,
    **{f"table in {form}": table(form) for form in ("csv", "json", "jsonl")},
}


def document(done: Run) -> Any:
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


def values(*words: str | Path) -> Any:
    """What `score` says, apart from what is about the files themselves."""
    rows = document(run_here("score", *words, *QUICK))["metrics"]
    assert len(rows) > 5
    return rows


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_is_worth_its_native_file(tmp_path: Path, name: str) -> None:
    """Scored in place, and after `convert`, to the last bit; `inspect` takes it, too."""
    words = LAYOUTS[name](tmp_path)
    made = public_split.samples() if name == "mvtec2" else samples()
    native = values(write_native(tmp_path / "native.h5", made))
    assert values(*words) == native
    for suffix in ("h5", "npz"):
        output = tmp_path / f"converted.{suffix}"
        assert run_here("convert", words[0], output, *words[1:]).status == 0
        assert values(output) == native
    told = document(run_here("inspect", *words, "--json", "-"))
    assert told["counts"]["images"] == len(made)
    assert [level["possible"] for level in told["levels"]] == [True, True]
    assert {field["field"] for file in told["files"] for field in file["fields"]} >= {"anomaly_map"}


def test_a_pickle_is_converted_when_asked_to(tmp_path: Path) -> None:
    """ADEval's, of one object; nothing else reads it."""
    source = write(tmp_path / "bottle.pkl", records())
    words = ["--truth", write_masks(tmp_path / "data", samples())]
    assert run_here("score", source, *words).status == 3
    assert run_here("convert", source, tmp_path / "a.h5", *words).status == 3
    assert run_here("convert", source, tmp_path / "a.h5", *words, "--allow-pickle").status == 0
    native = write_native(tmp_path / "native.h5", samples()[:9])
    with h5py.File(native, "a") as file:
        file["pred_score"] = [sample.map.max() for sample in samples()[:9]]
    assert values(tmp_path / "a.h5") == values(native)


def _fit(folder: Path) -> Path:
    fit = folder / "any.fit.json"
    words = ("--threshold", "manual@1", "-o", fit, "-q")
    assert run_here("fit", write_native(folder / "val.h5", samples()[3:6]), *words).status == 0
    return fit


@pytest.mark.parametrize(
    "command", ["score", "fit", "apply", "inspect", "explain", "report", "plot", "convert"]
)
def test_every_command_reads_them(tmp_path: Path, command: str) -> None:
    """Layout, truth and the largest image mean the same everywhere."""
    made = samples()
    maps = write_tree(tmp_path / "maps", made)
    truth = write_masks(tmp_path / "data", made)
    outputs: dict[str, Words] = {
        "fit": ["-o", tmp_path / "out.fit.json"],
        "apply": ["-o", tmp_path / "out.h5"],
        "report": ["-o", tmp_path / "out.html"],
        "plot": ["-o", tmp_path / "out.svg", "--curve", "pro"],
        "convert": [tmp_path / "out.npz"],
    }
    first: Words = ["apply", _fit(tmp_path)] if command == "apply" else [command]
    words = [*first, maps, *outputs.get(command, [])]
    if command == "plot":
        pytest.importorskip("matplotlib")
    read = run_here(*words, "--layout", "mvtec", "--truth", truth)
    assert read.status == 0, read.stderr
    large = run_here(*words, "--max-image-pixels", "119", "--truth", truth)
    assert large.status == 3
    assert "more than 119" in large.stdout + large.stderr
    unread = run_here(*words, "--layout", "files")
    assert unread.status == 3
    assert "is a directory without any" in unread.stdout + unread.stderr
    elsewhere = run_here(*words, "--truth", tmp_path / "nowhere")
    assert elsewhere.status == 3
    assert "does not exist" in elsewhere.stdout + elsewhere.stderr


def test_a_layout_is_that_of_folders(tmp_path: Path) -> None:
    """Files beside them are what they are."""
    root = write_masks(write_tree(tmp_path / "tree", samples()[9:]), samples()[9:])
    native = write_native(tmp_path / "a.h5", samples()[:9])
    words = (root, native, "--layout", "mvtec")
    assert values(*words) == values(write_native(tmp_path / "all.h5", samples()))


@pytest.mark.parametrize(
    ("command", "option"),
    [
        *((command, "--json") for command in ("score", "fit", "apply", "inspect", "explain")),
        *((command, "-o") for command in ("report", "plot")),
        ("convert", "--json"),
    ],
)
def test_no_output_takes_the_place_of_the_truth(tmp_path: Path, command: str, option: str) -> None:
    """A table is a file like any other that is read."""
    maps, _, table_of_truth = table("csv")(tmp_path)
    before = Path(table_of_truth).read_bytes()
    words: Words = {
        "apply": ["apply", _fit(tmp_path), maps, "-o", tmp_path / "out.h5"],
        "convert": ["convert", maps, tmp_path / "out.h5"],
    }.get(command, [command, maps])
    done = run_here(*words, "--truth", table_of_truth, option, table_of_truth)
    assert done.status == 2
    assert "it is read by this command" in done.stderr
    assert Path(table_of_truth).read_bytes() == before


def test_the_fit_of_a_tree_is_called_after_it(tmp_path: Path) -> None:
    """Beside the folder, not in it; of a pattern, after the first tree."""
    tree(tmp_path)
    assert run_here("fit", tmp_path / "tree", "-q").status == 0
    assert (tmp_path / "tree.fit.json").exists()
    (tmp_path / "tree.fit.json").unlink()
    assert run_here("fit", tmp_path / "tr*", "-q").status == 0
    assert (tmp_path / "tree.fit.json").exists()


def test_a_folder_is_described_by_what_was_seen(tmp_path: Path) -> None:
    """It has no header; sizes and types are those of its images."""
    [file] = document(run_here("inspect", *tree(tmp_path), "--json", "-"))["files"]
    assert (file["format"], file["images"]) == ("MVTec AD tree", 18)
    [maps] = [field for field in file["fields"] if field["field"] == "anomaly_map"]
    assert (maps["shape"], maps["dtype"], maps["stored_bytes"]) == ([18, 12, 10], "float32", None)
    text = run_here("inspect", *tree(tmp_path)).stdout
    assert "12 x 10 float32" in text
    assert "kB" not in text


def test_every_layout_can_be_asked_for() -> None:
    """Whatever is recognized can be named, and the other way round."""
    layout = get_args(get_args(layout_options.Layout)[0])[0]
    assert set(get_args(layout)) == {FILES, *LAYOUT_MODULES}


def test_a_packed_tiff_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LZW is read by imagecodecs, which not everybody has."""
    imagecodecs = pytest.importorskip("tifffile._imagecodecs")
    [root] = tree(tmp_path)
    path = Path(root) / "cable/test/good/001.tiff"
    content = bytearray(path.read_bytes())
    with TiffFile(path) as file:
        place = file.pages.first.tags["Compression"].valueoffset
    content[place : place + 2] = (5).to_bytes(2, "little")
    path.write_bytes(content)
    monkeypatch.setattr(tifffile, "imagecodecs", imagecodecs)
    done = run_here("score", root)
    assert done.status == 3
    assert "is compressed with LZW" in done.stderr
    assert "pip install 'anomeval[imagecodecs]'" in done.stderr
