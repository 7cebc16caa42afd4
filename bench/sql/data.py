# SPDX-License-Identifier: Apache-2.0
"""The rows of the SQL benchmark as a folder of Parquet files, the same on every machine.

usage: data.py matrix|clickbench ROWS FILES WORDS OUT
OUT gets FILES files of equal size, in the order of their names, and meta.json (written last). WORDS is
the number of words of a title; clickbench takes no notice of it. README.md has the columns.
"""
import json
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

CHUNK = 1 << 16           # rows that are made at once; a file is a run of whole and cut chunks
TERMS, DIM = 10_000, 16
GOLDEN, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1
CATEGORIES = ("rust", "python", "go", "sql")


def generator(seed, chunk):
    return np.random.Generator(np.random.PCG64((seed + (chunk + 1) * GOLDEN) & MASK))


def zipf_shares(count, s=1.0):
    shares = np.arange(1, count + 1, dtype=np.float64) ** -s
    return np.cumsum(shares / shares.sum())


def texts(flat, width):
    """An Arrow array of texts of one width, from an array of bytes of (rows, width)."""
    ends = np.arange(len(flat) + 1, dtype=np.int64) * width
    return pa.LargeStringArray.from_buffers(len(flat), pa.py_buffer(ends), pa.py_buffer(flat.tobytes()))


def digits(numbers, width, prefix):
    """prefix + the numbers with leading zeros, as bytes of (rows, width + the prefix's)."""
    out = np.empty((len(numbers), len(prefix) + width), np.uint8)
    out[:, :len(prefix)] = np.frombuffer(prefix, np.uint8)
    rest = numbers.astype(np.int64).copy()
    for place in range(width - 1, -1, -1):
        out[:, len(prefix) + place] = rest % 10 + ord("0")
        rest //= 10
    return out


# ---- the reference's matrix ----

class Matrix:
    def __init__(self, words):
        self.words = words
        self.shares = zipf_shares(TERMS)
        self.terms = digits(np.arange(TERMS), 5, b" term")

    def titles(self, rows, chunk):
        ranks = np.searchsorted(self.shares, generator(1, chunk).random((len(rows), self.words)))
        words = self.terms[np.minimum(ranks, TERMS - 1)].reshape(len(rows), -1)
        return np.concatenate([digits(rows, 7, b"doc"), words], axis=1)

    def chunk(self, chunk, count):
        rows = np.arange(chunk * CHUNK, chunk * CHUNK + count, dtype=np.int64)
        number = scattered(rows)
        titles = self.titles(rows, chunk)
        vectors = ((31 * rows[:, None] + 7 * np.arange(DIM)) % 97 + 1).astype(np.float64)
        vectors /= np.linalg.norm(vectors, axis=1)[:, None]
        emb = pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype(np.float32).ravel()), DIM)
        category = pa.array(CATEGORIES, pa.large_utf8()).take(pa.array(rows % len(CATEGORIES)))
        return pa.table({"title": texts(titles, titles.shape[1]), "bucket": texts(digits(rows % 10, 1, b"b"), 2),
                         "key": texts(digits(number, 8, b"k"), 9), "category": category,
                         "rating": rows % 100, "n": number, "emb": emb})

    def meta(self, rows):
        """What the statements look for: texts and numbers of the row in the middle."""
        row = rows // 2
        table = self.chunk(row // CHUNK, row % CHUNK + 1).slice(row % CHUNK)
        return {name: table[name][0].as_py() for name in ("title", "key", "n")}


def scattered(rows):
    return rows * 2654435761 % 100_000_000


# ---- a log of page views, of ClickBench's kinds of columns ----

def mixed(values, seed):
    """64 bits of each value, scattered (SplitMix64's finalizer)."""
    z = values.astype(np.uint64) + np.uint64(seed * GOLDEN & MASK)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


WORDS = ("auto kino music video news weather maps avito search online free photo games shop house rent car "
         "phone buy price forum wiki download book school recipe football moscow samara kiev travel ticket "
         "bank job mail doctor garden kitchen dress shoes love english radio series film actor").split()
SITES = ("google", "yandex", "mail", "example", "market", "irr", "kinopoisk", "livejournal", "rambler", "sber")
MODELS = [""] + [f"{brand} {number}" for brand in ("iPad", "iPhone", "Galaxy", "Nokia") for number in range(40)]
LANGUAGES = [a + b for a in "rukdtf" for b in "uenkr"]


def phrase(ids, words, seed):
    """Texts of `words` words, one for each id: the same id, the same text."""
    parts = [pa.array(WORDS, pa.large_utf8()).take(pa.array(mixed(ids, seed + i) % np.uint64(len(WORDS))))
             for i in range(words)]
    return joined(parts, " ")


def joined(parts, between):
    return pc.binary_join_element_wise(*parts, pa.scalar(between, pa.large_utf8()))


def numbers(values):
    return pa.array(values).cast(pa.large_utf8())


def user_ids(users):
    return (mixed(users, 5) >> np.uint64(2)).astype(np.int64)


class ClickBench:
    USERS, URLS, PHRASES = 1_500_000, 1_000_000, 200_000

    def __init__(self, rows):
        scale = rows / 10_000_000
        self.rows = rows
        self.users = zipf_shares(max(1000, int(self.USERS * scale)), 0.5)
        self.urls = zipf_shares(max(1000, int(self.URLS * scale)), 0.8)
        self.phrases = zipf_shares(max(1000, int(self.PHRASES * scale)), 0.9)
        self.small = {count: zipf_shares(count) for count in (20, 60, 90, 160, 6000, 5000)}

    def draw(self, random, shares, count):
        return np.minimum(np.searchsorted(shares, random.random(count)), len(shares) - 1).astype(np.int64)

    def chunk(self, chunk, count):
        random = generator(2, chunk)
        rows = np.arange(chunk * CHUNK, chunk * CHUNK + count, dtype=np.int64)
        few = lambda size: self.draw(random, self.small[size], count)
        rare = lambda values, share: np.where(random.random(count) < share, values, 0)
        seconds = 1372636800 + rows * 31 * 86400 // self.rows + random.integers(0, 3600, count)
        user, url = self.draw(random, self.users, count), self.draw(random, self.urls, count)
        referer = rare(self.draw(random, self.urls, count) + 1, 0.6)
        words = rare(self.draw(random, self.phrases, count) + 1, 0.13)
        mobile, engine = rare(few(60) + 1, 0.12), rare(few(20) + 1, 0.15)
        width, country = few(20), few(20)
        i16 = lambda values: pa.array(values.astype(np.int16))
        stamp = lambda values: pa.array(values * 1_000_000, pa.timestamp("us"))
        return pa.table({
            "watch_id": mixed(rows, 3).astype(np.int64), "event_time": stamp(seconds),
            "event_date": pa.array((seconds // 86400).astype(np.int32), pa.date32()),
            "counter_id": few(6000).astype(np.int32), "client_ip": mixed(user, 4).astype(np.int32),
            "region_id": few(5000).astype(np.int32), "user_id": user_ids(user),
            "counter_class": i16(few(20) % 3), "os": i16(few(90)), "user_agent": i16(few(90)),
            "url": self.url(url), "referer": self.blank(referer, self.url(referer)),
            "is_refresh": i16(random.random(count) < 0.11), "resolution_width": i16(320 + 80 * width),
            "resolution_height": i16(240 + 60 * width), "is_mobile": i16(mobile > 0),
            "mobile_phone": i16(mobile), "mobile_phone_model": take(MODELS, rare(few(160) + 1, 0.08)),
            "search_engine_id": i16(engine), "search_phrase": self.blank(words, self.phrase(words)),
            "adv_engine_id": i16(rare(few(20) + 1, 0.05)), "trafic_source_id": i16(few(20) - 1),
            "title": self.title(url // 250), "dont_count_hits": i16(random.random(count) < 0.04),
            "window_width": i16(300 + 80 * width - few(20)), "window_height": i16(200 + 60 * width - few(20)),
            "timezone": i16(60 * (few(20) - 5)),
            "local_time": stamp(seconds + 3600 * (user % 12)), "age": i16(user % 70), "sex": i16(user % 3),
            "income": i16(user % 5), "url_hash": mixed(url, 6).astype(np.int64),
            "referer_hash": mixed(referer, 7).astype(np.int64), "is_link": i16(random.random(count) < 0.09),
            "is_download": i16(random.random(count) < 0.01), "language": take(LANGUAGES, few(20)),
            "country": take(LANGUAGES, country), "param_price": rare(random.integers(100, 10**7, count), 0.02),
            "send_timing": rare(random.integers(1, 30000, count), 0.3).astype(np.int32),
            "response_timing": random.integers(0, 2000, count).astype(np.int32)})

    @staticmethod
    def url(ids):
        site = pa.array([f"http://{name}.com/" for name in SITES], pa.large_utf8()).take(
            pa.array(mixed(ids, 8) % np.uint64(len(SITES))))
        return joined([site, phrase_path(ids), numbers(ids)], "")

    @staticmethod
    def phrase(ids):
        return joined([phrase(ids, 3, 20), numbers(ids % 1000)], " ")

    @staticmethod
    def title(ids):
        return joined([phrase(ids, 4, 30), numbers(ids)], " ")

    @staticmethod
    def blank(ids, values):
        return pc.if_else(pa.array(ids == 0), pa.scalar("", pa.large_utf8()), values)

    def meta(self, _rows):
        user = self.draw(generator(2, 0), self.users, 1)
        return {"user_id": int(user_ids(user)[0])}


def phrase_path(ids):
    return joined([phrase(ids, 2, 10), pa.array(["/"] * len(ids), pa.large_utf8())], "")


def take(values, places):
    return pa.array(values, pa.large_utf8()).take(pa.array(places % len(values)))


# ---- files ----

def write(source, rows, files, out):
    """File f holds rows [rows * f / files, rows * (f + 1) / files)."""
    os.makedirs(out)
    made, current = -1, None
    for file in range(files):
        begin, end = rows * file // files, rows * (file + 1) // files
        writer = None
        while begin < end:
            if begin // CHUNK != made:
                made = begin // CHUNK
                current = source.chunk(made, min(CHUNK, rows - made * CHUNK))
            part = current.slice(begin - made * CHUNK, min(end, (made + 1) * CHUNK) - begin)
            writer = writer or pq.ParquetWriter(os.path.join(out, f"{file:05d}.parquet"), part.schema,
                                                compression="zstd", use_dictionary=["category"],
                                                store_schema=False)
            writer.write_table(part)
            begin += part.num_rows
        writer.close()
    with open(os.path.join(out, "meta.json"), "w", encoding="utf-8") as file:
        json.dump({"rows": rows, **source.meta(rows)}, file)


def main():
    kind, rows, files, words, out = sys.argv[1:6]
    source = Matrix(int(words)) if kind == "matrix" else ClickBench(int(rows))
    write(source, int(rows), int(files), out)


if __name__ == "__main__":
    main()
