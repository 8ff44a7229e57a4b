"""Study files: which settings a study has, and how each is read and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from analysis.names import suggest_or_list
from experiments.design.plan import AdaptiveReplicates
from experiments.models.classics import MODEL_KEY, ClassicTarget, get_summary_line
from experiments.models.target import AT_THE_END
from sim.errors import InputError
from sim.presets import find_configs_folder

SWITCH_KEYS = ("common_random_numbers", "series")
STUDY_SETTING_KEYS = ("replicates", "seed", *SWITCH_KEYS)
# For the reader: they do not change a run.
DESCRIPTION_KEYS = ("title", "pattern", "question", "hypotheses", "sources")
STUDY_KEYS = (
    *DESCRIPTION_KEYS,
    "model",
    "factors",
    "design",
    "constraints",
    "overrides",
    "keep",
    "replicates",
    "seed",
    *SWITCH_KEYS,
)
MOST_REPLICATES, MOST_PATTERNS = 10_000_000, 1_000
ADAPTIVE_KEYS = ("until", "at_least", "at_most", "batch")


def list_study_names() -> list[str]:
    """Return the names of the studies that come with the package."""
    return sorted(path.stem for path in (find_configs_folder() / "study").glob("*.yaml"))


def read_study_file(name: str) -> dict[str, Any]:
    """Read a study of the package or a user's file.

    ``model=march_1991`` is a study of that classic, without a file.
    """
    if name.startswith(f"{MODEL_KEY}="):
        preset = name.removeprefix(f"{MODEL_KEY}=")
        return {"question": get_summary_line(ClassicTarget(preset).model), MODEL_KEY: preset}
    settings = read_study_yaml(name)
    for key in settings:
        if key not in STUDY_KEYS:
            raise InputError(
                f"{name}: {key} is not a setting of a study.{suggest_or_list(str(key), STUDY_KEYS)}"
            )
    if not isinstance(settings.get("factors", {}), dict):
        raise InputError(f"{name}: factors is {settings['factors']!r}; allowed: factors by name")
    for key in ("title", "question"):
        if not isinstance(settings.get(key, ""), str):
            raise InputError(f"{name}: {key} is {settings[key]!r}; allowed: a text")
    if "pattern" in settings:
        read_bounded_number(f"{name}: pattern", settings["pattern"], 1, MOST_PATTERNS)
    for key in ("hypotheses", "sources", "constraints", "overrides", "keep"):
        texts = settings.get(key, [])
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"{name}: {key} is {texts!r}; allowed: a list of texts")
    return settings


def read_study_yaml(name: str) -> dict[Any, Any]:
    """Read the YAML of a study; refuse what is no mapping."""
    is_user_file = Path(name).suffix in (".yaml", ".yml")
    if not is_user_file and name not in list_study_names():
        raise InputError(
            f"{name} is not a study.{suggest_or_list(name, list_study_names())} To run your own"
            " study, give its file: my_study.yaml"
        )
    path = Path(name) if is_user_file else find_configs_folder() / "study" / f"{name}.yaml"
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"the study {name} cannot be read: {(error.strerror or str(error)).lower()}; give a"
            f" file or one of {', '.join(list_study_names())}"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(
            f"the study {name} is not YAML: {' '.join(str(error).split())}; correct the file"
        ) from error
    if not isinstance(settings, dict):
        raise InputError(
            f"the study {name} holds no settings; it needs factors, for example factors:"
            " {imitation.rate: [0, 0.1]}"
        )
    return settings


def read_whole_number(key: str, value: Any) -> int:
    """Read a whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(f"{key} is {value}; allowed: a whole number")
    return value


def read_bounded_number(key: str, value: Any, lowest: int, highest: int) -> int:
    """Read a whole number within limits."""
    if not lowest <= read_whole_number(key, value) <= highest:
        raise InputError(f"{key} is {value}; allowed: {lowest} to {highest:,}")
    return int(value)


def read_series(value: Any) -> int:
    """Read which rounds a time series stores: every n-th, none (0) or ``end``."""
    if value == "end":
        return AT_THE_END
    if isinstance(value, str):
        raise InputError(
            f"series is {value}; allowed: end, or a number n to store every n-th round (0: none)"
        )
    return read_bounded_number("series", value, 0, MOST_REPLICATES)


def read_switch(key: str, value: Any) -> bool:
    """Read a switch."""
    if not isinstance(value, bool):
        raise InputError(f"{key} is {value}; allowed: true or false")
    return value


def read_replicates(value: Any) -> int | AdaptiveReplicates:
    """Read a number of replicates, or a rule that decides it.

    A rule is ``{until: {joint_value: 0.01}, at_least: 10, at_most: 200, batch: 10}``.
    """
    if not isinstance(value, dict):
        return read_bounded_number("replicates", value, 1, MOST_REPLICATES)
    unknown = [key for key in value if key not in ADAPTIVE_KEYS]
    if unknown:
        raise InputError(
            f"replicates.{unknown[0]} is not"
            f" known.{suggest_or_list(str(unknown[0]), ADAPTIVE_KEYS)}"
        )
    until = value.get("until")
    if (
        not isinstance(until, dict)
        or not until
        or not all(isinstance(width, int | float) and width > 0 for width in until.values())
    ):
        raise InputError(
            f"replicates.until is {until}; allowed: the half-width of the 95 % interval to reach,"
            " by measure, for example {joint_value: 0.01}"
        )
    at_least = read_bounded_number(
        "replicates.at_least", value.get("at_least", 10), 2, MOST_REPLICATES
    )
    at_most = read_bounded_number(
        "replicates.at_most", value.get("at_most", 200), at_least, MOST_REPLICATES
    )
    return AdaptiveReplicates(
        {str(name): float(width) for name, width in until.items()},
        at_least,
        at_most,
        read_bounded_number("replicates.batch", value.get("batch", 10), 1, at_most),
    )
