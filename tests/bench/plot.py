"""The plot, as SVG: how the cost grows with the size of an event and the number of streams."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.bench.scaling import SIZE, STREAMS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.measure import Result

__all__ = ("check_installed", "draw")

COLOURS = {
    "awsio": "#0b6e4f",
    "awsio, fast": "#39a845",
    "awsio.merge": "#0b6e4f",
    "awsio, threads": "#39a845",
    "botocore": "#c8553d",
    "boto3, threads": "#c8553d",
    "aiobotocore": "#6c5b9e",
    "floor: json and CRC": "#777777",
}


def check_installed() -> None:
    """Say at once, not after all was measured, that nothing can be drawn.

    Raises:
        SystemExit: matplotlib is not here.
    """
    if find_spec("matplotlib") is None:
        raise SystemExit("--plot draws with matplotlib: pip install matplotlib")


def draw(results: list[Result], about: dict[str, Any], file: Path) -> None:
    """Draw both panels.

    Args:
        results: of the rows of :mod:`tests.bench.scaling`.
        about: when and where they were measured.
        file: to write.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot, ticker

    # The same figures give the same file: element names from one salt, text as text.
    style = {"svg.hashsalt": "awsio", "svg.fonttype": "none", "font.size": 9}
    with mpl.rc_context(style):
        figure, panels = pyplot.subplots(1, 2, figsize=(9.5, 4.0), layout="constrained")
        draw_panel(panels[0], results, SIZE)
        panels[0].set(xscale="log", yscale="log", xlabel="bytes of text in an event")
        panels[0].set(ylabel="CPU us per event", title="Size of an event")
        draw_panel(panels[1], results, STREAMS)
        panels[1].set(xscale="log", ylim=(0, None), xlabel="streams at once, 50 events/s each")
        panels[1].set(ylabel="CPU s per 100,000 events", title="Number of streams")
        for axis in (panels[0].xaxis, panels[0].yaxis, panels[1].xaxis):
            axis.set_minor_locator(ticker.NullLocator())
            axis.set_major_formatter("{x:,g}")
        panels[0].yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
        figure.suptitle(f"{about['python']}, {about['cores']} cores, {about['date']}", fontsize=9)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)


def draw_panel(panel: Any, results: list[Result], begin: str) -> None:
    """Draw the lines of the points whose names begin so, with their spread behind them."""
    lines: dict[str, list[tuple[int, float, float, float]]] = {}
    for result in results:
        if result.row.name.startswith(begin):
            at = int(result.row.name.removeprefix(begin))
            show = result.row.unit.show
            for label, cost in result.cost.costs.items():
                shown = show(cost.median), show(cost.low), show(cost.high)
                lines.setdefault(label, []).append((at, *shown))
    for label, points in lines.items():
        at, middle, low, high = zip(*points, strict=True)
        style = ":" if label.startswith("floor") else "-"
        panel.plot(at, middle, style, marker="o", markersize=3, color=COLOURS[label], label=label)
        panel.fill_between(at, low, high, color=COLOURS[label], alpha=0.15, linewidth=0)
    panel.grid(visible=True, which="major", linewidth=0.3)
    panel.legend(frameon=False)
