"""Speed beside the libraries that people would use instead, memory, import time: ``python -m benchmarks``.

Everything is measured in one run, the contenders in turn, so that what the machine does meanwhile meets all of them.
Each shows on a table of cases what it accepts and refuses before it is timed; where it does less than the others, or
decides otherwise, a footnote says so. Needs the extra ``bench``.
"""
