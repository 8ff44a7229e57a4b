"""Factors for tests of designs."""

RANGES = {
    "imitation.rate": {"low": 0, "high": 0.5},
    "trust.gain": {"low": 0.01, "high": 0.1, "scale": "log"},
    "structure.max_size": {"low": 4, "high": 8},
}
LISTS = {"imitation.rate": [0.0, 0.1, 0.2], "structure": ["hub", "alliance", "network"]}


def labels(study, *names):
    return [
        tuple(point.levels[name] for name in names or study.factors) for point in study.points()
    ]
