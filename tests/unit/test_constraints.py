"""Constraints between factors: they agree with Python, and no text is run as code."""

import warnings

from hypothesis import given
from hypothesis import strategies as st

from experiments.design import unit_sample
from experiments.design.constraints import read_constraint
from experiments.design.factors import Level, Range, read_factor
from tests.factors import LISTS


def test_constraints_leave_points_out_and_say_so(study, capsys):
    made = study(factors=LISTS, constraints=["structure != 'hub' or imitation.rate <= 0.1"])
    assert "1 of 9 points" in capsys.readouterr().out
    assert len(made.points()) == 8
    made = study("design=latin_hypercube", constraints=["trust.gain < imitation.rate / 5"])
    x = unit_sample(made)
    points = made.points()
    assert 0 < len(points) == len(x) < 64
    assert all(
        point.levels["imitation.rate"] == 0.5 * row[0] for point, row in zip(points, x, strict=True)
    )
    assert all(point.config.trust.gain < point.config.imitation.rate / 5 for point in points)


EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b.c", "1", "2.5", "0.5"]),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
    ),
    max_leaves=8,
)


@given(
    EXPRESSIONS,
    st.sampled_from(["<", "<=", "==", "!=", ">", ">="]),
    EXPRESSIONS,
    st.floats(-9, 9),
    st.floats(-9, 9),
)
def test_constraints_reckon_as_python_does(left, sign, right, a, c):
    text = f"{left} {sign} {right} and not ({right} < 0 or a in [1, 2])"
    constraint = read_constraint(text, {"a": Range("a", -9, 9), "b.c": Range("b.c", -9, 9)})
    expected = eval(text.replace("b.c", "c"), {"a": a, "c": c})
    assert constraint.is_fulfilled({"a": Level(a, {}), "b.c": Level(c, {})}) == expected


@given(st.text(max_size=40))
def test_no_text_gets_past_the_reader_of_constraints(text):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            read_constraint(
                text, {"a": read_factor("structure", ["hub", "alliance"])}
            ).is_fulfilled({"a": Level("hub", {})})
    except ValueError as error:
        assert "the constraint" in str(error)
