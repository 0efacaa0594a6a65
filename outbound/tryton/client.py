"""Tryton's REST API for one company, with an application key: search, create, change, press buttons.

Tryton says in words what it does not accept (400); those words reach the person who must look.
"""

from __future__ import annotations

import datetime
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from outbound.connector import Refused, TryLater
from outbound.http_answers import Answer, refusal_of
from outbound.http_door import HttpDoor, Request
from outbound.refusals import Words, refused, try_later

#: A record as Tryton shows it: the fields asked for, a related record as a record of its own.
Record = Mapping[str, Any]
Domain = Sequence[object]


class Tryton:
    """One database. company: its company's name or code, "" if there is only one.

    accept_warnings: whether what Tryton only warns of is done all the same.
    before: called before each request. Every method raises TryLater or Refused. Safe for threads.
    """

    def __init__(
        self,
        door: HttpDoor,
        company: str = "",
        *,
        accept_warnings: bool = False,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self._door = door
        self._before = before
        self._company_name = company
        self._accept_warnings = accept_warnings
        self._company: Record | None = None

    @property
    def company(self) -> Record:
        """The company that documents are booked in: id, party.name, currency."""
        if self._company is None:
            fields = ("party.name", "party.code", "currency.code")
            found = self._read(self._ask("GET", "company.company", fields=fields), "company.company")
            wanted = self._company_name
            fitting = [
                one for one in found if not wanted or wanted in (one["party"]["name"], one["party"]["code"])
            ]
            if len(fitting) != 1:
                names = ", ".join(sorted(one["party"]["name"] for one in found)) or "none"
                raise refused("OUT-101", endpoint_wide=True, wanted=wanted or "one company", names=names)
            self._company = fitting[0]
        return self._company

    def search(self, model: str, domain: Domain, fields: Sequence[str]) -> list[Record]:
        """The records of a domain, oldest first. fields: with dots into related records."""
        return self.page(model, domain, fields)

    def page(
        self,
        model: str,
        domain: Domain,
        fields: Sequence[str],
        *,
        order: Sequence[str] = ("id",),
        limit: int | None = None,
        **context: object,
    ) -> list[Record]:
        """The first `limit` records of a domain, by these fields. context: beside the company."""
        query = {"d": _encoded(domain), "o": _encoded([[field, "ASC"] for field in order])}
        if limit is not None:
            query["s"] = str(limit)
        answer = self._ask("GET", model, query, fields, self._context(**context))
        if answer.status == 400:
            # Tryton finds records first and reads them then: one may have been deleted in between.
            answer = self._ask("GET", model, query, fields, self._context(**context))
        found: list[Record] = self._read(answer, model)
        return found

    def create(self, model: str, values: Record, fields: Sequence[str]) -> Record:
        """Make a record with all that stands in it, in one transaction of Tryton's."""
        return self._change("POST", model, values, fields)

    def update(self, model: str, number: int, values: Record, fields: Sequence[str]) -> Record:
        """Change a record and what stands in it, in one transaction of Tryton's."""
        return self._change("PUT", f"{model}/{number}", values, fields)

    def press(self, model: str, number: int, button: str, fields: Sequence[str]) -> Record:
        """Press a button on a record; the record after it."""
        return self._change("POST", f"{model}/{number}/{button}", {}, fields)

    def delete(self, model: str, number: int) -> None:
        """Remove a record."""
        path = f"{model}/{number}"
        self._read(self._ask("DELETE", path, context=self._context()), path)

    def _change(self, method: str, path: str, values: Record, fields: Sequence[str]) -> Record:
        answer = self._ask(method, path, {}, fields, self._context(), values)
        if answer.status == 400 and self._accept_warnings:
            # REST does not tell a warning from an error: done again without warnings, an error comes back.
            answer = self._ask(method, path, {}, fields, self._context(_skip_warnings=True), values)
        changed: Record = self._read(answer, path)
        return changed

    def _context(self, **more: object) -> Record:
        company = self.company["id"]
        return {"company": company, "companies": [company], **more}

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        fields: Sequence[str] = (),
        context: Record | None = None,
        values: Record | None = None,
    ) -> Answer:
        headers = [
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
            # Without the company the access rules refuse most records.
            ("X-Tryton-Context", _encoded(context or {})),
        ]
        body = b"" if values is None else json.dumps(values, default=_to_json).encode()
        asked = urlencode([*(query or {}).items(), *(("f", field) for field in fields)])
        self._before()
        return self._door.ask(Request(method, headers, body, f"/rest/model/{path}?{asked}"))

    def _read(self, answer: Answer, path: str) -> Any:
        """The JSON of a good answer; else what the answer says instead."""
        if answer.status == 204:
            return {}
        if not 200 <= answer.status < 300:
            raise _no(answer, path)
        fault = "" if answer.whole else "it is longer than the limit"
        try:
            return json.loads(answer.body, object_hook=_from_json, parse_float=Decimal)
        except (ValueError, RecursionError):
            fault = fault or "it is no JSON"
        raise try_later("OUT-038", response=answer.body, endpoint_wide=False, fault=fault, answer="")


def _no(answer: Answer, path: str) -> Refused | TryLater:
    """What an answer that is no success says."""
    if answer.status == 400:
        return refused("OUT-100", response=answer.body, answer=_words(answer.body))
    if answer.status == 404 and "/" in path:
        return try_later("OUT-103", response=answer.body, endpoint_wide=False, record=path)
    if answer.status == 404:
        return refused("OUT-102", response=answer.body, endpoint_wide=True)
    return refusal_of(answer, datetime.datetime.now(datetime.UTC))


def _words(body: bytes) -> Words:
    """Tryton's own message, safe to show to a person (BI-075)."""
    try:
        said = json.loads(body)
        return Words(f"{said['message']} {said['description'] or ''}")
    except (ValueError, KeyError, TypeError):
        return Words(body.decode("utf-8", "replace"))


def _encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value, default=_to_json).encode()).decode("ascii")


def _to_json(value: object) -> object:
    """A value that JSON does not have, as Tryton writes it."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime.datetime):
        fields = ("year", "month", "day", "hour", "minute", "second", "microsecond")
        return {"__class__": "datetime", **{name: getattr(value, name) for name in fields}}
    if isinstance(value, datetime.date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    raise TypeError(f"{type(value).__name__} is nothing that Tryton takes")


def _from_json(value: dict[str, Any]) -> object:
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return datetime.date(value["year"], value["month"], value["day"])
        case "datetime":
            parts = {name: part for name, part in value.items() if name != "__class__"}
            # It names no zone, and is compared with its like only.
            return datetime.datetime(**parts, tzinfo=datetime.UTC)
        case _:
            return value
