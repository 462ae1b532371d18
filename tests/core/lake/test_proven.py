"""What a query may have on the cluster is what both engines were seen to answer alike; all else is refused."""

from __future__ import annotations

import pytest

from tallystick.core.lake.dialect import parsed
from tallystick.core.lake.proven import unproven

PROVEN = [
    "SELECT code, rate, (rate - volume) / 2 AS half, -rate AS less FROM doctest.rates WHERE rate > 5 AND NOT is_open",
    "SELECT count(*) AS n, count(DISTINCT code) AS m, sum(rate) AS s, avg(rate) AS a, max(date) AS d "
    "FROM doctest.rates",
    "SELECT round(CAST(rate AS DOUBLE) / 7, 2) AS a, ceil(rate / 3) AS b, rate % 7 AS c, rate * 1e-4 AS d "
    "FROM doctest.rates",
    "SELECT left(code, 2) AS a, lpad(code, 9, '0') AS b, length(code) AS c, year(date) AS d FROM doctest.rates",
    "SELECT code FROM doctest.rates WHERE code LIKE '00%' OR code NOT LIKE '%.X' OR code IN ('a', 'b')",
    "SELECT code FROM doctest.rates WHERE date BETWEEN DATE '2026-11-02' AND '2026-11-03' AND rate IS NOT NULL",
    "SELECT code FROM doctest.rates WHERE code IN (SELECT code FROM doctest.rates WHERE rate > 1) AND rate > 2",
    "SELECT CASE WHEN coalesce(rate > 5, FALSE) THEN 'high' ELSE 'low' END AS h FROM doctest.rates",
    "SELECT a.code, b.rate FROM doctest.rates AS a LEFT JOIN doctest.rates AS b ON a.code = b.code",
    "SELECT code, lag(rate, 2) OVER (PARTITION BY code ORDER BY date) AS before FROM doctest.rates",
    "SELECT code, rate - avg(rate) OVER (PARTITION BY code) AS off FROM doctest.rates",
    "WITH t AS (SELECT code, max(rate) AS top, min(rate) AS low FROM doctest.rates GROUP BY code HAVING count(*) > 2) "
    "SELECT code, top - low AS width FROM t ORDER BY width DESC LIMIT 3",
    "SELECT DISTINCT code FROM doctest.rates ORDER BY code",
]
UNPROVEN = [
    (
        "SELECT rate AS c FROM doctest.rates UNION SELECT volume AS c FROM doctest.rates ORDER BY c LIMIT 5",
        "UNION",
    ),
    ("SELECT rate AS c FROM doctest.rates UNION ALL SELECT volume AS c FROM doctest.rates", "UNION"),
    ("SELECT rate FROM doctest.rates INTERSECT SELECT volume FROM doctest.rates LIMIT 5", "UNION"),
    ("SELECT code FROM doctest.rates WHERE code NOT IN (SELECT side FROM doctest.rates)", "inner SELECT"),
    (
        "SELECT code FROM doctest.rates WHERE rate > 1 OR code IN (SELECT side FROM doctest.rates)",
        "inner SELECT",
    ),
    ("SELECT code FROM doctest.rates WHERE rate > (SELECT max(rate) FROM doctest.rates)", "inner SELECT"),
    ("SELECT CAST(rate / 7 AS BIGINT) AS n FROM doctest.rates", "casts to BIGINT"),
    ("SELECT CAST(CAST(rate AS DOUBLE) / 10000 AS INT) AS n FROM doctest.rates", "casts to INT"),
    ("SELECT CAST(-2.7e0 AS INT) AS n", "casts to INT"),
    ("SELECT CAST('x' AS INT) AS n", "casts to INT"),
    ("SELECT CAST(rate AS SMALLINT) AS n FROM doctest.rates", "casts to SMALLINT"),
    ("SELECT CAST(code AS DOUBLE) AS n FROM doctest.rates", "casts to DOUBLE"),
    ("SELECT CAST(date AS VARCHAR) AS n FROM doctest.rates", "casts to VARCHAR"),
    ("SELECT TRY_CAST(rate AS DOUBLE) AS n FROM doctest.rates", "casts to DOUBLE"),
    ("SELECT substr(code, 2, 3) AS n FROM doctest.rates", "it calls substr"),
    ("SELECT substring(code, 2, 3) AS n FROM doctest.rates", "it calls substring"),
    ("SELECT concat(code, NULL) AS n FROM doctest.rates", "it calls concat"),
    ("SELECT url_download(code) FROM doctest.rates", "it calls url_download"),
    ("SELECT code FROM doctest.rates WHERE length(prompt(code)) > 1", "it calls prompt"),
    ("SELECT date - DATE '2026-11-01' AS n FROM doctest.rates", "no number"),
    ("WITH t AS (SELECT max(date) AS day FROM doctest.rates) SELECT day - day AS n FROM t", "no number"),
    ("SELECT rate / volume AS n FROM doctest.rates", "may be 0"),
    ("SELECT rate % (volume - 1) AS n FROM doctest.rates", "may be 0"),
    ("SELECT rate // 2 AS n FROM doctest.rates", "it has //"),
    ("SELECT rate * 0.1 AS n FROM doctest.rates", "write 0.1e0"),
    ("SELECT CASE WHEN rate > 5 THEN 1 ELSE 0 END AS n FROM doctest.rates", "may be empty"),
    ("SELECT coalesce(date, '2026-11-01') AS n FROM doctest.rates", "and a text"),
    ("SELECT is_open IS TRUE AS n FROM doctest.rates", "IS TRUE"),
    ("SELECT rate IS DISTINCT FROM volume AS n FROM doctest.rates", "IS DISTINCT FROM"),
    (r"SELECT code LIKE 'a\%b' AS n FROM doctest.rates", "plain text"),
    ("SELECT code ILIKE 'a' AS n FROM doctest.rates", "~~*"),
    ("SELECT code || 'a' AS n FROM doctest.rates", "||"),
    ("SELECT sum(rate) FILTER (WHERE rate > 1) AS n FROM doctest.rates", "FILTER"),
    ("SELECT sum(DISTINCT rate) AS n FROM doctest.rates", "DISTINCT"),
    ("SELECT lag(rate, 2) OVER (ORDER BY date) AS n FROM doctest.rates", "PARTITION BY"),
    ("SELECT sum(rate) OVER (PARTITION BY code ORDER BY date) AS n FROM doctest.rates", "such a window"),
    (
        "SELECT rank() OVER (PARTITION BY code ORDER BY sum(rate)) AS n FROM doctest.rates GROUP BY code",
        "beside GROUP BY",
    ),
    ("SELECT max(rate) OVER (PARTITION BY code ROWS 2 PRECEDING) AS n FROM doctest.rates", "frame"),
    ("SELECT code, date, sum(rate) AS n FROM doctest.rates GROUP BY ROLLUP (code, date)", "ROLLUP"),
    ("SELECT code, sum(rate) AS n FROM doctest.rates GROUP BY ALL", "GROUP BY ALL"),
    ("SELECT DISTINCT ON (code) code, rate FROM doctest.rates", "DISTINCT ON"),
    ("SELECT * FROM doctest.rates AS a JOIN doctest.rates AS b USING (code)", "name the columns"),
    ("SELECT a.code FROM doctest.rates AS a FULL JOIN doctest.rates AS b USING (code)", "JOIN"),
    ("SELECT a.code FROM doctest.rates AS a NATURAL JOIN doctest.rates AS b", "JOIN"),
    ("SELECT a.code FROM doctest.rates AS a SEMI JOIN doctest.rates AS b ON a.code = b.code", "JOIN"),
    ("SELECT z FROM doctest.rates AS a(z)", "AS behind"),
    ("SELECT * REPLACE (1 AS rate) FROM doctest.rates", "changes what"),
    ("SELECT COLUMNS('r.*') FROM doctest.rates", "changes what"),
    ("SELECT rate FROM doctest.rates USING SAMPLE 3", "SAMPLE"),
    (
        "SELECT rate FROM doctest.rates QUALIFY row_number() OVER (PARTITION BY code ORDER BY date) = 1",
        "QUALIFY",
    ),
    ("SELECT rate FROM doctest.rates LIMIT 50%", "LIMIT"),
    ("SELECT n FROM (VALUES (1)) AS t(n)", "names the columns"),
    ("SELECT [1, 2] AS n", "it calls list_value"),
    ("SELECT INTERVAL 1 DAY AS n", "to_days"),
    ("SELECT 100000000000000000000 AS n", "64 bits"),
]


@pytest.mark.parametrize("query", PROVEN)
def test_what_both_engines_answer_alike_is_asked(lake, query):
    assert unproven(parsed(lake, query), {"rate", "volume"}.__contains__) is None


@pytest.mark.parametrize(("query", "words"), UNPROVEN)
def test_what_is_not_proven_to_be_the_same_is_not_asked(lake, query, words):
    found = unproven(parsed(lake, query), {"rate", "volume"}.__contains__)
    assert words in str(found)
