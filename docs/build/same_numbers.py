"""Record that this code gives the same numbers as the version before it.

Command: ``python -m docs.build.same_numbers``. Run it after a change that leaves all numbers
unchanged, once ``benchmarks/same_bytes.py`` has shown that. From then on runs keep the ids
of the version that first gave these numbers, and its studies can be resumed.
"""

from __future__ import annotations

import json
from typing import Any

from experiments.models.classics import ClassicTarget, list_model_presets, read_model_preset
from experiments.models.collaboration import CollaborationTarget
from experiments.models.fingerprint import SAME_NUMBERS_FILE, compute_digests, join_digests


def compute_model_digests() -> dict[str, list[str]]:
    """Return the digests of the code of every model: the collaboration model and the classics."""
    of_preset = {read_model_preset(preset)[0]: preset for preset in list_model_presets()}
    classics = {
        name: compute_digests(ClassicTarget(preset).list_parts())
        for name, preset in of_preset.items()
    }
    return {"overbruggen": compute_digests(CollaborationTarget().list_parts()), **classics}


def add_same_numbers(families: list[dict[str, Any]]) -> None:
    """Add the present code to the newest family of its model, which gives the same numbers."""
    for name, digests in compute_model_digests().items():
        family = next((known for known in reversed(families) if known["model"] == name), None)
        code = join_digests(digests)
        if family is None:
            families.append({"model": name, "first": digests, "same": [code]})
        elif code not in family["same"]:
            family["same"].append(code)


def main() -> None:
    """Record the present code in the list of versions with the same numbers."""
    families = json.loads(SAME_NUMBERS_FILE.read_text(encoding="utf-8"))
    add_same_numbers(families)
    SAME_NUMBERS_FILE.write_text(json.dumps(families, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
