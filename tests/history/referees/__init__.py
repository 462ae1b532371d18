"""Slow references for the history room, written from the rule text by someone who knew its records, not its code.

Each module is a few plain functions on lists of dicts; exact arithmetic, no numpy, no polars, nothing imported from the
room. What the rule text leaves open is decided in the module's docstring under a number (J as-of join, A adjustment,
R resampling, K known-at, P retention and purge), so that a difference to the room's code can be named.

`strategies` draws inputs for all of them, by Hypothesis or by a seed. To use them from another folder of tests, put
`tests/history` on the path in that folder's conftest.py, as the one here does (`.parent` in tests/history itself):

    sys.path.insert(0, str(Path(__file__).parents[1]))  # for `from referees.asof_referee import asof`
"""
