"""Partners are found by interchange id, by name and by channel, each with what holds for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from parsers.x12.model import PartyId
from partners.directory import BUNDLED, Directory, load_directory

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
GLOBEX = ACME.replace("ACME", "GLOBEX").replace("acme", "globex").replace("Acme", "Globex")


def write(folder: Path, files: Mapping[str, str | None]) -> Path:
    """The good folder with `files` laid over it; None leaves a file out."""
    for name, text in {**GOOD, **files}.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def loaded(folder: Path, files: Mapping[str, str | None] | None = None) -> Directory:
    directory = load_directory(write(folder, files or {}))
    assert isinstance(directory, Directory), [finding.message for finding in directory]
    return directory


def acme(old: str, new: str) -> dict[str, str | None]:
    """The good folder with one line of Acme's profile changed."""
    assert old in ACME
    return {"acme/profile.toml": ACME.replace(old, new)}


def test_an_interchange_finds_its_agreement_by_both_ids(tmp_path: Path) -> None:
    directory = loaded(tmp_path)
    agreement = directory.by_isa(PartyId("ZZ", "ACME"), PartyId("ZZ", "US"))
    assert agreement is not None
    assert agreement.partner.partner == "acme"
    assert directory.by_isa(PartyId("01", "ACME"), PartyId("ZZ", "US")) is None
    assert directory.by_isa(PartyId("ZZ", "ACME"), PartyId("ZZ", "THEM")) is None


def test_a_disabled_partner_is_a_stranger_to_interchanges_but_known_by_name(tmp_path: Path) -> None:
    directory = loaded(tmp_path, acme('name = "Acme"', 'name = "Acme"\nenabled = false'))
    assert directory.by_isa(PartyId("ZZ", "ACME"), PartyId("ZZ", "US")) is None
    assert directory.by_partner("acme") is not None
    assert list(directory.open_channels()) == []
    assert directory.channel("acme-mailbox") is not None


def test_a_channel_carries_its_own_partner_unless_it_says_otherwise(tmp_path: Path) -> None:
    directory = loaded(
        tmp_path,
        {"globex/profile.toml": GLOBEX.replace('login = "globex"', 'login = "van"\nsenders = ["acme"]')},
    )
    senders = {profile.partner: channel.senders for profile, channel in directory.open_channels()}
    assert senders == {"acme": ("acme",), "globex": ("acme",)}


def test_keys_of_the_folder_join_those_of_the_profile(tmp_path: Path) -> None:
    second = ED25519.replace("GEbk", "GEbl")
    directory = loaded(
        tmp_path,
        {
            **acme('login = "acme"', f'login = "acme"\npublic_keys = ["{ED25519}"]'),
            "acme/keys/a.pub": f"# the EDI desk\n{ED25519}\n",
            "acme/keys/b.pub": f"{second} night shift\n",
        },
    )
    found = directory.channel("acme-mailbox")
    assert found is not None
    assert found[1].model_dump()["public_keys"] == (ED25519, f"{second} night shift")


def test_a_layout_is_found_by_the_rule_that_names_it(tmp_path: Path) -> None:
    directory = loaded(tmp_path, {"shop/profile.toml": CSV_RULE, "shop/orders.layout.toml": LAYOUT})
    agreement = directory.by_partner("shop")
    assert agreement is not None
    rule = agreement.rule_for_file("ORDERS 1.CSV")
    assert rule is not None
    assert directory.layout("shop", rule.layout or "").document == "order"


def test_the_version_changes_with_anything_that_changes_a_reading(tmp_path: Path) -> None:
    def version(files: Mapping[str, str | None]) -> str:
        agreement = loaded(
            tmp_path, {"shop/profile.toml": CSV_RULE, "shop/orders.layout.toml": LAYOUT, **files}
        ).by_partner("shop")
        assert agreement is not None
        return agreement.profile_version

    first = version({})
    changes: list[dict[str, str | None]] = [
        {"shop/profile.toml": CSV_RULE.replace("Shop", "Store")},
        {"shop/orders.layout.toml": LAYOUT + "required = true\n"},
        {"ours.toml": OURS.replace('"US"', '"WE"')},
    ]
    assert len({first, *(version(change) for change in changes)}) == 4
    assert version({"shop/profile.toml": "# a remark\n" + CSV_RULE}) == first
    assert version({"acme/profile.toml": ACME.replace("Acme", "Acme Inc")}) == first


def test_a_hidden_folder_is_no_partner(tmp_path: Path) -> None:
    directory = loaded(tmp_path, {".git/config": "", "_old/profile.toml": "nothing"})
    assert [profile.partner for profile in directory.partners] == ["acme"]


def test_a_rule_that_names_versions_comes_before_one_for_all(tmp_path: Path) -> None:
    special = '[[documents]]\ndocument = "order"\nstandard = "x12"\nset = "850"\nversions = ["004010"]\n'
    agreement = loaded(tmp_path, {"acme/profile.toml": ACME + special}).by_partner("acme")
    assert agreement is not None
    fourth = agreement.rule_for("x12", "850", "004010VICS")
    fifth = agreement.rule_for("x12", "850", "005010")
    assert fourth is not None
    assert fourth.versions == ("004010",)
    assert fifth is not None
    assert fifth.versions == ()
    assert agreement.rule_for("x12", "856", "004010") is None


def test_the_bundled_samples_load_and_are_of_five_kinds() -> None:
    directory = load_directory(BUNDLED)
    assert isinstance(directory, Directory)
    kinds = {
        profile.partner: (
            [channel.kind for channel in profile.channels],
            [rule.document for rule in profile.documents],
        )
        for profile in directory.partners
    }
    assert kinds == {
        "acme-retail": (["sftp_mailbox"], ["order", "order_change", "remittance"]),
        "corner-bikes": (["sftp_mailbox"], ["order"]),
        "delta-supply": (
            ["sftp_mailbox"],
            ["ship_notice", "invoice", "order_response", "order_change_response", "inventory"],
        ),
        "harbor-distribution": (["s3", "hand"], ["order"]),
        "rhein-teile": (["sftp_mailbox"], ["ship_notice", "invoice"]),
        "summit-outfitters": (["sftp_mailbox"], ["order", "order_change", "remittance"]),
    }
