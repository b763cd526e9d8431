"""Measures what comes back of VAE-GAN beside an autoencoder of pixels of equal nets and updates.

python -m trainers.experiments.vae_gan_beside_vae --game=runs/a --plain=runs/b --output=beside.png

The runs are of `trainers.vae_gan` on the same pictures, the second with `--objective=vae`. For each
it brings held-out pictures back and writes, as JSON beside the picture: `features`, half the sum of
squared differences in the layer of the first run's discriminator in which VAE-GAN learns (of all
test pictures, in batches of 100 at the statistics of inference); `distance`, Euclidean, of pixels
in [0, 1]; `psnr` in dB; and `detail`, the mean absolute difference of neighbouring pixels as a
share of the real pictures'. Blurred pictures have less detail than real ones, noisy ones more.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

SHOWN, BATCH = 12, 100

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("game", None, "Folder of a run of trainers.vae_gan.")
    flags.DEFINE_string("plain", None, "Folder of such a run with --objective=vae.")
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )


def main():
    if not (FLAGS.game and FLAGS.plain and FLAGS.output):
        raise UsageError("--game, --plain and --output are needed: two folders and a picture.")
    from tfgan_zoo.evaluate import tables
    from tfgan_zoo.kinds import image

    (game, splits), (plain, _) = (
        trained(pathlib.Path(place)) for place in (FLAGS.game, FLAGS.plain)
    )
    pictures = tables.first_pictures(splits.test, len(splits.test))
    found, numbers = compared(game, plain, pictures)
    for name, scores in numbers.items():
        print(f"{name}: {', '.join(f'{key} {value:.4g}' for key, value in scores.items())}")
    sheet = [pictures[:SHOWN], *(again[:SHOWN] for again in found.values())]
    output = pathlib.Path(FLAGS.output)
    image.grid(sheet, ["picture", *found]).save(output)
    running.written(numbers, output)


def trained(folder):
    """(model at its newest checkpoint, splits) of a run."""
    from trainers.vae_gan import TRAINER

    values = running.settings(TRAINER, folder)
    splits = TRAINER.task(values).open(running.directory_of(folder, TRAINER.name))
    return running.trained(TRAINER, folder, splits), splits


def compared(game, plain, pictures):
    """What comes back of pictures by either model, and how near it is.

    Args:
        game: `VAEGAN` with a discriminator, in whose layer is measured.
        plain: `VAEGAN` of the objective `vae`.
        pictures: float32 `[N, H, W, C]` in [-1, 1].

    Returns:
        (name -> pictures, name -> scores by name), of `VAE-GAN` and `VAE`.
    """
    import numpy as np

    from tfgan_zoo.metrics import reconstruction

    parts = [pictures[i : i + BATCH] for i in range(0, len(pictures), BATCH)]

    def features(batches):
        return np.concatenate([game.discriminator(b, training=False)[1] for b in batches])

    target, found, numbers = features(parts), {}, {}
    for name, model in (("VAE-GAN", game), ("VAE", plain)):
        again = [model.reconstruct(batch).numpy() for batch in parts]
        found[name] = np.concatenate(again)
        error = 0.5 * np.sum((features(again) - target) ** 2, axis=(1, 2, 3), dtype=np.float64)
        numbers[name] = {
            "features": float(error.mean()),
            "distance": float(reconstruction.distance(found[name], pictures).mean()),
            "psnr": float(reconstruction.psnr(found[name], pictures).mean()),
            "detail": detail(found[name]) / detail(pictures),
        }
    return found, numbers


def detail(pictures):
    """Mean absolute difference of pixels that lie beside or above each other."""
    import numpy as np

    return float(np.mean([np.abs(np.diff(pictures, axis=axis)).mean() for axis in (1, 2)]))


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
