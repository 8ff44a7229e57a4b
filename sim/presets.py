"""Structure presets: one YAML per form of light organising."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from sim.config import Config, Structure
from sim.errors import InputError, suggest_name


def find_configs_folder() -> Path:
    """Return the folder of configuration files.

    It is inside an installed package, or beside it in a checkout.
    """
    here = Path(__file__).parent
    inside = here / "_configs"
    return inside if inside.is_dir() else here.parent / "configs"


@cache
def list_structure_presets() -> tuple[str, ...]:
    """Return the names of all presets."""
    return tuple(sorted(path.stem for path in (find_configs_folder() / "structure").glob("*.yaml")))


@cache
def load_structure(name: str) -> Structure:
    """Return a form of ``configs/structure/`` by name.

    Args:
        name: name of a preset, such as ``hub``.

    Returns:
        The form, with every field.

    Raises:
        InputError: there is no preset of this name.

    Example:
        >>> load_structure("hub").topology
        'star'
    """
    if name not in list_structure_presets():
        known = list_structure_presets()
        raise InputError(
            f"structure {name} is not a preset; allowed:"
            f" {', '.join(known)}.{suggest_name(name, known)}"
        )
    return Structure(
        **yaml.safe_load(
            (find_configs_folder() / "structure" / f"{name}.yaml").read_text(encoding="utf-8")
        )
    )


def load_forms(config: Config) -> list[tuple[Structure, float]]:
    """Return the forms of a population with their shares.

    They are the structure itself, or the presets that it mixes.
    """
    structure = config.structure
    if not structure.mix:
        return [(structure, 1.0)]
    mixed = [(load_structure(name), share) for name, share in structure.mix.items() if share > 0.0]
    for form, _ in mixed:
        if form.mix:
            raise InputError(
                f"structure.mix names {form.name}, which is itself a mix; name plain forms"
            )
        if form.max_size > config.population.ledger_slots:
            raise InputError(
                f"population.ledger_slots is {config.population.ledger_slots}, below the largest"
                f" team of {form.name}, {form.max_size}: raise it"
            )
    return mixed
