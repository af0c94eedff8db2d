"""Make the demonstration data: textures, defects, two detectors, and their saved predictions.

    python sample_data/make.py [--out DIR]

See README.md beside this file for what comes out, and from what.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from generator.detectors import DETECTORS, Detector
from generator.samples import GOOD, SPLIT_COUNTS, Sample, split_samples, training_images
from generator.textures import CATEGORIES, Split
from generator.write import Prediction, write_images, write_predictions


def main() -> None:
    """Write images and predictions of both detectors for validation and test."""
    out: Path = _parse_arguments().out
    detectors = {name: _fit_per_category(kind) for name, kind in DETECTORS.items()}
    for split in SPLIT_COUNTS:
        samples = _samples_of_all_categories(split)
        write_images(out / "images", samples)
        for name, fitted in detectors.items():
            write_predictions(out / name / f"{split}.h5", _predict(fitted, samples))
    normals = [s for s in _samples_of_all_categories("val") if s.defect_type == GOOD]
    write_predictions(
        out / "knn" / "val_normal.h5", _predict(detectors["knn"], normals), with_masks=False
    )


def _parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Make the demonstration data of anomeval.")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path(__file__).parent,
        metavar="DIR",
        help="folder to write to (default: the folder of this script)",
    )
    return parser.parse_args()


def _fit_per_category(kind: type[Detector]) -> dict[str, Detector]:
    """Train one detector per category, as is usual in one-class anomaly detection."""
    return {category: kind.fit(training_images(category)) for category in CATEGORIES}


def _samples_of_all_categories(split: Split) -> list[Sample]:
    """Return the samples of a split in the order in which every file holds them."""
    return [sample for category in CATEGORIES for sample in split_samples(category, split)]


def _predict(fitted: dict[str, Detector], samples: Sequence[Sample]) -> list[Prediction]:
    """Let the detector of its category judge each sample."""
    predictions = []
    for sample in samples:
        detector = fitted[sample.category]
        anomaly_map = detector.anomaly_map(sample.image)
        predictions.append(Prediction(sample, anomaly_map, detector.pred_score(anomaly_map)))
    return predictions


if __name__ == "__main__":
    main()
