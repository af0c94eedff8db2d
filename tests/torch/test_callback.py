"""The callback in a real Lightning Trainer, with a small model trained for an epoch."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

pl = pytest.importorskip("lightning.pytorch")

import anomeval  # noqa: E402
from anomeval.errors import AnomevalError, UsageError  # noqa: E402
from anomeval.torch import PredictionWriter  # noqa: E402
from tests.torch.elsewhere import everywhere, no_gpu  # noqa: E402

SIZE, NORMAL, ANOMALOUS = 16, 10, 4

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:lightning"),  # workers, logging
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


class Stripes(Dataset):
    """Generated images: stripes, of which the last few have a bright square."""

    def __init__(self, split: str) -> None:
        self.split = split

    def __len__(self) -> int:
        return NORMAL + ANOMALOUS

    def __getitem__(self, index: int) -> dict:
        generator = torch.Generator().manual_seed(index)
        image = torch.sin(torch.arange(SIZE) + index).repeat(SIZE, 1)[None]
        image = image + 0.05 * torch.randn(image.shape, generator=generator)
        mask = torch.zeros(SIZE, SIZE, dtype=torch.bool)
        if index >= NORMAL:
            mask[3:7, 4:9] = True
        return {
            "image": image + 3 * mask,
            "gt_label": torch.tensor(bool(mask.any())),
            "gt_mask": mask,
            "image_path": f"{self.split}/{index:02}.png",
        }


class AutoEncoder(pl.LightningModule):
    """Reconstructs images; the error is the anomaly map."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Conv2d(1, 4, 3, stride=2, padding=1)
        self.decoder = nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1)
        self.raw: list[torch.Tensor] = []

    def training_step(self, batch, batch_idx):
        return self._errors(batch["image"]).mean()

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)

    def predicted(self, batch):
        """What all steps but training return: predictions apart from the batch."""
        maps = self._errors(batch["image"])
        self.raw.append(maps.detach().clone())
        return {"anomaly_map": maps, "pred_score": maps.amax(dim=(-2, -1))}

    def validation_step(self, batch, batch_idx):
        return self.predicted(batch)

    def test_step(self, batch, batch_idx):
        return self.predicted(batch)

    def predict_step(self, batch, batch_idx):
        return self.predicted(batch)

    def on_validation_epoch_start(self):
        self.raw.clear()

    def on_test_epoch_start(self):
        self.raw.clear()

    def on_predict_epoch_start(self):
        self.raw.clear()

    def _errors(self, image):
        return (self.decoder(self.encoder(image).relu()) - image) ** 2


class Clamping(pl.Callback):
    """Does to batches what anomalib's post-processor does: normalizes and clamps in place."""

    def on_test_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, dataloader_idx=0):
        for value in outputs.values():
            value.sub_(0.5).clamp_(0, 1)

    on_predict_batch_end = on_test_batch_end


class Clamped(AutoEncoder):
    """A model that brings its post-processor along, as anomalib's do."""

    def configure_callbacks(self):
        return [Clamping()]


def trainer_with(*callbacks, **options):
    """A trainer that leaves nothing behind but what the callbacks write."""
    quiet = {
        "accelerator": "cpu",
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    return pl.Trainer(max_epochs=1, callbacks=[*callbacks], **(quiet | options))


def data(split: str) -> DataLoader:
    """In batches of which the last is smaller."""
    return DataLoader(Stripes(split), batch_size=4)


def written_maps(path) -> np.ndarray:
    """(N, H, W) as the file has them."""
    with anomeval.open_predictions([path]) as predictions:
        return np.stack([image.anomaly_map for image in predictions])


def raw_maps(model: AutoEncoder) -> np.ndarray:
    """(N, H, W) as the model made them in its last pass."""
    return torch.cat(model.raw).squeeze(1).numpy()


@pytest.fixture(scope="module")
def trained() -> dict:
    """The weights of a model trained for an epoch."""
    pl.seed_everything(0, verbose=False)
    model = AutoEncoder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Lightning about the number of workers
        trainer_with(limit_val_batches=0).fit(model, data("train"))
    return model.state_dict()


@pytest.fixture
def model(trained) -> AutoEncoder:
    """A trained model that normalizes its own outputs as soon as it can."""
    model = Clamped()
    model.load_state_dict(trained)
    return model


def test_every_stage_is_written_and_can_be_fitted_and_scored(tmp_path, model):
    """From a running model to a result, through files of its own making."""
    writer = PredictionWriter(tmp_path)
    trainer = trainer_with(writer)
    trainer.validate(model, data("val"), verbose=False)
    validated = raw_maps(model)
    trainer.test(model, data("test"), verbose=False)
    tested = raw_maps(model)
    trainer.predict(model, data("predict"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["predict.h5", "test.h5", "val.h5"]
    assert np.array_equal(written_maps(writer.path("val")), validated)
    assert np.array_equal(written_maps(writer.path("test")), tested)
    assert np.array_equal(written_maps(writer.path("predict")), raw_maps(model))
    fit = anomeval.fit([tmp_path / "val.h5"])
    result = anomeval.score([tmp_path / "predict.h5"], fit=fit, allow_overlap=True).result
    assert (result.data.images, result.data.anomalous_images) == (14, 4)
    assert result.data.anomalous_pixels == 4 * 20
    values = {row.metric: row.value for row in result.rows}
    assert values["pixel_auroc"] > 0.8


@pytest.mark.parametrize("place", ["first", "last"])
def test_values_are_raw_wherever_the_callback_stands(tmp_path, model, place):
    """It goes before all others, those of the model included, which Lightning adds at the end."""
    writer = PredictionWriter(tmp_path, stages=["test"])
    callbacks = [writer, Clamping()] if place == "first" else [Clamping(), writer]
    trainer = trainer_with(*callbacks)
    trainer.test(model, data("test"), verbose=False)
    found = written_maps(tmp_path / "test.h5")
    assert found.max() > 1
    assert np.array_equal(found, raw_maps(model))
    assert trainer.callbacks[0] is writer


def test_the_last_validation_of_a_training_stays(tmp_path):
    """Each epoch takes the place of the one before, and the sanity check is passed over."""
    model = AutoEncoder()
    seen = []

    class Watch(pl.Callback):
        def on_validation_epoch_end(self, trainer, pl_module):
            seen.append((trainer.sanity_checking, (tmp_path / "val.h5").exists()))

    callbacks = [PredictionWriter(tmp_path, attributes={"split": "val"}), Watch()]
    trainer = trainer_with(*callbacks, num_sanity_val_steps=1)
    trainer.fit_loop.max_epochs = 2
    trainer.fit(model, data("train"), data("val"))
    assert seen == [(True, False), (False, True), (False, True)]
    assert np.array_equal(written_maps(tmp_path / "val.h5"), raw_maps(model))


def test_fields_of_the_batch_are_written_along(tmp_path, model):
    """Labels, masks and paths come from the data set."""
    trainer_with(PredictionWriter(tmp_path, suffix=".npz")).test(model, data("t"), verbose=False)
    with anomeval.open_predictions([tmp_path / "test.npz"]) as predictions:
        entries, fields = predictions.entries, predictions.fields
    assert fields == {"anomaly_map", "pred_score", "gt_label", "gt_mask", "image_path"}
    assert [entry.identity for entry in entries][:2] == ["t/00.png", "t/01.png"]
    assert sum(entry.label for entry in entries) == ANOMALOUS


def test_a_category_that_batches_do_not_tell_can_be_named(tmp_path, model):
    """So that the files of several categories are not pooled when they are scored together."""
    writer = PredictionWriter(tmp_path, stages="test", category="bottle")
    trainer_with(writer).test(model, data("t"), verbose=False)
    with anomeval.open_predictions(tmp_path / "test.h5") as predictions:
        assert {entry.category for entry in predictions.entries} == {"bottle"}


@everywhere
def test_predictions_on_other_devices_are_written(tmp_path, model, place):
    """Their values are those that the model made there."""
    step = model.test_step
    model.test_step = lambda *given: {name: place(one) for name, one in step(*given).items()}
    trainer_with(PredictionWriter(tmp_path)).test(model, data("test"), verbose=False)
    assert np.array_equal(written_maps(tmp_path / "test.h5"), raw_maps(model))


@no_gpu
def test_a_trainer_on_a_gpu_is_written(tmp_path, model):
    """Model and batches are there; files are as from the CPU."""
    trainer = trainer_with(PredictionWriter(tmp_path), accelerator="gpu", devices=1)
    trainer.test(model, data("test"), verbose=False)
    maps = torch.cat(model.raw)
    assert maps.is_cuda
    assert np.array_equal(written_maps(tmp_path / "test.h5"), maps.squeeze(1).cpu().numpy())
    assert anomeval.score([tmp_path / "test.h5"]).result.data.anomalous_images == ANOMALOUS


@pytest.mark.parametrize("error", [RuntimeError("out of memory"), KeyboardInterrupt()])
def test_an_interrupted_run_leaves_what_was_there_before(tmp_path, model, error):
    """No half-written file takes the place of a whole one, and nothing is left beside it."""
    writer = PredictionWriter(tmp_path)
    trainer_with(writer).test(model, data("before"), verbose=False)
    before = (tmp_path / "test.h5").read_bytes()

    class Failing(pl.Callback):
        def on_test_batch_end(self, trainer, pl_module, outputs, batch, batch_idx, *args):
            if batch_idx == 2:
                raise error

    with pytest.raises((RuntimeError, KeyboardInterrupt, SystemExit)):
        trainer_with(PredictionWriter(tmp_path), Failing()).test(model, data("t"), verbose=False)
    assert (tmp_path / "test.h5").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["test.h5"]


def test_only_the_stages_that_were_asked_for_are_written(tmp_path, model):
    """Others pass by."""
    trainer = trainer_with(PredictionWriter(tmp_path, stages=["val"]))
    trainer.test(model, data("test"), verbose=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(UsageError, match="unknown stages"):
        PredictionWriter(tmp_path, stages=["train"])


def test_a_missing_directory_is_told_before_the_run(tmp_path, model):
    """Not after hours of it."""
    with pytest.raises(UsageError, match="no directory to write to"):
        trainer_with(PredictionWriter(tmp_path / "none")).test(model, data("test"), verbose=False)
    assert not model.raw


def test_a_step_that_returns_nothing_useful_is_told_at_the_first_batch(tmp_path, model):
    """With what to return."""
    model.test_step = lambda batch, batch_idx: {"loss": torch.zeros(1)}
    with pytest.raises(AnomevalError, match="neither pred_score nor anomaly_map is found in dict"):
        trainer_with(PredictionWriter(tmp_path)).test(model, data("test"), verbose=False)
    assert list(tmp_path.iterdir()) == []


def test_each_of_several_devices_has_a_file_of_its_own(tmp_path):
    """Which together are one data set."""
    writer = PredictionWriter(tmp_path)
    assert writer.path("test", 1) == tmp_path / "test.rank1.h5"
    assert writer.path("test") == tmp_path / "test.h5"
