"""From a destination to its connector."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from outbound.connector import Connector, Consignment
from outbound.file_drop import FileDrop
from outbound.http_json import HttpJson
from outbound.registry import CONNECTORS, connect
from outbound.s3_drop import S3Drop
from partners.destinations import Destination

ORDER = Consignment("doc-1:v1", "order-1.json", "application/json", b"{}")


def destination(url: str, **values: object) -> Destination:
    return Destination.model_validate({"name": "erp", "url": url, **values})


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("folder:erp", FileDrop),
        ("https://erp.example/orders", HttpJson),
        ("http://erp.example/orders", HttpJson),
        ("s3://bucket/in", S3Drop),
    ],
)
def test_the_scheme_chooses_the_connector(url: str, kind: type[Connector], tmp_path: Path) -> None:
    connector = connect(destination(url), {}, tmp_path)
    assert isinstance(connector, kind)
    connector.close()


def test_a_relative_folder_starts_from_the_home_and_an_absolute_one_does_not(tmp_path: Path) -> None:
    for folder in ("home/erp", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    home = tmp_path / "home"
    assert connect(destination("folder:erp"), {}, home).deliver(ORDER).reference == str(
        home / "erp" / ORDER.file_name
    )
    absolute = destination(f"folder:{tmp_path}/elsewhere")
    assert connect(absolute, {}, home).deliver(ORDER).reference == str(
        tmp_path / "elsewhere" / ORDER.file_name
    )


def test_an_s3_url_that_carries_more_than_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be s3://bucket/prefix"):
        connect(destination("s3://bucket/in?endpoint=x"), {}, tmp_path)


def test_an_unknown_scheme_is_refused_with_those_we_know(tmp_path: Path) -> None:
    unknown = destination("folder:x").model_copy(update={"url": "ftp://erp.example/"})
    with pytest.raises(ValueError, match=re.escape(", ".join(CONNECTORS))):
        connect(unknown, {}, tmp_path)
