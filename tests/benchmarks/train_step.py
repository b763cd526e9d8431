"""Images per second in training: this project, the TensorFlow tutorials' way, PyTorch eager.

python -m tests.benchmarks.train_step --variant=pix2pix

PyTorch takes part in the races of pix2pix and DCGAN, where it is installed. In the other races the
tutorials' way has this project's own nets.
"""

import importlib.util

from tests.benchmarks import options as command_line
from tests.benchmarks import race

DEFAULTS = {
    "pix2pix": {"rounds": 9, "steps": 3},
    "dcgan": {"rounds": 15, "steps": 20},
    **{name: {"rounds": 9, "steps": 5} for name in command_line.SAME_NETS},
}
TUTORIAL = "TensorFlow tutorial"


def configure(parser):
    parser.add_argument("--jit_compile", action="store_true", help="this project's step with XLA")
    parser.add_argument("--no_pytorch", action="store_true", help="leave PyTorch out")


def main(arguments=None):
    options = command_line.parse(arguments, __doc__, DEFAULTS, configure)
    compiled = {**options.sizes, "jit_compile": options.jit_compile}
    same_nets = options.variant in command_line.SAME_NETS
    rival = "translation" if same_nets else "tutorials"
    builds = {
        "this project": ("tests.benchmarks.project:train_step", compiled),
        TUTORIAL: (f"tests.benchmarks.rivals.{rival}:train_step", options.sizes),
    }
    if not same_nets and importlib.util.find_spec("torch") and not options.no_pytorch:
        builds["PyTorch eager"] = ("tests.benchmarks.rivals.pytorch:train_step", options.sizes)
    contenders = [race.Contender(name, *build) for name, build in builds.items()]

    print(
        f"{command_line.title(options)}; {options.rounds} rounds of {options.steps} steps\n"
        f"before: {race.conditions()}",
        flush=True,
    )
    times = race.race(contenders, options.rounds, options.steps)
    print(f"after:  {race.conditions()}\n\n{race.table(times, options.batch_size, TUTORIAL)}")


if __name__ == "__main__":
    main()
