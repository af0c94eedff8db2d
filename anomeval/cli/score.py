"""anomeval score."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from anomeval.cli import options
from anomeval.cli.console import STDOUT, advise, check_outputs, progress, show, write

if TYPE_CHECKING:
    from anomeval.judging.post_processor import Fit
    from anomeval.workflows.evaluation import Evaluation


def score(
    files: options.Files,
    fit: Annotated[
        Path | None,
        typer.Option(help="What `anomeval fit` wrote; needed for metrics at a threshold."),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            "--metrics",
            "-m",
            metavar="LIST",
            help="Metrics such as auroc,aupro@0.05. Repeatable. Default: what the data supports.",
        ),
    ] = None,
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="A named set of metrics.")
    ] = None,
    by: Annotated[
        Literal["category", "defect_type", "group_id"] | None,
        typer.Option(help="A row for each, and their unweighted mean."),
    ] = None,
    pool: options.Pool = False,
    field: options.Field = None,
    resize: options.Resize = None,
    mask_above: options.MaskAbove = None,
    nan: options.Nan = "error",
    allow_overlap: Annotated[
        bool,
        typer.Option("--allow-overlap", help="Go on although the fit has seen these images."),
    ] = False,
    confidence: Annotated[
        float, typer.Option(help="Level of the intervals.", rich_help_panel="Uncertainty")
    ] = 0.95,
    no_confidence: Annotated[
        bool,
        typer.Option("--no-confidence", help="No intervals.", rich_help_panel="Uncertainty"),
    ] = False,
    replicates: Annotated[
        int,
        typer.Option(
            min=2, help="Resamples that intervals are made of.", rich_help_panel="Uncertainty"
        ),
    ] = 500,
    jobs: options.Jobs = None,
    json: options.Json = None,
    csv: Annotated[Path | None, options.output("--csv", "Write one line per value.")] = None,
    markdown: Annotated[
        Path | None, options.output("--markdown", "Write a Markdown table.")
    ] = None,
    latex: Annotated[Path | None, options.output("--latex", "Write a LaTeX table.")] = None,
    per_image: Annotated[
        Path | None,
        options.output("--per-image", "Write one line per image: CSV or JSONL by suffix."),
    ] = None,
    curves: Annotated[
        Path | None, options.output("--curves", "Write ROC, PR, PRO and PIMO curves: NPZ.")
    ] = None,
    places: options.Places = 4,
    percent: options.Percent = False,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate a test split: a table, and JSON to build on."""
    from anomeval.workflows import scoring

    outputs = {
        "--json": json,
        "--csv": csv,
        "--markdown": markdown,
        "--latex": latex,
        "--per-image": per_image,
        "--curves": curves,
    }
    check_outputs(outputs, inputs=[*files, fit])
    fitted = _read_fit(fit)
    with progress("scoring", quiet=quiet) as report:
        evaluation = scoring.score(
            files,
            fit=fitted,
            metrics=metrics or (),
            preset=preset,
            by=by,
            pool=pool,
            field=options.field_names(field),
            resize=resize,
            mask_above=mask_above,
            nan=nan,
            allow_overlap=allow_overlap,
            confidence=None if no_confidence else confidence,
            replicates=replicates,
            jobs=jobs,
            progress=report,
        )
    _write_outputs(evaluation, outputs, places, percent)
    if STDOUT not in outputs.values() and not quiet:
        from anomeval.reporting.as_table import result_table

        show(result_table(evaluation.result, places=places, percent=percent))
    if not quiet:
        _advise_of(outputs)


def _read_fit(path: Path | None) -> "Fit | None":
    if path is None:
        return None
    from anomeval.reporting.fit_file import read_fit

    return read_fit(path)


def _write_outputs(
    evaluation: "Evaluation", outputs: dict[str, Path | None], places: int, percent: bool
) -> None:
    from anomeval.reporting.as_csv import result_to_csv
    from anomeval.reporting.as_json import result_to_json
    from anomeval.reporting.as_latex import result_to_latex
    from anomeval.reporting.as_markdown import result_to_markdown
    from anomeval.reporting.curves import write_curves
    from anomeval.reporting.per_image import write_per_image

    result = evaluation.result
    forms: dict[str, Callable[[], str]] = {
        "--json": lambda: result_to_json(result),
        "--csv": lambda: result_to_csv(result),
        "--markdown": lambda: result_to_markdown(result, places=places, percent=percent),
        "--latex": lambda: result_to_latex(result, places=places, percent=percent),
    }
    for option, form in forms.items():
        if (path := outputs[option]) is not None:
            write(path, form())
    if (path := outputs["--per-image"]) is not None:
        write_per_image(path, evaluation.images())
    if (path := outputs["--curves"]) is not None:
        write_curves(path, evaluation.curves())


def _advise_of(outputs: dict[str, Path | None]) -> None:
    written = [str(path) for path in outputs.values() if path not in (None, STDOUT)]
    if written:
        advise(f"wrote {', '.join(written)}")
