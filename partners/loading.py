"""Reads a partners folder, file by file, each checked by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import ValidationError

from parsers.delimited.layout import Layout, parse_layout
from parsers.finding import Finding
from parsers.toml_lines import TomlPath
from parsers.x12.dictionary import Dictionary, standard
from parsers.x12.own_tables import load_tables
from partners.crosswalk import Crosswalk, read_crosswalk
from partners.destinations import Destination
from partners.faults import fault, refusals
from partners.inheritance import DOCUMENT_DEFAULTS, Chain, Source
from partners.mappings import MAPPING_SUFFIX, MappingFile
from partners.profile import DocumentRule, OurIdentity, PartnerProfile
from partners.sources import Bases, read_keys, read_source, read_text
from partners.values import SLUG, Model

PROFILE_FILE = "profile.toml"
OURS_FILE = "ours.toml"
DESTINATIONS_FILE = "destinations.toml"
LAYOUT_SUFFIX = ".layout.toml"
#: Keys of a destination that are never written: the heading and the mapping's file give them.
GIVEN = frozenset({"name", "mapped"})
#: Folder of X12 tables of our own.
TABLES_FOLDER = "_x12"

Findings = tuple[Finding, ...]
Value = TypeVar("Value")
AnyModel = TypeVar("AnyModel", bound=Model)


@dataclass(frozen=True, slots=True)
class Sourced(Generic[Value]):
    """A value and the file it was read from."""

    value: Value
    source: Source


@dataclass(frozen=True, slots=True)
class LayoutFile:
    """A layout and its text as written."""

    layout: Layout
    text: str


@dataclass(frozen=True, slots=True)
class Member:
    """One partner as its folder says. layouts: those its rules name. crosswalk: its codes and ours."""

    profile: PartnerProfile
    chain: Chain
    layouts: Mapping[str, LayoutFile]
    crosswalk: Crosswalk

    def snapshot(self, ours: OurIdentity, tables: str) -> str:
        """All that the reading of this partner's files depends on, as JSON with sorted keys.

        tables: version of our own X12 tables, "" if there are none.
        """
        return json.dumps(
            {
                "ours": ours.model_dump(mode="json"),
                "partner": self.profile.model_dump(mode="json"),
                "layouts": {name: file.text for name, file in self.layouts.items()},
                **({"tables": tables} if tables else {}),
            },
            sort_keys=True,
            ensure_ascii=False,
        )


@dataclass(frozen=True, slots=True)
class Everything:
    """A partners folder whose files are each right by themselves; members in the order of their names.

    dictionary: the X12 standard, with our own tables over it.
    """

    ours: Sourced[OurIdentity]
    destinations: Sourced[Mapping[str, Destination]]
    members: Mapping[str, Member]
    dictionary: Dictionary


def read_everything(folder: Path, bases: Mapping[str, Path]) -> Everything | Findings:
    """Every file of a partners folder; or everything that is wrong with any of them.

    bases: folders of bases by the name they have in findings, the preferred one last.
    """
    known_bases = Bases(bases)
    ours = _read_ours(folder / OURS_FILE)
    mappings = _read_mappings(folder)
    destinations = _read_destinations(
        folder / DESTINATIONS_FILE, {} if isinstance(mappings, tuple) else mappings
    )
    members = {path.name: _read_member(path, known_bases) for path in _partner_folders(folder)}
    tables = (
        load_tables(folder / TABLES_FOLDER, f"{TABLES_FOLDER}/")
        if (folder / TABLES_FOLDER).is_dir()
        else standard()
    )
    parts = (ours, mappings, destinations, tables, *members.values())
    faults = [part for part in parts if isinstance(part, tuple)]
    if faults or isinstance(ours, tuple) or isinstance(destinations, tuple) or isinstance(tables, tuple):
        return _each_once(finding for part in faults for finding in part)
    whole = {name: member for name, member in members.items() if isinstance(member, Member)}
    return Everything(ours, destinations, whole, tables)


def _each_once(findings: Iterable[Finding]) -> Findings:
    """A fault of a base is met by every partner that extends it, and told once."""
    return tuple({finding.message: finding for finding in findings}.values())


def _partner_folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if path.is_dir() and path.name[0] not in "._")


def _read_ours(path: Path) -> Sourced[OurIdentity] | Findings:
    source = read_source(path, path.name)
    if isinstance(source, Finding):
        return (source,)
    ours = _model(OurIdentity, source.data, Chain((source,)))
    return ours if isinstance(ours, tuple) else Sourced(ours, source)


def _read_mappings(folder: Path) -> dict[str, MappingFile] | Findings:
    """Every mapping of the folder by name."""
    mappings: dict[str, MappingFile] = {}
    faults: list[Finding] = []
    for path in sorted(folder.glob(f"*{MAPPING_SUFFIX}")):
        source = read_source(path, path.name)
        mapping = (
            (source,) if isinstance(source, Finding) else _model(MappingFile, source.data, Chain((source,)))
        )
        if isinstance(mapping, tuple):
            faults += mapping
        else:
            mappings[path.name.removesuffix(MAPPING_SUFFIX)] = mapping
    return tuple(faults) or mappings


def _read_destinations(
    path: Path, mappings: Mapping[str, MappingFile]
) -> Sourced[Mapping[str, Destination]] | Findings:
    source = read_source(path, path.name) if path.exists() else Source(path.name, "", {})
    if isinstance(source, Finding):
        return (source,)
    chain = Chain((source,))
    destinations: dict[str, Destination] = {}
    faults: list[Finding] = []
    for name, table in source.data.items():
        if not isinstance(table, dict) or GIVEN & table.keys():
            written = min(GIVEN & table.keys()) if isinstance(table, dict) else None
            faults.append(fault("PRT-012", chain.place((name, written) if written else (name,))))
            continue
        given = {**table, "name": name, "mapped": mappings.get(str(table.get("mapping")))}
        destination = _model(Destination, given, chain, below=name)
        if isinstance(destination, tuple):
            faults += destination
        else:
            destinations[name] = destination
    return tuple(faults) or Sourced(destinations, source)


def _read_member(folder: Path, bases: Bases) -> Member | Findings:
    source = read_source(folder / PROFILE_FILE, f"{folder.name}/{PROFILE_FILE}")
    chain = source if isinstance(source, Finding) else bases.chain(source)
    if isinstance(chain, Finding):
        return (chain,)
    if not SLUG.fullmatch(folder.name):
        return (fault("PRT-009", chain.own.place(()), value=folder.name),)
    profile = _read_profile(folder, chain)
    if isinstance(profile, tuple):
        return profile
    layouts, crosswalk = _read_layouts(folder, profile, chain), read_crosswalk(folder)
    if isinstance(layouts, tuple) or isinstance(crosswalk, tuple):
        return tuple(fault for part in (layouts, crosswalk) if isinstance(part, tuple) for fault in part)
    return Member(profile, chain, layouts, crosswalk)


def _read_profile(folder: Path, chain: Chain) -> PartnerProfile | Findings:
    keys = list(read_keys(folder, folder.name))
    data = _completed(chain.effective(), folder.name, [key for key in keys if isinstance(key, str)])
    profile = _model(PartnerProfile, data, chain)
    faults = (
        *_misnamed(chain, data, folder.name),
        *(key for key in keys if isinstance(key, Finding)),
        *_document_defaults(chain),
    )
    if isinstance(profile, tuple):
        return (*faults, *profile)
    return faults or profile


def _misnamed(chain: Chain, data: Mapping[str, object], folder: str) -> Iterator[Finding]:
    if data["partner"] != folder:
        yield fault("PRT-010", chain.place(("partner",)), value=str(data["partner"]), expected=folder)


def _document_defaults(chain: Chain) -> Iterator[Finding]:
    """Keys of the table `document` that no rule knows, even where there are no rules yet."""
    defaults = chain.document_defaults()
    if not isinstance(defaults, Mapping):
        yield fault(
            "PRT-005",
            chain.place((DOCUMENT_DEFAULTS,)),
            expected="must be a table",
            kind="something else",
        )
        return
    for key in defaults.keys() - DocumentRule.model_fields.keys():
        yield fault("PRT-003", chain.place((DOCUMENT_DEFAULTS, key)), hint="")


def _completed(data: dict[str, object], partner: str, keys: list[str]) -> dict[str, object]:
    """The values with those that the folder gives: the partner's name, its senders, its keys."""
    channels = data.get("channels")
    if isinstance(channels, list):
        data["channels"] = [_completed_channel(channel, partner, keys) for channel in channels]
    return {"partner": partner, **data}


def _completed_channel(channel: object, partner: str, keys: list[str]) -> object:
    if not isinstance(channel, dict):
        return channel
    completed = {"senders": [partner], **channel}
    named = completed.get("public_keys", [])
    if completed.get("kind") == "sftp_mailbox" and isinstance(named, list):
        there = {_key_material(key) for key in named}
        completed["public_keys"] = [*named, *(key for key in keys if _key_material(key) not in there)]
    return completed


def _key_material(entry: object) -> tuple[str, ...]:
    """Kind and key of an entry of public_keys, without the comment: its dates hold for the .pub file too."""
    line = entry.get("key") if isinstance(entry, dict) else entry
    return tuple(line.split(" ")[:2]) if isinstance(line, str) else ()


def _read_layouts(folder: Path, profile: PartnerProfile, chain: Chain) -> dict[str, LayoutFile] | Findings:
    layouts: dict[str, LayoutFile] = {}
    faults: list[Finding] = []
    for number, rule in enumerate(profile.documents):
        if rule.layout is None:
            continue
        layout = _read_layout(folder, rule.layout, rule.document, chain, ("documents", number, "layout"))
        if isinstance(layout, LayoutFile):
            layouts[rule.layout] = layout
        else:
            faults += layout
    return tuple(faults) or layouts


def _read_layout(
    folder: Path, name: str, document: str, chain: Chain, path: TomlPath
) -> LayoutFile | Findings:
    """The layout `name` for `document`; path: where the rule names it."""
    files = {file.name.removesuffix(LAYOUT_SUFFIX): file for file in sorted(folder.glob(f"*{LAYOUT_SUFFIX}"))}
    if name not in files:
        names = ", ".join(files) or "none"
        return (fault("PRT-030", chain.place(path), value=name, expected=names),)
    label = f"{folder.name}/{files[name].name}"
    text = read_text(files[name], label)
    if isinstance(text, Finding):
        return (text,)
    layout = parse_layout(text, label)
    if isinstance(layout, tuple):
        return layout
    if layout.document != document:
        return (fault("PRT-031", chain.place(path), value=str(layout.document), expected=document),)
    return LayoutFile(layout, text)


def _model(
    model: type[AnyModel], data: Mapping[str, object], chain: Chain, below: str | None = None
) -> AnyModel | Findings:
    """`data` as a model; or what it refuses, placed in the chain's files below the table `below`."""
    root = () if below is None else (below,)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        return refusals(error, data, _keys(), lambda path: chain.place((*root, *path)))


@cache
def _keys() -> tuple[str, ...]:
    """Every key that any file may hold."""
    return tuple(sorted({"extends", DOCUMENT_DEFAULTS}.union(*(m.model_fields for m in _models(Model)))))


def _models(base: type[Model]) -> Iterator[type[Model]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)
