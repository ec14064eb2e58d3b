from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from support.golden import Golden

from reconciler.manifest.schema import manifest_schema

SCHEMA = Path(__file__).parents[2] / "schemas" / "manifest.schema.json"


def test_the_published_schema_is_current(golden: Golden) -> None:
    golden(SCHEMA, json.dumps(manifest_schema(), indent=2, sort_keys=True) + "\n")
