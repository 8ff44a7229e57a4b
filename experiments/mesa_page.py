"""The model on Mesa's page: ``solara run experiments/mesa_page.py``.

It needs the extra ``viz`` (docs/how-to-solaraviz.md).
"""

from __future__ import annotations

from math import cos, pi, sin
from typing import Any

import solara
from matplotlib.figure import Figure
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import update_counter

from sim.config import Config
from sim.model import CollaborationModel

PAGE_CONFIG = Config.model_validate({"population": {"organisations": 60}})


def build_slider(path: str, low: float, high: float, step: float) -> dict[str, Any]:
    """Return one of Mesa's sliders for a parameter, at its value in ``PAGE_CONFIG``."""
    group, name = path.split(".")
    value = getattr(getattr(PAGE_CONFIG, group), name)
    kind = "SliderInt" if isinstance(value, int) else "SliderFloat"
    return {"type": kind, "value": value, "label": path, "min": low, "max": high, "step": step}


PAGE_PARAMETERS: dict[str, Any] = {
    "config": PAGE_CONFIG,
    "imitation.rate": build_slider("imitation.rate", 0.0, 1.0, 0.01),
    "structure.formalisation": build_slider("structure.formalisation", 0.0, 1.0, 0.01),
    "environment.turbulence": build_slider("environment.turbulence", 0.0, 1.0, 0.01),
    "run.seed": build_slider("run.seed", 1, 100, 1),
}


@solara.component  # type: ignore[untyped-decorator]
def Network(model: CollaborationModel) -> None:
    """Draw the collaborations among organisations in a circle, coloured by strongest domain."""
    update_counter.get()  # draw again after every step
    organisations = model.organisations
    places = [
        (cos(2 * pi * i / len(organisations)), sin(2 * pi * i / len(organisations)))
        for i in range(len(organisations))
    ]
    figure = Figure(figsize=(5, 5))
    axes = figure.subplots()
    for team in model.collaborations:
        members = [places[member.row] for member in team.members]
        for at, (x, y) in enumerate(members):
            for u, v in members[:at]:
                axes.plot([x, u], [y, v], color="0.6", linewidth=0.8, zorder=1)
    strongest = [int(organisation.expertise.argmax()) for organisation in organisations]
    axes.scatter(
        [x for x, _ in places], [y for _, y in places], c=strongest, cmap="tab20", zorder=2
    )
    axes.set_axis_off()
    axes.set_aspect("equal")
    solara.FigureMatplotlib(figure, format="png")


@solara.component  # type: ignore[untyped-decorator]
def Page() -> None:
    """Show the model; every visitor gets a separate one, because all share a module's globals."""
    model = solara.use_memo(lambda: CollaborationModel(PAGE_CONFIG), [])
    plots = [make_plot_component("joint_value"), make_plot_component(["diversity", "trust"])]
    SolaraViz(model, components=[Network, *plots], model_params=PAGE_PARAMETERS, name="Overbruggen")
