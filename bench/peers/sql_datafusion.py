# SPDX-License-Identifier: Apache-2.0
"""DataFusion on the Parquet files of a folder, with its defaults.

usage: sql_datafusion.py FOLDER THREADS STATEMENTS
"""
import sys

import datafusion
from sql_common import run_statements

folder, threads, statements = sys.argv[1:4]
config = datafusion.SessionConfig().with_target_partitions(int(threads))
context = datafusion.SessionContext(config)
context.register_parquet("docs", folder)
run_statements("DataFusion", statements, lambda sql: context.sql(sql).collect())
