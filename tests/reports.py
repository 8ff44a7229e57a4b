"""Studies and runs whose reports the tests read, and the pages as the tests read them."""

import re
from html.parser import HTMLParser

from experiments.__main__ import main
from tests.studies import study_file

SMALL = ["population.organisations=20", "run.rounds=12", "--workers", "1", "--quiet"]
FORMS = """title: Two forms
question: Which form, & what of "imitation" <now>?
factors:
  structure: [hub, alliance]
  imitation.rate: [0.0, 0.1, 0.35]
replicates: 3
seed: 77
overrides: [trust.initial=0.7]
"""
LEVERS = """question: Which factor?
factors:
  imitation.rate: {low: 0, high: 0.3}
  production.depth: {low: 1, high: 3}
design: {name: sobol, samples: 8}
replicates: 2
"""
PATTERN = [
    "reflection",
    "structure=alliance,network,hub,platform,movement",
    "replicates=3",
    "population.organisations=20",
    "run.rounds=30",  # fewer rounds give too few collaborations of former partners
    "--workers",
    "1",
    "--quiet",
]


class Page(HTMLParser):
    """The parts of a page that must be right whatever its contents: ids, links, tags, text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.labels = [], [], []
        self.tags, self.scopes, self.fetched, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("href", "src", "xlink:href", "data", "action", "poster", "srcset"):
                self.fetched.append(value)
            elif name == "aria-labelledby":
                self.labels.append(value)
            elif name == "scope":
                self.scopes.append(value)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


KINDS = ("forms", "levers", "pattern", "once", "moods", "run")


def report(*words):
    assert main(["report", *map(str, words)]) == 0


def make_report_folder(place, kind):
    """Make a results folder with its report.

    The kinds: a study of forms, one for sensitivity analysis, one of a pattern, one with a single
    replicate, one of another model with failed runs, and a single run.
    """
    out = ["--out", str(place / kind)]
    if kind == "moods":
        study = study_file(place, {"mood": ["fine", "raises"], "size": [1, 2]}, replicates=5)
        assert main(["study", study, *out, "--workers", "1", "--quiet"]) == 3
    elif kind == "run":
        words = ["structure=network", "imitation.rate=0.05", *SMALL[:2], "run.seed=9"]
        assert main(["run", *words, *out]) == 0
    elif kind == "pattern":
        assert main(["study", *PATTERN, *out]) == 0
    else:
        name = "levers" if kind == "levers" else "forms"
        (place / f"{name}.yaml").write_text(LEVERS if kind == "levers" else FORMS)
        more = ["replicates=1"] if kind == "once" else []
        assert main(["study", str(place / f"{name}.yaml"), *more, *SMALL, *out]) == 0
    if kind == "forms":
        assert main(["figures", str(place / kind), "--kind", "heatmap"]) == 0
    report(place / kind)
    return place / kind


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def section(text, name):
    """Return the words of one section of a page."""
    return Page(re.search(rf'<h2 id="{name}">(.*?)</section>', text, re.DOTALL)[1]).text
