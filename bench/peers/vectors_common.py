# SPDX-License-Identifier: Apache-2.0
"""What a peer of the vector benchmark offers; bench/vectors/measure.py drives it."""
from concurrent.futures import ThreadPoolExecutor

SET_NAMES = {"50": 1, "10": 2, "1": 3, "0.1": 4}  # label -> least number of sets that hold a row


class Peer:
    engine = ""
    filters = True
    tunable = True  # a search has settings
    built_with = ""

    def __init__(self, dataset, folder):
        self.dataset, self.folder = dataset, folder

    def threads(self, count):
        """Called first; one thread also means that the process is bound to one core."""

    def build(self, base, sets):
        """Makes the index in `folder`. `sets`: of every row, how many allowed sets hold it."""
        raise NotImplementedError

    def open(self):
        raise NotImplementedError

    def default(self, k):
        """What a search uses without settings; None where nothing is a sensible default."""
        return {}

    def chains(self, k, label):
        """Lists of settings to try, each list in the order of cost and of recall."""
        return [[self.default(k)]]

    def search(self, query, k, setting, label):
        """Row numbers of the k nearest to one query, of the allowed set `label` unless it is empty."""
        raise NotImplementedError

    def batch(self, queries, k, setting, threads):
        """All queries; here one by one, by as many callers as there are threads."""
        if threads == 1:
            for query in queries:
                self.search(query, k, setting, "")
            return
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda query: self.search(query, k, setting, ""), queries, chunksize=16))
