"""Two Ray nodes on loopback answer the same questions as this process does, from a folder and from a bucket."""

from __future__ import annotations

import datetime
import random
import subprocess
import sys
import warnings

import msgspec
import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

NAME = "doctest.rates"
MEMORY_BYTES = 80 * 2**20

QUESTIONS = {
    "every fact": f"SELECT * FROM {NAME} ORDER BY code, date, minute",
    "aggregates": f"SELECT code, count(*) AS facts, sum(rate) AS total, min(rate) AS low, avg(rate) AS mean "
    f"FROM {NAME} GROUP BY code ORDER BY code",
    "a condition": f"SELECT code, minute, rate FROM {NAME} WHERE rate > 500 AND date >= DATE '2026-11-03' "
    "ORDER BY code, date, minute, rate",
    "days": f"SELECT date, sum(rate * minute) AS weighed FROM {NAME} GROUP BY date HAVING count(*) > 1 ORDER BY date",
    "an inner query": f"WITH best AS (SELECT code, max(rate) AS top FROM {NAME} GROUP BY code) "
    f"SELECT r.code, r.minute, b.top FROM {NAME} AS r JOIN best AS b ON r.code = b.code AND r.rate = b.top "
    "ORDER BY r.code, r.date, r.minute",
    "a window": "SELECT * FROM (SELECT code, date, minute, row_number() OVER (PARTITION BY code ORDER BY date DESC, "
    f"minute) AS place FROM {NAME}) AS numbered ORDER BY code, date, minute",
    "a window, sorted": "SELECT code, date, minute, rank() OVER (PARTITION BY code ORDER BY rate) AS place "
    f"FROM {NAME} ORDER BY 1 DESC, 2, 3 DESC",
    "distinct values": f"SELECT DISTINCT code, withdrawn FROM {NAME} ORDER BY code DESC, withdrawn NULLS FIRST",
    "the first of many": f"SELECT code, sum(rate) AS total FROM {NAME} GROUP BY code ORDER BY total DESC, code LIMIT 2",
    "empty values": f"SELECT withdrawn, code, date, minute FROM {NAME} "
    "ORDER BY withdrawn DESC, code DESC, date, minute DESC",
    "words": "SELECT lpad(left(code, 2), 4, '0') AS name, "
    "CASE WHEN coalesce(withdrawn, FALSE) THEN 'out' ELSE 'in' END AS place, "
    f"length(code) AS size FROM {NAME} WHERE code LIKE 'A%' ORDER BY name, date, minute, place",
    "numbers": f"SELECT minute, rate, (rate - 500) / 7 AS part, round(CAST(rate AS DOUBLE) / 7, 2) AS rounded, "
    "ceil(rate / 3) AS up, floor(rate / 3) AS down, rate % 7 AS rest, abs(rate - 500) * 1e-4 AS off, -minute AS less, "
    f"1 AS one FROM {NAME} ORDER BY code, date, minute, rate",
    "dates": "SELECT y, q, m, d, count(*) FROM (SELECT year(date) AS y, quarter(date) AS q, month(date) AS m, "
    f"day(date) AS d FROM {NAME} WHERE date BETWEEN DATE '2026-11-02' AND '2026-11-04') AS days GROUP BY y, q, m, d "
    "ORDER BY y, q, m, d",
    "without names": "SELECT code, count(*), sum(rate), avg(minute), max(date), count(DISTINCT withdrawn) "
    f"FROM {NAME} GROUP BY code HAVING count(*) > 3 ORDER BY code",
    "among others": f"SELECT code, date, minute FROM {NAME} WHERE withdrawn IS NOT NULL "
    f"AND code IN (SELECT code FROM {NAME} WHERE rate > 900) ORDER BY code, date, minute",
    "windows": "SELECT code, date, minute, lag(rate, 2) OVER (PARTITION BY code ORDER BY date, minute) AS earlier, "
    "lead(rate) OVER (PARTITION BY code ORDER BY date, minute) AS later, "
    "rate - avg(rate) OVER (PARTITION BY code) AS w, "
    f"sum(rate) OVER (PARTITION BY code) AS total FROM {NAME} ORDER BY code, date, minute",
}


@pytest.fixture(scope="module")
def cluster(_installed):
    """A head and a worker, each with one core."""
    import ray
    from ray.cluster_utils import Cluster

    patch = pytest.MonkeyPatch()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_REGION": "us-east-1",
        "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    }.items():  # fmt: skip
        patch.setenv(name, value)
    node = {"num_cpus": 1, "object_store_memory": MEMORY_BYTES}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        try:
            made.add_node(**node)
            yield made
        finally:
            ray.shutdown()
            made.shutdown()
            patch.undo()


def fill(lake, rows, spec):
    """Commits with corrections, ties of known time across files and inside one, and facts that are taken back."""
    lake.create(spec)
    chance = random.Random(20_261_123)
    for commit in range(6):
        entries = []
        for _ in range(60):
            fact = (chance.choice(["A1", "A2", "B1", "C 中"]), chance.randrange(4), chance.randrange(8))
            known = commit * 2 + chance.randrange(3)
            entries.append((*fact, chance.randrange(1_000), known, chance.random() < 0.1))
        lake.append(NAME, rows(entries))
    lake.append(NAME, rows([("D", 9, minute, minute, 5) for minute in range(20)]))


def same(lake, question, known_at=None, **more):
    here = lake.sql(question, known_at=known_at, engine="local", **more)
    there = lake.sql(question, known_at=known_at, engine="cluster", **more)
    assert there.column_names == here.column_names
    assert there.to_pylist() == here.to_pylist()
    return here.num_rows


def test_two_nodes_answer_as_one_process_does(cluster, tmp_path, settings_of, spec, rows):
    import ray

    with Lake(tmp_path / "lake", settings_of("folder", cluster=cluster.address)) as lake:
        fill(lake, rows, spec)
        for name, question in QUESTIONS.items():
            assert same(lake, question), name
        assert len([node for node in ray.nodes() if node["Alive"]]) == 2
        for known_at in (3, 8):
            assert same(lake, QUESTIONS["every fact"], known_at)
        assert same(lake, QUESTIONS["every fact"], -1) == 0
        lake.compact(NAME)
        assert same(lake, QUESTIONS["every fact"])


def test_two_nodes_read_a_bucket(cluster, tmp_path, settings_of, spec, rows):
    with Lake(tmp_path / "lake", settings_of("bucket", cluster=cluster.address)) as lake:
        fill(lake, rows, spec)
        assert same(lake, QUESTIONS["every fact"])
        assert same(lake, QUESTIONS["aggregates"], 6)


def test_days_that_are_not_sealed_are_in_the_answer(cluster, tmp_path, settings_of, spec, rows):
    with Lake(tmp_path / "lake", settings_of("folder", cluster=cluster.address)) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        today = datetime.date(2026, 11, 5)
        fed = rows([("A", 3, 1, 30, 5), ("A", 3, 1, 31, 7)])
        lake.feed(NAME, lambda day: fed if day == today else fed.slice(0, 0), days=lambda: [today])
        assert same(lake, QUESTIONS["every fact"]) == 2
        same(lake, QUESTIONS["every fact"], 6)


def test_tables_that_the_caller_gives_are_joined(cluster, tmp_path, settings_of, spec, rows):
    names = pa.table({"code": ["A", "B"], "name": ["Alder", "Birch"]})
    with Lake(tmp_path / "lake", settings_of("folder", cluster=cluster.address)) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5), ("B", 0, 1, 20, 5)]))
        question = f"SELECT n.name, r.rate FROM {NAME} AS r JOIN market.names AS n ON n.code = r.code ORDER BY n.name"
        assert same(lake, question, given={"market.names": names}) == 2


def test_the_settings_may_say_that_the_cluster_answers(
    cluster, tmp_path, settings_of, spec, rows, monkeypatch
):
    settings = settings_of("folder", cluster=cluster.address, engine="cluster")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        monkeypatch.setattr("tallystick.core.lake.asking.sql", None)
        assert lake.sql(f"SELECT rate FROM {NAME}")["rate"].to_pylist() == [10]


def expect_refusal(lake, question, code, match, **more):
    with pytest.raises(TallystickError, match=match) as caught:
        lake.sql(question, engine="cluster", **more)
    assert caught.value.code == code
    assert caught.value.remedy


def test_what_the_cluster_does_not_answer_is_told(cluster, tmp_path, settings_of, spec, rows):
    with Lake(tmp_path / "lake", settings_of("folder", cluster=cluster.address)) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        for question, words in {
            f"SELECT url_download(code) FROM {NAME}": "it calls url_download",
            "SELECT * FROM read_csv('/etc/hostname')": "it calls read_csv",
            f"SELECT nothing FROM {NAME}": "nothing",
            f"SELECT rate FROM {NAME} UNION SELECT minute FROM {NAME} LIMIT 1": "UNION",
            f"SELECT CAST(rate / 7 AS BIGINT) FROM {NAME}": "casts to BIGINT",
            f"SELECT rate FROM {NAME} WHERE code NOT IN (SELECT code FROM {NAME})": "inner SELECT",
            f"FROM {NAME}": "write SELECT",
            f"SELECT minute * {2**63 - 1} FROM {NAME} WHERE minute > 1": "64 bits",
            f"SELECT rank() OVER (ORDER BY rate) AS place FROM {NAME} ORDER BY place LIMIT 1": "has a window",
            f"SELECT DISTINCT code FROM {NAME} ORDER BY code LIMIT 1": "SELECT DISTINCT",
            f"SELECT rate FROM {NAME} ORDER BY rate + 1 DESC": "NULLS LAST",
            f"SELECT withdrawn FROM {NAME} ORDER BY withdrawn DESC LIMIT 1": "IS NOT NULL",
            f"SELECT rate FROM {NAME} ORDER BY code DESC": "no column of the answer",
            f"SELECT * FROM (SELECT rate FROM {NAME} ORDER BY rate DESC LIMIT 1) AS top": "ascending",
            f"DELETE FROM {NAME}": "answered",
        }.items():
            with pytest.raises(TallystickError, match=words):
                lake.sql(question, engine="cluster")
        with pytest.raises(TallystickError, match="cannot answer the query") as told:
            lake.sql(f"SELECT left(code, minute - 9) FROM {NAME}", engine="cluster")
        assert "\x1b" not in str(told.value)
        assert "\n" not in str(told.value)
        expect_refusal(
            lake, f"SELECT * FROM {NAME} WHERE rate > ?", "lake.cluster_query", "places", parameters=[1]
        )


def test_a_sum_that_may_pass_64_bits_is_refused_before_it_is_wrong(
    cluster, tmp_path, settings_of, spec, rows
):
    big = 2**62
    with Lake(tmp_path / "lake", settings_of("folder", cluster=cluster.address)) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, minute, big, 5) for minute in range(4)]))
        expect_refusal(lake, f"SELECT sum(rate) AS total FROM {NAME}", "lake.cluster_sum", "64 bits")
        expect_refusal(lake, f"SELECT avg(rate) AS mean FROM {NAME}", "lake.cluster_sum", "64 bits")
        inner = f"WITH x AS (SELECT minute * {big} AS minute FROM {NAME}) SELECT sum(minute) AS total FROM x"
        expect_refusal(lake, inner, "lake.cluster_sum", "64 bits")
        same(lake, f"SELECT sum(CAST(rate AS DOUBLE)) AS total, sum(minute) AS minutes FROM {NAME}")


def test_no_cluster_is_told(tmp_path, settings_of, spec, rows, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    settings = msgspec.structs.replace(settings_of("folder"), cluster="127.0.0.1:1")
    monkeypatch.setenv("RAY_gcs_rpc_server_connect_timeout_s", "1")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
        monkeypatch.setattr(ray, "init", no_cluster)
        expect_refusal(
            lake, f"SELECT * FROM {NAME}", "lake.no_cluster", r"No Ray cluster answers at 127\.0\.0\.1:1"
        )


def no_cluster(address, **_):
    raise ConnectionError(f"Could not find any running Ray instance at {address}.")


DAFT_ALONE = """
import sys, daft
from pathlib import Path
from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake
from tallystick.core.settings import LakeSettings

daft.from_pydict({"a": [1]}).collect()
with Lake(Path(sys.argv[1]), LakeSettings(cluster=sys.argv[2])) as lake:
    try:
        lake.sql(sys.argv[3], engine="cluster")
    except TallystickError as error:
        print(error.code)
"""


def test_a_process_that_used_daft_alone_gets_no_answer_without_the_cluster(
    cluster, tmp_path, settings_of, spec, rows
):
    with Lake(tmp_path / "lake", settings_of("folder")) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
    command = [
        sys.executable,
        "-c",
        DAFT_ALONE,
        str(tmp_path / "lake"),
        cluster.address,
        f"SELECT * FROM {NAME}",
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert found.stdout.split() == ["lake.daft_in_use"], found.stderr[-2_000:]
