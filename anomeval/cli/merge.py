"""anomeval merge."""

from typing import Annotated

import typer

from anomeval.cli import options
from anomeval.cli.console import check_outputs
from anomeval.cli.delivery import deliver, fit_at
from anomeval.cli.progress import progress


def merge(
    parts: Annotated[
        list[str],
        typer.Argument(
            help="States that `anomeval score --save-state` or `merge` wrote, or quoted globs.",
            show_default=False,
        ),
    ],
    fit: options.Fit = None,
    metrics: options.Metrics = None,
    preset: options.Preset = None,
    by: options.By = None,
    allow_overlap: options.AllowOverlap = False,
    confidence: options.Confidence = 0.95,
    no_confidence: options.NoConfidence = False,
    replicates: options.Replicates = 500,
    json: options.Json = None,
    csv: options.Csv = None,
    markdown: options.Markdown = None,
    latex: options.Latex = None,
    per_image: options.PerImage = None,
    curves: options.Curves = None,
    save_state: options.SaveState = None,
    places: options.Places = 4,
    percent: options.Percent = False,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate a data set from the states of its parts, as if it had been in one piece."""
    from anomeval.workflows import merging

    outputs = {
        "--json": json,
        "--csv": csv,
        "--markdown": markdown,
        "--latex": latex,
        "--per-image": per_image,
        "--curves": curves,
        "--save-state": save_state,
    }
    check_outputs(outputs, inputs=[*parts, fit])
    fitted = fit_at(fit)
    with progress("merging", quiet=quiet) as report:
        evaluation = merging.merge(
            parts,
            fit=fitted,
            metrics=metrics or (),
            preset=preset,
            by=options.split_by(by),
            allow_overlap=allow_overlap,
            confidence=None if no_confidence else confidence,
            replicates=replicates,
            save_to=save_state,
            progress=report,
        )
    deliver(evaluation, outputs, places=places, percent=percent, quiet=quiet)
