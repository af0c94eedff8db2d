"""Numbers as people read them. The exact ones are in the JSON."""

from collections.abc import Container, Iterable
from dataclasses import dataclass

_USUAL_PLACES = 4
_WIDE = 1e6  # from here on places are too many digits
_UP_TO = "\N{EN DASH}"
_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class ValueStyle:
    """How metric values are written.

    places: digits after the point; None: 4, or 2 in percent. percent: 98.70 instead of 0.9870.
    """

    places: int | None = None
    percent: bool = False

    def value(self, value: float) -> str:
        """One value."""
        return self._text(value, self._places)

    def interval(self, low: float, high: float) -> str:
        """Both ends, with a digit less than values have: they are not that certain."""
        places = max(self._places - 1, 0)
        return f"{self._text(low, places)}{_UP_TO}{self._text(high, places)}"

    def signed(self, value: float) -> str:
        """A difference, with its sign; ± where all digits are zero."""
        return self._signed(value, self._places)

    def signed_interval(self, low: float, high: float) -> str:
        """Both ends of an interval of a difference, with a digit less than values have."""
        places = max(self._places - 1, 0)
        return f"{self._signed(low, places)}…{self._signed(high, places)}"

    @property
    def unit(self) -> str:
        """What to add to the name of what is shown."""
        return ", %" if self.percent else ""

    @property
    def _places(self) -> int:
        if self.places is not None:
            return self.places
        return _USUAL_PLACES - 2 if self.percent else _USUAL_PLACES

    def _signed(self, value: float, places: int) -> str:
        text = self._text(abs(value), places)
        if not float(text):
            return f"±{text}"
        return ("+" if value > 0 else _MINUS) + text

    def _text(self, value: float, places: int) -> str:
        shown = value * 100 if self.percent else value
        return f"{shown:z.{places}f}" if abs(shown) < _WIDE else score_text(shown)


def score_text(score: float) -> str:
    """A raw score: scales differ, so significant digits instead of places."""
    return f"{score:.6g}"


def score_texts(scores: Iterable[float | None], whole: Container[float] = ()) -> list[str]:
    """Raw scores that stand below each other, points aligned; None is empty.

    Args:
        scores: what to write.
        whole: those of which all digits are shown, see `alike`.
    """
    scores = list(scores)
    texts = ["" if score is None else score_text(score) for score in scores]
    if not any("e" in text for text in texts):
        places = max((len(text.partition(".")[2]) for text in texts), default=0)
        texts = ["" if score is None else f"{score:.{places}f}" for score in scores]
    pairs = zip(texts, scores, strict=True)
    return [repr(score) if score is not None and score in whole else text for text, score in pairs]


def texts_apart(*scores: float) -> list[str]:
    """Raw scores within a sentence; where two that differ would read alike, all their digits."""
    whole = alike(scores)
    return [repr(score) if score in whole else score_text(score) for score in scores]


def alike(scores: Iterable[float | None]) -> set[float]:
    """Those of some raw scores that would read like another one, which differs."""
    reading: dict[str, set[float]] = {}
    for score in scores:
        if score is not None:
            reading.setdefault(score_text(score), set()).add(score)
    return {score for several in reading.values() if len(several) > 1 for score in several}


def count_text(count: int) -> str:
    """A count with its thousands apart: 12,345."""
    return f"{count:,}"


def share_text(part: int, whole: int) -> str:
    """A share in percent, with two significant digits where it is small."""
    share = 100 * part / whole
    return f"{share:.0f} %" if share >= 10 or share == 0 else f"{share:.2g} %"


def counted(count: int, noun: str) -> str:
    """1 image, 12,345 images, 2 categories."""
    if count == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count_text(count)} {plural}"
