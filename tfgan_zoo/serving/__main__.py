"""Serves exported generators over HTTP as TensorFlow Serving would, with Ray Serve.

python -m tfgan_zoo.serving --model=saved_models/cgan --model=saved_models/pix2pix --replicas=2

Needs pip install 'tfgan_zoo[ray]'. Without --cluster it runs on this computer alone. POST to
/v1/models/NAME:predict as TensorFlow Serving documents it. Ctrl-C ends it.
"""

import importlib.util
import os
import sys
import time

from absl import flags

from tfgan_zoo import command, command_line
from tfgan_zoo.serving import versions

PORT = 8501  # that of TensorFlow Serving


def define_flags():
    flags.DEFINE_multi_string(
        "model",
        [],
        "Folder of an exported generator, NAME/VERSION/saved_model.pb; may be given several times. "
        "The highest version is served as NAME.",
    )
    flags.DEFINE_integer(
        "replicas", 1, "Processes that answer, each with all models.", lower_bound=1
    )
    flags.DEFINE_integer("port", PORT, "Port to serve at.", lower_bound=1, upper_bound=65535)
    flags.DEFINE_string(
        "host",
        "127.0.0.1",
        "Address to serve at, such as 0.0.0.0; then everybody who reaches this computer can ask "
        "for pictures, as many as it can draw.",
    )
    flags.DEFINE_string(
        "cluster",
        None,
        "Address of a running Ray cluster whose machines the replicas are spread over, such as "
        "auto for the one that this computer belongs to.",
    )


def main(argv):
    options = flags.FLAGS
    if len(argv) > 1:
        raise command.UsageError(f"{argv[1]!r} is no flag: folders are given as --model=DIR.")
    if not options.model:
        raise command.UsageError("Name an exported generator: --model=saved_models/cgan.")
    for name in ("host", "cluster"):
        if options[name].value == "":
            raise command.UsageError(f"--{name} is empty: say what it should be, or leave it out.")
    folders = [command_line.home(folder, "model") for folder in options.model]
    try:
        models = versions.found(folders)
    except ValueError as error:
        raise command.UsageError(str(error)) from error
    if importlib.util.find_spec("ray") is None:
        raise command.UsageError("Ray is not installed: pip install 'tfgan_zoo[ray]'.")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
    if options.cluster is None:
        # Who reaches Ray's own ports, which are open to the network, could run code here.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    serve(models, options)


def serve(models, options):
    """Serves until Ctrl-C."""
    import ray
    from ray import serve as ray_serve

    from tfgan_zoo.serving import ray_app

    if options.cluster is None:
        ray.init(
            address="local",  # not the cluster that this computer may belong to
            # As many as replicas, or Ray would wait for more for ever.
            num_cpus=max(os.cpu_count(), options.replicas),
            object_store_memory=10**8,  # nearly the least: requests do not pass through it
            include_dashboard=False,
            _node_ip_address="127.0.0.1",
        )
    else:
        ray.init(address=options.cluster)
    try:
        ray_serve.start(http_options={"host": options.host, "port": options.port})
        ray_serve.run(ray_app.bound(models, options.replicas), name="tfgan_zoo")
        print(f"Serving at http://{options.host}:{options.port}/v1/models/ (Ctrl-C ends it)")
        sys.stdout.flush()
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        print("\nThe server is closed.")
    finally:
        ray_serve.delete("tfgan_zoo")
        ray.shutdown()


if __name__ == "__main__":
    define_flags()
    command.run(main, __doc__)
