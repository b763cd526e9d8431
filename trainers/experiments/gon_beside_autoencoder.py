"""Trains a gradient origin network, the arm of it without second derivatives, and an autoencoder
with the same decoder, on the same batches, and says how near pictures come back.

python -m trainers.experiments.gon_beside_autoencoder --data_dir=FOLDER --output=beside.json

All three have the nets of the authors' `GON.py`, Adam and batches of 64; a decoder begins with the
same weights in all. The autoencoder's encoder is the decoder's mirror image, which doubles its
weights. The loss is that of training, the mean over pixels in [0, 1] of the squared error, summed
over channels, of validation pictures, each encoded by itself and decoded as it would be served.
"""

import json
import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

ARMS = ("gon", "gon_first_order", "autoencoder")
SIZE, BATCH = 32, 64

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("data", "tfds:mnist", "Pictures, as a trainer's --data names them.")
    flags.DEFINE_string("data_dir", None, "Folder of prepared sets of tfds.")
    flags.DEFINE_string("output", None, "The JSON file to write.")
    flags.DEFINE_list("arms", list(ARMS), f"Which to train, of {', '.join(ARMS)}.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the weights and the batches.")
    flags.DEFINE_float("rate", 1e-4, "Adam's learning rate; the authors' by default.", 0.0)
    flags.DEFINE_integer("steps", 500, "Steps of each training.", 1)
    flags.DEFINE_integer("every", 100, "Steps from one validation to the next.", 1)
    flags.DEFINE_integer("pictures", 1000, "Validation pictures.", 1)


def main():
    if FLAGS.output is None:
        raise UsageError("--output is needed: a JSON file.")
    unknown = [arm for arm in FLAGS.arms if arm not in ARMS]
    if unknown:
        raise UsageError(f"--arms: there is no '{unknown[0]}', only {', '.join(ARMS)}.")
    seeds = running.numbers(FLAGS.seeds)
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images

    request = Request(
        image_size=(SIZE, SIZE), channels=1, data_dir=FLAGS.data_dir, val_count=FLAGS.pictures
    )
    train, validation = (
        open_images(FLAGS.data, split, request) for split in ("train", "validation")
    )
    found = {arm: {} for arm in FLAGS.arms}
    for seed in seeds:
        for arm in FLAGS.arms:
            losses = trained(arm, seed, train, validation, FLAGS.rate, FLAGS.steps, FLAGS.every)
            found[arm][seed] = losses
            print(arm, f"seed {seed}:", *(f"{n} {x:.5f}" for n, x in losses.items()), flush=True)
    pathlib.Path(FLAGS.output).write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def trained(arm, seed, train, validation, rate, steps, every):
    """Step -> loss of validation pictures, of one training.

    Args:
        arm: of `ARMS`.
        seed: of the weights and the order of the pictures.
        train, validation: `Examples` with the field `images`.
        rate: of Adam.
        steps, every: its length, and the steps from one validation to the next.
    """
    import keras
    import tensorflow as tf

    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.evaluate.learnt import in_parts
    from tfgan_zoo.evaluate.tables import first_pictures
    from tfgan_zoo.models.latent.gon import GON
    from tfgan_zoo.optimizers.adam import Adam
    from trainers.experiments.mirrored import Autoencoder

    held_out = first_pictures(validation, len(validation))
    shape = held_out.shape[1:]
    keras.utils.set_random_seed(seed)
    if arm == "autoencoder":
        model = Autoencoder(shape)
    else:
        model = GON(shape, second_order=arm == "gon", batch_size=BATCH, seed=seed)
    (player,) = model.players
    model.compile(**{player: Adam(rate, epsilon=1e-8)})
    step, losses = tf.function(model.train_step), {}
    batches = iter(train_batches(train, global_batch_size=BATCH, seed=seed, fields=["images"]))
    for number in range(1, steps + 1):
        step(next(batches))
        if number % every == 0 or number == steps:
            again = model if arm == "autoencoder" else there_and_back(model)
            squares = (0.5 * (in_parts(again, held_out) - held_out)) ** 2
            losses[number] = float(squares.sum(-1).mean())
    return losses


def there_and_back(model):
    """images -> what comes back of them, of a `GON` as it is now."""
    matrix, offset = model.linear_encoder()
    return lambda images: model(images.reshape(len(images), -1) @ matrix + offset)


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
