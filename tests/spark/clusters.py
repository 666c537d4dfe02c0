"""A cluster of Spark on this machine: a master, and workers on addresses of their own, each a process of Java.

Spark starts a copy of a slow task only on another host, and none at all in a local session.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import DEVNULL

import pyspark

_SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
_SECONDS = 60


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The URL of the master; ``folder`` is for what the workers write."""
    port = free_port()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(running("127.0.0.1", "master.Master", "--port", str(port)))
        wait_for(port)
        for number in range(workers):
            own = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / f"worker{number}")]
            stack.enter_context(running(f"127.0.0.{number + 2}", "worker.Worker", *own, url))
        yield url


@contextmanager
def running(host: str, name: str, *arguments: str) -> Iterator[None]:
    command = [str(_SPARK_CLASS), f"org.apache.spark.deploy.{name}", "--host", host, "--webui-port", "0", *arguments]
    changed = {"SPARK_LOCAL_IP": host, "SPARK_DAEMON_MEMORY": "256m", "PYSPARK_PYTHON": sys.executable}
    process = subprocess.Popen(command, env=os.environ | changed, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"the master of the cluster did not listen on port {port} within {_SECONDS} s")
