"""Workers on loopback."""

import socket


def tf_configs():
    """TF_CONFIG of two workers on free ports of this machine, as dicts."""
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    cluster = {"worker": addresses}
    return [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in range(2)]
