"""Compares how probable held-out pictures are under exported models of every kind.

python -m trainers.likelihoods --flagfile=trainers/flagfiles/likelihoods.flags --run_dir=RUN

Not a variant: one table of black-and-white pictures and one of grey levels, of models with an exact
likelihood, with a bound, and with none, whose decoders are annealed; with how long each takes to
draw a picture. The same command goes on where it stopped.
"""

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.program import Program

EFFORT = (
    flags.knob("pictures", 1000, "Test pictures that models with a likelihood are given.", low=2),
    flags.knob(
        "few",
        50,
        "Test pictures, the first ones, that are bounded by importance weights or annealing.",
        low=2,
    ),
    flags.knob("importance_samples", 5000, "Draws of an encoder's posterior a picture.", low=1),
    flags.knob("chains", 16, "Chains of annealed importance sampling a picture.", low=1),
    flags.knob("distributions", 1000, "Distributions from the prior to the posterior.", low=2),
    flags.knob(
        "sigmas",
        (0.03, 0.05, 0.1, 0.15, 0.2),
        "Deviations of Gaussian grey levels in [0, 1], of which a decoder without its own gets the "
        "best for training pictures.",
        above=0.0,
    ),
    flags.knob("drawn", 64, "Pictures in one call, of the time that drawing takes.", low=1),
    flags.knob("rounds", 3, "Timed calls of each model, taken in turns.", low=1),
)


def act(values, arguments):
    from trainers.experiments import likelihoods

    likelihoods.run(
        values.run_dir,
        spec=values.data,
        request=values.filled(Request, "images"),
        tables={"black_and_white": values.black_and_white, "grey": values.grey},
        effort=likelihoods.Effort(**values.only(*(item.name for item in EFFORT))),
    )


TRAINER = Program(
    "likelihoods",
    __doc__,
    knobs=(
        flags.knob(
            "run_dir",
            None,
            "Folder of the experiment; the same command goes on where it stopped.",
            kind="str",
        ),
        *flags.with_defaults(
            [
                flags.DATA,
                *(
                    item
                    for item in flags.of(Request, family="images")
                    if item.name in ("image_size", "channels", "data_dir", "download")
                ),
            ],
            {"data": "tfds:mnist", "image_size": "28", "channels": 1},
        ),
        flags.knob(
            "black_and_white",
            (),
            "Folders of exports, of the table of pictures whose pixels are black or white.",
        ),
        flags.knob("grey", (), "Folders of exports, of the table of pictures of 256 grey levels."),
        *EFFORT,
    ),
    needs={"run_dir": "name a folder for what is measured and for the table"},
    act=act,
)

if __name__ == "__main__":
    TRAINER.main()
