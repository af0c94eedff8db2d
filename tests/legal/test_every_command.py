"""Every command and every output form over legal but odd files.

Whatever the scores, a command ends with a documented status, says in a message what it refuses,
and what it writes is whole and valid. Warnings of libraries are errors here, as in all tests.
"""

import csv
import json
import warnings
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

import anomeval
from tests.legal.odd import ODD
from tests.support import Run, run_here, write_h5, write_npz

RULES = ("f1", "max", "quantile@0.9", "sigma@3", "fpr@0.1", "recall@0.9", "manual@0.5")
METRICS = (
    "auroc,ap,aupr,f1max,ioumax,pg,pb,fpr_at_tpr,tpr_at_fpr,aupro,aupimo,auspro",
    "mf1,macc,miou,mad",
)
AT_A_CUT = "f1,precision,recall,specificity,accuracy,iou,pro"
PLOTS = (
    *((curve, "image") for curve in ("roc", "pr", "hist", "sweep")),
    *((curve, "pixel") for curve in ("pro", "pimo", "hist", "sweep")),
)
REFUSED = (2, 3, 4)


class Session:
    """The files of one split, and the commands that are run on them."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        split = ODD[name]()
        self.pictures = split.pictures
        self.test = write_h5(folder / "test.h5", split.pictures, dtype=split.dtype)
        self.npz = write_npz(folder / "test.npz", split.pictures, dtype=split.dtype)

    def __call__(self, *arguments: object, refused: str = "") -> Run:
        """Run a command that succeeds, or that refuses with these words."""
        done = run_here(*(str(argument) for argument in arguments))
        told = f"{' '.join(map(str, arguments))}\n{done.stdout}\n{done.stderr}"
        allowed = (0, *REFUSED) if refused else (0,)
        assert done.status in allowed, told
        assert "Traceback" not in done.stderr, told
        if done.status in REFUSED:
            assert any(words in done.stderr for words in refused.split("|")), told
        return done

    def path(self, name: str) -> Path:
        """Where an output goes."""
        return self.folder / name


@pytest.mark.parametrize("name", ODD)
def test_every_command(name: str, tmp_path: Path) -> None:
    """One after another, as each makes what the next one reads."""
    run = Session(tmp_path, name)
    fits = fitted(run)
    results = scored(run, fits)
    gated(run, results)
    applied(run, fits)
    looked_at(run, fits)
    reported(run, fits, results[0])
    plotted(run, fits)


def fitted(run: Session) -> list[Path]:
    """Fit by every rule: those fits that came about."""
    found = []
    for rule in RULES:
        path = run.path(f"{rule}.fit.json")
        options = ("-o", path, "--threshold", rule, "--image-sensitivity", 0.75)
        refused = "infinit|no normal score|no anomalous score|beyond"
        if run("fit", run.test, *options, refused=refused).status == 0:
            strict_json(path.read_text("utf-8"))
            found.append(path)
    return found


def scored(run: Session, fits: Sequence[Path]) -> list[Path]:
    """Score, and merge, in every form that a result is written in."""
    fit = ["--fit", fits[0], "--allow-overlap"] if fits else []
    for asked in (*METRICS, *([AT_A_CUT] if fits else [])):
        refused = "needs|has no|infinite|lack|no pixel"
        options = ("-m", asked, *fit, "--no-confidence", "--json", run.path("m.json"))
        run("score", run.npz, *options, refused=refused)
    first = run.pictures[0]
    if first.defect_type:
        run("score", run.npz, "--by", "defect_type", "--replicates", 9)
    if first.group:
        run("score", run.npz, "--by", "group_id", "-m", "sample_auroc,sample_f1max")
    by = ["--by", "category"] if first.category else []
    names = {
        "--json": "result.json",
        "--csv": "result.csv",
        "--markdown": "result.md",
        "--latex": "result.tex",
        "--per-image": "images.csv",
        "--curves": "curves.npz",
        "--save-state": "part.state",
    }
    outputs = [part for option, path in names.items() for part in (option, run.path(path))]
    few = ["--replicates", 20]
    run("score", run.test, *fit, *by, *few, *outputs)
    again = {"--json": "merged.json", "--per-image": "images.jsonl", "--curves": "curves.csv"}
    outputs = [part for option, path in again.items() for part in (option, run.path(path))]
    run("merge", run.path("part.state"), *fit, *by, *few, *outputs)
    check_written(run)
    evaluation = anomeval.score([run.test], confidence=None)
    html_document(f"<!DOCTYPE html><title>t</title>{evaluation.result._repr_html_()}")
    return [run.path("result.json"), run.path("merged.json")]


def check_written(run: Session) -> None:
    """What score and merge wrote is whole and valid."""
    first, merged = (
        strict_json(run.path(f"{name}.json").read_text("utf-8")) for name in ("result", "merged")
    )
    assert first["metrics"] == merged["metrics"]
    lines = run.path("images.jsonl").read_text("utf-8").splitlines()
    assert len([strict_json(line) for line in lines]) == len(run.pictures)
    for name in ("result.csv", "images.csv", "curves.csv"):
        rows = list(csv.reader(StringIO(run.path(name).read_text("utf-8"))))
        assert {len(row) for row in rows} == {len(rows[0])}
    with np.load(run.path("curves.npz")) as curves:
        for array in (curves[key] for key in curves):
            assert array.dtype.kind == "U" or not np.isnan(array).any()
    for name in ("result.md", "result.tex"):
        assert run.path(name).read_text("utf-8").strip()


def gated(run: Session, results: Sequence[Path]) -> None:
    """Gate and compare, in every form."""
    outputs = {name: run.path(f"gate.{name}") for name in ("json", "markdown", "junit")}
    options = [part for name, path in outputs.items() for part in (f"--{name}", path)]
    options += ["--openmetrics", run.path("gate.metrics"), "--github", "--baseline", results[1]]
    done = run("gate", results[0], *options, refused="cannot|undefined|no value|Error")
    assert done.status in (0, 4)
    if done.status == 0:
        strict_json(outputs["json"].read_text("utf-8"))
        ElementTree.parse(outputs["junit"])
        assert run.path("gate.metrics").read_text("utf-8").endswith("# EOF\n")
    options = ["--markdown", run.path("c.md"), "--latex", run.path("c.tex")]
    run("compare", *results, *options, "--json", run.path("c.json"))
    strict_json(run.path("c.json").read_text("utf-8"))


def applied(run: Session, fits: Sequence[Path]) -> None:
    """Apply, as both kinds of files, and with MEBin: normalized scores lie from 0 to 1."""
    for number, fit in enumerate(fits[:2]):
        suffix = ("h5", "npz")[number % 2]
        output = run.path(f"applied.{suffix}")
        mebin = ["--mebin"] if number == 1 else []
        run("apply", fit, run.test, "-o", output, *mebin, refused="MEBin|no map")
        if not output.exists():
            continue
        with h5py.File(output) if suffix == "h5" else np.load(output) as file:
            for name in ("pred_score_normalized", "anomaly_map_normalized"):
                if name in file:
                    values = np.asarray(file[name])
                    assert ((values >= 0) & (values <= 1)).all(), (fit, name)
        output.unlink()


def looked_at(run: Session, fits: Sequence[Path]) -> None:
    """Inspect, convert and explain."""
    strict_json(run("inspect", run.test, "--json", "-").stdout)
    run("inspect", run.npz)
    folder = run.path("maps")
    done = run(
        "convert", run.test, folder, "--layout-to", "mvtec", refused="map|name|float|defect_type"
    )
    assert folder.exists() == (done.status == 0)
    copy = run.path("copy.npz")
    run("convert", run.test, copy, "--json", run.path("convert.json"))
    strict_json(run.path("convert.json").read_text("utf-8"))
    fit = ["--fit", fits[0], "--validation", run.npz] if fits else []
    explained = run.path("explanation.json")
    run("explain", copy, *fit, "--json", explained)
    strict_json(explained.read_text("utf-8"))


def reported(run: Session, fits: Sequence[Path], result: Path) -> None:
    """Report, set against all that there is: a page that is valid, and draws numbers alone."""
    page = run.path("report.html")
    fit = ["--fit", fits[0], "--allow-overlap", "--validation", run.npz] if fits else []
    run("report", run.test, "-o", page, "--baseline", result, *fit)
    html_document(page.read_text("utf-8"))


def plotted(run: Session, fits: Sequence[Path]) -> None:
    """Plot: every kind of figure."""
    figure, style = run.path("figure.svg"), run.path("quick.mplstyle")
    style.write_text("figure.constrained_layout.use: False\n", "utf-8")  # which takes longest
    for curve, level in PLOTS:
        options = ["--style", style]
        if fits and curve in ("hist", "sweep"):
            options += ["--fit", fits[0]]
        asked = ("--curve", curve, "--level", level, "-o", figure)
        refused = f"has no|no {level}-level"
        if run("plot", run.test, *asked, *options, refused=refused).status == 0:
            ElementTree.parse(figure)
            figure.unlink()


def strict_json(text: str) -> dict[str, object]:
    """JSON as the standard has it: neither NaN nor infinity is a number."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} in JSON")

    document: dict[str, object] = json.loads(text, parse_constant=refuse)
    return document


def html_document(text: str) -> None:
    """HTML that a strict parser takes; its drawings hold numbers alone, its data is strict JSON."""
    html5lib = pytest.importorskip("html5lib")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        tree = parser.parse(text)
    for element in tree.iter():
        for name in ("d", "x", "x1", "y", "width", "points", "transform"):
            drawn = element.attrib.get(name, "")
            assert "nan" not in drawn, (element.tag, name, drawn[:80])
            assert "inf" not in drawn, (element.tag, name, drawn[:80])
        if element.attrib.get("type") == "application/json":
            strict_json("".join(element.itertext()))
