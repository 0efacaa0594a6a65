"""Plots as SVG text, drawn with nothing but the standard library."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH = 720
_LEFT, _RIGHT, _TOP, _ROW = 190, 90, 60, 30
COLOURS = ("#1f5fa8", "#c2571a", "#8a8f98")
_FONT = 'font-family="system-ui, sans-serif" font-size="13"'


def bars(title: str, unit: str, values: Mapping[str, float], colours: Mapping[str, int]) -> str:
    """Horizontal bars on a logarithmic scale, each with its figure; values above 0.

    colours: which of `COLOURS` a bar has, the first if it is not named.
    """
    height = _TOP + _ROW * len(values) + 16
    low = 10 ** math.floor(math.log10(min(values.values())))
    high = max(values.values())
    room = WIDTH - _LEFT - _RIGHT
    body = []
    for at, (name, value) in enumerate(values.items()):
        y, colour = _TOP + _ROW * at - 10, COLOURS[colours.get(name, 0)]
        length = max(2.0, room * math.log(value / low) / math.log(high / low)) if high > low else room
        body.append(f'<text x="{_LEFT - 8}" y="{y + 16}" text-anchor="end">{escape(name)}</text>')
        body.append(f'<rect x="{_LEFT}" y="{y + 3}" width="{length:.1f}" height="18" fill="{colour}"/>')
        body.append(f'<text x="{_LEFT + length + 6:.1f}" y="{y + 16}">{value:,.3g} {escape(unit)}</text>')
    return _svg(title, height, body)


def lines(title: str, x_unit: str, y_unit: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Points joined by lines on even scales from 0, a colour and a name for each series."""
    height, bottom = 380, 330
    right = WIDTH - _RIGHT
    most_x = max(x for points in series.values() for x, _ in points)
    most_y = _round_up(max(y for points in series.values() for _, y in points))
    left = 70

    def place(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * x / most_x, bottom - (bottom - _TOP) * y / most_y

    body = list(_grid(left, right, bottom, most_x, most_y, (x_unit, y_unit)))
    for colour, (name, points) in zip(COLOURS, series.items(), strict=False):
        placed = [place(x, y) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        body.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in placed]
        end_x, end_y = placed[-1]
        body.append(f'<text x="{end_x + 6:.1f}" y="{end_y + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return _svg(title, height, body)


def _grid(
    left: int, right: int, bottom: int, most_x: float, most_y: float, units: tuple[str, str]
) -> Iterator[str]:
    for part in range(5):
        y = bottom - (bottom - _TOP) * part / 4
        x = left + (right - left) * part / 4
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#ccc"/>'
        yield f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{most_y * part / 4:,.4g}</text>'
        yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{most_x * part / 4:,.4g}</text>'
    yield f'<text x="{right}" y="{bottom + 40}" text-anchor="end">{escape(units[0])}</text>'
    yield f'<text x="{left - 8}" y="{_TOP - 12}" text-anchor="end">{escape(units[1])}</text>'


def _round_up(value: float) -> float:
    """The next 1, 2, 2.5, 5 or 10 times a power of ten, so that quarters of it read well."""
    power: float = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 8, 10) if step * power >= value)


def _svg(title: str, height: int, body: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" {_FONT}>'
        f"<title>{escape(title)}</title>"
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<text x="12" y="22" font-weight="bold">{escape(title)}</text>'
    )
    return "\n".join([head, *body, "</svg>", ""])
