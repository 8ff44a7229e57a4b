"""Tables as Markdown, LaTeX and CSV."""

import csv
import io

from analysis.estimates import Estimate
from analysis.tables import FormattedNumber, Table

ESTIMATE = Estimate(1 / 3, 0.1, 0.6, 30)
TABLE = Table(
    "Cost & benefit of 50 %",
    ("form_name", "value"),
    [("a|b", FormattedNumber(ESTIMATE)), ("none", "no effect")],
    "n = 30 #1",
    "costs",
)


def test_a_formatted_number_keeps_its_digits():
    assert FormattedNumber(ESTIMATE) == "0.333 [0.100, 0.600]"
    assert (
        FormattedNumber(0.123456, "0.12") == "0.12"
        and FormattedNumber(0.123456, "0.12").exact == 0.123456
    )


def test_csv_spreads_estimates_unrounded():
    rows = list(csv.reader(io.StringIO(TABLE.to_csv())))
    assert rows == [
        ["form_name", "value", "value low", "value high", "value n"],
        ["a|b", repr(1 / 3), "0.1", "0.6", "30"],
        ["none", "no effect", "", "", ""],
    ]


def test_latex_has_rules_and_is_escaped():
    text = TABLE.to_latex()
    assert r"\caption{Cost \& benefit of 50 \%}" in text and r"\label{tab:costs}" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert (
        r"a\textbar{}b & 0.333 [0.100, 0.600] \\" in text
        and r"form\_name & value \\" in text
        and r"n = 30 \#1" in text
    )
    assert Table("t", ("x", "y"), [("a", FormattedNumber(1.0))]).to_latex().count("{lr}") == 1


def test_markdown_cells_stay_cells():
    assert "| a\\|b | 0.333 [0.100, 0.600] |" in TABLE.to_markdown()
