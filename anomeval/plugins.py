"""The door through which metrics, readers and threshold rules come in, built-in ones included.

Three kinds of places offer them:

- anomeval itself;
- installed packages, by entry points of the groups `anomeval.metrics`, `anomeval.readers` and
  `anomeval.thresholds`. `ANOMEVAL_PLUGINS` names the packages that may (commas between them); set
  to nothing it turns all of them off;
- a local file (`--plugin FILE.py`), by its dictionaries METRICS, READERS and THRESHOLDS. It is
  executed, and on no other path does anomeval execute code it was not installed with.

Whatever the place, a name is taken once, what it stands for is checked in the same way, and code of
others is imported when its name is first used.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from anomeval.errors import Problem, UsageError

PLUGINS_VARIABLE = "ANOMEVAL_PLUGINS"
BUILT_IN = "anomeval"
"""The origin of what comes with the package."""

_DICTIONARIES = {
    "anomeval.metrics": "METRICS",
    "anomeval.readers": "READERS",
    "anomeval.thresholds": "THRESHOLDS",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Offer:
    """One name with where it comes from and how to get at what it stands for."""

    name: str
    origin: str
    load: Callable[[], object]


class Registry(Mapping[str, T]):
    """All there is of one kind, by name: first the built-in ones, then those of others.

    Looking a name up raises UsageError where what others offer cannot be loaded, is not of this
    kind, or takes a name twice.
    """

    def __init__(
        self,
        group: str,
        noun: str,
        built_in: Mapping[str, T],
        fault: Callable[[str, Any], str | None],
    ) -> None:
        """Open the door of a group.

        Args:
            group: the entry-point group.
            noun: what messages call one of these.
            built_in: those that come with the package.
            fault: from a name and what it stands for to why that is not of this kind; None = it is.
        """
        self._group = group
        self._noun = noun
        self._fault = fault
        self._built_in = [_offer(name, value, BUILT_IN) for name, value in built_in.items()]
        self._offers: dict[str, Offer] = {}
        self._seen: object = None
        self._loaded: dict[Offer, T] = {}

    def __getitem__(self, name: str) -> T:
        offer = self._current()[name]
        if offer not in self._loaded:
            self._loaded[offer] = self._checked(offer)
        return self._loaded[offer]

    def __contains__(self, name: object) -> bool:
        return name in self._current()

    def __iter__(self) -> Iterator[str]:
        return iter(self._current())

    def __len__(self) -> int:
        return len(self._current())

    def origin(self, name: str) -> str:
        """Where a name comes from: "anomeval", a distribution with its version, or a path."""
        return self._current()[name].origin

    def _current(self) -> dict[str, Offer]:
        """The offers of all places; looked up anew only where these have changed."""
        places = (os.environ.get(PLUGINS_VARIABLE), tuple(_files))
        if places != self._seen:
            self._offers = self._gathered()
            self._seen = places
        return self._offers

    def _gathered(self) -> dict[str, Offer]:
        offers: dict[str, Offer] = {}
        clashes = []
        for offer in (*self._built_in, *_installed(self._group), *_local(self._group)):
            first = offers.setdefault(offer.name, offer)
            if first is not offer:
                clashes.append(self._clash(first, offer))
        if clashes:
            raise UsageError(clashes)
        return offers

    def _clash(self, first: Offer, second: Offer) -> Problem:
        what = f"{self._noun} {second.name!r} comes from {first.origin} and from {second.origin}"
        remedy = f"rename one, or name the packages that may take part in {PLUGINS_VARIABLE}"
        return Problem(what, remedy=remedy)

    def _checked(self, offer: Offer) -> T:
        try:
            value: Any = offer.load()
        except Exception as error:  # whatever code of others may raise
            raise self._unusable(offer, f"{type(error).__name__}: {error}") from error
        fault = self._fault(offer.name, value)
        if fault:
            raise self._unusable(offer, fault)
        loaded: T = value
        return loaded

    def _unusable(self, offer: Offer, why: str) -> UsageError:
        what = f"{self._noun} {offer.name!r} of {offer.origin} cannot be used: {why}"
        remedy = f"mend or uninstall it; {PLUGINS_VARIABLE}= leaves installed plugins out"
        return UsageError(Problem(what, remedy=remedy))


def load_file(path: str | Path) -> None:
    """Execute a Python file, and let what its dictionaries name take part from now on.

    Raises:
        UsageError: it cannot be read or executed, or has none of the dictionaries.
    """
    resolved = Path(path).resolve()
    if any(file.path == resolved for file in _files):
        return
    module = _executed(resolved, str(path))
    if not any(isinstance(vars(module).get(name), Mapping) for name in _DICTIONARIES.values()):
        what = f"offers nothing: it has none of {', '.join(_DICTIONARIES.values())}"
        remedy = "end it with a dictionary such as METRICS = {'my_metric': MyMetric}"
        raise UsageError(Problem(what, str(path), remedy=remedy))
    _files.append(_File(resolved, str(path), module))


@dataclass(frozen=True)
class _File:
    """A local file that takes part. name: its path as typed."""

    path: Path
    name: str
    module: ModuleType


_files: list[_File] = []


def _executed(path: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(f"anomeval_plugin_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise UsageError(Problem("is no Python file", name, remedy="name a file such as mine.py"))
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for the module of a class
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever code of others may raise
        del sys.modules[spec.name]
        what = f"cannot be loaded as a plugin: {type(error).__name__}: {error}"
        raise UsageError(Problem(what, name)) from error
    return module


def _installed(group: str) -> Iterator[Offer]:
    """What installed packages offer, in a fixed order."""
    allowed = os.environ.get(PLUGINS_VARIABLE)
    if allowed is not None and not allowed.strip():
        return
    names = None if allowed is None else {_normal(name) for name in allowed.split(",")}
    for point in sorted(entry_points(group=group), key=lambda point: (_distribution(point), point)):
        if names is None or _normal(_distribution(point)) in names:
            yield Offer(point.name, _installed_origin(point), point.load)


def _local(group: str) -> Iterator[Offer]:
    for file in _files:
        for name, value in vars(file.module).get(_DICTIONARIES[group], {}).items():
            yield _offer(name, value, file.name)


def _offer(name: str, value: object, origin: str) -> Offer:
    return Offer(name, origin, lambda: value)


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _installed_origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _normal(distribution: str) -> str:
    return distribution.strip().lower().replace("_", "-").replace(".", "-")
