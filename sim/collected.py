"""The measures of every round, as Mesa's own plots ask for them: ``model.datacollector`` without a DataCollector."""

from __future__ import annotations

from typing import Any


class RoundsCollected:
    """What was recorded so far, by the names Mesa's DataCollector has for it."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """Every measure by name, a value per recorded round."""
        recorded: dict[str, list[float]] = self._model.rounds_table().drop("round").to_dict(as_series=False)
        return recorded

    def get_model_vars_dataframe(self) -> Any:
        """Return a pandas DataFrame with a column per measure, indexed by the number of rounds played."""
        import pandas as pd  # slow to import and seldom asked for

        table = self._model.rounds_table()
        return pd.DataFrame(self.model_vars, index=pd.Index((table["round"] + 1).to_numpy(), name="round"))


class Collected:
    """Gives ``RoundsCollected`` unless a subclass sets a DataCollector of its own."""

    def __get__(self, model: Any, kind: type) -> Any:
        return self if model is None else RoundsCollected(model)
