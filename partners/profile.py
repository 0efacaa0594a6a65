"""A trading partner as data: who it is, how its files come, what they hold, what it is answered.

Everything here is frozen and effective: inheritance has been applied and defaults filled in.
Where a value came from is `partners.inheritance`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from parsers.x12.limits import DEFAULT_LIMITS
from parsers.x12.model import Separators
from partners.agreement import SET_DOCUMENTS, Agreement
from partners.channels import (
    Channel,
    ChannelBase,
    ErpChannel,
    FolderChannel,
    HandChannel,
    HttpChannel,
    S3Channel,
    SftpChannel,
    SftpMailbox,
)
from partners.destinations import Destination, HttpOptions, RetrySettings, S3Options, SftpOptions
from partners.expectations import AlertsOfPartner, Expectation
from partners.schedules import AtOnce, Cron, Every, Schedule
from partners.values import (
    DocumentKind,
    GroupId,
    InterchangeId,
    Many,
    Model,
    SecretRef,
    Slug,
    Text,
    form,
    unit,
)

__all__ = [
    "AckPolicy",
    "AckSeparators",
    "Agreement",
    "AlertsOfPartner",
    "AtOnce",
    "Channel",
    "ChannelBase",
    "Contact",
    "Cron",
    "Destination",
    "DocumentRule",
    "ErpChannel",
    "Every",
    "Expectation",
    "FolderChannel",
    "HandChannel",
    "HttpChannel",
    "HttpOptions",
    "InterchangeId",
    "OurIdentity",
    "PartnerProfile",
    "RetrySettings",
    "S3Channel",
    "S3Options",
    "Schedule",
    "SecretRef",
    "SftpChannel",
    "SftpMailbox",
    "SftpOptions",
    "X12Limits",
    "X12Settings",
]

#: What a file name pattern of answers may hold between braces.
NAME_BLANKS = frozenset({"kind", "partner", "control_number", "date", "time", "set"})
MAILBOX = "mailbox"

_BLANK = re.compile(r"\{([a-z_]*)\}")
_UNSAFE_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]")
_VERSION = r"[0-9]{6}[0-9A-Z]{0,6}"

Version = Annotated[str, form(_VERSION, "must begin with the six digits of a release, such as 004010")]
_Separator = Annotated[str, StringConstraints(min_length=1, max_length=1)]


def _file_name_pattern(text: str) -> str:
    blanks = set(_BLANK.findall(text))
    rest = _BLANK.sub("", text)
    if unknown := blanks - NAME_BLANKS:
        raise PydanticCustomError(
            "file_name",
            "has a blank that is not known, {unknown}; known are " + ", ".join(sorted(NAME_BLANKS)),
            {"unknown": min(unknown)},
        )
    if "control_number" not in blanks:
        raise PydanticCustomError(
            "file_name", "must hold {control_number}, so that no two answers share a name"
        )
    if _UNSAFE_IN_NAMES.search(rest) or text.startswith("."):
        raise PydanticCustomError(
            "file_name", "may hold letters, digits, '.', '-', '_' and named blanks, and begin with no '.'"
        )
    return text


class AckSeparators(Model):
    """The delimiters of answers, one character each."""

    element: _Separator = Field(default="*", description="Between elements.")
    component: _Separator = Field(default=">", description="Between components, ISA16.")
    segment: _Separator = Field(default="~", description="After each segment.")
    repetition: _Separator | None = Field(
        default=None,
        description="Between repetitions, ISA11 from 00402 on; left out: '^' where one is needed.",
    )
    suffix: Literal["", "\n", "\r\n", "\r"] = Field(
        default="", description="Line end written after each segment terminator."
    )

    @model_validator(mode="after")
    def _all_differ(self) -> Self:
        used = [c for c in (self.element, self.component, self.segment, self.repetition) if c is not None]
        if len(set(used)) < len(used) or any(c.isalnum() or c == " " for c in used):
            raise PydanticCustomError("separators", "must all differ and be neither letter, digit nor space")
        return self


def _separators_tag(value: object) -> str:
    return "received" if isinstance(value, str) else "explicit"


class AckPolicy(Model):
    """What a partner is answered, how and where."""

    ta1: Literal["on_request", "on_error", "on_request_or_error", "always", "never"] = Field(
        default="on_request_or_error",
        description="When an interchange is answered with a TA1; on request means ISA14 is 1.",
    )
    functional: Literal["997", "999", "none"] = Field(
        default="997",
        description="The functional acknowledgement that answers each group; where the answer's version has "
        "no 999 (before 005010), a 997 is sent instead.",
    )
    accepted_sets: bool = Field(
        default=True,
        description="Whether the 997 or 999 lists accepted sets too (AK2), not only faulty ones.",
    )
    version: Annotated[
        str, form(rf"received|{_VERSION}", "must be received, or a release such as 004010")
    ] = Field(
        default="received", description='GS08 of the answer: "received", or a fixed one such as "004010".'
    )
    application: Literal["none", "on_hold", "on_findings", "always"] = Field(
        default="none",
        description="Which documents get an 824: none, those whose business findings hold them, "
        "all with business findings, or every one that the 997 accepts.",
    )
    held_as: Literal["accepted_with_errors", "rejected"] = Field(
        default="accepted_with_errors",
        description="What the 824 says of a document that waits for a person: accepted with errors (TE), "
        "or rejected (TR), so that it is sent anew.",
    )
    separators: Annotated[
        Annotated[Literal["received"], Tag("received")] | Annotated[AckSeparators, Tag("explicit")],
        Discriminator(_separators_tag),
    ] = Field(default="received", description='Delimiters of the answer: "received", or a table of its own.')
    file_name: Annotated[str, AfterValidator(_file_name_pattern)] = Field(
        default="{kind}_{control_number}.edi",
        description="Name of the answer's file, with blanks kind, partner, control_number, date, time, set.",
    )
    to: Slug = Field(default=MAILBOX, description='"mailbox", or the name of a destination.')

    @property
    def answers(self) -> bool:
        """True if this policy ever sends anything."""
        return self.ta1 != "never" or self.functional != "none" or self.application != "none"

    def separators_for(self, received: Separators) -> Separators:
        """The delimiters to answer with: the policy's own, or those received."""
        if isinstance(self.separators, str):
            return received
        own = self.separators
        return Separators(own.element, own.component, own.segment, own.repetition, own.suffix)

    def name_file(self, blanks: Mapping[str, str]) -> str:
        """The answer's file name: the pattern with its blanks filled from `blanks`.

        Characters that are not safe in a name become "_". Raises KeyError if a blank
        the pattern uses is not given.
        """
        return _BLANK.sub(lambda blank: _UNSAFE_IN_NAMES.sub("_", blanks[blank[1]]), self.file_name)


class X12Limits(Model):
    """Bounds on what a file may hold; past one there is a finding, and the file is read on."""

    element_bytes: Annotated[int, Field(ge=80, le=16 * 1024**2)] = Field(
        default=DEFAULT_LIMITS.element_bytes,
        description="Longest element.",
        json_schema_extra=unit("bytes"),
    )
    segment_bytes: Annotated[int, Field(ge=256, le=64 * 1024**2)] = Field(
        default=DEFAULT_LIMITS.segment_bytes,
        description="Longest segment; a longer one is passed over.",
        json_schema_extra=unit("bytes"),
    )
    set_segments: Annotated[int, Field(ge=2, le=50_000_000)] = Field(
        default=DEFAULT_LIMITS.set_segments,
        description="Most segments of one transaction set; a longer one is counted and refused.",
        json_schema_extra=unit("segments"),
    )
    tree_depth: Annotated[int, Field(ge=1, le=32)] = Field(
        default=32,
        description="Most levels of an HL tree below one another.",
        json_schema_extra=unit("levels"),
    )


class X12Settings(Model):
    """How a partner's X12 is read and answered."""

    isa: Annotated[Many[InterchangeId], Field(min_length=1)] = Field(
        description="The partner's interchange ids; each belongs to one partner only."
    )
    gs: Many[GroupId] = Field(default=(), description="Application ids it may use in GS02; left out: any.")
    encoding: Literal["ascii", "utf-8", "iso-8859-1", "windows-1252", "cp037", "cp273", "cp500"] = Field(
        default="utf-8",
        description="Character encoding of its files; cp037, cp273 and cp500 are EBCDIC. What we answer is "
        "never EBCDIC.",
    )
    character_set: Literal["basic", "extended", "utf-8"] = Field(
        default="utf-8",
        description="Characters that its texts and codes may hold: X12's basic set (capitals, digits and "
        "a few signs), its extended set (small letters and more signs), or any that can be printed.",
    )
    trailing_separators: Literal["allowed", "forbidden", "mandatory"] = Field(
        default="allowed",
        description="Whether a segment may end in empty elements, must not, or must show all of them.",
    )
    check_codes: bool = Field(
        default=True, description="Whether a code must stand in its code list, where we have the list."
    )
    endless_loops: bool = Field(
        default=False,
        description="Whether loops may repeat more often than the standard says (100,000 order lines).",
    )
    limits: X12Limits = Field(
        default_factory=X12Limits,
        description="What one of its interchanges may cost; the gateway's settings bound it.",
    )
    other_releases: Literal["nearest", "refuse"] = Field(
        default="nearest",
        description="Whether a release without a dictionary of ours is read by the nearest one or refused.",
    )
    on_element_error: Literal["reject", "accept_with_errors"] = Field(
        default="reject", description="What a faulty element does to its transaction set."
    )
    hash_totals: Literal["note", "hold", "ignore"] = Field(
        default="note",
        description="What a wrong CTT02, TDS01 or BPR02 does: a note, a person looks, or nothing.",
    )
    unknown_sets: Literal["reject", "hold", "accept"] = Field(
        default="reject",
        description="What becomes of a set that no document rule names: rejected, kept unanswered until a "
        "person decides, or accepted if its tables find nothing wrong, and then kept.",
    )
    duplicate_window_days: Annotated[int, Field(ge=1, le=3660)] = Field(
        default=90,
        description="How far back an interchange control number counts as used.",
        json_schema_extra=unit("days"),
    )
    duplicate_same_bytes: Literal["repeat_answers", "reject"] = Field(
        default="repeat_answers",
        description="What the very same interchange sent anew gets: the first answers again, or a TA1 025.",
    )
    acknowledge: AckPolicy = Field(default_factory=AckPolicy, description="What the partner is answered.")


class DocumentRule(Model):
    """One kind of document a partner sends, and what becomes of it."""

    document: DocumentKind = Field(description="What it is to us; CSV has the first three.")
    standard: Literal["x12", "csv"] = Field(description="What it is written in.")
    set: Literal["850", "856", "810", "855", "860", "865", "820", "846"] | None = Field(
        default=None, description="X12 only: the transaction set, ST01, in quotes."
    )
    versions: Many[Version] = Field(
        default=(),
        description='X12 only: beginnings of GS08 that are meant, such as "004010"; left out: all.',
    )
    layout: Slug | None = Field(
        default=None, description="CSV only: name of the <layout>.layout.toml in the partner's folder."
    )
    file_pattern: Text = Field(
        default="*.csv", description="CSV only: names of the files it is for, with * and ?; case is ignored."
    )
    same_bytes: Literal["duplicate", "accept"] = Field(
        default="duplicate", description="CSV only: whether the same bytes sent anew are a duplicate or news."
    )
    receipt: bool = Field(
        default=True, description="CSV only: whether the partner finds a receipt in its mailbox."
    )
    destination: Slug | None = Field(
        default=None, description="Where production documents go; left out: kept and answered, not delivered."
    )
    test_destination: Slug | None = Field(
        default=None, description="Where test documents go; left out: kept and answered, not delivered."
    )
    hold_non_originals: bool = Field(
        default=True,
        description="Whether changes, cancellations and copies wait for a person; an 860 or 865 that changes "
        "does not.",
    )
    hold_repeats: bool = Field(
        default=True, description="Whether a business number seen before waits for a person."
    )
    schedule: Schedule = Field(default_factory=AtOnce, description="When documents are delivered.")

    @model_validator(mode="after")
    def _fits_its_standard(self) -> Self:
        if self.standard == "x12" and (self.set is None or self.layout is not None):
            raise PydanticCustomError("rule", "is X12, so it needs a set and no layout")
        if self.standard == "csv" and (self.layout is None or self.set is not None or self.versions):
            raise PydanticCustomError("rule", "is CSV, so it needs a layout and neither set nor versions")
        if self.set is not None and SET_DOCUMENTS[self.set] != self.document:
            raise PydanticCustomError(
                "rule",
                "has document and set apart: {set} is an X12 {kind}",
                {"set": self.set, "kind": SET_DOCUMENTS[self.set]},
            )
        return self

    def covers(self, version: str) -> bool:
        """True if GS08 `version` is meant by this rule."""
        return not self.versions or version.startswith(self.versions)


class Contact(Model):
    """A person at the partner."""

    name: Text = Field(description="Who it is.")
    role: str = Field(default="", description="What for: EDI desk, purchasing, …")
    mail: Annotated[str, form(r"([^@\s]+@[^@\s]+)?", "must be a mail address")] = Field(
        default="", description="Mail address."
    )
    phone: str = Field(default="", description="Telephone number.")


class PartnerProfile(Model):
    """One trading partner, effective."""

    partner: Slug = Field(
        description="The partner's name for machines; if written, it must be its folder's.",
        json_schema_extra={"given": "the folder's name"},
    )
    name: Text = Field(description="The partner's name as people say it.")
    time_zone: Text = Field(default="UTC", description="IANA time zone of its schedules and dates.")
    enabled: bool = Field(default=True, description="Whether we trade with it now; if not, its files wait.")
    x12: X12Settings | None = Field(default=None, description="How its X12 is read; left out: it sends none.")
    channels: Many[Channel] = Field(default=(), description="The ways its files come.")
    documents: Many[DocumentRule] = Field(
        default=(), description="What it sends; the first rule that fits counts."
    )
    contacts: Many[Contact] = Field(default=(), description="Whom to call.")
    alerts: AlertsOfPartner = Field(
        default_factory=AlertsOfPartner, description="Who of us is told what is the matter with it."
    )
    expects: Many[Expectation] = Field(
        default=(), description="Files that must come, and by when; left out: whenever it likes."
    )
    notes: str = Field(default="", description="Anything people should know; the gateway does not read it.")


class OurIdentity(Model):
    """Who we are to our partners."""

    name: Text = Field(description="Our own name.")
    isa: Many[InterchangeId] = Field(default=(), description="Interchange ids that partners address us by.")
    gs: Many[GroupId] = Field(
        default=(), description="Application ids that partners use in GS03; left out: any."
    )
