"""The gallery's web server: the page, models.json, and the files of the exports; all else is 404.

An address is looked up in tables of what may be served, and never made into a path.
"""

import errno
import http
import http.server
import ipaddress
import json
import os
import pathlib
import socket
import socketserver
import sys
import urllib.parse

from absl import logging

PAGE = pathlib.Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".webmanifest": "application/manifest+json; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    "": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    # Without Content-Encoding: the page unpacks it itself, as it must on a plain web server.
    ".gz": "application/gzip",
    ".tflite": "application/octet-stream",
}
_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# The laboratory's page has its style within, and neither script nor anything from elsewhere.
_REPORT_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class BindError(Exception):
    """An address that cannot be served at; the message says why, and what to do."""


def page_files(folder=PAGE):
    """Path from the page -> file of all that belongs to the page."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in TYPES and not path.name.startswith(".")
    }


def local(host) -> bool:
    """Whether only this computer reaches an address or name to bind to."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Server(http.server.ThreadingHTTPServer):
    """Serves one gallery; `serve_forever` runs it.

    Args:
        gallery: `collect.Gallery`.
        host, port: to bind to; port 0 is any that is free. While only this computer reaches the
            host, requests under another name than its own are refused: a foreign page whose name
            was made to point here could otherwise read the answers.
        page: folder of the page.

    Raises:
        BindError: if the address cannot be had.
    """

    daemon_threads = True  # a browser keeps connections open, which must not hold up the end
    block_on_close = False
    request_queue_size = 64
    allow_reuse_address = os.name == "posix"  # elsewhere two servers could have the same port

    def __init__(self, gallery, host, port, page=PAGE):
        self.gallery = gallery
        self.page = page_files(page)
        self.only_local = local(host)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            self.address_family, address = found[0][0], found[0][4]
            super().__init__(address, Handler)
        except (OSError, UnicodeError) as error:
            raise BindError(_bind_sentence(error, host, port)) from error

    def server_bind(self):
        # Without the look-up of the host's name, which asks the network and may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | TimeoutError):  # the browser went away
            logging.error("A request could not be answered: %s: %s", type(error).__name__, error)


def _bind_sentence(error, host, port):
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"--host={host} is no address of this computer: try 127.0.0.1, or 0.0.0.0 for all."
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken, perhaps by another gallery: give another, such as "
            f"--port={port % 65535 + 1}, or --port=0 for any that is free."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for administrators: give one above 1023, such as --port=8427."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host={host} is no address of this computer: try 127.0.0.1, or 0.0.0.0 for all."
    return f"Nothing can be served at {host}, port {port}: {error.strerror}."


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request after the other of a connection."""

    protocol_version = "HTTP/1.1"
    server_version = "tfgan_zoo"
    sys_version = ""
    timeout = 60  # seconds that a connection may be silent
    policy = _POLICY

    def do_GET(self):
        self._answer(body=True)

    def do_HEAD(self):
        self._answer(body=False)

    def _refuse_method(self):
        self.close_connection = True  # what it carries is not read
        self._tell(405, "This gallery is read, and takes nothing.", True, {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method

    def log_message(self, format, *args):
        """Nothing: the terminal shows the address, and a browser shows what it loads."""

    def end_headers(self):
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", self.policy)
        super().end_headers()

    def _answer(self, body):
        self.policy = _POLICY
        if self.server.only_local and not self._asks_for_this_computer():
            self._tell(
                421,
                "This gallery answers to localhost and 127.0.0.1 alone. For other names start it "
                "with --host.",
                body,
            )
            return
        path = self._path()
        if path == "models.json":
            content = json.dumps(self.server.gallery.refresh().described(), allow_nan=False)
            headers = {"Content-Type": TYPES[".json"], "Cache-Control": "no-store"}
            self._send(200, headers, content.encode(), body)
            return
        file = self._find(path)
        if file is None:
            self._tell(404, "Nothing lies here. The gallery begins at /", body)
            return
        if path.startswith("laboratory/"):
            self.policy = _REPORT_POLICY
        self._send_file(file, body)

    def _asks_for_this_computer(self):
        """Whether the request names this computer as it names itself, under whatever port."""
        given = self.headers.get_all("Host", [])
        if len(given) != 1:
            return False
        name = given[0].strip().lower()
        if name.startswith("["):
            return local(name[1:].partition("]")[0])
        return local(name.partition(":")[0])

    def _path(self):
        """The address below the page, decoded; None if it is none."""
        try:
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path, errors="strict")
        except ValueError:
            return None
        if not path.startswith("/"):
            return None
        return f"{path[1:]}index.html" if path in ("/", "/laboratory/") else path[1:]

    def _find(self, path):
        """The file at an address, or None."""
        if path is None:
            return None
        found = self.server.gallery.found
        first, _, rest = path.partition("/")
        if first == "models":
            name, _, file = rest.rpartition("/")
            export = found.exports.get(name)
            kept = export and export.files.get(file)
            return kept and kept.path
        if first == "laboratory" and rest:
            kept = found.laboratory.get(rest)
            return kept and kept.path
        # Browsers ask for it beside pages that name no icon, such as the laboratory's.
        return self.server.page.get("icon.svg" if path == "favicon.ico" else path)

    def _send_file(self, path, body):
        try:
            opened = path.open("rb")
        except OSError:
            self._tell(404, "The file that lay here is gone: load the page again.", body)
            return
        with opened:
            state = os.fstat(opened.fileno())
            mark = f'"{state.st_size:x}-{state.st_mtime_ns:x}"'
            headers = {
                "Content-Type": TYPES[path.suffix.lower()],
                "Cache-Control": "no-cache",  # kept, but asked for each time
                "ETag": mark,
            }
            if mark in self.headers.get("If-None-Match", ""):
                self._send(304, headers, b"", body)
                return
            self._begin(200, headers, state.st_size)
            if body:
                copied = 0
                while copied < state.st_size:
                    part = opened.read(min(2**16, state.st_size - copied))
                    if not part:  # it was cut meanwhile: the browser must not wait for the rest
                        self.close_connection = True
                        return
                    self.wfile.write(part)
                    copied += len(part)

    def _tell(self, status, sentence, body, headers=None):
        text = {"Content-Type": TYPES[".txt"], "Cache-Control": "no-store"}
        self._send(status, {**text, **(headers or {})}, f"{sentence}\n".encode(), body)

    def _send(self, status, headers, content, body):
        self._begin(status, headers, len(content))
        if body and content:
            self.wfile.write(content)

    def _begin(self, status, headers, length):
        self.send_response(status, http.HTTPStatus(status).phrase)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(length))
        self.end_headers()
