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
