# SPDX-License-Identifier: Apache-2.0
"""The statements of the SQL benchmark: (name, text, what of the answer engines must agree on)."""
import math

ALL, ROWS = "all", "rows"  # scores differ between engines, and so may the rows at the end of a ranking
DIM = 16


def vector(row=7):
    values = [(31 * row + 7 * d) % 97 + 1 for d in range(DIM)]
    length = math.sqrt(sum(value * value for value in values))
    return ",".join(f"{value / length:.9g}" for value in values)


def matrix(meta):
    key, title, n, rows = meta["key"], meta["title"], meta["n"], meta["rows"]
    hundred = f"doc{rows // 200:05d}"[:8]  # a hundred titles begin so
    lookups = [(f"{what} where key = ?", f"SELECT {what} FROM docs WHERE key = '{key}'", ALL)
               for what in ("count(*)", "sum(rating)", "max(rating)", "avg(rating)")]
    return [
        ("count(*)", "SELECT count(*) FROM docs", ALL),
        ("max(title)", "SELECT max(title) FROM docs", ALL),
        ("count where category = 'rust'", "SELECT count(*) FROM docs WHERE category = 'rust'", ALL),
        ("count where rating < 10", "SELECT count(*) FROM docs WHERE rating < 10", ALL),
        ("count, group by category", "SELECT category, count(*) FROM docs GROUP BY category", ALL),
        ("title = ?", f"SELECT n FROM docs WHERE title = '{title}'", ALL),
        ("key = ?", f"SELECT title, n FROM docs WHERE key = '{key}'", ALL), *lookups,
        ("sum(rating) where bucket in all ten", "SELECT sum(rating) FROM docs WHERE bucket IN (" +
         ", ".join(f"'b{i}'" for i in range(10)) + ")", ALL),
        ("title like prefix, 100 rows", f"SELECT count(*) FROM docs WHERE title LIKE '{hundred}%'", ALL),
        ("key like prefix, 0.1 %", "SELECT count(*) FROM docs WHERE key LIKE 'k123%'", ALL),
        ("title like infix", "SELECT count(*) FROM docs WHERE title LIKE '%m09998 term0000%'", ALL),
        ("key like infix", "SELECT count(*) FROM docs WHERE key LIKE '%4567%'", ALL),
        ("range of n, 0.1 %", f"SELECT count(*) FROM docs WHERE n BETWEEN {n} AND {n + 100_000}", ALL),
        ("rows of a range of n, 0.1 %", f"SELECT key, rating FROM docs WHERE n BETWEEN {n} AND {n + 100_000}", ALL),
        ("top 10 by one column", "SELECT n FROM docs ORDER BY n DESC LIMIT 10", ALL),
        ("top 10 by two columns", "SELECT key, n FROM docs ORDER BY rating DESC, n LIMIT 10", ALL),
        ("max(n) - min(n)", "SELECT max(n) - min(n) FROM docs", ALL),
    ]


def searches(meta):
    words, key = "term00001 term00050", meta["key"]
    return [
        ("bm25_search, k = 10", f"SELECT _id, score FROM bm25_search('docs', 'title', '{words}', 10)", ROWS),
        ("vector_search, k = 10", f"SELECT _id, score FROM vector_search('docs', 'emb', '{vector()}', 10)", ROWS),
        ("hybrid_search, k = 10", "SELECT _id, score FROM hybrid_search('docs', 'title', "
         f"'{words}', 'emb', '{vector()}', 10)", ROWS),
        ("token_match of nearly all rows",
         "SELECT _id, score FROM token_match('docs', 'title', 'term00001 term00002', 'and')", ROWS),
        ("count of token_match of nearly all rows",
         "SELECT count(*) FROM token_match('docs', 'title', 'term00001 term00002', 'and')", ALL),
        ("token_match of one row", f"SELECT _id, n FROM token_match('docs', 'key', '{key}')", ALL),
        ("exact_match of one row", f"SELECT _id, n FROM exact_match('docs', 'key', '{key}')", ALL),
        ("sum over exact_match of one row", f"SELECT sum(rating) FROM exact_match('docs', 'key', '{key}')", ALL),
    ]


def clickbench(meta):
    month = "event_date >= DATE '2013-07-01' AND event_date <= DATE '2013-07-31'"
    sums = ", ".join(f"sum(resolution_width + {i})" for i in range(30))
    texts = [
        ("count(*)", "SELECT count(*) FROM docs"),
        ("count, <>", "SELECT count(*) FROM docs WHERE adv_engine_id <> 0"),
        ("sum, count, avg", "SELECT sum(adv_engine_id), count(*), avg(resolution_width) FROM docs"),
        ("avg of bigint", "SELECT avg(user_id % 1000003) FROM docs"),
        ("count distinct bigint", "SELECT count(DISTINCT user_id) FROM docs"),
        ("count distinct text", "SELECT count(DISTINCT search_phrase) FROM docs"),
        ("min, max of dates", "SELECT min(event_date), max(event_date), max(watch_id) FROM docs"),
        ("group by small int", "SELECT adv_engine_id, count(*) AS c FROM docs WHERE adv_engine_id <> 0 "
         "GROUP BY adv_engine_id ORDER BY c DESC, adv_engine_id"),
        ("distinct users by region", "SELECT region_id, count(DISTINCT user_id) AS u FROM docs GROUP BY region_id "
         "ORDER BY u DESC, region_id LIMIT 10"),
        ("many aggregates by region", "SELECT region_id, sum(adv_engine_id), avg(resolution_width), "
         "count(DISTINCT user_id), count(*) AS c FROM docs GROUP BY region_id ORDER BY c DESC, region_id LIMIT 10"),
        ("distinct users by phone model", "SELECT mobile_phone_model, count(DISTINCT user_id) AS u FROM docs WHERE "
         "mobile_phone_model <> '' GROUP BY mobile_phone_model ORDER BY u DESC, mobile_phone_model LIMIT 10"),
        ("group by phrase", "SELECT search_phrase, count(*) AS c FROM docs WHERE search_phrase <> '' "
         "GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10"),
        ("group by engine and phrase", "SELECT search_engine_id, search_phrase, count(*) AS c FROM docs "
         "WHERE search_phrase <> '' GROUP BY search_engine_id, search_phrase "
         "ORDER BY c DESC, search_engine_id, search_phrase LIMIT 10"),
        ("group by user", "SELECT user_id, count(*) AS c FROM docs GROUP BY user_id ORDER BY c DESC, user_id LIMIT 10"),
        ("group by user, minute, phrase", "SELECT user_id, extract(minute FROM event_time) AS m, search_phrase, "
         "count(*) AS c FROM docs GROUP BY user_id, m, search_phrase "
         "ORDER BY c DESC, user_id, m, search_phrase LIMIT 10"),
        ("user = ?", f"SELECT user_id FROM docs WHERE user_id = {meta['user_id']}"),
        ("count, url like infix", "SELECT count(*) FROM docs WHERE url LIKE '%google%'"),
        ("phrases of a url like infix", "SELECT search_phrase, min(url), count(*) AS c FROM docs WHERE url LIKE "
         "'%google%' AND search_phrase <> '' GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10"),
        ("titles like infix", "SELECT search_phrase, min(url), min(title), count(*) AS c, count(DISTINCT user_id) "
         "FROM docs WHERE title LIKE '%music%' AND url NOT LIKE '%.google.%' AND search_phrase <> '' "
         "GROUP BY search_phrase ORDER BY c DESC, search_phrase LIMIT 10"),
        ("rows by time, url like infix", "SELECT event_time, watch_id, user_id, url, title FROM docs "
         "WHERE url LIKE '%yandex%' ORDER BY event_time, watch_id LIMIT 10"),
        ("phrases by time", "SELECT search_phrase, watch_id FROM docs WHERE search_phrase <> '' "
         "ORDER BY event_time, watch_id LIMIT 10"),
        ("30 sums", f"SELECT {sums} FROM docs"),
        ("group by url", "SELECT url, count(*) AS c FROM docs GROUP BY url ORDER BY c DESC, url LIMIT 10"),
        ("one counter's urls in a month", f"SELECT url, count(*) AS c FROM docs WHERE counter_id = 62 AND {month} "
         "AND dont_count_hits = 0 AND is_refresh = 0 AND url <> '' GROUP BY url ORDER BY c DESC, url LIMIT 10"),
        ("one counter's minutes of two days", "SELECT date_trunc('minute', event_time) AS m, count(*) AS c FROM docs "
         "WHERE counter_id = 62 AND event_date >= DATE '2013-07-14' AND event_date <= DATE '2013-07-15' "
         "AND is_refresh = 0 AND dont_count_hits = 0 GROUP BY m ORDER BY m LIMIT 10 OFFSET 20"),
    ]
    return [(name, text, ALL) for name, text in texts]


def planning(meta):
    text = f"SELECT title FROM docs WHERE key = '{meta['key']}'"
    return [("EXPLAIN", f"EXPLAIN {text}", ROWS), ("executed", text, ALL),
            ("EXPLAIN, no condition", "EXPLAIN SELECT sum(rating) FROM docs", ROWS)]


def of_section(section, engine, meta):
    if section == "planning":
        return planning(meta)
    if section == "clickbench":
        return clickbench(meta)
    return matrix(meta) + (searches(meta) if engine in ("inlay", "infino") else [])
