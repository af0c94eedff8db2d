"""Writing batch by batch: what is taken, what is refused, and that nothing is left half-written."""

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from anomeval.errors import InvalidInputError, UsageError
from anomeval.predictions import FIELDS, Writer, open_predictions

from .conftest import both_formats, flat, maps


class Tensor:
    """Looks like a torch tensor on a GPU that takes part in autograd."""

    def __init__(
        self, array: Any, dtype: str = "torch.float32", *, state: str = "attached"
    ) -> None:
        self.array, self.dtype, self.state = np.asarray(array), dtype, state

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise TypeError("can't convert a tensor on a device to NumPy")

    def detach(self) -> "Tensor":
        return Tensor(self.array, self.dtype, state="detached")

    def cpu(self) -> "Tensor":
        assert self.state == "detached"
        return Tensor(self.array, self.dtype, state="on the CPU")

    def float(self) -> "Tensor":
        return Tensor(self.array.astype(np.float32), state=self.state)

    def numpy(self) -> np.ndarray:
        assert self.state == "on the CPU"
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self.array


def written(path: Path, **given: Any) -> list[Any]:
    """The images of a file made by one call of `add`."""
    options = {name: given.pop(name) for name in ("dtype", "mixed_sizes") if name in given}
    with Writer(path, **options) as writer:
        writer.add(**given)
    return list(open_predictions(path))


def fail_in_a_block(path: Path, error: type[BaseException]) -> None:
    """Raise an error while a file is being written."""
    with Writer(path) as writer:
        writer.add(anomaly_map=maps(9))
        raise error


def refusal(path: Path, **given: Any) -> str:
    """What is said of values that cannot be written; nothing is left behind."""
    with pytest.raises((InvalidInputError, UsageError)) as caught:
        written(path, **given)
    assert list(path.parent.iterdir()) == []
    return str(caught.value).replace(f"{path.parent}/", "")


@both_formats
def test_batches_become_one_file(tmp_path: Path, suffix: str) -> None:
    """Every field of every batch comes back, in order."""
    table = flat(7)
    with Writer(tmp_path / f"f.{suffix}") as writer:
        for start in range(0, 7, 3):
            writer.add(**{field: value[start : start + 3] for field, value in table.items()})
        assert writer.count == 7
    opened = open_predictions(tmp_path / f"f.{suffix}")
    assert opened.fields == frozenset(FIELDS)
    assert opened.files[0].attributes == {"anomeval_schema": "anomeval.predictions/1"}
    for row, image in enumerate(opened):
        assert np.array_equal(image.anomaly_map, table["anomaly_map"][row])
        assert np.array_equal(image.gt_mask, table["gt_mask"][row])
        assert np.array_equal(image.saturation, table["gt_saturation"][row])
        assert image.entry.identity == table["image_path"][row]
        assert (image.entry.score, image.entry.label) == (float(row), row > 0)
        assert image.entry.defect_type == table["defect_type"][row]


@both_formats
def test_single_images(tmp_path: Path, suffix: str) -> None:
    """(H, W) and scalars are a batch of one."""
    with Writer(tmp_path / f"f.{suffix}") as writer:
        for row in range(3):
            writer.add(
                anomaly_map=maps(3)[row],
                pred_score=float(row),
                gt_label=row == 2,
                gt_mask=np.full((2, 3), row == 2),
                image_path=Path(f"good/{row}.png"),
                group_id=row,
            )
    entries = open_predictions(tmp_path / f"f.{suffix}").entries
    assert [(e.identity, e.score, e.label, e.group_id) for e in entries] == [
        ("good/0.png", 0.0, False, "0"),
        ("good/1.png", 1.0, False, "1"),
        ("good/2.png", 2.0, True, "2"),
    ]


@pytest.mark.parametrize(
    "given",
    [
        maps(2),
        maps(2)[:, None],
        list(maps(2)),
        tuple(maps(2)[:, None]),
        maps(2).tolist(),
        maps(2).astype(">f4"),
        np.asfortranarray(maps(2)),
        Tensor(maps(2)),
        Tensor(maps(2)[:, None]),
        [Tensor(image) for image in maps(2)],
        Tensor(maps(2), "torch.bfloat16"),
    ],
    ids=[
        *["array", "channel", "list of arrays", "tuple with channel", "nested lists"],
        *["big-endian", "fortran", "tensor", "tensor with channel", "list of tensors", "bfloat16"],
    ],
)
def test_maps_of_any_kind(tmp_path: Path, given: Any) -> None:
    """NumPy arrays, lists and tensors give the same images."""
    images = written(tmp_path / "f.h5", anomaly_map=given, gt_mask=np.zeros((2, 1, 2, 3), bool))
    assert [image.anomaly_map.tolist() for image in images] == maps(2).tolist()


@pytest.mark.parametrize(
    ("scores", "labels"),
    [
        ([1.5, 2.5], [0, 1]),
        (np.array([1.5, 2.5], np.float16), np.array([False, True])),
        (np.array([[1.5], [2.5]]), np.array([0, 1], np.int64)),
        (Tensor([1.5, 2.5]), Tensor([0, 1], "torch.int64")),
        ([Tensor(1.5), Tensor(2.5)], (False, True)),
        (Tensor([1.5, 2.5], "torch.bfloat16"), np.array([0.0, 1.0])),
    ],
)
def test_scores_and_labels_of_any_kind(tmp_path: Path, scores: Any, labels: Any) -> None:
    """(B,), (B, 1), lists and tensors; labels as bool, integers or exact floats."""
    images = written(tmp_path / "f.npz", pred_score=scores, gt_label=labels)
    assert [(image.entry.score, image.entry.label) for image in images] == [
        (1.5, False),
        (2.5, True),
    ]


def test_whole_numbers_in_lists_are_numbers(tmp_path: Path) -> None:
    """[[1, 2]] is as good as [[1.0, 2.0]]."""
    [image] = written(tmp_path / "f.h5", anomaly_map=[[1, 2], [3, 4]], gt_mask=[[0, 1], [0, 255]])
    assert image.anomaly_map.tolist() == [[1, 2], [3, 4]]
    assert image.gt_mask.tolist() == [[0, 1], [0, 255]]


def test_one_text_holds_for_a_whole_batch(tmp_path: Path) -> None:
    """`category="bottle"` beside 3 maps; a single image_path cannot."""
    given = {"anomaly_map": maps(3), "category": "bottle", "defect_type": "good"}
    images = written(tmp_path / "f.h5", **given)
    assert [(i.entry.category, i.entry.defect_type) for i in images] == [("bottle", "good")] * 3
    (tmp_path / "f.h5").unlink()
    text = refusal(tmp_path / "f.h5", anomaly_map=maps(3), image_path="a.png")
    assert "fields differ in the number of images: anomaly_map 3, image_path 1" in text


@both_formats
@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "uint8", "uint16"])
def test_maps_keep_their_type_unless_told(tmp_path: Path, suffix: str, kind: str) -> None:
    """dtype=None stores what is given, dtype="float16" a quarter of float64."""
    given = maps(2).astype(kind)
    kept = written(tmp_path / f"a.{suffix}", anomaly_map=given)
    cast = written(tmp_path / f"b.{suffix}", anomaly_map=given, dtype="float16")
    assert {image.anomaly_map.dtype.name for image in kept} == {kind}
    assert {image.anomaly_map.dtype.name for image in cast} == {"float16"}


@both_formats
def test_a_narrower_batch_is_widened_and_a_wider_refused(tmp_path: Path, suffix: str) -> None:
    """No value is rounded without being asked."""
    with Writer(tmp_path / f"f.{suffix}") as writer:
        writer.add(anomaly_map=maps(1))
        writer.add(anomaly_map=maps(1).astype(np.float16))
        with pytest.raises(InvalidInputError, match="is float64, the first image is float32"):
            writer.add(anomaly_map=maps(1).astype(np.float64))
    images = list(open_predictions(tmp_path / f"f.{suffix}"))
    assert [image.anomaly_map.dtype for image in images] == [np.float32] * 2
    assert images[1].anomaly_map.tolist() == maps(1)[0].tolist()


@both_formats
def test_decided_masks_have_one_size_too(tmp_path: Path, suffix: str) -> None:
    """As maps and masks do; the message names the option."""
    path = tmp_path / f"f.{suffix}"
    masks = [np.zeros((2, 3), bool), np.zeros((5, 4), bool)]
    text = refusal(path, pred_score=[0.1, 0.2], pred_mask=masks)
    assert "pred_mask, image 1: is 5 x 4, the first image is 2 x 3" in text
    assert "Writer(path, mixed_sizes=True)" in text


@both_formats
def test_images_of_mixed_sizes(tmp_path: Path, suffix: str) -> None:
    """With mixed_sizes=True every image is a sample; without it the message names the option."""
    images = [np.ones((2, 3), np.float32), np.full((5, 4), 2, np.float32)]
    path = tmp_path / f"f.{suffix}"
    text = refusal(path, anomaly_map=images)
    assert "anomaly_map, image 1: is 5 x 4, the first image is 2 x 3" in text
    assert "Writer(path, mixed_sizes=True)" in text
    with Writer(path, mixed_sizes=True, attributes={"model": "m"}) as writer:
        masks = [np.zeros((2, 3)), np.ones((5, 4))]
        paths = ["b.png", "a.png"]
        writer.add(
            anomaly_map=images, gt_mask=masks, image_path=paths, category="c", gt_label=[0, 1]
        )
        writer.add(
            anomaly_map=images[0] * 3,
            gt_mask=masks[0],
            image_path="Ä.png",
            category="",
            gt_label=False,
        )
    opened = open_predictions(path)
    assert opened.files[0].examination.layout.name == "samples"
    assert [image.anomaly_map.shape for image in opened] == [(2, 3), (5, 4), (2, 3)]
    assert [entry.identity for entry in opened.entries] == ["b.png", "a.png", "Ä.png"]
    assert [entry.category for entry in opened.entries] == ["c", "c", None]
    assert [entry.label for entry in opened.entries] == [False, True, False]
    assert opened.files[0].attributes["model"] == "m"


def test_pixels_are_stored_image_by_image(tmp_path: Path) -> None:
    """Chunks of (1, H, W), shuffle and gzip-1, unless compression=None."""
    written(tmp_path / "f.h5", anomaly_map=maps(3), gt_mask=np.zeros((3, 2, 3)))
    with h5py.File(tmp_path / "f.h5") as file:
        stored = file["anomaly_map"]
        assert stored.chunks == (1, 2, 3)
        assert (stored.compression, stored.compression_opts, stored.shuffle) == ("gzip", 1, True)
        assert file.attrs["anomeval_schema"] == "anomeval.predictions/1"
    with Writer(tmp_path / "g.h5", compression=None) as writer:
        writer.add(anomaly_map=maps(3))
    with h5py.File(tmp_path / "g.h5") as file:
        assert (file["anomaly_map"].chunks, file["anomaly_map"].compression) == ((1, 2, 3), None)
    with Writer(tmp_path / "g.npz", compression=None) as writer:
        writer.add(anomaly_map=maps(3))
    assert open_predictions(tmp_path / "g.npz").files[0].random_access


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    """A written .npz is an ordinary one."""
    written(tmp_path / "f.npz", anomaly_map=maps(3), image_path=["a", "b", "c"])
    with np.load(tmp_path / "f.npz", allow_pickle=False) as file:
        assert np.array_equal(file["anomaly_map"], maps(3))
        assert file["image_path"].tolist() == ["a", "b", "c"]


@both_formats
@pytest.mark.parametrize("mixed_sizes", [False, True])
def test_the_same_calls_give_the_same_bytes(tmp_path: Path, suffix: str, mixed_sizes: bool) -> None:
    """No time, no random name gets into the file."""
    first, second = (tmp_path / f"{name}.{suffix}" for name in ("first", "second"))
    for path in (first, second):
        time.sleep(1.1 if first.exists() else 0)
        with Writer(path, mixed_sizes=mixed_sizes) as writer:
            for part in (slice(0, 2), slice(2, 5)):
                writer.add(**{field: value[part] for field, value in flat(5).items()})
    assert first.read_bytes() == second.read_bytes()


@both_formats
def test_attributes_describe_the_file(tmp_path: Path, suffix: str) -> None:
    """Texts and numbers come back; names that mean something else are refused."""
    given = {"model": "knn", "seed": 3, "lr": 0.5, "augmented": True}
    with Writer(tmp_path / f"f.{suffix}", attributes=given) as writer:
        writer.add(pred_score=1.0)
    attributes = dict(open_predictions(tmp_path / f"f.{suffix}").files[0].attributes)
    assert attributes.pop("anomeval_schema") == "anomeval.predictions/1"
    assert attributes == given
    with pytest.raises(UsageError) as caught:
        Writer(tmp_path / f"g.{suffix}", attributes={"gt_mask": 1, "a/b": 1, "list": [1]})  # type: ignore[dict-item]
    assert "an attribute cannot be called 'gt_mask'" in str(caught.value)
    assert "an attribute cannot be called 'a/b'" in str(caught.value)
    assert "attribute 'list' is list, must be text or a number" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"anomaly_map": np.full((2, 2, 3), np.nan)}, "anomaly_map, image 0: 6 NaN of 6 pixels"),
        ({"pred_score": [1.0, np.nan]}, "pred_score, image 1: is NaN"),
        ({"pred_score": [1.0, 2.0], "gt_label": [0, 255]}, "gt_label, image 1: 255 is neither"),
        ({"pred_score": ["a"]}, "pred_score: is text, must be"),
        ({"pred_score": np.zeros((2, 3))}, "pred_score: has shape (2, 3), must be (B,)"),
        ({"anomaly_map": np.zeros((2, 3, 4, 4))}, "has shape (3, 4, 4), must be (H, W)"),
        ({"anomaly_map": np.zeros(3)}, "has shape (3,), must be (H, W)"),
        ({"anomaly_map": np.zeros((2, 0))}, "anomaly_map: has no pixels"),
        ({"anomaly_map": np.zeros((2, 2), int)}, "anomaly_map: is int64, must be one of float16"),
        ({"anomaly_map": np.zeros((2, 2), bool)}, "anomaly_map: is bool, must be one of float16"),
        ({"anomaly_map": [[1.0, 2.0], [3.0]]}, "anomaly_map: is a list of unlike parts"),
        ({"anomaly_map": maps(1), "gt_mask": np.full((2, 3), 0.5)}, "gt_mask, image 0: holds"),
        ({"anomaly_map": maps(1), "gt_mask": np.full((2, 3), 256)}, "whole numbers from 0 to 255"),
        ({"anomaly_map": maps(1), "gt_mask": np.full((2, 3), np.nan)}, "whole numbers"),
        ({"pred_score": [1.0, 2.0], "image_path": ["a", ""]}, "image_path, image 1: is empty"),
        ({"pred_score": [1.0, 2.0], "image_path": ["a", "a"]}, "image 1 (a): 'a' was given before"),
        ({"pred_score": 1.0, "image_path": "a\0b"}, "image_path, image 0 ("),
        ({"pred_score": 1.0, "image_path": "\ud800"}, "cannot be stored as UTF-8 text"),
        ({"pred_score": 1.0, "category": [None]}, "category, image 0: is NoneType, must be text"),
        ({"pred_score": 1.0, "category": [True]}, "category, image 0: is bool, must be text"),
        ({"pred_score": [1.0, 2.0], "gt_label": [1]}, "pred_score 2, gt_label 1"),
        ({"gt_label": [1]}, "neither anomaly_map nor pred_score is given"),
        ({"anomaly_maps": maps(1)}, "unknown field 'anomaly_maps' — did you mean 'anomaly_map'?"),
        ({"anomaly_map": maps(1) + 1e6, "dtype": "float16"}, "1000000.0 does not fit into float16"),
    ],
)
def test_what_cannot_be_read_later_is_refused_at_once(
    tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    """The message names file, field, image and remedy; nothing is left behind."""
    text = refusal(tmp_path / "f.h5", **given)
    assert message in text
    assert "f.h5" in text


def test_all_problems_of_a_batch_at_once(tmp_path: Path) -> None:
    """Wrong values of several fields are told together."""
    text = refusal(
        tmp_path / "f.h5", anomaly_map=np.zeros((1, 2, 2), int), gt_label=7, pred_score=np.nan
    )
    assert text.startswith("3 problems")


@both_formats
def test_infinities_may_be_written(tmp_path: Path, suffix: str) -> None:
    """They can be ranked."""
    image = np.array([[np.inf, -np.inf]], np.float32)
    given = {"anomaly_map": image, "pred_score": np.inf, "dtype": "float16"}
    [seen] = written(tmp_path / f"f.{suffix}", **given)
    assert seen.anomaly_map.tolist() == image.tolist()
    assert seen.entry.score == np.inf


@both_formats
def test_problems_count_images_from_the_start_of_the_file(tmp_path: Path, suffix: str) -> None:
    """Also in a later batch; a batch that is refused changes nothing."""
    path = tmp_path / f"f.{suffix}"
    with Writer(path) as writer:
        writer.add(pred_score=[1.0, 2.0, 3.0], image_path=["a", "b", "c"])
        with pytest.raises(InvalidInputError, match=r"pred_score, image 4 \(e\): is NaN"):
            writer.add(pred_score=[1.0, np.nan], image_path=["d", "e"])
        with pytest.raises(InvalidInputError, match="'b' was given before, for image 1"):
            writer.add(pred_score=[1.0], image_path=["b"])
        with pytest.raises(UsageError, match="the fields were pred_score, image_path and now are"):
            writer.add(pred_score=[1.0])
        writer.add(pred_score=[4.0], image_path=["d"])
    assert [entry.identity for entry in open_predictions(path).entries] == ["a", "b", "c", "d"]


@both_formats
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing(tmp_path: Path, suffix: str, error) -> None:
    """Neither a final nor a temporary file."""
    with pytest.raises(error):
        fail_in_a_block(tmp_path / f"f.{suffix}", error)
    assert list(tmp_path.iterdir()) == []


@both_formats
def test_a_failed_run_leaves_the_earlier_file_as_it_was(tmp_path: Path, suffix: str) -> None:
    """An existing file is replaced in one step, or not at all."""
    path = tmp_path / f"f.{suffix}"
    written(path, anomaly_map=maps(1))
    before = path.read_bytes()
    with pytest.raises(RuntimeError):
        fail_in_a_block(path, RuntimeError)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]
    assert len(written(path, anomaly_map=maps(3))) == 3


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
@both_formats
def test_a_killed_run_leaves_nothing_under_the_final_name(tmp_path: Path, suffix: str) -> None:
    """Not even SIGKILL makes half a file; what remains is hidden and not taken for predictions."""
    path = tmp_path / f"f.{suffix}"
    written(path, anomaly_map=maps(1))
    before = path.read_bytes()
    code = (
        "import os, sys, numpy as np\n"
        "from anomeval.predictions import Writer\n"
        "with Writer(sys.argv[1]) as writer:\n"
        "    writer.add(anomaly_map=np.zeros((9, 50, 50)))\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    assert len(open_predictions(tmp_path).files) == 1


@both_formats
def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's refusal becomes one message that names the file."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    text = refusal(tmp_path / f"f.{suffix}", anomaly_map=maps(1))
    assert f"f.{suffix}: cannot be written: No space left on device" in text


@both_formats
def test_a_write_that_fails_within_a_batch_ends_the_file(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part of the batch may be there, so nothing more is taken and nothing is kept."""
    writer = Writer(tmp_path / f"f.{suffix}")
    writer.__enter__()
    writer.add(anomaly_map=maps(1))
    monkeypatch.setattr(writer._sink, "append", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writer.add(anomaly_map=maps(1))
    monkeypatch.undo()
    with pytest.raises(UsageError, match="is not open for writing"):
        writer.add(anomaly_map=maps(1))
    with pytest.raises(UsageError, match="is not written: add failed before"):
        writer.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


@both_formats
def test_a_run_without_images_is_a_mistake(tmp_path: Path, suffix: str) -> None:
    """An empty file would only fail later."""
    message = "no image was added — call add for every batch"
    with pytest.raises(UsageError, match=message), Writer(tmp_path / f"f.{suffix}"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_wrong_uses_are_told(tmp_path: Path) -> None:
    """Unknown suffix and options, no `with`, twice, a directory, no directory."""
    with pytest.raises(UsageError) as caught:
        Writer("test.csv", dtype="int8", compression="zip")  # type: ignore[arg-type]
    assert "has no known suffix — call it test.h5 or test.npz" in str(caught.value)
    assert "unknown dtype 'int8'" in str(caught.value)
    assert "unknown compression 'zip'" in str(caught.value)
    with pytest.raises(UsageError, match="write `with Writer"):
        Writer(tmp_path / "f.h5").add(pred_score=1.0)
    with Writer(tmp_path / "f.h5") as writer:
        writer.add(pred_score=1.0)
    with pytest.raises(UsageError, match="only once"), writer:
        pass
    (tmp_path / "d.h5").mkdir()
    with pytest.raises(UsageError, match="is a directory"), Writer(tmp_path / "d.h5"):
        pass
    with pytest.raises(UsageError, match="create the directory"), Writer(tmp_path / "no/f.h5"):
        pass
    assert sorted(os.listdir(tmp_path)) == ["d.h5", "f.h5"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions and links")
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    """A new file follows the umask, an existing one keeps its mode, a link stays a link."""
    old = os.umask(0o027)
    try:
        written(tmp_path / "f.h5", pred_score=1.0)
    finally:
        os.umask(old)
    assert (tmp_path / "f.h5").stat().st_mode & 0o777 == 0o640
    (tmp_path / "f.h5").chmod(0o604)
    (tmp_path / "link.h5").symlink_to("f.h5")
    written(tmp_path / "link.h5", pred_score=[1.0, 2.0])
    assert (tmp_path / "link.h5").is_symlink()
    assert (tmp_path / "f.h5").stat().st_mode & 0o777 == 0o604
    assert len(open_predictions(tmp_path / "f.h5")) == 2


@both_formats
def test_memory_stays_flat(tmp_path: Path, suffix: str) -> None:
    """Writing 100 batches of 1 MB takes no more than a few batches of memory."""
    batch = np.zeros((4, 256, 256), np.float32)
    with Writer(tmp_path / f"f.{suffix}") as writer:
        writer.add(anomaly_map=batch)
        tracemalloc.start()
        for _ in range(99):
            writer.add(anomaly_map=batch)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(open_predictions(tmp_path / f"f.{suffix}")) == 400
    assert peak < 6e6
