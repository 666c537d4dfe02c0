"""Speed beside the libraries that people would use instead, memory, import time: ``python -m benchmarks``.

Everything is measured in one run, the contenders in turn, so that other load on the machine affects all of them alike.
Before a contender is timed, a table of cases shows what it accepts and refuses; where it does less than the others, or
decides otherwise, a footnote says so. Needs the extra ``bench``.
"""
