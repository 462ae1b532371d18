"""A person's query that does not end is stopped, and the next one is answered."""

from __future__ import annotations

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake
from tallystick.core.settings import LakeSettings

ENDLESS = (
    "SELECT count(*) FROM range(100000000000) WHERE range % 7 = 3",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
)


@pytest.mark.parametrize("query", ENDLESS)
def test_a_query_that_does_not_end_is_stopped(tmp_path, query):
    with Lake(tmp_path / "lake", LakeSettings(question_seconds=1)) as lake:
        with pytest.raises(TallystickError, match="took longer than 1 seconds"):
            lake.sql(query)
        assert lake.sql("SELECT 1 AS one").to_pylist() == [{"one": 1}]
