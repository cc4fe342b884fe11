"""Serve the built site on this machine.

python -m tools.serve _build/html --port 8000
"""

from __future__ import annotations

import argparse
import errno
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"
# How many ports after the wanted one are tried before giving up.
TRIES = 50


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder, never from a cache, with the types that browsers insist on."""

    extensions_map = {  # noqa: RUF012  (the base class declares it like this)
        **SimpleHTTPRequestHandler.extensions_map,
        # A browser runs a module or compiles wasm only when it comes under these types, and
        # some systems' own tables say otherwise.
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }

    def end_headers(self) -> None:
        # After `make book` a reload shows the new page.
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Stay silent about what went well; errors are still logged."""


class Server(ThreadingHTTPServer):
    """A server that ends with its program and ignores readers who left early."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception() if hasattr(sys, "exception") else None, ConnectionError):
            super().handle_error(request, client_address)


def make_server(folder: Path, port: int) -> Server:
    """A server for `folder` on `port`, or on the next free port; 0 means any free one."""
    if not (folder / "index.html").is_file():
        raise SystemExit(f"{folder} holds no index.html: run `make book` first.")
    handler = partial(Handler, directory=str(folder))
    last = min(port + TRIES, 65535)
    for candidate in range(port, last + 1):
        try:
            return Server((HOST, candidate), handler)
        except OSError as error:
            if error.errno == errno.EACCES:
                raise SystemExit(
                    f"Port {candidate} needs administrator rights: "
                    "choose one from 1024 to 65535, e.g. make serve PORT=8000."
                ) from None
            if error.errno != errno.EADDRINUSE:
                raise
    raise SystemExit(
        f"Ports {port} to {last} are all in use: choose another, e.g. make serve PORT=9000."
    )


def port_number(text: str) -> int:
    """A port from the command line."""
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")


def main(arguments: list[str] | None = None) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serve the built site on this machine.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=port_number, default=8000)
    options = parser.parse_args(arguments)
    with make_server(options.folder, options.port) as server:
        port = server.server_port
        if options.port not in (0, port):
            print(f"Port {options.port} is in use, so this is port {port}.")
        print(f"The book is at http://localhost:{port}/ (Ctrl-C ends)", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
