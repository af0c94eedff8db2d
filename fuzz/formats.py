"""Sound inputs of every format, small, and what is done with a damaged one."""

import io
import json
import pickle
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from .hdf5_structures import damaged_structure
from .hdf5_values import compared, write_kinds
from .mutating import mutated
from .sealing import sealed_png, sealed_zip

SIZE = (9, 8)
COUNT = 6
_OPTIONS = ("-j", "1", "--no-confidence", "--json", "-")


@dataclass(frozen=True)
class Target:
    """One kind of file.

    write: writes sound inputs of several kinds into an empty folder; returns the files that are to
        be damaged, one by one.
    run: evaluates that folder, given the damaged file. Returns something that tells the values.
    text: whether the files are text.
    seal: puts the checksums of a damaged file right again.
    damage: how a sound file is damaged, where it is not done blindly.
    """

    write: Callable[[Path], list[Path]]
    run: Callable[[Path, Path], object]
    text: bool = False
    seal: Callable[[bytes], bytes] | None = None
    damage: Callable[[bytes, Random], bytes] | None = None

    def damaged(self, content: bytes, random: Random) -> bytes:
        """A mutation of a sound file; where there are checksums, every other time with these right.

        It may be the sound file again if damage and repair cancel.
        """
        if self.damage:
            return self.damage(content, random)
        damage = mutated(content, random, text=self.text)
        return self.seal(damage) if self.seal and random.random() < 0.5 else damage


def arrays(dtype: str = "f4") -> dict[str, NDArray[Any]]:
    """A data set of three normal and three anomalous images."""
    random = np.random.default_rng(1)
    masks = np.zeros((COUNT, *SIZE), "u1")
    masks[COUNT // 2 :, 2:5, 3:6] = 255
    return {
        "anomaly_map": (random.normal(size=masks.shape) + masks / 255).astype(dtype),
        "gt_mask": masks,
        "gt_label": (np.arange(COUNT) >= COUNT // 2).astype("u1"),
        "pred_score": random.normal(size=COUNT),
        "image_path": np.array([f"nut/test/bent/{n:03}" for n in range(COUNT)]),
        "category": np.array(["nut"] * COUNT),
    }


def score(_: Path, file: Path) -> object:
    """What `anomeval score` makes of a file, through the command line."""
    return command("score", file, *_OPTIONS)


def score_folder(folder: Path, _: Path) -> object:
    """What `anomeval score` makes of the tree that holds the damaged file."""
    return command("score", folder / "tree", *_OPTIONS)


def convert_pickle(folder: Path, file: Path) -> object:
    """What `anomeval convert --allow-pickle` makes of a file."""
    from anomeval.workflows.converting import convert

    return convert([file], folder / "out.h5", allow_pickle=True).digest


def convert_with_table(folder: Path, table: Path) -> object:
    """What `anomeval convert --truth` makes of a tree and a damaged table."""
    from anomeval.workflows.converting import convert

    return convert([folder / "tree"], folder / "out.h5", truth=table).digest


def apply_fit(folder: Path, fit: Path) -> object:
    """What a damaged FIT.json makes of a sound file."""
    return command("score", folder / "sound.h5", "--fit", fit, *_OPTIONS)


def command(*words: str | Path) -> object:
    """Run a command in this process; returns its output.

    Raises:
        Refused: it ends with another status than 0.
        Exception: whatever it does not turn into a message.
    """
    output = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    errors = io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        status = _command().main([str(word) for word in words], standalone_mode=False)
    if status:
        raise Refused(status, errors.getvalue())
    return output.buffer.getvalue().decode()  # type: ignore[attr-defined]


@cache
def _command() -> Any:
    """The command line, put together once."""
    from typer.main import get_command

    from anomeval.cli import app

    return get_command(app)


class Refused(Exception):
    """A command ended with a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def _write_h5(folder: Path) -> list[Path]:
    from anomeval import Writer

    data = arrays()
    with Writer(folder / "ours.h5") as writer:
        writer.add(**{k: list(v) if v.dtype.kind == "U" else v for k, v in data.items()})
    with h5py.File(folder / "plain.h5", "w") as file:
        for name, array in data.items():
            file[name] = array.astype(object) if array.dtype.kind == "U" else array
    with h5py.File(folder / "packed.h5", "w", libver="latest") as file:
        for name in ("anomaly_map", "gt_mask"):
            group = file.create_group("nut") if "nut" not in file else file["nut"]
            options: Any = {"compression": "gzip", "shuffle": True, "chunks": (2, 4, 4)}
            group.create_dataset(name, data=data[name], fletcher32=True, **options)
    with h5py.File(folder / "samples.h5", "w") as file:
        for n in range(COUNT):
            group = file.create_group(f"samples/{n}")
            group["anomaly_map"], group["gt_mask"] = data["anomaly_map"][n], data["gt_mask"][n]
            group.attrs["gt_label"] = data["gt_label"][n]
    return sorted(folder.glob("*.h5"))


def _write_npz(folder: Path) -> list[Path]:
    data = arrays("f2")
    np.savez(folder / "plain.npz", **data)  # type: ignore[arg-type]
    np.savez_compressed(folder / "packed.npz", **data)  # type: ignore[arg-type]
    return sorted(folder.glob("*.npz"))


def _write_npy(folder: Path) -> list[Path]:
    columns = folder / "tree"
    columns.mkdir()
    for name, array in arrays("f8").items():
        np.save(columns / f"{name}.npy", array)
    return sorted(columns.glob("*.npy"))


def _write_tree(folder: Path, **options: Any) -> None:
    import tifffile
    from PIL import Image

    data = arrays()
    for n in range(COUNT):
        defect = "bent" if data["gt_label"][n] else "good"
        path = folder / "tree/nut/test" / defect / f"{n:03}.tiff"
        path.parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(path, data["anomaly_map"][n], **options)
        if data["gt_label"][n]:
            mask = folder / "tree/nut/ground_truth/bent" / f"{n:03}_mask.png"
            mask.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(data["gt_mask"][n]).save(mask)


def _write_tiff(folder: Path) -> list[Path]:
    import tifffile

    _write_tree(folder, rowsperstrip=4)
    files = sorted(folder.rglob("*.tiff"))
    maps = arrays()["anomaly_map"]
    tifffile.imwrite(files[0], maps[0], compression="zlib", rowsperstrip=3)
    tifffile.imwrite(files[1], maps[1].astype("f2"), bigtiff=True)
    tifffile.imwrite(files[2], maps[2], tile=(16, 16), byteorder=">")
    return files


def _write_png(folder: Path) -> list[Path]:
    _write_tree(folder)
    return sorted(folder.rglob("*.png"))


def _write_pt(folder: Path) -> list[Path]:
    import torch

    data = arrays()
    maps = torch.from_numpy(data["anomaly_map"])
    scores = torch.from_numpy(data["pred_score"])
    content = {"asmaps": maps, "pred_score": scores, "gt_label": torch.from_numpy(data["gt_label"])}
    torch.save({**content, "paths": data["image_path"].tolist()}, folder / "asmaps.pt")
    return [folder / "asmaps.pt"]


def _write_pkl(folder: Path) -> list[Path]:
    data = arrays()
    rows = zip(data["image_path"].tolist(), data["anomaly_map"], data["pred_score"], strict=True)
    content = {name: (scores, score, None) for name, scores, score in rows}
    for protocol in (2, 4, 5):
        (folder / f"p{protocol}.pkl").write_bytes(pickle.dumps(content, protocol))
    return sorted(folder.glob("*.pkl"))


def _write_table(folder: Path) -> list[Path]:
    _write_tree(folder)
    (folder / "tree/nut/ground_truth").rename(folder / "masks")
    rows = [
        {
            "image_path": f"nut/test/{'bent' if n >= COUNT // 2 else 'good'}/{n:03}.png",
            "mask_path": f"bent/{n:03}_mask.png" if n >= COUNT // 2 else None,
            "label": int(n >= COUNT // 2),
        }
        for n in range(COUNT)
    ]
    (folder / "a.json").write_text(json.dumps({"meta": {"prefix": ""}, "test": rows}))
    (folder / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = [
        "image,label,mask",
        *(f"{r['image_path']},{r['label']},{r['mask_path'] or ''}" for r in rows),
    ]
    (folder / "c.csv").write_text("\n".join(lines))
    return [folder / name for name in ("a.json", "b.jsonl", "c.csv")]


def _write_fit(folder: Path) -> list[Path]:
    with h5py.File(folder / "sound.h5", "w") as file:
        for name, array in arrays().items():
            file[name] = array.astype(object) if array.dtype.kind == "U" else array
    with h5py.File(folder / "val.h5", "w") as file:
        file["anomaly_map"], file["gt_label"] = arrays()["anomaly_map"] + 1, np.zeros(COUNT, "u1")
    command("fit", folder / "val.h5", "-q")
    return [folder / "val.fit.json"]


TARGETS = {
    "h5": Target(_write_h5, score),
    "h5_structure": Target(partial(write_kinds, arrays), compared, damage=damaged_structure),
    "npz": Target(_write_npz, score, seal=sealed_zip),
    "npy": Target(_write_npy, score_folder),
    "tiff": Target(_write_tiff, score_folder),
    "png": Target(_write_png, score_folder, seal=sealed_png),
    "pt": Target(_write_pt, score, seal=sealed_zip),
    "pkl": Target(_write_pkl, convert_pickle),
    "table": Target(_write_table, convert_with_table, text=True),
    "fit": Target(_write_fit, apply_fit, text=True),
}
"""By the name of the format on the command line."""
