"""What a module may know of the others, and that it says what it is for."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import anomeval

PACKAGE = Path(anomeval.__file__).parent
LAYERS = (
    "counting",
    "predictions",
    "ranking",
    "evidence",
    "judging",
    "metrics",
    "uncertainty",
    "reporting",
    "gates",
    "workflows",
    "torch",
    "evaluator",
    "cli",
)
"""Folders from the bottom up: each may import itself and what stands before it."""

FOUNDATION = (
    "errors",
    "names",
    "image_names",
    "json_objects",
    "atomic",
    "parallel",
    "plugins",
    "version",
)
"""Modules that anyone may import; they import nothing of the package but each other."""

FRONT = ("__init__", "__main__")
"""Modules that pass on names from anywhere."""

OPTIONAL = ("torch", "lightning", "pytorch_lightning", "matplotlib")
"""Packages that not everyone has: imported at module level in the folder of that name at most."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef

SOURCES = sorted(PACKAGE.rglob("*.py"))


def home(source: Path) -> str:
    """The layer or top-level module that a file belongs to."""
    return source.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """The full names of all modules that a syntax tree imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "modules are imported by their full names"
            yield node.module or ""
            if node.module == "anomeval":
                yield from (f"anomeval.{alias.name}" for alias in node.names)


def at_module_level(source: Path) -> ast.Module:
    """A file without the bodies of functions and without what only type checkers see."""
    tree = parsed(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
            isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        ):
            node.body = [ast.Pass()]
    return tree


def parsed(source: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(source.read_text("utf-8"))


def violations(rule: Callable[[Path], list[str]]) -> dict[str, list[str]]:
    """What breaks a rule, by file; files that keep it are left out."""
    found = {str(source.relative_to(PACKAGE)): rule(source) for source in SOURCES}
    return {name: wrong for name, wrong in found.items() if wrong}


def test_imports_point_down() -> None:
    """A module knows its own layer, those below, and the foundation."""

    def upward(source: Path) -> list[str]:
        layer = home(source)
        if layer in FRONT:
            return []
        below = () if layer in FOUNDATION else LAYERS[: LAYERS.index(layer) + 1]
        ours = [name.split(".") for name in imported(parsed(source)) if name[:9] == "anomeval."]
        return [".".join(parts) for parts in ours if parts[1] not in (*below, *FOUNDATION)]

    assert violations(upward) == {}


def test_every_folder_has_its_place() -> None:
    """A new folder is a decision about layers."""
    assert {home(source) for source in SOURCES} <= {*LAYERS, *FOUNDATION, *FRONT}


def test_optional_packages_are_imported_where_they_are_used() -> None:
    """Who has no torch can still do everything else."""

    def optional(source: Path) -> list[str]:
        if home(source) in OPTIONAL:
            return []
        roots = {name.split(".")[0] for name in imported(at_module_level(source))}
        return sorted(roots.intersection(OPTIONAL))

    assert violations(optional) == {}


def test_click_is_left_to_typer() -> None:
    """The command line is written in typer alone, which may or may not be built on click."""
    roots = {name.split(".")[0] for source in SOURCES for name in imported(parsed(source))}
    assert "typer" in roots
    assert "click" not in roots


def public(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """The module, and its classes and functions with names for others."""
    yield "module", tree
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node.name, node


def test_whatever_is_public_says_what_it_is_for() -> None:
    """Every module, public class and public function has a docstring."""

    def silent(source: Path) -> list[str]:
        nodes = public(parsed(source))
        return [name for name, node in nodes if not ast.get_docstring(node)]

    assert violations(silent) == {}


@pytest.mark.parametrize("name", anomeval.__all__)
def test_every_public_name_is_there(name: str) -> None:
    """What the package promises can be imported, and the promise is kept in one list."""
    assert getattr(anomeval, name) is not None
    assert name in dir(anomeval)


def test_no_other_name_is_promised() -> None:
    """A wrong name is an AttributeError as of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'evaluate'"):
        _ = anomeval.evaluate
