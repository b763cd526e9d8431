"""MS-SSIM against TensorFlow and closed forms, and the diversity that is made of it."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from tfgan_zoo.metrics.structural import (
    WEIGHTS,
    ms_ssim,
    ms_ssim_by_class,
    ms_ssim_diversity,
    scales_for,
)


def textures(count, height, width, channels=3, seed=0):
    """Float32 in [-1, 1] with detail at all scales, as photos have."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, height, width, channels))
    for step in (1, 2, 4, 8, 16, 32):
        rows, columns = -(-height // step), -(-width // step)
        coarse = rng.normal(0, 0.08 * step**0.5, (count, rows, columns, channels))
        images += coarse.repeat(step, 1).repeat(step, 2)[:, :height, :width]
    return images.clip(-1, 1).astype(np.float32)


def noisy(images, amount, seed=5):
    noise = np.random.default_rng(seed).normal(0, amount, images.shape)
    return np.clip(images + noise, -1, 1).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "scales"),
    [
        ((2, 176, 176, 3), 5),
        ((1, 181, 207, 3), 5),  # odd at several scales
        ((1, 128, 130, 1), 4),
        ((2, 64, 64, 3), 3),
        ((3, 28, 28, 1), 2),
        ((3, 33, 35, 4), 2),
        ((3, 11, 15, 3), 1),
    ],
)
def test_agrees_with_tensorflow(shape, scales):
    import tensorflow as tf

    assert scales_for(min(shape[1:3])) == scales
    truth = textures(*shape)
    factors = WEIGHTS if scales == 5 else np.array(WEIGHTS[:scales]) / sum(WEIGHTS[:scales])
    for amount in (0.05, 0.4):
        pictures = noisy(truth, amount)
        # TensorFlow computes in float32, from black at zero.
        expected = tf.image.ssim_multiscale(pictures + 1, truth + 1, 2, tuple(factors)).numpy()
        assert expected.min() > 0.01 and expected.max() < 0.999
        np.testing.assert_allclose(ms_ssim(pictures, truth), expected, rtol=1e-5)


def test_anticorrelated_pictures_score_zero_as_in_tensorflow():
    import tensorflow as tf

    truth = textures(2, 48, 48)
    factors = tuple(np.array(WEIGHTS[:3]) / sum(WEIGHTS[:3]))
    assert not tf.image.ssim_multiscale(1 - truth, truth + 1, 2, factors).numpy().any()
    np.testing.assert_array_equal(ms_ssim(-truth, truth), 0)


def test_the_paper_s_weights_sum_to_one_and_all_count_from_176_pixels_on():
    assert sum(WEIGHTS) == pytest.approx(1, abs=2e-4)
    sizes = [11, 21, 22, 43, 44, 87, 88, 175, 176, 1024]
    assert [scales_for(size) for size in sizes] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_constant_pictures_have_a_closed_form():
    # Without structure only the luminance at the coarsest scale is left, from black at zero.
    dark, bright = np.full((1, 48, 48, 1), -0.5), np.full((1, 48, 48, 1), 0.5)
    c1 = 0.02**2
    luminance = (2 * 0.5 * 1.5 + c1) / (0.5**2 + 1.5**2 + c1)
    expected = luminance ** (WEIGHTS[2] / sum(WEIGHTS[:3]))
    assert ms_ssim(dark, bright)[0] == pytest.approx(expected, rel=1e-12)


def test_one_scale_is_the_ssim_of_scikit_image_from_black():
    truth = textures(1, 20, 21)[0].astype(np.float64) + 1
    picture = noisy(truth - 1, 0.2).astype(np.float64) + 1
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    expected = structural_similarity(truth, picture, data_range=2, channel_axis=-1, **options)
    assert ms_ssim(picture[None] - 1, truth[None] - 1)[0] == pytest.approx(expected, rel=1e-9)


def test_every_image_is_scored_alone_and_in_its_place():
    truth = textures(70, 32, 32)  # more than one block
    pictures = noisy(truth, 0.3)
    whole = ms_ssim(pictures, truth)
    one_by_one = [ms_ssim(p[None], t[None])[0] for p, t in zip(pictures, truth, strict=True)]
    np.testing.assert_allclose(whole, one_by_one, rtol=1e-12)
    assert len(set(whole)) == 70


def test_more_noise_and_more_blur_are_worse():
    truth = textures(4, 64, 64)
    by_noise = [ms_ssim(noisy(truth, amount), truth).mean() for amount in (0.05, 0.2, 0.6)]
    assert by_noise[0] > by_noise[1] > by_noise[2]
    once = (truth + np.roll(truth, 1, 1) + np.roll(truth, 1, 2)) / 3
    thrice = (once + np.roll(once, 3, 1) + np.roll(once, 3, 2)) / 3
    assert 1 > ms_ssim(once, truth).mean() > ms_ssim(thrice, truth).mean()


def test_diversity_of_copies_is_one():
    copies = np.repeat(textures(1, 32, 32), 20, 0)
    score = ms_ssim_diversity(copies, pairs=50)
    assert score == {
        "mean": pytest.approx(1, abs=1e-9),
        "standard_error": pytest.approx(0, abs=1e-9),
        "scales": 2,
    }


def test_diversity_over_all_pairs_takes_each_once_and_none_with_itself():
    images = textures(7, 24, 24)
    first, second = np.triu_indices(7, 1)
    expected = ms_ssim(images[first], images[second])
    score = ms_ssim_diversity(images, pairs=21, seed=3)
    assert score["mean"] == pytest.approx(expected.mean(), rel=1e-12)
    assert score["standard_error"] == pytest.approx(expected.std(ddof=1) / 21**0.5, rel=1e-12)


def test_diversity_sees_duplicates_and_estimates_the_mean_of_all_pairs():
    images = textures(60, 24, 24)
    score = ms_ssim_diversity(images, pairs=300)
    duplicated = ms_ssim_diversity(np.concatenate([images[:6]] * 10), pairs=300)
    assert duplicated["mean"] > score["mean"] + 0.05
    every = ms_ssim_diversity(images, pairs=60 * 59 // 2)
    assert abs(score["mean"] - every["mean"]) < 4 * score["standard_error"]
    assert ms_ssim_diversity(images, pairs=300) == score
    assert ms_ssim_diversity(images, pairs=300, seed=1) != score


def test_each_class_is_compared_with_itself_alone():
    images = textures(9, 24, 24)
    images[5:8] = images[5]  # class 1 has one picture thrice
    found = ms_ssim_by_class(images, [4, 4, 4, 4, 4, 1, 1, 1, 0], pairs=8)
    assert list(found) == [1, 4], "class 0 has no pair"
    assert found[1]["mean"] == pytest.approx(1, abs=1e-9)
    assert found[4] == ms_ssim_diversity(images[:5], pairs=8)


def test_too_few_images_or_pixels_are_named():
    images = textures(5, 16, 16)
    with pytest.raises(ValueError, match="5 images make 10 pairs and 1000 were asked for"):
        ms_ssim_diversity(images)
    with pytest.raises(ValueError, match="at least two"):
        ms_ssim_diversity(images, pairs=1)
    with pytest.raises(ValueError, match="at least 11 pixels a side; these have 10"):
        ms_ssim(images[:, :10], images[:, :10])
    with pytest.raises(ValueError, match="Shapes differ"):
        ms_ssim(images, images[1:])
    with pytest.raises(ValueError, match="images is uint8"):
        ms_ssim_diversity(images.astype(np.uint8), pairs=2)
    with pytest.raises(ValueError, match="not finite"):
        ms_ssim_diversity(images * np.nan, pairs=2)
    with pytest.raises(ValueError, match="images reaches 255"):
        ms_ssim_diversity(np.full((5, 16, 16, 3), 255.0), pairs=2)
