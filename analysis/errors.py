"""The error of analysis: what cannot be estimated or drawn, in one sentence."""


class AnalysisError(ValueError):
    """A table does not allow an estimate or a figure.

    The message is one sentence: what is wrong, its value, what is allowed, and what to do next.

    Example:
        >>> from analysis.examples import make_example_runs
        >>> from analysis.means import means
        >>> try:
        ...     means(make_example_runs(), ["structur"], ["joint_value"])
        ... except AnalysisError as error:
        ...     print(error)
        there is no column structur. Did you mean structure?
    """
