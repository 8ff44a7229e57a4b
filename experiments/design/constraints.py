"""Constraints between factors: expressions such as ``trust.gain < trust.loss``.

They are read as data and never run as code. A name is a factor; its value is the label of the
factor's level at a point. Allowed are numbers, text, comparisons, and/or/not, in, and + - * /.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.names import suggest_name, suggest_or_list
from experiments.design.factors import Factors, Level, Range
from sim.errors import InputError

COMPARISON_OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, several: value in several,
    ast.NotIn: lambda value, several: value not in several,
}
ARITHMETIC_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
# In characters; it limits the depth of an expression to what Python can walk through.
LONGEST_CONSTRAINT = 500
ALLOWED_IN_CONSTRAINTS = (
    "allowed: names of factors, numbers, text in quotes, < <= > >= == != in, and or not, + - * /"
)


@dataclass(frozen=True)
class Constraint:
    """One expression that every point of a design must fulfil."""

    text: str
    tree: ast.expr

    def is_fulfilled(self, point: Mapping[str, Level]) -> bool:
        """Return whether a point fulfils the constraint."""
        try:
            return self._evaluate_truth(self.tree, point)
        except (TypeError, ArithmeticError) as error:
            values = ", ".join(
                f"{name}={point[name].label}"
                for name in dict.fromkeys(find_factor_names(self.tree))
            )
            raise InputError(
                f"the constraint {self.text} cannot be evaluated where {values}: {error}; change"
                " the constraint or the levels"
            ) from error

    def _evaluate_truth(self, node: ast.expr, point: Mapping[str, Level]) -> bool:
        """Return the truth of a part."""
        match node:
            case ast.BoolOp(op=ast.And()):
                return all(self._evaluate_truth(part, point) for part in node.values)
            case ast.BoolOp():
                return any(self._evaluate_truth(part, point) for part in node.values)
            case ast.UnaryOp(op=ast.Not()):
                return not self._evaluate_truth(node.operand, point)
            case ast.Compare():
                left = self._evaluate(node.left, point)
                for sign, part in zip(node.ops, node.comparators, strict=True):
                    right = self._evaluate(part, point)
                    if not COMPARISON_OPERATORS[type(sign)](left, right):
                        return False
                    left = right
                return True
        value = self._evaluate(node, point)
        if not isinstance(value, bool):
            raise TypeError(f"{ast.unparse(node)} is {value}, which is neither true nor false")
        return value

    def _evaluate(self, node: ast.expr, point: Mapping[str, Level]) -> Any:
        """Return the value of a part."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() | ast.Attribute():
                return point[format_dotted_name(node)].label
            case ast.Tuple() | ast.List():
                return [self._evaluate(part, point) for part in node.elts]
            case ast.BinOp():
                return ARITHMETIC_OPERATORS[type(node.op)](
                    require_number(self._evaluate(node.left, point)),
                    require_number(self._evaluate(node.right, point)),
                )
            case ast.UnaryOp(op=ast.USub()):
                return -require_number(self._evaluate(node.operand, point))
            case ast.UnaryOp(op=ast.UAdd()):
                return require_number(self._evaluate(node.operand, point))
        return self._evaluate_truth(node, point)


def require_number(value: Any) -> float:
    """Refuse arithmetic with text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def format_dotted_name(node: ast.expr) -> str:
    """Return the dotted name of a factor."""
    return ast.unparse(node)


def read_constraint(text: str, factors: Factors) -> Constraint:
    """Read one constraint; refuse parts that are not allowed."""
    if not text.strip() or len(text) > LONGEST_CONSTRAINT:
        raise InputError(
            f"the constraint {text!r} is not an expression of 1 to {LONGEST_CONSTRAINT} characters;"
            " write for example 'trust.gain < trust.loss'"
        )
    text = text.replace("\n", " ").strip()
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = (
            f" at character {error.offset}"
            if isinstance(error, SyntaxError) and error.offset
            else ""
        )
        reason = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InputError(
            f"the constraint {text} cannot be read{where}: {reason}; write for example trust.gain <"
            " trust.loss"
        ) from error
    for part in walk_expression(tree):
        check_expression_part(part, text)
    for name in find_factor_names(tree):
        if name not in factors:
            raise InputError(
                f"the constraint {text} names {name}, which is not a factor of this"
                f" study.{suggest_or_list(name, list(factors))}"
            )
    check_constraint_labels(tree, text, factors)
    return Constraint(text, tree)


def walk_expression(node: ast.expr) -> Iterator[ast.expr]:
    """Walk through an expression; a dotted name is one part."""
    yield node
    if not is_dotted_name(node):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from walk_expression(child)


def is_dotted_name(node: ast.expr) -> bool:
    """Return whether a part is a name, or names joined by dots."""
    return isinstance(node, ast.Name) or (
        isinstance(node, ast.Attribute) and is_dotted_name(node.value)
    )


def find_factor_names(tree: ast.expr) -> list[str]:
    """Return the names of factors in an expression."""
    return [format_dotted_name(part) for part in walk_expression(tree) if is_dotted_name(part)]


def check_expression_part(node: ast.expr, text: str) -> None:
    """Refuse a part of a kind that is not allowed."""
    is_allowed = (
        is_dotted_name(node)
        or (isinstance(node, ast.Constant) and isinstance(node.value, bool | int | float | str))
        or isinstance(node, ast.BoolOp | ast.Tuple | ast.List)
        or (isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC_OPERATORS)
        or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.UAdd))
        or (
            isinstance(node, ast.Compare)
            and all(type(sign) in COMPARISON_OPERATORS for sign in node.ops)
        )
    )
    if not is_allowed:
        raise InputError(
            f"the constraint {text} contains {ast.unparse(node)}; {ALLOWED_IN_CONSTRAINTS}"
        )
    if isinstance(node, ast.Compare):
        for sign, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(sign, ast.In | ast.NotIn) and not isinstance(right, ast.Tuple | ast.List):
                raise InputError(
                    f"the constraint {text} has {ast.unparse(right)} after `in`; allowed: a"
                    " list such as ['hub', 'alliance']"
                )


def check_constraint_labels(tree: ast.expr, text: str, factors: Factors) -> None:
    """Refuse text that is compared with a factor and is none of its levels.

    A constraint with a misspelt level would always be fulfilled, or never.
    """
    for node in walk_expression(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            named = [format_dotted_name(side) for side in sides if is_dotted_name(side)]
            labels = [part for name in named for part in list_level_labels(name, factors)]
            texts = [
                part.value
                for side in sides
                for part in walk_expression(side)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            for label in texts:
                if named and label not in labels:
                    known = list(map(str, labels))
                    levels = (
                        f"allowed: {', '.join(known)}.{suggest_name(label, known)}"
                        if known
                        else "it has numbers only"
                    )
                    raise InputError(
                        f"the constraint {text}: {label} is no level of {' or '.join(named)};"
                        f" {levels}"
                    )


def list_level_labels(name: str, factors: Factors) -> list[Any]:
    """Return the labels of a factor that has a list of levels."""
    factor = factors[name]
    return [] if isinstance(factor, Range) else [level.label for level in factor]
