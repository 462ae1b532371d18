"""The rules of the house that no linter knows, as functions from source text to problems.

`tests/structure` runs them on the repository and, with small samples, on themselves. While writing,
`PYTHONPATH=tools python -m house` prints every problem without pytest; it needs no other package than Babel and Jinja.
"""
