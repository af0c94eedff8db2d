"""A Lightning callback that writes raw predictions while a model runs."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

try:
    import lightning.pytorch as pl
except ModuleNotFoundError:  # the same under its older name
    import pytorch_lightning as pl  # type: ignore[no-redef]

from anomeval.errors import Problem, UsageError
from anomeval.predictions.batch import MapType
from anomeval.predictions.writer import Attribute, Writer
from anomeval.torch.fields import NO_OVERRIDES, Compression, prediction_fields, with_category

Stage = Literal["val", "test", "predict"]
_STAGES: tuple[Stage, ...] = get_args(Stage)


class PredictionWriter(pl.Callback):
    """Writes what validation, test and predict steps return: val.h5, test.h5, predict.h5.

        trainer = Trainer(callbacks=[PredictionWriter("predictions")])
        trainer.test(model, data)               # predictions/test.h5

    Fields are looked for in what the step returns, then in the batch, by anomalib's names (see
    `prediction_fields`): pred_score, anomaly_map, gt_label, gt_mask, image_path. A file appears
    when its stage has ended well, in place of that of an earlier epoch; after an error or Ctrl-C
    there is nothing, or what was there before.

    Scores are raw whatever else the trainer runs: this callback puts itself before all others, for
    anomalib's post-processor is a callback too, and normalizes and clamps the very same batches.
    Lightning's sanity check of validation is passed over. With several devices each writes a file
    of its own, `test.rank0.h5` and so on, to be evaluated together. Where Lightning gives an image
    to two devices to fill up a batch, reading names it; test on one device to avoid that.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] = ".",
        *,
        stages: Stage | Sequence[Stage] = _STAGES,
        suffix: Literal[".h5", ".hdf5", ".npz"] = ".h5",
        field: Mapping[str, str] = NO_OVERRIDES,
        category: str | None = None,
        dtype: MapType | None = None,
        compression: Compression = "gzip",
        mixed_sizes: bool = False,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> None:
        """Prepare to write.

        Args:
            directory: where files go; it must exist when the trainer starts.
            stages: one or several, what to write.
            suffix: the format.
            field: canonical field -> the name it has in outputs and batches.
            category: of all images, such as "bottle", where batches do not tell it; files of
                several categories are told apart by it.
            dtype, compression, mixed_sizes, attributes: see `Writer`.

        Raises:
            UsageError: an unknown stage.
        """
        super().__init__()
        wanted = {stages} if isinstance(stages, str) else set(stages)
        if unknown := wanted - set(_STAGES):
            remedy = f"choose of {', '.join(_STAGES)}"
            raise UsageError(Problem(f"unknown stages: {sorted(unknown)}", remedy=remedy))
        self.directory = Path(directory)
        self._stages = frozenset(wanted)
        self._suffix = suffix
        self._field = field
        self._category = category
        self._options: dict[str, Any] = {
            "dtype": dtype,
            "compression": compression,
            "mixed_sizes": mixed_sizes,
            "attributes": attributes,
        }
        self._open: dict[Stage, Writer] = {}

    def path(self, stage: Stage, rank: int | None = None) -> Path:
        """The file of a stage; rank: of a device, where there are several."""
        device = "" if rank is None else f".rank{rank}"
        return self.directory / f"{stage}{device}{self._suffix}"

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Take the first place among the callbacks, and make sure that files can be written.

        Raises:
            UsageError: the directory does not exist.
        """
        connected: Any = trainer  # which gets its callbacks from elsewhere, unknown to its class
        others = [callback for callback in connected.callbacks if callback is not self]
        connected.callbacks = [self, *others]
        if not self.directory.is_dir():
            remedy = "create it first"
            raise UsageError(
                Problem("is no directory to write to", str(self.directory), remedy=remedy)
            )

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the file of this epoch."""
        self._begin("val", trainer)

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Write a batch."""
        self._add("val", outputs, batch)

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Finish the file."""
        self._finish("val")

    def on_test_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the file."""
        self._begin("test", trainer)

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Write a batch."""
        self._add("test", outputs, batch)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Finish the file."""
        self._finish("test")

    def on_predict_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the file."""
        self._begin("predict", trainer)

    def on_predict_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Write a batch."""
        self._add("predict", outputs, batch)

    def on_predict_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Finish the file."""
        self._finish("predict")

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Leave no half-written file behind."""
        while self._open:
            _, writer = self._open.popitem()
            writer.__exit__(type(exception), exception, exception.__traceback__)

    def _begin(self, stage: Stage, trainer: pl.Trainer) -> None:
        if stage not in self._stages or trainer.sanity_checking:
            return
        rank = trainer.global_rank if trainer.world_size > 1 else None
        self._open[stage] = Writer(self.path(stage, rank), **self._options).__enter__()

    def _add(self, stage: Stage, outputs: Any, batch: Any) -> None:
        if stage in self._open:
            fields = prediction_fields(outputs, batch, field=self._field)
            self._open[stage].add(**with_category(fields, self._category))

    def _finish(self, stage: Stage) -> None:
        if stage in self._open:
            self._open.pop(stage).__exit__(None, None, None)
