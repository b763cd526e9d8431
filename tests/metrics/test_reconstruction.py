"""PSNR, SSIM and L1 against scikit-image and closed forms."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tfgan_zoo.metrics import reconstruction


def pair(shape, seed=0, noise=0.2):
    rng = np.random.default_rng(seed)
    truth = rng.uniform(-0.7, 0.7, shape)
    for axis in (1, 2):  # some structure
        truth = (truth + np.roll(truth, 1, axis)) / 2
    picture = np.clip(truth + rng.normal(0, noise, shape), -1, 1)
    return picture.astype(np.float32), truth.astype(np.float32)


@pytest.mark.parametrize(
    "shape", [(3, 32, 32, 3), (2, 11, 11, 1), (2, 12, 40, 2), (1, 45, 13, 4), (5, 24, 17, 3)]
)
def test_agrees_with_scikit_image(shape):
    picture, truth = pair(shape)
    scores = reconstruction.reconstruction_scores(picture, truth)
    for i in range(len(truth)):
        p, t = picture[i].astype(np.float64), truth[i].astype(np.float64)
        expected = structural_similarity(
            t,
            p,
            data_range=2,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        assert scores["ssim"][i] == pytest.approx(expected, abs=1e-9)
        expected = peak_signal_noise_ratio(t, p, data_range=2)
        assert scores["psnr"][i] == pytest.approx(expected, abs=1e-9)
        assert scores["l1"][i] == pytest.approx(np.abs(p - t).mean(), abs=1e-12)


def test_identical_images():
    picture, _ = pair((2, 16, 16, 3))
    scores = reconstruction.reconstruction_scores(picture, picture.copy())
    np.testing.assert_array_equal(scores["psnr"], [np.inf, np.inf])
    np.testing.assert_allclose(scores["ssim"], 1, atol=1e-12)
    np.testing.assert_array_equal(scores["l1"], 0)


def test_constant_offset_has_closed_forms():
    truth = np.full((1, 16, 16, 3), -0.25)
    picture = truth + 0.5
    scores = reconstruction.reconstruction_scores(picture, truth)
    assert scores["l1"][0] == pytest.approx(0.5)
    assert scores["psnr"][0] == pytest.approx(20 * np.log10(2 / 0.5))
    c1 = (0.01 * 2) ** 2  # without variance only the luminance term is left
    expected = (2 * 0.25 * -0.25 + c1) / (0.25**2 + 0.25**2 + c1)
    assert scores["ssim"][0] == pytest.approx(expected)


def test_every_image_is_scored_alone():
    picture, truth = pair((4, 20, 20, 3))
    whole = reconstruction.reconstruction_scores(picture, truth)
    for i in range(4):
        one = reconstruction.reconstruction_scores(picture[i : i + 1], truth[i : i + 1])
        assert all(one[k][0] == whole[k][i] for k in whole)


def test_more_noise_is_worse():
    scores = [reconstruction.reconstruction_scores(*pair((1, 32, 32, 3), 0, n)) for n in (0.1, 0.3)]
    assert scores[0]["psnr"] > scores[1]["psnr"]
    assert scores[0]["ssim"] > scores[1]["ssim"]
    assert scores[0]["l1"] < scores[1]["l1"]


def test_black_against_white_is_as_far_as_it_gets():
    black = -np.ones((1, 16, 16, 1))
    scores = reconstruction.reconstruction_scores(black, -black)
    assert scores["l1"][0] == 2 and scores["psnr"][0] == 0 and scores["ssim"][0] < -0.99


@pytest.mark.parametrize(
    ("picture", "truth", "message"),
    [
        (np.zeros((1, 16, 16, 3)), np.zeros((1, 16, 16, 1)), "Shapes differ"),
        (np.zeros((16, 16, 3)), np.zeros((16, 16, 3)), "must be .B, H, W, C."),
        (np.zeros((1, 16, 16, 5)), np.zeros((1, 16, 16, 5)), "one to four channels"),
        (np.zeros((0, 16, 16, 3)), np.zeros((0, 16, 16, 3)), "must be .B, H, W, C."),
        (np.zeros((1, 16, 16, 3), np.uint8), np.zeros((1, 16, 16, 3)), "pictures is uint8"),
        (np.zeros((1, 16, 16, 3)), np.full((1, 16, 16, 3), 255.0), "truth reaches 255"),
        (np.full((1, 16, 16, 3), np.nan), np.zeros((1, 16, 16, 3)), "not finite"),
    ],
)
def test_wrong_input_is_named(picture, truth, message):
    for metric in (reconstruction.l1, reconstruction.psnr, reconstruction.ssim):
        with pytest.raises(ValueError, match=message):
            metric(picture, truth)


def test_ssim_names_images_that_are_too_small():
    small = np.zeros((1, 10, 40, 3))
    with pytest.raises(ValueError, match="at least 11x11 pixels; these are 10x40"):
        reconstruction.ssim(small, small)
    assert reconstruction.l1(small, small)[0] == 0
