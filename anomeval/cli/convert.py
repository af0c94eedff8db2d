"""anomeval convert."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import advise, check_outputs, warn, write
from anomeval.cli.progress import progress

if TYPE_CHECKING:
    from anomeval.workflows.converting import Converted


def convert(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="SRC... DST",
            help="Predictions in any layout that can be read, and where they go.",
            show_default=False,
        ),
    ],
    layout_to: Annotated[
        Literal["h5", "npz", "mvtec", "mvtec2-submission"] | None,
        typer.Option(help="What to write. Default: by the suffix of DST.", show_default=False),
    ] = None,
    map_dtype: Annotated[
        Literal["float16", "float32", "float64"] | None,
        typer.Option(help="Type of the stored maps. Default: as they are.", show_default=False),
    ] = None,
    compression: Annotated[Literal["gzip", "none"], typer.Option(help="Of HDF5 and NPZ.")] = "gzip",
    fit: Annotated[
        Path | None,
        typer.Option(help="Threshold maps of a submission by what `anomeval fit` wrote."),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OBJECT=COUNT",
            help="Images of an object in each split of a submission. Repeatable.",
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; check submissions to MVTec AD 2."),
    ] = False,
    allow_pickle: Annotated[
        bool,
        typer.Option("--allow-pickle", help="Read pickles of ADEval; code in them is not run."),
    ] = False,
    truth: layout_options.Truth = None,
    layout: layout_options.Layout = None,
    max_image_pixels: layout_options.MaxImagePixels = layout_options.LARGEST_IMAGE,
    field: options.Field = None,
    mask_above: options.MaskAbove = None,
    ignore_value: options.IgnoreValue = None,
    json: options.Json = None,
    plugin: options.Plugin = None,
    quiet: options.Quiet = False,
) -> None:
    """Write predictions in another layout, and check what was written by reading it back."""
    from anomeval.reporting.fit_file import read_fit
    from anomeval.workflows import converting

    check_outputs({"--json": json}, inputs=[*paths, truth, fit])
    counts = _counts(expect)
    if check:
        _check(paths, counts, quiet)
        return
    *sources, output = paths
    how = converting.Conversion(
        layout_to=layout_to,
        mask_above=mask_above,
        ignore_value=ignore_value or (),
        map_dtype=map_dtype,
        compress=compression == "gzip",
        fit=read_fit(fit) if fit else None,
        counts=counts,
    )
    with progress("converting", quiet=quiet) as report:
        converted = converting.convert(
            _at_least_one(sources),
            output,
            how,
            field=options.field_names(field),
            truth=truth,
            layout=layout,
            max_image_pixels=max_image_pixels,
            allow_pickle=allow_pickle,
            isolated=True,
            progress=report,
        )
    _tell(converted, json, quiet)


def _tell(converted: "Converted", json: Path | None, quiet: bool) -> None:
    import json as json_text

    if json is not None:
        write(json, json_text.dumps(converted.as_dict(), indent=2, allow_nan=False) + "\n")
    warn(converted.cautions)
    if not quiet:
        advise(f"wrote {converted.output}: {converted.images} images, read back and equal")


def _check(roots: list[str], counts: dict[str, int], quiet: bool) -> None:
    from anomeval.errors import InvalidInputError
    from anomeval.predictions.layouts.submission import submission_problems

    problems = [problem for root in roots for problem in submission_problems(root, counts)]
    if problems:
        raise InvalidInputError(problems)
    if not quiet:
        advise(f"{', '.join(roots)}: nothing is wrong")


def _at_least_one(sources: list[str]) -> list[str]:
    from anomeval.errors import Problem, UsageError

    if not sources:
        raise UsageError(Problem("one path alone is given", remedy="name SRC and DST"))
    return sources


def _counts(pairs: list[str] | None) -> dict[str, int]:
    """OBJECT=COUNT pairs as a mapping."""
    from anomeval.errors import UsageError

    counts = {}
    for pair in pairs or []:
        name, _, count = pair.rpartition("=")
        if not (name and count.isdecimal()):
            raise UsageError(f"--expect {pair!r}: write OBJECT=COUNT, as can=100")
        counts[name] = int(count)
    return counts
