"""What a user calls from Python says what it takes and gives, and its example runs."""

import doctest
import inspect
import shutil
from importlib import import_module

import pytest

from experiments.__main__ import main

# By module: the functions, classes and methods that docs/ or a face show to users.
# A line per name keeps merges easy.
PUBLIC: dict[str, list[str]] = {
    "analysis.anova": ["regression_shares", "variance_shares"],
    "analysis.crossings": ["crossings"],
    "analysis.decomposition": ["Form", "accounts", "decomposition"],
    "analysis.effects": ["effects"],
    "analysis.equivalence": ["equivalence"],
    "analysis.erosion": ["caused_by_round", "erosion", "half_lives"],
    "analysis.errors": ["AnalysisError"],
    "analysis.examples": ["make_example_runs", "make_example_series"],
    "analysis.figures.distributions": ["distribution"],
    "analysis.figures.exhibit": ["Exhibit"],
    "analysis.figures.interaction": ["interaction"],
    "analysis.figures.journals": ["page"],
    "analysis.figures.lines": ["response_lines"],
    "analysis.figures.maps": ["heat_map", "phase_diagram"],
    "analysis.figures.network": ["animation", "storyboard"],
    "analysis.figures.one_run": ["run_exhibit"],
    "analysis.figures.profiles": ["profiles"],
    "analysis.figures.space": ["expertise_space"],
    "analysis.figures.style": ["Page"],
    "analysis.figures.timecourse": ["time_course"],
    "analysis.means": ["differences", "means"],
    "analysis.multiplicity": ["corrected"],
    "analysis.regions": ["best_by_region"],
    "analysis.replicates": [
        "replicates_needed",
        "replicates_needed_to_compare",
        "variance_stability",
    ],
    "analysis.sensitivity.indices": ["elementary_effects", "sobol_indices"],
    "analysis.sensitivity.level_effects": ["main_effects", "one_at_a_time"],
    "analysis.sensitivity.metamodel": ["fit_metamodel"],
    "analysis.sensitivity.noise": ["estimate_noise"],
    "analysis.shapley": ["causes"],
    "analysis.tables": ["Table"],
    "analysis.turning": ["inverted_u_tests", "turning"],
    "experiments.design.study": [
        "Study",
        "problem",
        "unit_sample",
    ],
    "experiments.design.study_loading": [
        "load_study",
    ],
    "experiments.models.mesa": [
        "probe_seeding",
        "read_mesa_target",
    ],
    "experiments.models.target": [
        "RecordingOptions",
    ],
    "experiments.run_study": [
        "run_study_in_memory",
    ],
    "experiments.loading": [
        "load",
        "scan",
    ],
    "experiments.store.results": [
        "RunTables",
        "RunTables.to_pandas",
        "StudyTables",
        "StudyTables.to_pandas",
        "read_results",
    ],
    "sim.agents": [
        "Collaboration",
        "Collaboration.remove",
        "Organisation",
        "Organisation.ledger",
        "Organisation.remove",
    ],
    "sim.classics.axelrod_1997": ["Axelrod1997"],
    "sim.classics.barkoczi_galesic_2016": ["BarkocziGalesic2016"],
    "sim.classics.classic": [
        "ClassicModel",
        "ClassicModel.rounds_table",
        "ClassicModel.run",
        "ClassicModel.step",
        "ClassicModel.summary",
    ],
    "sim.classics.fang_lee_schilling_2010": ["FangLeeSchilling2010"],
    "sim.classics.guimera_2005": ["Guimera2005"],
    "sim.classics.hong_page_2004": ["HongPage2004"],
    "sim.classics.lazer_friedman_2007": ["LazerFriedman2007"],
    "sim.classics.march_1991": ["March1991"],
    "sim.classics.tomasello_2017": ["Tomasello2017"],
    "sim.classics.zollman_2010": ["Zollman2010"],
    "sim.config": ["Config", "Structure", "declare_parameter"],
    "sim.interactive.decisions": ["Decision"],
    "sim.model": [
        "CollaborationModel",
        "CollaborationModel.challenges_table",
        "CollaborationModel.change",
        "CollaborationModel.check",
        "CollaborationModel.collaboration_in",
        "CollaborationModel.events_table",
        "CollaborationModel.events_waiting",
        "CollaborationModel.organisation",
        "CollaborationModel.rounds_table",
        "CollaborationModel.run",
        "CollaborationModel.step",
        "CollaborationModel.step_decided",
        "CollaborationModel.step_watched",
        "CollaborationModel.summary",
        "CollaborationModel.take_events",
    ],
    "sim.presets": ["load_structure"],
}
NAMES = [(module, name) for module, names in PUBLIC.items() for name in names]


# Examples may read these results: folders below results/.
SMALL = ["run.rounds=10", "population.organisations=20"]
RESULTS = {
    "one": ["run", *SMALL],
    "small": [
        "study",
        "structure_and_imitation",
        "structure=hub,alliance",
        "imitation.rate=0,0.1",
        "production.depth=2",
        "replicates=3",
        "--quiet",
        *SMALL,
    ],
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Return a folder with the results of a run and of a study."""
    folder = tmp_path_factory.mktemp("examples") / "results"
    for name, words in RESULTS.items():
        assert main([*words, "--out", str(folder / name)]) == 0
    return folder


def find(module, name):
    """Return what a dotted name of a module stands for."""
    found = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda given: given)
def test_a_public_docstring_is_complete(module, name):
    found = find(module, name)
    text = inspect.getdoc(found) or ""
    takes = (
        [p for p in inspect.signature(found).parameters if p not in ("self", "cls")]
        if inspect.isroutine(found)
        else []
    )
    gives = inspect.isroutine(found) and inspect.signature(found).return_annotation not in (
        None,
        "None",
    )
    assert not takes or "Args:" in text
    assert not gives or "Returns:" in text
    assert "Example:" in text
    for parameter in takes:
        assert f"{parameter}:" in text, f"{parameter} is not explained"


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda given: given)
def test_a_public_example_runs(module, name, tmp_path, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    found = find(module, name)
    if "results/" in (inspect.getdoc(found) or ""):
        shutil.copytree(request.getfixturevalue("results"), tmp_path / "results")
    names = dict(vars(import_module(module)))
    tests = [
        test
        for test in doctest.DocTestFinder(recurse=False).find(found, name, globs=names)
        if test.examples
    ]
    assert tests, "there is no example to run"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in tests:
        runner.run(test)
    assert runner.failures == 0
