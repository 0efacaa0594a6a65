"""What a status server says, read as monitoring reads it."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from prometheus_client.parser import text_string_to_metric_families


def fetch(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and body."""
    url = f"http://127.0.0.1:{port}{path}"
    request = Request(url, method=method)
    try:
        with urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def ready(port: int) -> tuple[int, dict[str, Any]]:
    """What /readyz says."""
    status, body = fetch(port, "/readyz")
    return status, json.loads(body)


def figures(exposed: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }


def figure(exposed: str, name: str, **labels: str) -> float:
    """One sample; 0.0 if it is not there."""
    return figures(exposed).get((f"tradepost_{name}", frozenset(labels.items())), 0.0)
