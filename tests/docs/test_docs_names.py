"""What pages name is there: files, headings, findings, commands, make targets, variables, states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from gateway.pages.cli import commands
from gateway.pages.settings import variable
from gateway.settings import HOME_VARIABLE, Settings
from parsers.catalogue import entries

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/*.md")])
#: Not settings: read by the tests, or by the makers of samples.
OTHER_VARIABLES = {
    HOME_VARIABLE,
    "TRADEPOST_CORPUS",
    "TRADEPOST_FAILPOINTS",
    "TRADEPOST_TESTING",
    "TRADEPOST_UPDATE_SAMPLES",
}

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"\b(?:X12|CSV|PRT|TRN|OUT|GTW)-\d{3}\b")
#: A command as it is typed: at the start of a line or of a code span.
COMMAND = re.compile(r"(?:^|`)(?:\.venv/bin/)?tradepost (?:--home \S+ )?([^`\n]+)", re.MULTILINE)
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@cache
def text_of(page: Path) -> str:
    return page.read_text("utf-8")


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link may point at in a page: its headings, as GitHub writes them, and its ids."""
    prose = FENCE.sub("", text_of(page))
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return frozenset(made | set(re.findall(r'<a id="([^"]+)">', prose)))


@pages
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", text_of(page))):
        assert "://" not in target, f"{target}: the pages need no network"
        path, _, anchor = unquote(target).partition("#")
        goal = (page.parent / path).resolve() if path else page
        assert goal.exists(), target
        assert goal.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(goal), target


@pages
def test_every_code_of_a_finding_exists(page: Path) -> None:
    assert set(CODE.findall(text_of(page))) <= set(entries())


def typed(page: Path) -> Iterator[tuple[str, str | None]]:
    """Each command line that the page shows, with the words of its command, None if there is none such."""
    known = [command.words for command in commands()]
    prose = re.sub(r"^tradepost is .*$", "", text_of(page), flags=re.MULTILINE)
    for line in COMMAND.findall(prose):
        if not line.startswith("-"):
            yield line, next((words for words in known if f"{line} ".startswith(f"{words} ")), None)


@pages
def test_every_command_exists(page: Path) -> None:
    assert not [line for line, words in typed(page) if words is None]


@pages
def test_every_option_of_a_command_exists(page: Path) -> None:
    options = {c.words: {o for p in c.parameters for o in (*p.opts, *p.secondary_opts)} for c in commands()}
    for line, words in typed(page):
        shown = set(re.findall(r"(?<![\w'\"-])--[a-z0-9-]+", line.split(" | ")[0]))
        assert words is None or shown <= options[words], line


@pages
def test_every_make_target_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|\$ )make ([a-z]+)", text_of(page))) <= targets


@pages
def test_every_variable_is_a_setting(page: Path) -> None:
    known = {variable(name) for name in Settings.model_fields} | OTHER_VARIABLES
    assert set(re.findall(r"\bTRADEPOST_[A-Z0-9_]+", text_of(page))) <= known


@pages
def test_every_file_of_ours_that_is_named_exists(page: Path) -> None:
    folders = "|".join(
        ("gateway", "outbound", "translators", "partners/profiles", "parsers", "tests", "samples")
    )
    for name in re.findall(rf"`((?:{folders})/[\w/.-]+)`", text_of(page)):
        assert (ROOT / name).exists(), name


def test_every_page_is_reached_from_the_index() -> None:
    reached = {ROOT / "docs" / "README.md"}
    waiting = list(reached)
    while waiting:
        page = waiting.pop()
        for target in LINK.findall(FENCE.sub("", text_of(page))):
            goal = (page.parent / target.partition("#")[0]).resolve()
            if goal.suffix == ".md" and goal not in reached:
                reached.add(goal)
                waiting.append(goal)
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= reached


@pages
def test_no_page_praises_or_hesitates(page: Path) -> None:
    words = (
        r"\b(seamless|powerful|blazing|robust|cutting-edge|world-class|effortless|leverage|TODO|TBD|FIXME)\b"
    )
    assert not re.search(words, text_of(page), re.IGNORECASE)
