"""anomeval score."""

from typing import Annotated

import typer

from anomeval.cli import layout_options, options
from anomeval.cli.console import STDOUT, check_outputs
from anomeval.cli.delivery import deliver, fit_at
from anomeval.cli.gate import (
    Baseline,
    GitHub,
    Junit,
    MaxDrop,
    Maximum,
    Minimum,
    OpenMetrics,
    RulesFile,
    Standard,
    Test,
    deliver_verdict,
)
from anomeval.cli.progress import progress


def score(
    files: options.Files,
    fit: options.Fit = None,
    metrics: options.Metrics = None,
    preset: options.Preset = None,
    by: options.By = None,
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
    allow_overlap: options.AllowOverlap = False,
    confidence: options.Confidence = 0.95,
    no_confidence: options.NoConfidence = False,
    replicates: options.Replicates = 500,
    plugin: options.Plugin = None,
    jobs: options.Jobs = None,
    dask: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Read and count on a Dask cluster: tcp://host:8786, or local:N for N processes.",
        ),
    ] = None,
    gate: Annotated[
        bool,
        typer.Option(
            "--gate",
            help="Judge the result at once, as `anomeval gate` does. Each option below implies it.",
            rich_help_panel="Gate",
        ),
    ] = False,
    baseline: Baseline = None,
    minimum: Minimum = None,
    maximum: Maximum = None,
    max_drop: MaxDrop = None,
    test: Test = None,
    rules: RulesFile = None,
    common_images: options.CommonImages = False,
    github: GitHub = False,
    junit: Junit = None,
    openmetrics: OpenMetrics = None,
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
    """Evaluate a test split: a table, and JSON to build on."""
    from anomeval.workflows import scoring

    outputs = {
        "--json": json,
        "--csv": csv,
        "--markdown": markdown,
        "--latex": latex,
        "--per-image": per_image,
        "--curves": curves,
        "--save-state": save_state,
    }
    verdict_outputs = {"--junit": junit, "--openmetrics": openmetrics}
    check_outputs(outputs | verdict_outputs, inputs=[*files, fit, baseline, rules, truth])
    asked = (baseline, minimum, maximum, max_drop, test, rules)
    given = [option for option in (*asked, *verdict_outputs.values()) if option is not None]
    standard = None
    if gate or github or common_images or given:
        standard = Standard.asked(*asked, common_images=common_images)
    fitted = fit_at(fit)
    with progress("scoring", quiet=quiet) as report:
        evaluation = scoring.score(
            files,
            fit=fitted,
            metrics=metrics or (),
            preset=preset,
            by=options.split_by(by),
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
            allow_overlap=allow_overlap,
            confidence=None if no_confidence else confidence,
            replicates=replicates,
            jobs=jobs,
            dask=dask,
            save_to=save_state,
            progress=report,
        )
    deliver(evaluation, outputs, places=places, percent=percent, quiet=quiet)
    if standard:
        verdict = standard.verdict_on(evaluation.result, "this result")
        is_taken = STDOUT in outputs.values()
        deliver_verdict(verdict, verdict_outputs, github=github, quiet=quiet, is_taken=is_taken)
