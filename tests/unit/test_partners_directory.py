"""A partners folder loads as a whole or is refused as a whole, with file, line and field (FI-H01)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from parsers.finding import Finding
from partners.directory import load_directory

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGEbkJlYzEt1Ee9ZdRYbL1Vk0DpYPz3l6bZZWvYQ8rBn"

OURS = """\
name = "We"
isa = [{ qualifier = "ZZ", id = "US" }]
"""
DESTINATIONS = """\
[erp]
url = "folder:erp"

[erp-test]
url = "folder:erp-test"
environment = "test"
"""
ACME = """\
name = "Acme"

[x12]
isa = [{ qualifier = "ZZ", id = "ACME" }]

[[channels]]
kind = "sftp_mailbox"
name = "acme-mailbox"
login = "acme"

[[documents]]
document = "order"
standard = "x12"
set = "850"
destination = "erp"
test_destination = "erp-test"
"""
CSV_RULE = """\
name = "Shop"

[[documents]]
document = "order"
standard = "csv"
layout = "orders"
receipt = false
"""
LAYOUT = """\
document = "order"

[grouping]
key = ["order"]

[[columns]]
name = "order"
field = "number"

[[columns]]
name = "quantity"
field = "line.quantity"
type = "decimal"

[[columns]]
name = "item"
field = "line.seller_item"
"""
GOOD = {"ours.toml": OURS, "destinations.toml": DESTINATIONS, "acme/profile.toml": ACME}
TWO_FOLDERS = """\
[[channels]]
kind = "folder"
name = "in1"
path = "in"
[[channels]]
kind = "folder"
name = "in2"
path = "in/"
[[documents]]"""
NO_MAILBOX = ACME.replace("sftp_mailbox", "hand").replace('login = "acme"', "")
GLOBEX = ACME.replace("ACME", "GLOBEX").replace("acme", "globex").replace("Acme", "Globex")


def write(folder: Path, files: Mapping[str, str | None]) -> Path:
    """The good folder with `files` laid over it; None leaves a file out."""
    for name, text in {**GOOD, **files}.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def refused(folder: Path, files: Mapping[str, str | None]) -> tuple[Finding, ...]:
    findings = load_directory(write(folder, files))
    assert isinstance(findings, tuple)
    return findings


def acme(old: str, new: str) -> dict[str, str | None]:
    """The good folder with one line of Acme's profile changed."""
    assert old in ACME
    return {"acme/profile.toml": ACME.replace(old, new)}


REFUSALS: list[tuple[str, dict[str, str | None], str, str, int, str | None]] = [
    ("a missing ours.toml", {"ours.toml": None}, "PRT-001", "ours.toml", 1, None),
    ("a folder without profile", {"globex/readme.md": ""}, "PRT-001", "globex/profile.toml", 1, None),
    ("TOML without quotes", acme('"ZZ"', "ZZ"), "PRT-002", "acme/profile.toml", 4, None),
    ("a number that begins with 0", acme('"850"', "0850"), "PRT-002", "acme/profile.toml", 14, None),
    ("an unfinished file", acme('"erp-test"', '"""'), "PRT-002", "acme/profile.toml", 17, None),
    ("a misspelt key", acme("login", "logon"), "PRT-003", "acme/profile.toml", 9, "channels[1].logon"),
    (
        "an unknown key deep inside",
        acme('id = "ACME"', 'id = "ACME", gs = "A"'),
        "PRT-003",
        "acme/profile.toml",
        4,
        "x12.isa[1].gs",
    ),
    ("a missing key", acme('login = "acme"', ""), "PRT-004", "acme/profile.toml", 6, "channels[1].login"),
    (
        "a missing kind",
        acme('kind = "sftp_mailbox"', ""),
        "PRT-004",
        "acme/profile.toml",
        6,
        "channels[1].kind",
    ),
    ("a number for text", acme('"850"', "850"), "PRT-005", "acme/profile.toml", 14, "documents[1].set"),
    (
        "text for a truth",
        acme('login = "acme"', 'login = "acme"\nenabled = "yes"'),
        "PRT-005",
        "acme/profile.toml",
        10,
        "channels[1].enabled",
    ),
    (
        "a date for text",
        acme('name = "Acme"', "name = 2024-01-01"),
        "PRT-005",
        "acme/profile.toml",
        1,
        "name",
    ),
    ("an unknown kind", acme("sftp_mailbox", "ftp"), "PRT-006", "acme/profile.toml", 7, "channels[1].kind"),
    ("a long qualifier", acme('"ZZ"', '"ZZZ"'), "PRT-006", "acme/profile.toml", 4, "x12.isa[1].qualifier"),
    ("a long id", acme('"ACME"', '"ACME567890123456"'), "PRT-006", "acme/profile.toml", 4, "x12.isa[1].id"),
    (
        "an empty list of ids",
        acme('[{ qualifier = "ZZ", id = "ACME" }]', "[]"),
        "PRT-006",
        "acme/profile.toml",
        4,
        "x12.isa",
    ),
    ("set and document apart", acme('"850"', '"856"'), "PRT-006", "acme/profile.toml", 11, "documents[1]"),
    (
        "an unknown base",
        acme('name = "Acme"', 'name = "Acme"\nextends = "../x"'),
        "PRT-007",
        "acme/profile.toml",
        2,
        "extends",
    ),
    (
        "a circle of bases",
        {
            **acme('name = "Acme"', 'name = "Acme"\nextends = "one"'),
            "_bases/one.toml": 'extends = "two"',
            "_bases/two.toml": 'extends = "one"',
        },
        "PRT-008",
        "_bases/two.toml",
        1,
        "extends",
    ),
    (
        "a folder that is no name",
        {"Globex Inc/profile.toml": GLOBEX},
        "PRT-009",
        "Globex Inc/profile.toml",
        1,
        None,
    ),
    (
        "another partner's name",
        acme('name = "Acme"', 'name = "Acme"\npartner = "globex"'),
        "PRT-010",
        "acme/profile.toml",
        2,
        "partner",
    ),
    (
        "a destination that is a value",
        {"destinations.toml": 'erp = "folder:erp"'},
        "PRT-012",
        "destinations.toml",
        1,
        "erp",
    ),
    (
        "an id used twice",
        {"globex/profile.toml": GLOBEX.replace('"GLOBEX"', '"ACME"')},
        "PRT-020",
        "globex/profile.toml",
        4,
        "x12.isa[1]",
    ),
    ("our own id", acme('"ACME"', '"US"'), "PRT-021", "acme/profile.toml", 4, "x12.isa[1]"),
    (
        "a login used twice",
        {"globex/profile.toml": GLOBEX.replace('login = "globex"', 'login = "acme"')},
        "PRT-022",
        "globex/profile.toml",
        9,
        "channels[1].login",
    ),
    (
        "a channel name used twice",
        {"globex/profile.toml": GLOBEX.replace("globex-mailbox", "acme-mailbox")},
        "PRT-023",
        "globex/profile.toml",
        8,
        "channels[1].name",
    ),
    (
        "a folder watched twice",
        acme(
            "[[documents]]",
            TWO_FOLDERS,
        ),
        "PRT-024",
        "acme/profile.toml",
        18,
        "channels[3].path",
    ),
    (
        "a rule written twice",
        acme(
            "[[documents]]", '[[documents]]\ndocument = "order"\nstandard = "x12"\nset = "850"\n[[documents]]'
        ),
        "PRT-025",
        "acme/profile.toml",
        15,
        "documents[2]",
    ),
    ("no id of ours", {"ours.toml": 'name = "We"'}, "PRT-026", "ours.toml", 1, "isa"),
    (
        "an unknown layout",
        {"shop/profile.toml": CSV_RULE},
        "PRT-030",
        "shop/profile.toml",
        6,
        "documents[1].layout",
    ),
    (
        "a layout of another document",
        {
            "shop/profile.toml": CSV_RULE.replace('"order"', '"ship_notice"'),
            "shop/orders.layout.toml": LAYOUT,
        },
        "PRT-031",
        "shop/profile.toml",
        6,
        "documents[1].layout",
    ),
    (
        "a faulty layout",
        {"shop/profile.toml": CSV_RULE, "shop/orders.layout.toml": LAYOUT + 'colour = "red"'},
        "CSV-003",
        "shop/orders.layout.toml",
        18,
        "columns[3].colour",
    ),
    (
        "an unknown destination",
        acme('"erp"', '"sap"'),
        "PRT-032",
        "acme/profile.toml",
        15,
        "documents[1].destination",
    ),
    (
        "tests sent to production",
        acme('"erp-test"', '"erp"'),
        "PRT-033",
        "acme/profile.toml",
        16,
        "documents[1].test_destination",
    ),
    (
        "production sent to tests",
        acme('"erp"', '"erp-test"'),
        "PRT-033",
        "acme/profile.toml",
        15,
        "documents[1].destination",
    ),
    (
        "an unknown sender",
        acme('login = "acme"', 'login = "acme"\nsenders = ["acme", "globex"]'),
        "PRT-034",
        "acme/profile.toml",
        10,
        "channels[1].senders[2]",
    ),
    (
        "answers without a mailbox",
        {"acme/profile.toml": NO_MAILBOX},
        "PRT-035",
        "acme/profile.toml",
        3,
        "x12.acknowledge.to",
    ),
    (
        "a 999 in a version that has none",
        acme(
            "[x12]",
            '[x12]\nacknowledge = { functional = "999", version = "004010" }',
        ),
        "PRT-120",
        "acme/profile.toml",
        4,
        "x12.acknowledge.functional",
    ),
    (
        "X12 without its settings",
        acme('[x12]\nisa = [{ qualifier = "ZZ", id = "ACME" }]', ""),
        "PRT-036",
        "acme/profile.toml",
        12,
        "documents[1].standard",
    ),
    (
        "a receipt without a mailbox",
        {"shop/profile.toml": CSV_RULE.replace("receipt = false", ""), "shop/orders.layout.toml": LAYOUT},
        "PRT-037",
        "shop/profile.toml",
        3,
        "documents[1].receipt",
    ),
    (
        "a broken key file",
        {"acme/keys/desk.pub": f"{ED25519} desk\n\nssh-ed25519 AAAA broken\n"},
        "PRT-040",
        "acme/keys/desk.pub",
        3,
        None,
    ),
]


@pytest.mark.parametrize(
    ("files", "code", "file", "line", "field"),
    [row[1:] for row in REFUSALS],
    ids=[row[0] for row in REFUSALS],
)
def test_a_fault_is_refused_with_file_line_and_field(
    tmp_path: Path, files: dict[str, str | None], code: str, file: str, line: int, field: str | None
) -> None:
    findings = refused(tmp_path, files)
    matching = [finding for finding in findings if finding.code == code]
    assert len(matching) == 1, [finding.message for finding in findings]
    finding = matching[0]
    assert file in finding.message
    assert finding.location.row == line
    assert finding.location.column == field
    assert finding.remedy
    assert "None" not in finding.message


def test_every_fault_of_every_partner_is_told_at_once(tmp_path: Path) -> None:
    findings = refused(
        tmp_path,
        {
            "acme/profile.toml": ACME.replace("login", "logon"),
            "globex/profile.toml": GLOBEX.replace('"850"', "850"),
        },
    )
    assert {finding.code for finding in findings} == {"PRT-003", "PRT-004", "PRT-005"}


@pytest.mark.parametrize("text", ["x = " + "9" * 5_000, "x = " + "[" * 5_000])
def test_toml_beyond_all_bounds_is_refused_like_any_other(tmp_path: Path, text: str) -> None:
    assert [finding.code for finding in refused(tmp_path, {"acme/profile.toml": text})] == ["PRT-002"]


def test_a_misspelt_key_is_answered_with_the_key_that_was_meant(tmp_path: Path) -> None:
    finding = refused(tmp_path, acme("test_destination", "test_destinaton"))[0]
    assert "Did you mean test_destination?" in finding.message


def test_a_fault_of_a_base_is_told_once_however_many_extend_it(tmp_path: Path) -> None:
    files: dict[str, str | None] = {
        "_bases/odd.toml": "colour = 1",
        "acme/profile.toml": 'extends = "odd"\n' + ACME,
        "globex/profile.toml": 'extends = "odd"\n' + GLOBEX,
    }
    findings = refused(tmp_path, files)
    assert [(finding.code, finding.location.row) for finding in findings] == [("PRT-003", 1)]
    assert findings[0].message.startswith("_bases/odd.toml line 1")


@pytest.mark.parametrize(
    "line",
    [
        'password = "hunter2-secret"',
        "password = 1234567890",
        'pasword = "hunter2-secret"',
        'password = ["hunter2"]',
    ],
)
def test_a_secret_written_into_a_profile_is_refused_and_never_repeated(tmp_path: Path, line: str) -> None:
    findings = refused(tmp_path, acme('login = "acme"', f'login = "acme"\n{line}'))
    said = "".join(str(finding) for finding in findings)
    assert findings
    assert "hunter2" not in said
    assert "1234567890" not in said


@pytest.mark.parametrize(
    "table",
    [
        '[erp]\nurl = "https://user:hunter2@erp.example/orders"',
        '[erp]\nurl = "sftp://user:hunter2@erp.example/in"',
        '[erp]\nurl = "https://erp.example/"\nhttp.auth_header = "Authorization: Bearer hunter2"',
    ],
)
def test_a_secret_written_into_a_destination_is_refused_and_never_repeated(
    tmp_path: Path, table: str
) -> None:
    findings = refused(tmp_path, {"destinations.toml": table})
    assert "PRT-011" in {finding.code for finding in findings}
    assert "hunter2" not in "".join(str(finding) for finding in findings)


def test_each_rule_that_names_a_layout_is_checked_against_it(tmp_path: Path) -> None:
    invoices = '[[documents]]\ndocument = "invoice"\nstandard = "csv"\nlayout = "orders"\nreceipt = false\n'
    orders = invoices.replace("invoice", "order") + 'file_pattern = "o*"\n'
    profile = f'name = "Shop"\n{invoices}{orders}'
    findings = refused(tmp_path, {"shop/profile.toml": profile, "shop/orders.layout.toml": LAYOUT})
    assert [(finding.code, finding.location.row) for finding in findings] == [("PRT-031", 5)]
