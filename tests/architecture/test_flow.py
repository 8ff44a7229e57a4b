"""Reading results imports nothing that runs or draws, and what runs draws nothing: the flow that
README promises.
"""

import subprocess
import sys


def modules_after(code):
    """Return the modules that a new process has imported once it ran some code."""
    program = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_reading_results_imports_neither_the_runner_nor_matplotlib():
    modules = modules_after("import experiments; experiments.load; experiments.scan")
    assert not {"pebble", "matplotlib", "mesa", "numba", "experiments.run_study"} & modules
    assert len([name for name in modules if name.partition(".")[0] == "experiments"]) <= 10


def test_the_report_and_the_archive_import_no_runner():
    modules = modules_after("import experiments.report.page, experiments.archive.package")
    assert not {"pebble", "dask", "experiments.run_study", "experiments.run"} & modules
    assert not [name for name in modules if name.startswith("experiments.execution")]


def test_running_a_study_imports_no_figures():
    modules = modules_after("import experiments.run_study, experiments.run")
    assert "matplotlib" not in modules
    assert not [
        name
        for name in modules
        if name.startswith(("analysis.figures", "experiments.presentation"))
    ]
