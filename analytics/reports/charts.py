"""Charts for print through matplotlib, with stable bytes: no clock, no program name, fixed element ids."""

import functools
import io
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Plot
from matplotlib.font_manager import fontManager

from kernel.documents import fonts
from kernel.documents.model import Figure

_FAMILY = "Noto Sans CJK SC"
_COLOURS = ("#9db8d9", "#1f5fb0", "#2b7a0b", "#a35c00")
_HATCHES = ("", "//", "..", "xx")  # a black-and-white copy still tells the series apart
_STYLE = {
    "font.family": _FAMILY, "font.size": 9, "svg.hashsalt": "mulian", "svg.fonttype": "path",
    "axes.unicode_minus": False,
    "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6, "text.parse_math": False,
}
_LABEL = 16


def bars(caption: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> Figure:
    """Return grouped bars with the number on each bar."""
    with matplotlib.rc_context(_style()):
        plot = _plot(6.0, 2.6)
        axes = plot.add_subplot()
        width = 0.8 / len(series)
        for index, (name, values) in enumerate(series):
            places = [place + index * width for place in range(len(labels))]
            look: dict[str, Any] = {"color": _COLOURS[index % 4], "hatch": _HATCHES[index % 4]}
            drawn = axes.bar(places, values, width, label=_short(name), **look)
            axes.bar_label(drawn, labels=[f"{value:,}" for value in values], fontsize=7)
        axes.set_xticks([place + 0.4 - width / 2 for place in range(len(labels))], [_short(label) for label in labels])
        axes.margins(y=0.15)
        plot.legend(loc="outside upper center", frameon=False, ncols=len(series))
        return _finish(plot, caption, _words(caption, labels, series))


def ranking(caption: str, rows: Sequence[tuple[str, int]]) -> Figure:
    """Return horizontal bars, the first row on top."""
    with matplotlib.rc_context(_style()):
        plot = _plot(6.0, 0.7 + 0.24 * max(len(rows), 1))
        axes = plot.add_subplot()
        drawn = axes.barh([_short(name) for name, _ in _unique(rows)], [value for _, value in rows], color=_COLOURS[1])
        axes.bar_label(drawn, labels=[f"{value:,}" for _, value in rows], fontsize=7, padding=2)
        axes.invert_yaxis()
        axes.margins(x=0.1)
        return _finish(plot, caption, "；".join(f"{name} {value}" for name, value in rows))


def line(caption: str, points: Sequence[tuple[str, int]]) -> Figure:
    """Return a line over days (ISO text)."""
    with matplotlib.rc_context(_style()):
        plot = _plot(6.0, 2.4)
        axes = plot.add_subplot()
        places = list(range(len(points)))
        axes.plot(places, [value for _, value in points], color=_COLOURS[1], marker="o", markersize=2.5)
        step = max(1, len(points) // 8)
        axes.set_xticks(places[::step], [day[5:] for day, _ in points[::step]])
        axes.set_ylim(bottom=0)
        axes.margins(y=0.15)
        return _finish(plot, caption, "；".join(f"{day} {value}" for day, value in points))


def _plot(width: float, height: float) -> Plot:
    plot = Plot(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(plot)
    return plot


def _finish(plot: Plot, caption: str, alt: str) -> Figure:
    png, svg = io.BytesIO(), io.BytesIO()
    plot.savefig(png, format="png", dpi=200, metadata={"Software": None})
    plot.set_layout_engine("none")  # the places that were found for the first hold for the second
    plot.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Figure(png.getvalue(), svg.getvalue(), caption, alt)


def _style() -> dict[Any, Any]:
    _register(fonts.find())
    return dict(_STYLE)


@functools.cache
def _register(font_set: fonts.FontSet) -> None:
    # matplotlib's font cache may be older than the fonts
    if not any(entry.name == _FAMILY for entry in fontManager.ttflist):
        fontManager.addfont(font_set.sans)


def _short(text: str) -> str:
    text = fonts.printable_glyphs(text)
    return text if len(text) <= _LABEL else text[: _LABEL - 1] + "…"


def _unique(rows: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Two names alike after shortening would share a bar: number them."""
    seen: dict[str, int] = {}
    result = []
    for name, value in rows:
        short = _short(name)
        seen[short] = seen.get(short, 0) + 1
        result.append((short if seen[short] == 1 else f"{short[:-2]}~{seen[short]}", value))
    return result


def _words(caption: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[int]]]) -> str:
    parts = [
        f"{label}：" + "，".join(f"{name} {values[index]}" for name, values in series)
        for index, label in enumerate(labels)
    ]
    return f"{caption}。" + "；".join(parts)
