"""The load of `make serving-check`, short: real clients, and Python's own server in place of Ray,
which is too large to be installed for the tests.
"""

import dataclasses
import http.server
import json
import threading

import pytest

from tests.benchmarks import serving_load
from tfgan_zoo.serving import predict, versions

REQUESTS = 200


@pytest.fixture(scope="module")
def port(exports):
    models = predict.Models(versions.found(exports))

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # the client has gone
                self.close_connection = True
                return
            status, answer = models.answer(self.command, self.path, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *arguments):
            """Not among the tests' results."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def cases(exports):
    """The right and the wrong requests by kind."""
    return serving_load.cases(*exports, seed=0)


def test_every_kind_of_request_under_load(port, cases):
    good, wrong = cases
    planned = serving_load.plan(good, wrong, REQUESTS)
    outcomes = serving_load.drive(port, planned, clients=4, seconds=120)
    assert [o for o in outcomes if o.problem] == [] and len(outcomes) == REQUESTS
    assert {o.case.kind for o in outcomes} == {*good, *wrong}
    compared = [o.difference for o in outcomes if o.difference is not None]
    assert len(compared) > 20 and max(compared) <= 1
    printed = serving_load.table(outcomes, 1.0)
    assert f"{REQUESTS} requests in 1.0 s" in printed and "0 unexpected answers." in printed


def test_each_wrong_request_is_answered_with_a_sentence(port, cases):
    _, wrong = cases
    planned = [case for kind, some in wrong.items() if kind != "too large" for case in some]
    outcomes = serving_load.drive(port, planned, clients=1, seconds=120)
    assert [o for o in outcomes if o.problem] == [] and len(outcomes) == len(planned)


def test_what_is_not_right_is_told(port, cases):
    good, wrong = cases
    right, other = good["cgan columns"][:2]
    judged = dataclasses.replace(right, difference=other.difference)
    accepted = dataclasses.replace(wrong["wrong shape"][0], statuses=(200,))
    planned = [judged, accepted, dataclasses.replace(right, difference=None)]
    problems = [serving_load.drive(port, [case], 1, 60)[0].problem for case in planned]
    assert "not that of the SavedModel" in problems[0] and "status 400" in problems[1]
    assert "cannot be read" in problems[2]
    assert "no answer" in serving_load.drive(1, [right], 1, 60)[0].problem


def test_memory_is_summed_by_role():
    times = [{(1, "ServeReplica"): 1e6, (2, "ServeReplica"): 2e6}]
    times.append({(1, "ServeReplica"): 2e6, (2, "ServeReplica"): 4e6, (3, "ProxyActor"): 5e6})
    lines = serving_load.growth(times).splitlines()
    assert [line.split() for line in lines] == [
        ["2", "x", "ServeReplica", "3.0", "6.0"],
        ["1", "x", "ProxyActor", "0.0", "5.0"],
    ]
