"""The phases of a round: each a function of the state, the settings and the moment."""
