"""Tryton as its own desktop client speaks to it: what tests set up with, and look into Tryton with.

    rpc = TrytonRpc("http://127.0.0.1:8000", "millbrook", PASSWORD)
    rpc.read("sale.sale", [("reference", "=", "4501000101")], ["state", "party.code", "lines.quantity"])

It shares no code with the connector that the tests are about.
"""

from __future__ import annotations

import base64
import datetime
import http.client
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

TIMEOUT_S = 60


class TrytonFault(Exception):
    """What Tryton says instead of an answer."""


class TrytonRpc:
    """A session of one user."""

    def __init__(self, url: str, database: str, password: str, user: str = "admin") -> None:
        self._host = url.removeprefix("http://")
        self._database = database
        self._authorization = ""
        self.context: dict[str, Any] = {}
        user_id, token, *_ = self.call("common.db.login", user, {"password": password}, context=None)
        session = base64.b64encode(f"{user}:{user_id}:{token}".encode()).decode()
        self._authorization = f"Session {session}"

    def call(self, method: str, *params: object, context: Mapping[str, Any] | None = {}) -> Any:
        """Call a method. context: beside that of the session; None for the few methods that take none."""
        given = list(params) if context is None else [*params, {**self.context, **context}]
        answer = self.post("rpc/", {"id": 1, "method": method, "params": given})
        if "error" in answer:
            raise TrytonFault(f"{method}: {answer['error']}")
        return answer["result"]

    def post(self, path: str, value: object) -> Any:
        """POST JSON below the database; the JSON that comes back."""
        headers = {"Content-Type": "application/json"}
        if self._authorization:
            headers["Authorization"] = self._authorization
        body = json.dumps(value, default=_to_json)
        with closing(http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", f"/{self._database}/{path}", body, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != http.client.OK:
                raise TrytonFault(f"{path}: {answer.status} {content[:500]!r}")
        return json.loads(content, object_hook=_from_json)

    def create(self, model: str, *values: Mapping[str, Any]) -> list[int]:
        """Create records; their ids."""
        ids: list[int] = self.call(f"model.{model}.create", list(values))
        return ids

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        """Change records."""
        self.call(f"model.{model}.write", list(ids), values)

    def press(self, model: str, button: str, *ids: int) -> None:
        """Press a button on records."""
        self.call(f"model.{model}.{button}", list(ids))

    def find(self, model: str, *domain: object) -> int:
        """The only record of a domain. Raises TrytonFault if there is none, or several."""
        ids = self.call(f"model.{model}.search", list(domain), 0, 2, None)
        if len(ids) != 1:
            raise TrytonFault(f"{len(ids)} {model} for {domain}")
        found: int = ids[0]
        return found

    def read(self, model: str, domain: Sequence[object], fields: Sequence[str]) -> list[dict[str, Any]]:
        """The records of a domain in the order they were made; fields may go over one record to another."""
        rows = self.call(f"model.{model}.search_read", list(domain), 0, None, [["id", "ASC"]], list(fields))
        return [_flat(row) for row in rows]

    def count(self, model: str, *domain: object) -> int:
        """How many records there are of a domain."""
        number: int = self.call(f"model.{model}.search_count", list(domain))
        return number


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with {"party.": {"code": …}} told as {"party.code": …}."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if key.endswith(".") and isinstance(value, Mapping):
            flat.update({f"{key}{name}": inner for name, inner in _flat(value).items()})
        elif key.endswith(".") and value:
            flat[key[:-1]] = [_flat(inner) for inner in value]
        else:
            flat[key] = value
    return flat


def _to_json(value: object) -> object:
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, datetime.date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} is nothing that Tryton takes")


def _from_json(value: dict[str, Any]) -> object:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return datetime.date(value["year"], value["month"], value["day"])
        case "timedelta":
            return datetime.timedelta(seconds=value["seconds"])
    return value
