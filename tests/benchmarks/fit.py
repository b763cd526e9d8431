"""What `fit` costs over the bare step: callbacks, logs, history, TensorBoard.

python -m tests.benchmarks.fit --variant=dcgan

In one run of `tfgan_zoo.training.fit`, as a trainer starts it, turns of its own steps alternate
with turns of bare calls of the same training function.
"""

import statistics
import tempfile

from tests.benchmarks import options as command_line
from tests.benchmarks import race

DEFAULTS = {"dcgan": {"rounds": 9, "steps": 100}, "pix2pix": {"rounds": 7, "steps": 10}}


def measure(sizes, rounds, steps):
    """`[(Time of a step in fit, Time of a bare step), ...]`, one for each round."""
    import keras
    import tensorflow as tf

    from tests.benchmarks import project
    from tests.training.tiny import fit
    from tfgan_zoo.training.run_directory import RunDirectory

    pairs = []
    batch = project.random_batch(sizes["variant"], sizes["image_size"], sizes["batch_size"])
    dataset = tf.data.Dataset.from_tensors(batch).repeat()
    bare_batches = iter(dataset)

    class Turns(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) % steps:
                return
            if batch + 1 > steps:  # the first turn holds the tracing
                in_fit = race.since(self.began, steps)
                began = race.now()
                for _ in range(steps):
                    self.model.train_function(bare_batches)
                pairs.append((in_fit, race.since(began, steps)))
            self.began = race.now()

    model = project.build(sizes["variant"], sizes["image_size"], sizes["filters"])
    total = (rounds + 1) * steps + 1  # the last step saves a checkpoint, which is not measured
    with tempfile.TemporaryDirectory() as folder:
        fit(
            model,
            lambda start: dataset,
            run=RunDirectory(folder),
            total_steps=total,
            batch_size=sizes["batch_size"],
            checkpoint_every=total,
            extra_callbacks=[Turns()],
        )
    return pairs


def main(arguments=None):
    options = command_line.parse(arguments, __doc__, DEFAULTS)
    print(f"{command_line.title(options)}\nbefore: {race.conditions()}", flush=True)
    pairs = measure(options.sizes, options.rounds, options.steps)
    print(f"after:  {race.conditions()}\n")
    for clock, name in (("wall", "ms/step"), ("cpu", "CPU ms/step")):
        in_fit, bare = (
            [getattr(time, clock) for time in times] for times in zip(*pairs, strict=True)
        )
        ratios = race.spread([ours / theirs for ours, theirs in zip(in_fit, bare, strict=True)])
        print(
            f"{name:12} bare {statistics.median(bare) * 1e3:8.2f}, in fit "
            f"{statistics.median(in_fit) * 1e3:8.2f}, times bare {ratios}"
        )


if __name__ == "__main__":
    main()
