"""The metric math of the alarms: arithmetic, comparisons, IF, SUM, FILL and METRICS, on one period.

An operation on a missing value, or a division by zero, has no value:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

Value = float | None

_OPERATORS: Mapping[type, Callable[[Any, Any], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
    ast.LtE: operator.le,
}


class MathError(Exception):
    """The model does not support the expression."""


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """Return the value of an expression. None if it has none.

    Args:
        expression: the expression.
        values: the values of the metrics by id. None for a missing value.

    Raises:
        MathError: if the model does not support the expression.
    """
    result: Any = _evaluate(ast.parse(expression, mode="eval").body, values)
    if isinstance(result, list):
        raise MathError(expression)
    return None if result is None else float(result)


def _evaluate(node: Any, values: Mapping[str, Value]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp):
        return _calculate(node.op, _evaluate(node.left, values), _evaluate(node.right, values))
    if isinstance(node, ast.Compare):
        (comparison,), (right,) = node.ops, node.comparators
        return _calculate(comparison, _evaluate(node.left, values), _evaluate(right, values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node.func.id, node.args, values)
    raise MathError(ast.dump(node))


def _calculate(operation: Any, left: Value, right: Value) -> Value:
    if left is None or right is None or (isinstance(operation, ast.Div) and right == 0):
        return None
    return float(_OPERATORS[type(operation)](left, right))


def _call(name: str, arguments: list[Any], values: Mapping[str, Value]) -> Any:
    if name == "METRICS" and not arguments:
        return list(values.values())
    if name == "FILL":
        series, filler = (_evaluate(each, values) for each in arguments)
        return [filler if value is None else value for value in series]
    if name == "SUM":
        (series,) = (_evaluate(each, values) for each in arguments)
        known = [value for value in series if value is not None]
        return sum(known) if known else None
    if name == "IF":
        condition, then, otherwise = arguments
        value = _evaluate(condition, values)
        return None if value is None else _evaluate(then if value else otherwise, values)
    raise MathError(name)
