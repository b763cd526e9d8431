"""The input pipeline alone against training: how many times faster it delivers than is consumed.

python -m tests.benchmarks.pipeline --variant=pix2pix

Pictures lie decoded in memory, as `--cache=memory` keeps them. For pix2pix each pair is cropped
and flipped, for DCGAN pictures are delivered whole.
"""

import numpy as np

from tests.benchmarks import options as command_line
from tests.benchmarks import race

# Many batches make one timed step: those that were prefetched while another had its turn are few
# among them.
DEFAULTS = {
    "pix2pix": {"rounds": 7, "steps": 3, "batches": 100},
    "dcgan": {"rounds": 9, "steps": 10, "batches": 100},
}


def batches(variant, image_size, batch_size):
    """The endless training stream of random pictures."""
    from tfgan_zoo.data.examples import Examples
    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.kinds.image import Image

    fields, side, crop = ("images",), image_size, None
    if variant == "pix2pix":
        fields, side, crop = ("source", "target"), image_size * 286 // 256, (image_size,) * 2
    random = np.random.default_rng(0)
    arrays = {name: random.integers(0, 256, (256, side, side, 3), np.uint8) for name in fields}
    examples = Examples.from_arrays(
        arrays,
        dict.fromkeys(fields, Image((side, side, 3))),
        [str(i) for i in range(256)],
        {"name": "random"},
    )
    return train_batches(
        examples, global_batch_size=batch_size, seed=0, crop_size=crop, flip=crop is not None
    )


def deliver(**sizes):
    """The contender: a callable that takes one batch from the pipeline."""
    stream = iter(batches(**sizes))
    return lambda: next(stream)


def main(arguments=None):
    options = command_line.parse(arguments, __doc__, DEFAULTS)
    delivered = {name: value for name, value in options.sizes.items() if name != "filters"}
    contenders = [
        race.Contender("training", "tests.benchmarks.project:train_step", options.sizes),
        race.Contender(
            "input pipeline", "tests.benchmarks.pipeline:deliver", delivered, options.batches
        ),
    ]
    print(f"{command_line.title(options)}\nbefore: {race.conditions()}", flush=True)
    times = race.race(contenders, options.rounds, options.steps)
    print(f"after:  {race.conditions()}\n\n{race.table(times, options.batch_size, 'training')}")


if __name__ == "__main__":
    main()
