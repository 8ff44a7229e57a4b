def pytest_configure(config):
    """Compile the model once before several processes test it, for else each would compile it for
    itself.
    """
    if getattr(config.option, "numprocesses", None):
        from experiments.models.collaboration import CollaborationTarget
        from experiments.models.compilation import compile_once

        compile_once(CollaborationTarget())
