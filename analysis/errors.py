"""What cannot be estimated or drawn, said in a sentence."""


class AnalysisError(ValueError):
    """A table lacks what an estimate or figure needs."""
