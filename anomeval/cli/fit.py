"""anomeval fit."""

from pathlib import Path
from typing import Annotated

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, check_outputs, show, tell_written, warn, write
from anomeval.cli.progress import progress

_RULES = "f1, max, quantile@0.995, sigma@3, fpr@0.01, recall@0.95, manual@2.5"


def fit(
    files: options.Files,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Where the fit goes. Default: the first file with the suffix .fit.json",
            show_default=False,
        ),
    ] = None,
    threshold: Annotated[
        str, typer.Option(metavar="RULE", help=f"Threshold rule of images: {_RULES}.")
    ] = "f1",
    pixel_threshold: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="Threshold rule of pixels. Default: that of images."),
    ] = None,
    image_sensitivity: Annotated[
        float, typer.Option(min=0, max=1, help="Above 0.5 more images are flagged.")
    ] = 0.5,
    pixel_sensitivity: Annotated[
        float, typer.Option(min=0, max=1, help="Above 0.5 more pixels are flagged.")
    ] = 0.5,
    pool: options.Pool = False,
    field: options.Field = None,
    truth: layout_options.Truth = None,
    layout: layout_options.Layout = None,
    max_image_pixels: layout_options.MaxImagePixels = layout_options.LARGEST_IMAGE,
    skip_bad: layout_options.SkipBad = False,
    resize: options.Resize = None,
    mask_above: options.MaskAbove = None,
    ignore_value: options.IgnoreValue = None,
    empty_masks: options.EmptyMasks = "leave-out",
    nan: options.Nan = "error",
    plugin: options.Plugin = None,
    jobs: options.Jobs = None,
    json: options.Json = None,
    quiet: options.Quiet = False,
) -> None:
    """Fit thresholds and normalization on a validation split."""
    from anomeval.reporting.fit_file import fit_to_json
    from anomeval.reporting.fit_table import fit_table
    from anomeval.reporting.result import Caution
    from anomeval.workflows import fitting

    check_outputs({"--output": output, "--json": json}, inputs=[*files, truth])
    output = output or default_output(files[0], layout)
    with progress("fitting", quiet=quiet) as report:
        fitted = fitting.fit(
            files,
            threshold=threshold,
            pixel_threshold=pixel_threshold,
            image_sensitivity=image_sensitivity,
            pixel_sensitivity=pixel_sensitivity,
            pool=pool,
            field=options.field_names(field),
            truth=truth,
            layout=layout,
            max_image_pixels=max_image_pixels,
            skip_bad=skip_bad,
            isolated=True,
            resize=resize,
            mask_above=mask_above,
            ignore_value=ignore_value or (),
            empty_masks=empty_masks,
            nan=nan,
            jobs=jobs,
            progress=report,
        )
    text = fit_to_json(fitted)
    write(output, text)
    if json is not None:
        write(json, text)
    if STDOUT not in (json, output) and not quiet:
        show(fit_table(fitted))
    warn(Caution(*caution) for caution in fitted.cautions)
    if not quiet:
        then = "" if output == STDOUT else f"; next: anomeval score TEST --fit {output}"
        tell_written(output, json, then=then)


def default_output(first: str, layout: str | None = None) -> Path:
    """The first input with the suffix .fit.json; for a glob, its first match."""
    path = Path(first)
    if any(sign in first for sign in "*?[") and not path.exists():
        from anomeval.predictions.layouts.foreign import Reading
        from anomeval.predictions.opening import meant

        found, _ = meant([first], Reading(layout=layout, isolated=True))
        path = Path(next(iter(found), path))
    if not path.name:  # `.` and `/` have none
        path = path.resolve() / "validation"
    return path.with_suffix(".fit.json")
