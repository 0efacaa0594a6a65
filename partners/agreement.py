"""What we and one partner have agreed, effective, as the reading of a file asks for it.

Apart from `profile`, so that a file of nobody's (`open_terms`) is read without the models that
check profiles: they are most of a cold start.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from parsers.record import record

if TYPE_CHECKING:
    from partners.profile import DocumentRule, OurIdentity, PartnerProfile, X12Settings

#: The canonical document each transaction set becomes.
SET_DOCUMENTS: Mapping[str, str] = {
    "850": "order",
    "856": "ship_notice",
    "810": "invoice",
    "855": "order_response",
    "860": "order_change",
    "865": "order_change_response",
    "820": "remittance",
    "846": "inventory",
}
#: The release that brought the implementation acknowledgement.
FIRST_RELEASE_WITH_999 = "005010"


@record
class Agreement:
    """One partner's effective way for one file.

    x12: the partner's X12 settings, None if it sends none.
    profile_version: SHA-256 of all that the reading of a file depends on, lower-case hex.
    """

    ours: OurIdentity
    partner: PartnerProfile
    x12: X12Settings | None
    profile_version: str

    def rule_for(self, standard: str, set_or_layout: str, version: str = "") -> DocumentRule | None:
        """The rule for an X12 set with GS08 `version`, or for a CSV layout; None if there is none.

        A rule that names versions comes before one that takes all.
        """
        fitting = [
            rule
            for rule in self.partner.documents
            if rule.standard == standard and set_or_layout in (rule.set, rule.layout) and rule.covers(version)
        ]
        return next((rule for rule in fitting if rule.versions), fitting[0] if fitting else None)

    def rule_for_file(self, file_name: str) -> DocumentRule | None:
        """The CSV rule whose file pattern fits the name, the first that does; None if none fits."""
        name = file_name.lower()
        rules = (rule for rule in self.partner.documents if rule.standard == "csv")
        return next((rule for rule in rules if fnmatchcase(name, rule.file_pattern.lower())), None)
