"""Ray Serve in front of `predict`: any number of replicas, each with all models, behind one port.

A replica that dies is started again while the others answer. `application` is what Ray's own
tools deploy on a cluster: `serve run tfgan_zoo.serving.ray_app:application models=DIR,DIR`.
"""

import asyncio
import json

from tfgan_zoo.serving import versions

WAITING = 128  # requests that may wait for a replica; more are answered with 503
AT_ONCE = 8  # requests that one replica has in hand: while one is read, another is computed


def application(arguments):
    """The application of `serve run` and `serve deploy`.

    Args:
        arguments: a dict of `models`, folders as a list or with commas between them, and
            optionally `replicas`, 1 by default.

    Raises ValueError if there are none.
    """
    models = arguments.get("models")
    if not models:
        raise ValueError("Name the folders of exported generators: models=DIR,DIR.")
    folders = models.split(",") if isinstance(models, str) else models
    return bound(versions.found(folders), int(arguments.get("replicas", 1)))


def bound(folders, replicas):
    """A Ray Serve application of so many replicas that answer for the SavedModels `folders`, name
    -> path.
    """
    from ray import serve

    deployment = serve.deployment(
        num_replicas=replicas,
        max_ongoing_requests=AT_ONCE,
        max_queued_requests=WAITING,
        ray_actor_options={"num_cpus": 1},
    )
    return deployment(Replica).bind(folders)


class Replica:
    """One process with all models."""

    def __init__(self, folders):
        from tfgan_zoo.serving import warmup
        from tfgan_zoo.serving.predict import Models

        self.models = Models(folders)
        for name, (_, model) in self.models.loaded.items():
            warmup.replay(folders[name], model)

    async def __call__(self, request):
        from starlette.responses import Response

        # In a thread, so that the process answers Ray's questions after its health meanwhile.
        method, path, body = request.method, request.url.path, await self._received(request)
        status, content = await asyncio.to_thread(self._answer, method, path, body)
        return Response(content, status, media_type="application/json")

    async def _received(self, request):
        """The body, or as much of it as shows that it is too large."""
        from tfgan_zoo.serving import predict

        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > predict.BODY:
                break
        return bytes(body)

    def _answer(self, method, path, body):
        status, answer = self.models.answer(method, path, body)
        return status, json.dumps(answer)
