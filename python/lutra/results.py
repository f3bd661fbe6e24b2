"""Reads what `lutra run` and a sweep leave in their directories."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any, Optional

import pandas

from lutra._lutra import Error

_TABLES_OF_RUN = ("operators", "energy", "area", "cosim", "steps", "notes")


@dataclass(frozen=True)
class Run:
    """Results of `lutra run`: the summary as a dictionary, and its tables as frames by name."""

    summary: dict[str, Any]
    tables: dict[str, pandas.DataFrame]


@dataclass(frozen=True)
class Sweep:
    """Results of a sweep. `points` has a row a point, indexed by id: status, error, and a column for each parameter, objective, block
    (area_um2.NAME), component (energy_pj.NAME) and class of cycles (cycles.NAME)."""

    document: dict[str, Any]
    points: pandas.DataFrame
    hypervolume: pandas.DataFrame
    references: pandas.DataFrame

    @property
    def front(self) -> pandas.DataFrame:
        """The points that no other one beats in every objective."""
        return self.points.loc[self.document["front"]]


def _error(message: str, file: str, line: int = 0, column: int = 0) -> Error:
    place = file + (f":{line}:{column}" if line else "")
    error = Error(f"{place}: {message}")
    error.file, error.line, error.column = file, line, column
    return error


def _read(directory: str | os.PathLike[str], name: str) -> tuple[dict[str, Any], str]:
    path = os.path.join(os.fspath(directory), name)
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise _error(f"cannot read: {error.strerror}", path) from error
    except json.JSONDecodeError as error:
        raise _error(f"is not JSON: {error.msg}", path, error.lineno, error.colno) from error
    except UnicodeDecodeError as error:
        raise _error("is not JSON: it is not UTF-8 text", path) from error
    if not isinstance(document, dict):
        raise _error("is not a JSON object", path)
    return document, path


def _member(document: dict[str, Any], key: str, kind: type, path: str) -> Any:
    if not isinstance(document.get(key), kind):
        found = "is missing" if key not in document else f"is a {type(document[key]).__name__}"
        raise _error(f"{key} {found}; a {kind.__name__} is wanted", path)
    return document[key]


def read_run(directory: str | os.PathLike[str]) -> Run:
    """Reads summary.json, and details.json where it is there. Raises Error with the file for anything that is not what `lutra run` writes."""
    summary, path = _read(directory, "summary.json")
    for key in ("lutra_version", "config_hash", "model"):
        _member(summary, key, str, path)
    details: dict[str, Any] = {}
    if os.path.exists(os.path.join(os.fspath(directory), "details.json")):
        details, _ = _read(directory, "details.json")
    tables = {name: pandas.DataFrame(details[name]) for name in _TABLES_OF_RUN if isinstance(details.get(name), list)}
    for name in ("energy_components", "not_on_core"):
        if isinstance(summary.get(name), list):
            tables[name] = pandas.DataFrame(summary[name])
    return Run(summary, tables)


def _row(point: Any, index: int, path: str) -> dict[str, Any]:
    if not isinstance(point, dict):
        raise _error(f"points[{index}] is no object", path)
    row: dict[str, Any] = {"id": point.get("id"), "status": point.get("status"), "error": point.get("error", "")}
    for group in ("parameters", "objectives"):
        row.update(point.get(group) or {})
    for group in ("area_um2", "energy_pj", "cycles"):
        row.update({f"{group}.{name}": value for name, value in (point.get(group) or {}).items()})
    return row


def read_sweep(directory: str | os.PathLike[str]) -> Sweep:
    """Reads sweep.json (docs/report.md). Raises Error with the file and what is wrong in it."""
    document, path = _read(directory, "sweep.json")
    points: list[Any] = _member(document, "points", list, path)
    front: list[Any] = _member(document, "front", list, path)
    frame = pandas.DataFrame([_row(p, i, path) for i, p in enumerate(points)], columns=None if points else ["id", "status", "error"])
    frame = frame.set_index("id")
    if not frame.index.is_unique:
        raise _error("points: an id stands there twice", path)
    strangers = [i for i in front if i not in frame.index]
    if strangers:
        raise _error(f"front: {strangers[0]} is no point's id", path)
    optional: list[Optional[pandas.DataFrame]] = [pandas.DataFrame(document.get(key) or []) for key in ("hypervolume", "references")]
    return Sweep(document, frame, *optional)
