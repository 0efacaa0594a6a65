"""What a profile may say, and what it answers to those who ask."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from parsers.x12.model import PartyId, Separators
from partners.destinations import Destination, RetrySettings
from partners.profile import (
    AckPolicy,
    Agreement,
    DocumentRule,
    InterchangeId,
    OurIdentity,
    PartnerProfile,
    Schedule,
)
from partners.values import PublicKey, SecretRef, Slug

RECEIVED = Separators("|", ":", "\n", "^", "")
RULE: dict[str, Any] = {"document": "order", "standard": "x12", "set": "850"}


def agreement(*rules: dict[str, Any]) -> Agreement:
    documents = tuple(DocumentRule.model_validate(rule) for rule in rules)
    partner = PartnerProfile(partner="acme", name="Acme", documents=documents)
    return Agreement(OurIdentity(name="We"), partner, None, "")


@pytest.mark.parametrize("slug", ["", "a", "-a", "A1", "a b", "a/b", "..", "a" * 64, "acme\n", "äb"])
def test_a_name_that_is_no_slug_is_refused(slug: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Slug).validate_python(slug)


@pytest.mark.parametrize("slug", ["ab", "0a", "a-b_c", "a" * 63])
def test_a_slug_is_taken_as_it_is(slug: str) -> None:
    assert TypeAdapter(Slug).validate_python(slug) == slug


@pytest.mark.parametrize(
    "reference", ["", "env:", "env:1A", "env:A B", "file:", "file:a\nb", "vault:x", "ENV:A", "hunter2"]
)
def test_what_names_no_secret_is_refused(reference: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SecretRef).validate_python(reference)


@pytest.mark.parametrize(
    "line",
    [
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        "ssh-dss AAAAB3NzaC1kc3MAAACBAA==",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIGEbkJlYzEt1Ee9ZdRYbL1Vk0DpYPz3l6bZZWvYQ8rBn",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGEbkJlYzEt1Ee9ZdRYbL1Vk0DpYPz3l6bZZWvYQ8rBn a\nssh-rsa b",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
def test_a_line_that_is_no_public_key_is_refused(line: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PublicKey).validate_python(line)


def test_an_interchange_id_is_the_party_of_a_header() -> None:
    assert InterchangeId(qualifier="01", id="ACME EAST").party == PartyId("01", "ACME EAST")


@pytest.mark.parametrize(
    ("qualifier", "identifier"),
    [("Z", "A"), ("zz", "A"), ("ZZZ", "A"), ("ZZ", ""), ("ZZ", "A" * 16), ("ZZ", "A "), ("ZZ", "Ä")],
)
def test_an_interchange_id_that_no_isa_can_hold_is_refused(qualifier: str, identifier: str) -> None:
    with pytest.raises(ValidationError):
        InterchangeId(qualifier=qualifier, id=identifier)


def test_answers_use_the_delimiters_received_unless_the_policy_has_its_own() -> None:
    assert AckPolicy().separators_for(RECEIVED) == RECEIVED
    own = AckPolicy.model_validate({"separators": {"element": "+", "suffix": "\r\n"}})
    assert own.separators_for(RECEIVED) == Separators("+", ">", "~", None, "\r\n")


@pytest.mark.parametrize(
    "separators", [{"element": "~"}, {"element": "A"}, {"segment": " "}, {"element": "**"}, "sent"]
)
def test_delimiters_that_cannot_be_told_apart_are_refused(separators: object) -> None:
    with pytest.raises(ValidationError):
        AckPolicy.model_validate({"separators": separators})


def test_a_file_name_is_filled_from_its_blanks_and_always_safe() -> None:
    policy = AckPolicy(file_name="{partner}-{kind}_{control_number}.edi")
    blanks = {"partner": "acme", "kind": "../997", "control_number": "000000001"}
    assert policy.name_file(blanks) == "acme-.._997_000000001.edi"


@pytest.mark.parametrize(
    "pattern",
    [
        "{kind}.edi",
        "{control_number}/{kind}",
        "{control_number}{name}",
        "{control_number!r}",
        "{control_number:>9}",
        "{0}{control_number}",
        ".{control_number}",
        "{control_number",
        "{control_number} x",
    ],
)
def test_a_file_name_pattern_that_is_not_safe_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        AckPolicy(file_name=pattern)


def test_a_policy_that_never_answers_says_so() -> None:
    assert AckPolicy().answers
    assert AckPolicy(functional="none").answers
    assert not AckPolicy(functional="none", ta1="never").answers


@pytest.mark.parametrize(
    "rule",
    [
        {"document": "order", "standard": "x12"},
        {**RULE, "layout": "orders"},
        {**RULE, "document": "invoice"},
        {"document": "order", "standard": "csv"},
        {"document": "order", "standard": "csv", "layout": "orders", "set": "850"},
        {"document": "order", "standard": "csv", "layout": "orders", "versions": ["004010"]},
        {**RULE, "versions": ["4010"]},
    ],
)
def test_a_rule_that_mixes_standards_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DocumentRule.model_validate(rule)


@pytest.mark.parametrize(
    "schedule",
    [
        {"kind": "every"},
        {"kind": "every", "minutes": 0},
        {"kind": "at_once", "minutes": 5},
        {"kind": "cron", "expression": "* * * *"},
        {"kind": "cron", "expression": "* * * * * *"},
        {"kind": "at_once", "batch_size": 0},
        {"kind": "at_once", "batch_size": True},
    ],
)
def test_a_schedule_that_means_nothing_is_refused(schedule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter[Any](Schedule).validate_python(schedule)


def test_a_version_is_meant_by_its_beginning() -> None:
    fourth = agreement({**RULE, "versions": ["004010"]})
    assert fourth.rule_for("x12", "850", "004010VICS") is not None
    assert fourth.rule_for("x12", "850", "005010") is None
    assert agreement(RULE).rule_for("x12", "850", "005010") is not None
    assert agreement(RULE).rule_for("csv", "850") is None


def test_a_csv_file_is_for_the_first_rule_whose_pattern_fits_whatever_its_case() -> None:
    csv = {"document": "order", "standard": "csv"}
    both = agreement(
        RULE,
        {**csv, "layout": "rush", "file_pattern": "RUSH*.csv"},
        {**csv, "layout": "orders", "file_pattern": "*.csv"},
    )
    names = {"rush-7.CSV": "rush", "orders.csv": "orders", "orders.txt": None}
    for name, layout in names.items():
        rule = both.rule_for_file(name)
        assert (rule.layout if rule else None) == layout


def test_a_destination_names_every_secret_it_needs_and_no_more() -> None:
    destination = Destination.model_validate(
        {"name": "erp", "url": "https://erp.example/", "http": {"hmac_secret": "env:KEY"}}
    )
    assert destination.secrets == {"http.hmac_secret": "env:KEY"}
    assert destination.scheme == "https"


@pytest.mark.parametrize(
    "url", ["https://user@erp.example/", "sftp://edi:pw@erp.example/in", "https://[bad/"]
)
def test_a_url_with_credentials_or_without_sense_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        Destination(name="erp", url=url)


def test_an_sftp_destination_needs_its_options() -> None:
    with pytest.raises(ValidationError, match="host_key"):
        Destination(name="erp", url="sftp://edi@erp.example/in")


def test_the_first_wait_is_no_longer_than_the_longest() -> None:
    with pytest.raises(ValidationError, match="first_s"):
        RetrySettings(first_s=10.0, max_wait_s=5.0)
