"""anomeval plot."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import advise, check_outputs, warn
from anomeval.cli.progress import progress


def plot(
    files: Annotated[
        list[str],
        typer.Argument(help="Prediction files; each is a result of its own.", show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The figure to write: .pdf, .svg or .png.",
            show_default=False,
        ),
    ],
    curve: Annotated[
        Literal["roc", "pr", "pro", "pimo", "hist", "sweep"],
        typer.Option(help="What to draw."),
    ] = "roc",
    level: Annotated[
        Literal["image", "pixel"] | None,
        typer.Option(help="Default: image, or pixel where the curve exists there only."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="TEXT",
            help="What a result is called in the legend, in the order of the files. Repeatable.",
        ),
    ] = None,
    fit: Annotated[
        list[Path] | None,
        typer.Option(
            "--fit",
            help="Marks the cut in hist and sweep: one for all, or repeated for each file.",
        ),
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="Only this one. Default: all, and their mean.")
    ] = None,
    confidence: Annotated[
        float, typer.Option(help="Level of the bands around curves, of two results at most.")
    ] = 0.95,
    no_confidence: Annotated[bool, typer.Option("--no-confidence", help="No bands.")] = False,
    style: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A matplotlib style that overrides ours.")
    ] = None,
    pool: options.Pool = False,
    field: options.Field = None,
    truth: layout_options.Truth = None,
    layout: layout_options.Layout = None,
    max_image_pixels: layout_options.MaxImagePixels = layout_options.LARGEST_IMAGE,
    resize: options.Resize = None,
    mask_above: options.MaskAbove = None,
    ignore_value: options.IgnoreValue = None,
    empty_masks: options.EmptyMasks = "leave-out",
    nan: options.Nan = "error",
    jobs: options.Jobs = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Draw curves, histograms or sweeps for a paper; needs the extra `plots`."""
    from anomeval.reporting.fit_file import read_fit
    from anomeval.workflows import plotting
    from anomeval.workflows.reporting_parts import Reading

    check_outputs({"--output": output}, inputs=[*files, *(fit or ()), truth])
    reading = Reading(
        options.field_names(field),
        resize=resize,
        mask_above=mask_above,
        ignore_value=ignore_value or (),
        empty_masks=empty_masks,
        nan=nan,
        pool=pool,
        jobs=jobs,
        truth=truth,
        layout=layout,
        max_image_pixels=max_image_pixels,
        isolated=True,
    )
    with progress("reading", quiet=quiet) as told:
        cautions = plotting.plot(
            files,
            output,
            curve=curve,
            level=level,
            labels=label or (),
            fits=[read_fit(path) for path in fit or ()],
            category=category,
            confidence=None if no_confidence else confidence,
            style=style,
            reading=reading,
            progress=told,
        )
    warn(cautions)
    if not quiet:
        advise(f"wrote {output}")
