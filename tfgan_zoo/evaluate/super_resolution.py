"""Enlarged pictures beside the true ones, as tables of super-resolution compare them."""

import numpy as np

from tfgan_zoo.data.resampling import resize
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.kinds.image import to_float, to_uint8
from tfgan_zoo.metrics import perceptual
from tfgan_zoo.metrics.reconstruction import luma_psnr, luma_ssim

BETTER = {"luma_psnr": "higher", "luma_ssim": "higher"}
EQUAL = "a picture is equal to the true one, which makes the ratio infinite"


def training(pictures, scale):
    """The scores of each validation: means of `luma_psnr` and `luma_ssim`.

    Args:
        pictures: `Pictures` of the validation.
        scale: pixels a side that one pixel becomes.

    Returns:
        `Evaluator` of an interface `images` -> `images` of any size.
    """
    return Evaluator(
        *("super-resolution", "", lambda served: scores(enlarger(served), pictures, scale)),
        training=True,
        better=BETTER.copy,
    )


def export(sets, scale, networks):
    """The scores of an exported model beside those of the bicubic filter.

    Args:
        sets: the beginning of the scores' names, such as `` or `set5_` -> `Pictures`.
        scale: as for `training`.
        networks: name -> function from pictures float32 `[1, H, W, 3]` in [-1, 1] to the list of
            their maps in a frozen network: its `perceptual.distance` is `perceptual_NAME`.

    Returns:
        `Evaluator` of an interface `images` -> `images` of any size.
    """

    def of(enlarge):
        found = {}
        for prefix, pictures in sets.items():
            own = scores(enlarge, pictures, scale, networks)
            found |= {prefix + name: value for name, value in own.items()}
        return found

    names = [f"{prefix}luma_psnr" for prefix in sets]
    return Evaluator(
        "super-resolution",
        protocol(sets, scale, networks),
        lambda served: of(enlarger(served)),
        lambda: {"bicubic": of(lambda small: resize(small, scale))},
        needs=dict.fromkeys(names, EQUAL),
    )


def enlarger(served):
    """uint8 `[H, W, 3]` -> the uint8 picture that `served` makes of it."""
    return lambda small: to_uint8(served(images=to_float(small)[None].numpy())["images"][0])


def scores(enlarge, pictures, scale, networks=None):
    """Means over all pictures, by name. The luma of a picture that lies there in grey is its grey,
    as in the tables.

    Args:
        enlarge: uint8 `[H, W, 3]` -> uint8 `[scale * H, scale * W, 3]`.
        pictures, scale, networks: as for `export`.
    """
    found = {}
    for picture, shape in zip(pictures, pictures.shapes, strict=True):
        truth = whole(picture, scale)
        drawn = enlarge(resize(truth, 1 / scale))
        drawn, truth = (to_float(p)[None].numpy() for p in (drawn, truth))
        pair = [p.mean(-1, keepdims=True) if shape[-1] == 1 else p for p in (drawn, truth)]
        own = {m.__name__: m(*pair, scale) for m in (luma_psnr, luma_ssim)}
        for name, maps_of in (networks or {}).items():
            own[f"perceptual_{name}"] = perceptual.distance(maps_of(drawn), maps_of(truth))
        for name, value in own.items():
            found.setdefault(name, []).append(value[0])
    return {name: float(np.mean(values)) for name, values in found.items()}


def whole(picture, scale):
    """The picture without the last rows and columns that are no whole pixel when it is small."""
    height, width = (side - side % scale for side in picture.shape[:2])
    return picture[:height, :width]


def protocol(sets, scale, networks):
    """How `export` scores, in a few sentences."""
    named = [
        f"all {len(pictures)} pictures of {pictures.info['name']}"
        + (f", split '{pictures.info['split']}'" if "split" in pictures.info else "")
        + (f" ({prefix}*)" if prefix else "")
        for prefix, pictures in sets.items()
    ]
    text = (
        f"Means over {'; over '.join(named)}. Each is made {scale} times smaller a side by "
        "MATLAB's bicubic filter (antialiased), enlarged, and rounded to 256 levels. luma_psnr in "
        f"dB and luma_ssim: of the luma Y alone, {scale} pixels cut off at every side."
    )
    if networks:
        text += (
            " perceptual_*: mean squared distance of feature maps whose pixels have length one, "
            f"in the frozen network of that name ({', '.join(networks)}); lower is better, and "
            "numbers of two networks do not compare."
        )
    return text
