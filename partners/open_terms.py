"""The terms on which a file is read when nobody is known: every set is welcome, all else is default.

They are the defaults of the models in `partners.profile`, written once more so that reading starts
without those models. What is not written here is asked of the models themselves: right, but slow.
A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, cast

from parsers.x12.limits import DEFAULT_LIMITS
from partners.agreement import SET_DOCUMENTS, Agreement

if TYPE_CHECKING:
    from parsers.x12.model import Separators
    from partners.profile import DocumentRule, OurIdentity, PartnerProfile, X12Settings

UNKNOWN = "unknown"


@cache
def open_agreement() -> Agreement:
    """The agreement with a stranger. Its parts look like those of `partners.profile`, and are none."""
    rules = tuple(OpenRule(place, *pair) for place, pair in enumerate(SET_DOCUMENTS.items()))
    x12 = cast("X12Settings", OpenX12())
    partner = cast("PartnerProfile", OpenPartner(cast("tuple[DocumentRule, ...]", rules), x12))
    return Agreement(cast("OurIdentity", OpenIdentity()), partner, x12, "")


@cache
def modelled() -> Agreement:
    """The same agreement made of the models."""
    from partners.profile import DocumentRule, InterchangeId, OurIdentity, PartnerProfile, X12Settings

    rules = [
        {"document": document, "standard": "x12", "set": set_id} for set_id, document in SET_DOCUMENTS.items()
    ]
    x12 = X12Settings(isa=(InterchangeId(qualifier="ZZ", id=UNKNOWN.upper()),))
    documents = tuple(map(DocumentRule.model_validate, rules))
    partner = PartnerProfile(partner=UNKNOWN, name=UNKNOWN, x12=x12, documents=documents)
    return Agreement(OurIdentity(name="we"), partner, x12, "")


class _Terms:
    """A stand-in for one model. model: gives the model itself, which has the attributes not written here."""

    model: Callable[[], object]

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.model(), name)


class OpenAcknowledging(_Terms):
    """What a stranger would be answered."""

    ta1 = "on_request_or_error"
    functional = "997"
    accepted_sets = True
    version = "received"
    application = "none"
    held_as = "accepted_with_errors"
    separators = "received"

    @staticmethod
    def model() -> object:
        """The model of the same."""
        return _x12().acknowledge

    def separators_for(self, received: Separators) -> Separators:
        """Those received."""
        return received

    def name_file(self, blanks: Mapping[str, str]) -> str:
        """Kind and number of the answer."""
        return f"{blanks['kind']}_{blanks['control_number']}.edi"


class OpenLimits(_Terms):
    """What a stranger's file may hold."""

    element_bytes = DEFAULT_LIMITS.element_bytes
    segment_bytes = DEFAULT_LIMITS.segment_bytes
    set_segments = DEFAULT_LIMITS.set_segments
    tree_depth = 32

    @staticmethod
    def model() -> object:
        """The model of the same."""
        return _x12().limits


class OpenX12(_Terms):
    """How a stranger's X12 is read."""

    gs = ()
    encoding = "utf-8"
    character_set = "utf-8"
    trailing_separators = "allowed"
    check_codes = True
    endless_loops = False
    limits = OpenLimits()
    other_releases = "nearest"
    on_element_error = "reject"
    hash_totals = "note"
    unknown_sets = "reject"
    acknowledge = OpenAcknowledging()

    @staticmethod
    def model() -> object:
        """The model of the same."""
        return _x12()


class OpenRule(_Terms):
    """One set of a stranger's, welcome in every version."""

    standard = "x12"
    layout = None
    versions = ()
    hold_non_originals = True

    def __init__(self, place: int, set_id: str, document: str) -> None:
        self.set = set_id
        self.document = document
        self.model = lambda: modelled().partner.documents[place]

    def covers(self, version: str) -> bool:  # noqa: ARG002 - the form of DocumentRule
        """True: all versions are meant."""
        return True


class OpenPartner(_Terms):
    """A stranger."""

    partner = UNKNOWN
    name = UNKNOWN
    enabled = True

    def __init__(self, documents: tuple[DocumentRule, ...], x12: X12Settings) -> None:
        self.documents = documents
        self.x12 = x12

    @staticmethod
    def model() -> object:
        """The model of the same."""
        return modelled().partner


class OpenIdentity(_Terms):
    """We, to a stranger: any id is ours."""

    name = "we"
    isa = ()
    gs = ()

    @staticmethod
    def model() -> object:
        """The model of the same."""
        return modelled().ours


def _x12() -> X12Settings:
    x12 = modelled().x12
    if x12 is None:
        raise ValueError("a stranger sends X12")
    return x12
