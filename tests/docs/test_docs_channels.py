"""The page on channels shows profiles that load and tells what the watchers do."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from pydantic import TypeAdapter

from gateway.watchers.names import UNFINISHED
from partners.channels import CHANNEL_KINDS
from partners.profile import Channel

PAGE = (Path(__file__).parents[2] / "docs" / "channels.md").read_text("utf-8")


def test_the_examples_of_the_page_are_channels() -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    channels = [channel for example in examples for channel in tomllib.loads(example)["channels"]]
    loaded = [TypeAdapter(Channel).validate_python(channel) for channel in channels]
    assert [channel.kind for channel in loaded] == ["folder", "sftp", "s3"]


def test_every_kind_of_channel_and_every_ending_that_waits_is_named() -> None:
    kinds = [kind.model_fields["kind"].annotation.__args__[0] for kind in CHANNEL_KINDS]
    assert all(f"| `{kind}` |" in PAGE for kind in kinds)
    assert all(f"`{ending}`" in PAGE for ending in UNFINISHED)
