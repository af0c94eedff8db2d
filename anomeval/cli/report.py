"""anomeval report."""

from pathlib import Path
from typing import Annotated

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, advise, check_outputs, warn, write
from anomeval.cli.progress import progress


def report(
    files: options.Files,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="PATH",
            help="The HTML file to write; - is standard output.",
            show_default=False,
        ),
    ],
    fit: Annotated[
        Path | None,
        typer.Option(help="What `anomeval fit` wrote; without it there are no decisions."),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(metavar="RESULT", help="A result to set this one against."),
    ] = None,
    validation: options.Validation = None,
    images: Annotated[
        Path | None,
        typer.Option(
            metavar="ROOT",
            help="The folder of the image files: every image_path is looked for below it, whatever "
            "folders above the data set it begins with.",
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=0, help="False alarms and misses to show at most, of each.")
    ] = 12,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Of the page. Default: the file's name.")
    ] = None,
    metrics: options.Metrics = None,
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
    allow_overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="Go on although the fit has seen these images."),
    ] = False,
    jobs: options.Jobs = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Write a page to look at: one HTML file that needs nothing else."""
    from anomeval.reporting.as_json import read_result
    from anomeval.reporting.fit_file import read_fit
    from anomeval.reporting.page.rendering import page_html
    from anomeval.reporting.result import Caution
    from anomeval.workflows.reporting_page import gather
    from anomeval.workflows.reporting_parts import Reading

    check_outputs({"--output": output}, inputs=[*files, *(validation or ()), fit, baseline, truth])
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
        data = gather(
            files,
            fit=read_fit(fit) if fit else None,
            baseline=read_result(baseline) if baseline else None,
            baseline_name=str(baseline),
            validation=validation or (),
            images=images,
            pictures=pictures,
            title=title,
            metrics=metrics or (),
            allow_overlap=allow_overlap,
            reading=reading,
            progress=told,
        )
    write(output, page_html(data))
    warn([*data.result.cautions, *(Caution("pictures", note) for note in data.gallery.notes)])
    if output != STDOUT and not quiet:
        advise(f"wrote {output}; open it in a browser")
