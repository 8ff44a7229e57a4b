"""Note that this code gives the same numbers as the version before: ``python -m docs.build.same_numbers``.

Run it after a change that left all numbers as they were, and only when ``benchmarks/same_bytes.py compare`` has shown
that. From then on runs keep the ids of the version that first gave these numbers, and its studies can be resumed.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from experiments.models.classics import ClassicTarget, presets, read_preset
from experiments.models.collaboration import CollaborationTarget
from experiments.models.fingerprint import SAME_NUMBERS, digests_of, joined


def digests_by_model() -> dict[str, list[str]]:
    """Return the digests of the code of every model, ours and the classics."""
    of_preset = {read_preset(preset)[0]: preset for preset in presets()}
    classics = {name: digests_of(ClassicTarget(preset).parts()) for name, preset in of_preset.items()}
    return {"overbruggen": digests_of(CollaborationTarget().parts()), **classics}


def note_same_numbers(families: list[dict[str, Any]]) -> None:
    """Add today's code to the family of the same name: it gives the same numbers as the newest there."""
    for name, digests in digests_by_model().items():
        family = next((known for known in reversed(families) if known["model"] == name), None)
        code = joined(digests)
        if family is None:
            families.append({"model": name, "first": digests, "same": [code]})
        elif code not in family["same"]:
            family["same"].append(code)


def main() -> None:
    """Note today's code, after what is noted already."""
    families = json.loads(SAME_NUMBERS.read_text(encoding="utf-8"))
    note_same_numbers(families)
    SAME_NUMBERS.write_text(json.dumps(families, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
