"""The presets explained, as something to print."""

from collections.abc import Iterable

from anomeval.metrics.presets import Preset
from anomeval.reporting.cells import Line
from anomeval.reporting.grid import QUIET, STRONG
from anomeval.reporting.paragraphs import listed, wrapped
from anomeval.reporting.sheet import Sheet, stacked

_HINT = "`anomeval score TEST --preset NAME`; further metrics can be added with --metrics."


def preset_list(presets: Iterable[Preset], *, width: int | None = None) -> Sheet:
    """Presets, each with what it computes, whose definition it is, and what is unsure of it."""
    return Sheet(lambda cells: _lines(presets, cells), width)


def _lines(presets: Iterable[Preset], width: int) -> list[Line]:
    hint: list[Line] = [[(line, QUIET)] for line in wrapped(_HINT, width)]
    return stacked(*(_preset_lines(preset, width) for preset in presets), hint)


def _preset_lines(preset: Preset, width: int) -> list[Line]:
    facts = {
        "metrics": ", ".join(preset.metrics),
        "basis": preset.basis,
        "unsure": preset.unsure,
        "left out": preset.left_out,
    }
    rows = [[(f"  {name}", QUIET), (text, "")] for name, text in facts.items() if text]
    head: list[Line] = [[(preset.name, STRONG)]]
    title: list[Line] = [[(line, "")] for line in wrapped(preset.title, width)]
    return [*head, *title, *listed(rows, width)]
