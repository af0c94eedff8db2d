"""Every document that a command prints has a schema, and obeys it."""

import json
from importlib.resources import files

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from anomeval.errors import InvalidInputError
from anomeval.reporting.documents import load_schema, read
from tests.evaluator.loops import arrays, written
from tests.support import run_here

KINDS = sorted(
    path.name.removesuffix(".schema.json")
    for path in files("anomeval.reporting").joinpath("schemas").iterdir()
    if path.name.endswith(".json")
)


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """What fit, score, apply and explain print, also with infinite scores; by kind."""
    folder = tmp_path_factory.mktemp("documents")
    whole = arrays(1)
    infinite = arrays(2)
    infinite["pred_score"] = np.where(np.arange(24) == 3, np.inf, infinite["pred_score"])
    val, test = written(folder / "val.h5", whole), written(folder / "test.h5", infinite)
    fit = folder / "fit.json"
    commands = {
        "fit": ["fit", val, "-o", "-"],
        "result": ["score", test, "--fit", fit, "--json", "-"],
        "applied": ["apply", fit, test, "-o", folder / "out.h5", "--json", "-"],
        "explanation": ["explain", test, "--fit", fit, "--json", "-"],
    }
    assert run_here("fit", val, "-o", fit).status == 0
    found = {kind: run_here(*command) for kind, command in commands.items()}
    assert {kind: run.status for kind, run in found.items()} == dict.fromkeys(commands, 0)
    return {kind: run.stdout for kind, run in found.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_and_says_what_it_is_of(kind):
    schema = load_schema(f"anomeval.{kind}/1")
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == schema["properties"]["schema"]["const"] == f"anomeval.{kind}/1"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", ["fit", "result", "applied", "explanation"])
def test_what_a_command_prints_obeys_it(documents, kind):
    document = read(documents[kind], "standard output", f"anomeval.{kind}/1")
    assert set(load_schema(f"anomeval.{kind}/1")["required"]) <= set(document)


@pytest.mark.parametrize("kind", ["fit", "result", "applied", "explanation"])
def test_something_else_does_not(documents, kind):
    for change in ({"surplus": 1}, {"cautions": [{"code": "a"}]}, {"anomeval_version": 1}):
        text = json.dumps(json.loads(documents[kind]) | change)
        with pytest.raises(InvalidInputError, match=next(iter(change))):
            read(text, "edited", f"anomeval.{kind}/1")


def places(value, path=()):
    """Where there is a name: at the top, in objects below, and in the first of each list."""
    if isinstance(value, dict):
        yield from ((*path, name) for name in value)
    entries = value.items() if isinstance(value, dict) else [*enumerate(value)][:1]
    for at, inner in entries:
        if isinstance(inner, dict | list):
            yield from places(inner, (*path, at))


def with_once_more(value, path):
    """The value as JSON, in which the name at that place stands twice, each time the same."""
    at, *rest = path or [None]
    if not path or not isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, list):
        texts = [with_once_more(v, rest if k == at else ()) for k, v in enumerate(value)]
        return f"[{', '.join(texts)}]"
    members = [(k, with_once_more(v, rest if k == at else ())) for k, v in value.items()]
    members += [(at, json.dumps(value[at]))] * (not rest)
    return f"{{{', '.join(f'{json.dumps(k)}: {text}' for k, text in members)}}}"


@pytest.mark.parametrize("kind", ["fit", "result", "applied", "explanation"])
def test_no_name_stands_twice_in_any_object(documents, kind):
    """`json` would take the last one: whoever reads the file sees another number than we."""
    document = json.loads(documents[kind])
    for path in places(document):
        name, text = path[-1], with_once_more(document, path)
        assert json.loads(text) == document
        with pytest.raises(InvalidInputError) as caught:
            read(text, "edited.json", f"anomeval.{kind}/1")
        expected = f"edited.json: has {name!r} twice in one object — keep one of them"
        assert str(caught.value) == expected


def test_commands_refuse_a_name_that_stands_twice(documents, tmp_path):
    """Whichever command reads it."""
    for kind in ("fit", "result"):
        body = documents[kind].strip().removeprefix("{")
        (tmp_path / f"{kind}.json").write_text(f'{{"anomeval_version": "0", {body}')
    fit, result = tmp_path / "fit.json", tmp_path / "result.json"
    sound = tmp_path / "sound.json"
    sound.write_text(documents["result"])
    test = written(tmp_path / "test.h5", arrays(2))
    for command in (
        ["score", test, "--fit", fit],
        ["apply", fit, test, "-o", tmp_path / "out.h5"],
        ["explain", test, "--fit", fit],
        ["report", test, "--fit", fit, "-o", tmp_path / "r.html"],
        ["gate", result, "--min", "image_auroc=0"],
        ["gate", sound, "--baseline", result],
        ["compare", sound, result],
    ):
        done = run_here(*command)
        assert done.status == 3, command
        assert "has 'anomeval_version' twice in one object — keep one" in done.stderr
