"""How well pictures come back that something covered, where what was behind it is known."""

import numpy as np

from tfgan_zoo.data.pipeline import eval_batches
from tfgan_zoo.evaluate.completion import mean_picture
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.metrics import perceptual
from tfgan_zoo.metrics.reconstruction import masked_psnr

BATCH = 50
LIMIT = 1000  # pictures that a score looks at
SEED = 0  # of what covers them
EQUAL = "a picture is equal to the true one where it was covered, which makes the ratio infinite"
FOUND = 0.5  # of a map, above which a pixel counts as covered


def training(validation, occlude, find):
    """`covered_psnr`, `visible_l1` and `map_iou` at each validation.

    Args:
        validation: `Examples` with the field `images`.
        occlude: (seed int32 [2], images) -> (covered images, masks `[B, H, W, 1]`).
        find: covered images -> maps `[B, H, W, 1]` from 0 to 1.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    better = {"covered_psnr": "higher", "visible_l1": "lower", "map_iou": "higher"}

    def measure(served):
        return scores_of(answer_of(served), validation, occlude, find=find)

    return Evaluator("deocclusion", "", measure, training=True, better=better.copy)


def export(test, train, occlude, find, networks):
    """The scores of an export, beside those of the covered pictures and of the mean picture.

    Args:
        test, train: `Examples` with the field `images`.
        occlude, find: as for `training`.
        networks: name -> function from pictures `[B, H, W, C]` to features `[B, ...]` of a frozen
            network: their cosine is `cosine_NAME`.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    count = min(LIMIT, len(test))
    named = ", ".join(networks)

    return Evaluator(
        "deocclusion",
        f"Restored by the SavedModel: the first {count} pictures of the split "
        f"'{test.info['split']}', each covered by sunglasses, a mask, a hand or a box, drawn with "
        f"the seed {SEED}. covered_psnr in dB: PSNR of the covered pixels alone, the mean over the "
        "pictures. visible_l1: mean absolute difference elsewhere, in units of [-1, 1]. map_iou: "
        "covered pixels that the map finds (above 0.5) as a share of those that are covered or "
        f"found. cosine_*: of the features of restored and true picture, less the mean of the true "
        f"pictures' features, in the frozen network of that name ({named}).",
        lambda served: scores_of(answer_of(served), test, occlude, find=find, networks=networks),
        lambda: untrained(test, train, occlude, networks),
        needs={"covered_psnr": EQUAL},
    )


def untrained(test, train, occlude, networks):
    """The scores of answers that need no training, by the name of each; arguments as for `export`.

    The second is told the masks.
    """
    mean = mean_picture(train)
    answers = {
        "the covered picture": lambda images, masks: images,
        "the mean picture where it is covered": lambda images, masks: np.where(
            masks > 0.5, mean, images
        ),
    }
    return {n: scores_of(a, test, occlude, networks=networks) for n, a in answers.items()}


def answer_of(served):
    """(images, masks) -> what `served` restores, which is not told the masks."""
    return lambda images, masks: served(images=images)["images"]


def scores_of(answer, examples, occlude, find=None, networks=None):
    """Scores of `answer(covered images, masks)` for the first pictures of a table.

    Args:
        answer: gives pictures `[B, H, W, C]` in [-1, 1]; one that is not told where something is
            leaves the masks alone.
        examples, occlude, networks: as for `export`.
        find: as for `training`; without it there is no `map_iou`.
    """
    networks = networks or {}
    psnr, visible, both, either = [], [], 0, 0
    features = {name: ([], []) for name in networks}
    for real, covered, masks in _covered(examples, occlude):
        restored = np.clip(np.asarray(answer(covered, masks), np.float32), -1.0, 1.0)
        psnr.append(masked_psnr(restored, real, masks))
        seen = np.broadcast_to(masks < 0.5, real.shape)
        visible.append(np.abs(restored - real)[seen].mean(dtype=np.float64) * len(real))
        if find is not None:
            found, there = np.asarray(find(covered)) > FOUND, masks > 0.5
            both, either = both + (found & there).sum(), either + (found | there).sum()
        for name, recognise in networks.items():
            for kept, pictures in zip(features[name], (restored, real), strict=True):
                kept.append(np.asarray(recognise(pictures)).reshape(len(pictures), -1))
    psnr = np.concatenate(psnr)
    scores = {
        "covered_psnr": float(psnr.mean()),
        "visible_l1": float(np.sum(visible) / len(psnr)),
    }
    if find is not None:
        scores["map_iou"] = float(both / either)
    for name, (own, true) in features.items():
        own, true = np.concatenate(own), np.concatenate(true)
        mean = true.mean(0)
        scores[f"cosine_{name}"] = float(perceptual.cosine(own - mean, true - mean).mean())
    return scores


def _covered(examples, occlude):
    """(true, covered, masks) of the first `LIMIT` pictures, always the same."""
    for number, batch in enumerate(eval_batches(examples, BATCH, ["images"])):
        left = LIMIT - number * BATCH
        if left <= 0:
            return
        real = np.asarray(batch["images"])[:left]
        covered, masks = occlude(np.array([SEED, number], np.int32), real)
        yield real, np.asarray(covered), np.asarray(masks)
