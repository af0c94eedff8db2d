"""--skip-bad: a bad image in a thousand is named and counted, and all else is as without it."""

import json
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.predictions import Writer
from tests.support import Run, run_here

COUNT = 12
BAD = {3: "NaN", 8: "unreadable"}

QUICK = ("--no-confidence", "-j", "2")


def images() -> dict[str, Any]:
    random = np.random.default_rng(5)
    masks = np.zeros((COUNT, 6, 7), np.uint8)
    masks[COUNT // 2 :, 1:3, 2:5] = 1
    return {
        "anomaly_map": (random.normal(size=masks.shape) + masks).astype(np.float32),
        "gt_mask": masks,
        "image_path": np.array([f"nut/{n:02}.png" for n in range(COUNT)]),
    }


def write_flat(path: Path, keep: list[int]) -> Path:
    with Writer(path) as writer:
        values = {name: array[keep] for name, array in images().items()}
        writer.add(**values | {"image_path": values["image_path"].tolist()})
    return path


def write_samples(path: Path, keep: list[int]) -> Path:
    data = images()
    with h5py.File(path, "w") as file:
        for n in keep:
            group = file.create_group(f"samples/{n:02}")
            group["anomaly_map"], group["gt_mask"] = data["anomaly_map"][n], data["gt_mask"][n]
            group.attrs["image_path"] = str(data["image_path"][n])
    return path


def damage_flat(path: Path) -> None:
    """A NaN in one image, and a chunk of another that does not inflate."""
    with h5py.File(path, "a") as file:
        maps = file["anomaly_map"]
        chunk = maps[3]
        chunk[2, 4] = np.nan
        maps[3] = chunk
        place = maps.id.get_chunk_info(8)
    with open(path, "r+b") as raw:
        raw.seek(place.byte_offset)
        raw.write(bytes(place.size))


def damage_samples(path: Path) -> None:
    """A NaN in one sample, and a map of several channels in another."""
    with h5py.File(path, "a") as file:
        file["samples/03/anomaly_map"][2, 4] = np.nan
        del file["samples/08/anomaly_map"]
        file["samples/08/anomaly_map"] = np.ones((6, 7, 3), np.float32)


KINDS = {"flat": (write_flat, damage_flat), "samples": (write_samples, damage_samples)}


@pytest.fixture(params=KINDS)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    write, damage = KINDS[request.param]
    write(tmp_path / "sound.h5", [n for n in range(COUNT) if n not in BAD])
    damage(write(tmp_path / "bad.h5", list(range(COUNT))))
    return tmp_path / "bad.h5"


def result(done: Run) -> Any:
    assert done.status == 0, done.stderr
    return json.loads(done.stdout)


def test_bad_images_are_named_counted_and_left_out(damaged: Path) -> None:
    """The values are those of a file without them, to the last bit."""
    assert run_here("score", damaged, *QUICK).status == 3
    skipped = result(run_here("score", damaged, *QUICK, "--skip-bad", "--json", "-"))
    sound = result(run_here("score", damaged.with_name("sound.h5"), *QUICK, "--json", "-"))
    assert skipped["metrics"] == sound["metrics"]
    assert skipped["data"]["images"] == sound["data"]["images"] == COUNT - 2
    assert skipped["data"]["skipped_images"] == 2
    assert "skipped_images" not in sound["data"]
    [caution] = [c for c in skipped["cautions"] if c["code"] == "skipped_images"]
    assert caution["message"].startswith("2 images left out (--skip-bad): ")
    assert "03" in caution["message"]
    assert "08" in caution["message"]
    assert "1 NaN of 42 pixels" in caution["message"]
    table = run_here("score", damaged, *QUICK, "--skip-bad")
    assert "2 images left out (--skip-bad)" in table.stdout


def test_nothing_changes_where_nothing_is_bad(damaged: Path) -> None:
    """The same bytes with the option and without it."""
    sound = damaged.with_name("sound.h5")
    plain, asked = (
        run_here("score", sound, *QUICK, "--json", "-", *words) for words in ([], ["--skip-bad"])
    )
    assert plain == asked


def test_a_gate_does_not_judge_a_part(damaged: Path, tmp_path: Path) -> None:
    """Status 4: neither bounds, nor a baseline of the same or of all images, nor a comparison."""
    bad, sound = tmp_path / "bad.json", tmp_path / "sound.json"
    assert run_here("score", damaged, *QUICK, "--skip-bad", "--json", bad).status == 0
    assert run_here("score", damaged.with_name("sound.h5"), *QUICK, "--json", sound).status == 0
    for words in (
        ["gate", bad, "--min", "image_auroc=0.1"],
        ["gate", bad, "--baseline", sound],
        ["gate", sound, "--baseline", bad],
        ["compare", sound, bad],
    ):
        done = run_here(*words)
        assert done.status == 4, words
        assert "leaves out 2 images that cannot be evaluated" in done.stderr
    assert run_here("gate", sound, "--min", "image_auroc=0.1").status == 0


def test_a_fit_names_what_it_has_not_seen(damaged: Path) -> None:
    """Its thresholds are those of the sound images."""
    fits = []
    for name, words in (("bad", ["--skip-bad"]), ("sound", [])):
        output = damaged.with_name(f"{name}.fit.json")
        assert run_here("fit", damaged.with_name(f"{name}.h5"), *words, "-o", output).status == 0
        fits.append(json.loads(output.read_text("utf-8")))
    for level in ("image", "pixel"):
        assert fits[0][level] == fits[1][level]
    assert any("2 images left out (--skip-bad)" in str(caution) for caution in fits[0]["cautions"])


def test_what_hides_other_images_is_not_skipped(tmp_path: Path) -> None:
    """A deflated member of NPZ cannot be read behind the damage: those images would be lost."""
    data = images()
    np.savez_compressed(tmp_path / "a.npz", **data)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[len(content) // 3] ^= 0x55
    (tmp_path / "a.npz").write_bytes(content)
    assert run_here("score", tmp_path / "a.npz", *QUICK, "--skip-bad").status == 3


def test_a_wrong_checksum_is_no_matter_of_one_image(tmp_path: Path) -> None:
    """It tells that some image is damaged, and not which."""
    np.savez(tmp_path / "a.npz", **images())
    content = (tmp_path / "a.npz").read_bytes()
    place = content.index(images()["anomaly_map"][4].tobytes())
    damaged = bytearray(content)
    damaged[place] ^= 1
    assert zlib.crc32(damaged) != zlib.crc32(content)
    (tmp_path / "a.npz").write_bytes(damaged)
    done = run_here("score", tmp_path / "a.npz", *QUICK, "--skip-bad")
    assert done.status == 3
    assert "Bad CRC-32" in done.stderr
    assert ", image " not in done.stderr


def test_nothing_is_left_of_nothing(tmp_path: Path) -> None:
    """Where all images are bad there is no result."""
    with h5py.File(write_samples(tmp_path / "a.h5", [1, 7]), "a") as file:
        for name in ("01", "07"):
            file[f"samples/{name}/anomaly_map"][:] = np.nan
    assert run_here("score", tmp_path / "a.h5", *QUICK, "--skip-bad").status == 3


@pytest.mark.parametrize("words", [["--save-state", "s.bin"], ["--dask", "local:1"]])
def test_states_know_of_no_missing_image(tmp_path: Path, words: list[str]) -> None:
    """What is merged later must be whole."""
    source = write_flat(tmp_path / "a.h5", [1, 7])
    done = run_here("score", source, "--skip-bad", *words)
    assert done.status == 2
    assert "--skip-bad goes neither with" in done.stderr
