"""Promises of `make serve`: it answers on this machine, finds a free port, and says where."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tools.serve import HOST, main, make_server
from tools.sync import ROOT


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A small site."""
    (tmp_path / "index.html").write_text("<title>A book</title>")
    for name in ("a.js", "a.mjs", "a.wasm", "a.css", "a.svg", "a.json"):
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.fixture
def port(pages: Path) -> Iterator[int]:
    """The port at which the small site is served."""
    with make_server(pages, port=0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def busy() -> Iterator[int]:
    """A port that another program holds."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/a.js", "text/javascript"),
        ("/a.mjs", "text/javascript"),
        ("/a.wasm", "application/wasm"),
        ("/a.css", "text/css"),
        ("/a.svg", "image/svg+xml"),
        ("/a.json", "application/json"),
    ],
)
def test_files_come_under_their_types(port: int, path: str, kind: str) -> None:
    """Modules and wasm come under the types without which a browser does not run them."""
    connection = HTTPConnection(HOST, port)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers.get_content_type() == kind
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_port_in_use_moves_to_the_next(pages: Path, busy: int) -> None:
    """Two servers, or another program, can run beside this one."""
    with make_server(pages, busy) as server:
        assert server.server_port > busy


def test_only_this_machine_is_answered(pages: Path) -> None:
    """The server listens on the loopback address, not on the network."""
    with make_server(pages, port=0) as server:
        assert server.server_address[0] == "127.0.0.1"


def test_a_site_that_is_not_built_is_named(tmp_path: Path) -> None:
    """Without a built site there is one message, and it says what to run."""
    with pytest.raises(SystemExit, match=r"holds no index\.html: run `make book` first"):
        make_server(tmp_path, 0)


@pytest.mark.parametrize("wrong", ["seventy", "70000", "-1"])
def test_a_wrong_port_is_refused(
    pages: Path, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port that is no port is refused, with the range that is allowed."""
    with pytest.raises(SystemExit):
        main([str(pages), f"--port={wrong}"])
    assert f"a port is a number from 0 to 65535, not '{wrong}'" in capsys.readouterr().err


def test_the_command_says_where_and_ends_quietly(pages: Path, busy: int) -> None:
    """It prints the address, says when the port moved, and ends on Ctrl-C without a traceback."""
    command = [sys.executable, "-m", "tools.serve", str(pages), "--port", str(busy)]
    serving = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        moved, address = serving.stdout.readline(), serving.stdout.readline()
        at = int(re.fullmatch(r"The book is at http://localhost:(\d+)/ .*\n", address)[1])
        assert moved == f"Port {busy} is in use, so this is port {at}.\n"
        connection = HTTPConnection(HOST, at)
        connection.request("GET", "/")
        assert "A book" in connection.getresponse().read().decode()
        serving.send_signal(signal.SIGINT)
        rest, errors = serving.communicate(timeout=30)
    finally:
        serving.kill()
    assert (rest.strip(), errors, serving.returncode) == ("", "", 0)
