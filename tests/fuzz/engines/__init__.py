"""The engines: atheris, guided by coverage, and Hypothesis, which needs nothing more."""
