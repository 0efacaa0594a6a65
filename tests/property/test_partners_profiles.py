"""Random profiles: what is effective can be written down and read again, and nothing raises."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.finding import Finding
from partners.directory import Directory, load_directory
from partners.inheritance import overlay
from partners.profile import PartnerProfile

SLUGS = st.from_regex(r"[a-z0-9][a-z0-9_-]{1,20}", fullmatch=True)
NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=30)
IDS = st.fixed_dictionaries(
    {
        "qualifier": st.from_regex(r"[A-Z0-9]{2}", fullmatch=True),
        "id": st.from_regex(r"[A-Z0-9]{1,15}", fullmatch=True),
    }
)
SEPARATORS = st.permutations("*|~^:>").map(
    lambda marks: {"element": marks[0], "component": marks[1], "segment": marks[2], "repetition": marks[3]}
)
ACKNOWLEDGE = st.fixed_dictionaries(
    {},
    optional={
        "ta1": st.sampled_from(["on_request", "on_error", "on_request_or_error", "always", "never"]),
        "functional": st.sampled_from(["997", "none"]),
        "accepted_sets": st.booleans(),
        "version": st.sampled_from(["received", "004010", "005010X231A1"]),
        "separators": st.one_of(st.just("received"), SEPARATORS),
        "file_name": st.sampled_from(
            ["{control_number}.edi", "{partner}-{kind}-{set}_{control_number}.{date}"]
        ),
        "to": SLUGS,
    },
)
SCHEDULES = st.one_of(
    st.fixed_dictionaries({"kind": st.just("at_once")}, optional={"batch_size": st.integers(1, 10_000)}),
    st.fixed_dictionaries({"kind": st.just("every"), "minutes": st.integers(1, 10_080)}),
    st.fixed_dictionaries({"kind": st.just("cron"), "expression": st.just("0 6 * * mon-fri")}),
)
DOCUMENTS = st.fixed_dictionaries(
    {"standard": st.just("x12"), "document": st.just("order"), "set": st.just("850")},
    optional={
        "versions": st.lists(st.sampled_from(["004010", "005010"]), max_size=2),
        "destination": SLUGS,
        "hold_repeats": st.booleans(),
        "schedule": SCHEDULES,
    },
)
CHANNELS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("sftp_mailbox"), "name": SLUGS, "login": SLUGS}),
    st.fixed_dictionaries(
        {"kind": st.just("folder"), "name": SLUGS, "path": NAMES},
        optional={"stable_s": st.floats(0.1, 1e6), "senders": st.lists(SLUGS, max_size=3)},
    ),
    st.fixed_dictionaries({"kind": st.just("s3"), "name": SLUGS, "url": st.just("s3://bucket/prefix")}),
)
PROFILES = st.fixed_dictionaries(
    {"partner": SLUGS, "name": NAMES},
    optional={
        "enabled": st.booleans(),
        "x12": st.fixed_dictionaries(
            {"isa": st.lists(IDS, min_size=1, max_size=3)}, optional={"acknowledge": ACKNOWLEDGE}
        ),
        "channels": st.lists(CHANNELS, max_size=3),
        "documents": st.lists(DOCUMENTS, max_size=3),
        "notes": NAMES,
    },
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(PROFILES)
def test_an_effective_profile_reads_back_as_itself(data: dict[str, object]) -> None:
    profile = PartnerProfile.model_validate(data)
    assert PartnerProfile.model_validate_json(profile.model_dump_json()) == profile
    assert PartnerProfile.model_validate(json.loads(profile.model_dump_json())) == profile


@settings(derandomize=True, max_examples=60, deadline=None)
@given(PROFILES, PROFILES, PROFILES)
def test_laying_over_is_associative_and_the_last_word_holds(
    base: dict[str, object], family: dict[str, object], partner: dict[str, object]
) -> None:
    nothing: dict[str, object] = {}
    effective = overlay(overlay(base, family), partner)
    assert overlay(base, overlay(family, partner)) == effective
    assert overlay(effective, partner) == effective
    assert overlay(nothing, partner) == overlay(partner, nothing) == partner


@settings(derandomize=True, max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_no_profile_whatever_its_bytes_raises_anything(content: bytes) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours.toml").write_text('name = "We"\n')
        (folder / "acme").mkdir()
        (folder / "acme" / "profile.toml").write_bytes(content)
        result = load_directory(folder)
    assert isinstance(result, tuple)
    assert all(isinstance(finding, Finding) and finding.remedy for finding in result)


VALUES = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-9, 99),
        st.floats(allow_nan=False),
        st.sampled_from(["", "x12", "01", "é"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["kind", "name", "isa", "id", "x"]), inner),
    ),
    max_leaves=6,
)


def inline(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {inline(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(inner) for inner in value) + "]"
    text = json.dumps(value)
    return {"Infinity": "inf", "-Infinity": "-inf"}.get(text, text)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*PartnerProfile.model_fields, "document", "extends", "odd"]), VALUES))
def test_no_profile_of_wrong_values_raises_anything(data: dict[str, object]) -> None:
    text = "".join(f"{key} = {inline(value)}\n" for key, value in data.items())
    tomllib.loads(text)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours.toml").write_text('name = "We"\nisa = [{ qualifier = "ZZ", id = "US" }]\n')
        (folder / "acme").mkdir()
        (folder / "acme" / "profile.toml").write_text(text, "utf-8")
        result = load_directory(folder)
    lines = text.count("\n") + 1
    assert isinstance(result, Directory) or all(1 <= (f.location.row or 0) <= lines for f in result)
