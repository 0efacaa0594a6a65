"""What stands for the envelopes of a file that has none: one pseudo-interchange with one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from translators.report import GroupReport, InterchangeReport

if TYPE_CHECKING:
    from partners.agreement import Agreement

#: The usage of a channel as ISA15 has it.
_USAGES = {"production": "P", "test": "T"}


def pseudo_interchange(
    agreement: Agreement, name: str, usage: str, *, receipt_due: bool = False, from_erp: bool = False
) -> tuple[InterchangeReport, GroupReport]:
    """The interchange and its group, to be filled while reading. name: of the file. usage: of the channel."""
    group = GroupReport(None, 1)
    report = InterchangeReport(
        header=None,
        ordinal=1,
        partner=agreement.partner.partner,
        agreement=agreement,
        sender=None,
        receiver=None,
        usage=_USAGES[usage],
        groups=[group],
        file_name=name,
        receipt_due=receipt_due,
        from_erp=from_erp,
    )
    return report, group
