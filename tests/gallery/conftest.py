"""A running gallery for each test module that asks for one."""

import contextlib
import threading

import pytest

from tfgan_zoo.gallery import collect, server


@contextlib.contextmanager
def serving(places, host="127.0.0.1", **options):
    """The address of a server of these places, which ends with the block."""
    gallery = collect.Gallery(places, options.pop("laboratory", None))
    with server.Server(gallery, host, 0, **options) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.port}"
        finally:
            running.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def shipped_gallery():
    """The address of a gallery of the shipped exports."""
    with serving([(collect.shipped_folder(), collect.SHIPPED)]) as address:
        yield address
