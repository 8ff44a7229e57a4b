"""The one kind of error a user can mend: shown as a sentence, never as a traceback."""


class InputError(ValueError):
    """Something the user gave is wrong: says what, its value, what is allowed and what to do next."""
