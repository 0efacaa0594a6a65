"""How the parts of a set make a document: what a set's own module says of them.

It serves two readers: the translator, which reads sets from their segments, and the learned forms,
which read heading and summary apart from the loop that repeats between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from translators.canonical.document import Document
from translators.canonical.values import Code
from translators.report import BusinessKey
from translators.x12_checks import Remark
from translators.x12_reading import Reading

Fields = dict[str, Any]
#: Fields that need what stands in the loop, and what is remarked on them.
Finished = tuple[Fields, Iterable[Remark]]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SetShape:
    """A set that is a heading, one loop repeated, and a summary.

    document: the canonical class. trigger: id of the loop.
    heading: reads the fields of what stands before the loop; ending: of what stands after it, given
        the fields so far. Neither looks into the loop.
    finished: names of the fields that need what stands in the loop, but for the lists of what is read
        from it, which are named in `lists`.
    needs: names of the fields that those are found from, and `number`. picked: of those that others
        are picked from by codes and presence alone, whatever else they hold.
    keys: what people search the document by. It is also given documents that hold nothing but what
        `translators.learned.names` names.
    number: what the document is known by. original: whether it is one, by its purpose.
    """

    document: type[Document]
    trigger: str
    heading: Callable[[Reading], Fields]
    ending: Callable[[Reading, Fields], Fields]
    finished: tuple[str, ...]
    lists: tuple[str, ...]
    needs: tuple[str, ...]
    picked: tuple[str, ...] = ()
    keys: Callable[[Any], tuple[BusinessKey, ...]]
    number: Callable[[Mapping[str, Any]], str] = lambda fields: fields.get("number") or ""
    original: Callable[[Code | None], bool]
