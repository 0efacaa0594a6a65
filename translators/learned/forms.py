"""The forms of all sets, and the way in: a set's translation, if its forms are known."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from parsers.x12.clean_sets import Flawed
from parsers.x12.definition import SetDefinition
from parsers.x12.model import GroupHeader, InterchangeHeader, Separators, TransactionSet
from translators.learned.level_sets import LevelSetForms
from translators.learned.line_sets import LineSetForms
from translators.translation import Prepared
from translators.x12_levels import LevelSet
from translators.x12_line_sets import LineSet

#: Sets of one definition and one choice of separators whose forms are kept.
MAX_KINDS = 16


@lru_cache(maxsize=MAX_KINDS)
def forms_of(
    shape: LineSet | LevelSet, _: SetDefinition, separators: Separators
) -> LineSetForms | LevelSetForms:
    """The forms of a set as one definition reads it, written with these separators."""
    if isinstance(shape, LevelSet):
        return LevelSetForms(shape, separators)
    return LineSetForms(shape, separators)


def write(
    shape: LineSet | LevelSet, read: TransactionSet, header: InterchangeHeader, group: GroupHeader
) -> Prepared | None:
    """The same as the set's translator gives; None if the set is not in order, or is new.

    A set that is new may teach a form for the next one.
    """
    if isinstance(read.content, Flawed):
        # Its segments stand where they belong: what its elements hold, the forms judge themselves.
        read = replace(read, content=read.content.matched)
    definition = read.content.definition
    if read.text is None or definition is None:
        return None
    return forms_of(shape, definition, read.separators).write(read, header, group)
