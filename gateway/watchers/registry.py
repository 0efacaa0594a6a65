"""From a channel of the profiles to the watcher that looks into it. A new transport is one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.ports import Watcher
from partners.profile import Channel

#: How each kind of channel is watched; kinds that are not here do not need watching.
OPENERS: Mapping[str, Callable[[Channel, Path], Watcher]] = {}
