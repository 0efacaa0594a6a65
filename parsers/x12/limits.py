"""Hard limits of reading: what a file may cost, whatever it holds. Past one there is a finding."""

from __future__ import annotations

from parsers.record import record


@record
class Limits:
    """The bounds that keep memory flat. Source: BI-037. `WalkOptions` bounds the depth of HL trees.

    element_bytes: longest element.
    segment_bytes: longest segment; a longer one is skipped, never held.
    set_segments: most segments of one transaction set that are held at once; a longer set is
        counted to its SE, but not kept and not checked.
    """

    element_bytes: int = 64 * 1024
    segment_bytes: int = 1024 * 1024
    set_segments: int = 500_000

    def within(self, other: Limits) -> Limits:
        """The narrower of both, bound by bound."""
        return Limits(
            min(self.element_bytes, other.element_bytes),
            min(self.segment_bytes, other.segment_bytes),
            min(self.set_segments, other.set_segments),
        )


DEFAULT_LIMITS = Limits()
#: The widest that a profile may ask for, where the gateway's settings say nothing narrower.
UTMOST_LIMITS = Limits(16 * 1024 * 1024, 64 * 1024 * 1024, 50_000_000)
