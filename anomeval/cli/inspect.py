"""anomeval inspect."""

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, check_outputs, show, write
from anomeval.cli.progress import progress


def inspect(
    files: options.Files,
    field: options.Field = None,
    truth: layout_options.Truth = None,
    layout: layout_options.Layout = None,
    max_image_pixels: layout_options.MaxImagePixels = layout_options.LARGEST_IMAGE,
    mask_above: options.MaskAbove = None,
    ignore_value: options.IgnoreValue = None,
    json: options.Json = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Tell what is in a file, what is wrong with it, and what can be computed from it."""
    import json as json_text

    from anomeval.errors import ExitStatus
    from anomeval.predictions.inspection import inspect_predictions
    from anomeval.reporting.inspection_text import inspection_text

    check_outputs({"--json": json}, inputs=[*files, truth])
    with progress("inspecting", quiet=quiet) as report:
        inspection = inspect_predictions(
            files,
            fields=options.field_names(field),
            truth=truth,
            layout=layout,
            max_image_pixels=max_image_pixels,
            isolated=True,
            mask_above=mask_above,
            ignore_value=ignore_value or (),
            progress=report,
        )
    if json is not None:
        write(json, json_text.dumps(inspection.as_dict(), indent=2, allow_nan=False) + "\n")
    if json != STDOUT and not quiet:
        show(inspection_text(inspection))
    if any(finding.severity == "error" for finding in inspection.findings):
        import typer

        raise typer.Exit(ExitStatus.INVALID_INPUT)
