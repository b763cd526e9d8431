"""What the server answers, to browsers and to those who are none."""

import concurrent.futures
import http.client
import json
import pathlib
import socket
import urllib.parse

import pytest

from tests.gallery import exports
from tests.gallery.conftest import serving
from tfgan_zoo.gallery import collect, server

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """(address, folder): a gallery of an own export with a name of all kinds, and a report."""
    root = tmp_path_factory.mktemp("place")
    (root / "outside.png").write_text("secret")
    runs = root / "my runs[1] é"
    exports.copied(runs / "sngan")
    exports.laboratory(runs / "modes")
    page = root / "page"
    (page / "vendor").mkdir(parents=True)
    for name in ("index.html", "a.js", "vendor/b.wasm.gz", "vendor/c.wasm", "LICENSE"):
        (page / name).write_text(f"content of {name}")
    (page / ".hidden.js").write_text("hidden")
    (page / "notes.py").write_text("no part of the page")
    with serving([(runs, collect.OWN)], page=page) as address:
        yield address, runs


def ask(address, path, method="GET", body=None, **headers):
    """(status, headers, content) of an answer to a path that is sent as it is."""
    parts = urllib.parse.urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"Host": parts.netloc, **headers}.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), content


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/", "text/html; charset=utf-8", "index.html"),
        ("/index.html?model=a", "text/html; charset=utf-8", "index.html"),
        ("/a.js", "text/javascript; charset=utf-8", "a.js"),
        ("/vendor/b.wasm.gz", "application/gzip", "vendor/b.wasm.gz"),
        ("/vendor/c.wasm", "application/wasm", "vendor/c.wasm"),
        ("/LICENSE", "text/plain; charset=utf-8", "LICENSE"),
    ],
)
def test_the_page_with_its_types_and_headers(place, path, kind, name):
    status, headers, content = ask(place[0], path)
    assert (status, content) == (200, f"content of {name}".encode())
    assert headers["Content-Type"] == kind
    assert headers["Content-Length"] == str(len(content))
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Content-Encoding" not in headers
    status, headers, content = ask(place[0], path, "HEAD")
    assert (status, headers["Content-Type"], content) == (200, kind, b"")
    assert int(headers["Content-Length"]) > 0


def test_models_and_their_files(place):
    address, runs = place
    status, headers, content = ask(address, "/models.json")
    assert status == 200 and headers["Cache-Control"] == "no-store"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    listed = json.loads(content)
    (model,) = listed["models"]
    assert model["id"] == "my runs[1] é/sngan" and listed["laboratory"] == "laboratory/index.html"
    kinds = {
        "model.tflite": "application/octet-stream",
        "card.json": "application/json; charset=utf-8",
        "README.md": "text/plain; charset=utf-8",
        "samples.png": "image/png",
        "examples.png": "image/png",
        "training.gif": "image/gif",
    }
    assert set(kinds) == set(model["files"])
    for name, size in model["files"].items():
        status, headers, content = ask(address, f"/{model['url']}{name}")
        assert status == 200 and headers["Content-Type"] == kinds[name]
        assert content == (runs / "sngan" / name).read_bytes() and len(content) == size


def test_a_file_that_is_as_before_is_not_sent_again(place):
    _, headers, _ = ask(place[0], "/a.js")
    assert headers["Cache-Control"] == "no-cache"
    again = {"If-None-Match": headers["ETag"]}
    status, headers, content = ask(place[0], "/a.js", **again)
    assert (status, content) == (304, b"")
    status, headers, content = ask(place[0], "/a.js", **{"If-None-Match": '"another"'})
    assert status == 200 and content


@pytest.mark.parametrize(
    "path",
    [
        "/missing",
        "/../outside.png",
        "/%2e%2e/outside.png",
        "/..%2foutside.png",
        "/models/../../outside.png",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan/../../../outside.png",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan/..%5c..%5coutside.png",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan/",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan/samples.png/",
        "/models/my%20runs%5B1%5D%20%C3%A9/sngan/samples.png%00.html",
        "/models/",
        "/models",
        "/laboratory",
        "/laboratory/samples.npy",
        "/laboratory/../index.html",
        "/.hidden.js",
        "/notes.py",
        "/vendor/",
        "/vendor",
        "/%ff",
        "/index.html/",
        "/etc/passwd",
        "//etc/passwd",
        "/" + "a" * 30_000,
    ],
)
def test_all_else_is_not_found(place, path):
    status, headers, content = ask(place[0], path)
    assert status == 404, path
    assert content == b"Nothing lies here. The gallery begins at /\n"
    assert headers["Content-Security-Policy"] == POLICY
    assert ask(place[0], path, "HEAD")[::2] == (404, b"")


def test_no_file_of_the_disk_is_reached_by_its_path(place):
    for file in (__file__, str(place[1] / "sngan" / "samples.png"), "/etc/hostname"):
        path = urllib.parse.quote(file)
        assert ask(place[0], path)[0] == 404
        assert ask(place[0], f"/models{path}")[0] == 404


def test_the_laboratory_has_a_policy_that_lets_its_style_be(place):
    for path in ("/laboratory/index.html", "/laboratory/"):
        status, headers, content = ask(place[0], path)
        assert (status, content.decode()) == (200, exports.REPORT["index.html"])
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "style-src 'unsafe-inline'" in policy
        assert "script" not in policy


def test_the_icon_is_there_for_pages_that_name_none(shipped_gallery):
    status, headers, content = ask(shipped_gallery, "/favicon.ico")
    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert content == (server.PAGE / "icon.svg").read_bytes()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_nothing_is_taken(place, method):
    length = {"Content-Length": "5"}
    status, headers, content = ask(place[0], "/", method, b"hello", **length)
    assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert content.endswith(b"\n")
    assert ask(place[0], "/", "TRACE")[0] == 501


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "localhost:9999", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:1"),
        *("127.8.8.8:80", "[::1]", "[::1]:8427"),
    ],
)
def test_this_computer_is_answered_under_its_own_names(place, name):
    assert ask(place[0], "/models.json", Host=name)[0] == 200


@pytest.mark.parametrize(
    "name",
    [
        *("example.com", "example.com:8427", "localhost.example.com", "127.0.0.1.example.com"),
        *("192.168.1.5:8427", "0.0.0.0", "", "[::2]", "[", "localhost@example.com", None),
    ],
)
def test_a_foreign_name_that_points_here_is_refused(place, name):
    for path in ("/", "/models.json", "/missing"):
        status, _, content = ask(place[0], path, Host=name)
        assert status == 421 and b"models" not in content


def test_where_others_reach_it_every_name_is_answered(place):
    with serving([(place[1], collect.OWN)], host="0.0.0.0") as address:
        here = address.replace("gallery.test", "127.0.0.1")
        assert ask(here, "/models.json", Host="my-computer.local")[0] == 200


def test_many_ask_at_once_and_some_go_away(place):
    address, runs = place
    parts = urllib.parse.urlsplit(address)
    url = f"/{urllib.parse.quote('models/my runs[1] é/sngan')}/model.tflite"
    expected = (runs / "sngan" / "model.tflite").read_bytes()
    silent = [socket.create_connection((parts.hostname, parts.port)) for _ in range(8)]
    for one in silent[:4]:
        one.sendall(f"GET {url} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        one.close()
    silent[4].sendall(b"\0\xff nonsense\r\n\r\n")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(address, url), range(32)))
    assert {(status, content == expected) for status, _, content in answers} == {(200, True)}
    for one in silent:
        one.close()


def test_a_file_that_is_gone_or_cut_meanwhile(tmp_path):
    runs = tmp_path / "runs"
    exports.copied(runs / "one")
    with serving([(runs, collect.OWN)]) as address:
        (runs / "one" / "samples.png").unlink()
        status, _, content = ask(address, "/models/runs/one/samples.png")
        assert status == 404 and b"load the page again" in content
        (runs / "one" / "card.json").write_text("{")
        (model,) = json.loads(ask(address, "/models.json")[2])["models"]
        assert "is no JSON" in model["problem"] and model["card"] is None


def test_addresses_that_cannot_be_had(place):
    gallery = collect.Gallery([(place[1], collect.OWN)])
    port = urllib.parse.urlsplit(place[0]).port
    with pytest.raises(server.BindError, match=f"Port {port} is taken.* --port={port + 1}, or"):
        server.Server(gallery, "127.0.0.1", port)
    for host in ("192.0.2.7", "a..b", "a" * 70 + ".b"):
        with pytest.raises(server.BindError, match="is no address of this computer"):
            server.Server(gallery, host, 0)


def test_every_file_of_the_page_is_served():
    page = {path.relative_to(server.PAGE).as_posix() for path in server.PAGE.rglob("*.*")}
    assert set(server.page_files()) == page | {"vendor/litert/LICENSE"}
    assert pathlib.Path(server.PAGE / "vendor" / "litert" / "index.js").is_file()
