"""anomeval inspect."""

from anomeval.cli import options
from anomeval.cli.console import STDOUT, check_outputs, show, write


def inspect(
    files: options.Files,
    field: options.Field = None,
    json: options.Json = None,
    quiet: options.Quiet = False,
) -> None:
    """Tell what is in a file, what is wrong with it, and what can be computed from it."""
    import json as json_text

    from anomeval.errors import ExitStatus
    from anomeval.predictions.inspection import inspect_predictions
    from anomeval.reporting.inspection_text import inspection_text

    check_outputs({"--json": json})
    inspection = inspect_predictions(files, fields=options.field_names(field))
    if json is not None:
        write(json, json_text.dumps(inspection.as_dict(), indent=2, allow_nan=False) + "\n")
    if json != STDOUT and not quiet:
        show(inspection_text(inspection))
    if any(finding.severity == "error" for finding in inspection.findings):
        import typer

        raise typer.Exit(ExitStatus.INVALID_INPUT)
