"""Command lines of the benchmarks."""

import argparse

SIZES = {
    # The paper's pix2pix, and a DCGAN for small pictures.
    "pix2pix": {"image_size": 256, "batch_size": 1, "filters": 64},
    "dcgan": {"image_size": 32, "batch_size": 64, "filters": 64},
    # Small enough for a race of minutes; a batch holds the pictures of all updates of a step.
    "disco_gan": {"image_size": 64, "batch_size": 12, "filters": 16},
    "dual_gan": {"image_size": 64, "batch_size": 2, "filters": 16},
    "star_gan": {"image_size": 32, "batch_size": 20, "filters": 16},
    "srgan": {"image_size": 64, "batch_size": 4, "filters": 16},
    "completion": {"image_size": 64, "batch_size": 4, "filters": 16},
    "spgan": {"image_size": 64, "batch_size": 2, "filters": 16},
    "lsro": {"image_size": 32, "batch_size": 32, "filters": 16},
    "pix2pix_hd": {"image_size": 128, "batch_size": 1, "filters": 8},
    "vid2vid": {"image_size": 64, "batch_size": 1, "filters": 16},
}
# Those whose rival has the variant's own nets.
SAME_NETS = tuple(name for name in SIZES if name not in ("pix2pix", "dcgan"))


def parse(arguments, description, defaults, configure=lambda parser: None):
    """The options as a namespace, with the sizes of the chosen variant as `sizes`.

    Args:
        arguments: list, or None for the command line's.
        description: the module's docstring.
        defaults: `{variant: {option: value}}` of further integer options.
        configure: adds what else there is.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--variant", choices=defaults, default=next(iter(defaults)))
    defaults = {variant: {**SIZES[variant], **own} for variant, own in defaults.items()}
    for name in defaults["pix2pix"]:
        values = ", ".join(f"{values[name]} ({variant})" for variant, values in defaults.items())
        parser.add_argument(f"--{name}", type=int, help=f"default: {values}")
    configure(parser)
    options = parser.parse_args(arguments)
    for name, value in defaults[options.variant].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.sizes = {name: getattr(options, name) for name in ("variant", *SIZES["pix2pix"])}
    return options


def title(options):
    """What is measured, as text."""
    return (
        f"{options.variant}, {options.image_size}x{options.image_size}, batch "
        f"{options.batch_size}, {options.filters} filters"
    )
