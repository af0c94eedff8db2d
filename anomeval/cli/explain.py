"""anomeval explain."""

from pathlib import Path
from typing import Annotated

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, advise, check_outputs, show, warn, write
from anomeval.cli.progress import progress


def explain(
    files: options.Files,
    fit: Annotated[
        Path | None,
        typer.Option(
            help="What `anomeval fit` wrote: tells whether ranking or threshold has failed."
        ),
    ] = None,
    validation: options.Validation = None,
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
    json: options.Json = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Set public definitions of the same metric side by side, and tell why they differ."""
    import json as json_text

    from anomeval.reporting.explanation_text import explanation_text
    from anomeval.reporting.fit_file import read_fit
    from anomeval.workflows import explaining

    check_outputs({"--json": json}, inputs=[*files, *(validation or ()), fit, truth])
    with progress("explaining", quiet=quiet) as report:
        explanation = explaining.explain(
            files,
            fit=read_fit(fit) if fit else None,
            validation=validation or (),
            pool=pool,
            field=options.field_names(field),
            truth=truth,
            layout=layout,
            max_image_pixels=max_image_pixels,
            isolated=True,
            resize=resize,
            mask_above=mask_above,
            ignore_value=ignore_value or (),
            empty_masks=empty_masks,
            nan=nan,
            jobs=jobs,
            progress=report,
        )
    if json is not None:
        write(json, json_text.dumps(explanation.as_dict(), indent=2, allow_nan=False) + "\n")
    if json != STDOUT and not quiet:
        show(explanation_text(explanation))
    warn(explanation.cautions)
    if json not in (None, STDOUT) and not quiet:
        advise(f"wrote {json}")
