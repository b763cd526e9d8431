"""Flags: one place for each knob, and none that says nothing."""

import dataclasses

import pytest

from tests.trainers import programs
from tfgan_zoo.data.request import Request
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.settings import Settings
from trainers import flags
from trainers.tasks import unconditional


@pytest.mark.parametrize(
    ("trainer", "arguments", "idle"),
    [
        ("wgan", ["--beta_1=0.9"], "--beta_1=0.9"),
        ("lsgan", ["--data=ring", "--labels=0,1,1"], "--normalised=discriminator"),
        ("lsgan", ["--loss=sigmoid"], "--labels=-1,1,0"),
        ("improved_gan", ["--labelled=0", "--data=ring"], "--reference=8"),
        ("improved_gan", ["--labelled=0", "--average_rate=0.5"], "--average_rate=0.5"),
        ("dragan", ["--image_size=16", "--networks=dcgan", "--depth=2"], "--depth=2"),
        ("unrolled_gan", ["--width=3"], "--width=3"),
        ("unrolled_gan", ["--data=ring", "--discriminator_share=0.5"], "--discriminator_share=0.5"),
        ("unrolled_gan", ["--data=ring"], "--channels=1"),
        ("fgan", ["--point_depth=1"], "--point_depth=1"),
        ("cyclegan", ["--lr_schedule=constant", "--lr_decay_from=0.1"], "--lr_decay_from=0.1"),
        ("dcgan", ["--input_noise_steps=5"], "--input_noise_steps=5"),
        ("infogan", ["--export_features"], None),
    ],
)
def test_a_flag_that_says_nothing_is_refused_before_training(trainer, arguments, idle, tmp_path):
    if idle is None:  # a sibling that does say something
        programs.run(trainer, tmp_path, *arguments, "--noexport")
        return
    with pytest.raises(RunError, match=f"{idle}.* says nothing under the other flags"):
        programs.run(trainer, tmp_path, *arguments)
    assert not list(tmp_path.rglob("ckpt-*"))


def test_every_knob_of_the_engine_and_of_the_data_is_a_flag_with_its_help():
    knobs = {item.name: item for item in (*flags.of(Settings), *flags.of(Request, "images"))}
    for field in dataclasses.fields(Settings):
        assert knobs[field.name].help == field.metadata["help"]
        assert knobs[field.name].default == field.default
    assert {"image_size", "channels", "data_dir", "validation_count"} < set(knobs)
    assert not {"seed", "units", "source_channels"} & {i.name for i in flags.of(Request, "images")}


def test_bounds_and_choices_of_settings_hold_without_flags():
    with pytest.raises(ValueError, match="--batch_size=0 must be at least 1"):
        Settings(batch_size=0)
    with pytest.raises(ValueError, match="--tflite=int4 cannot be: choose from float32, float16"):
        Settings(tflite=("int4",))


def test_a_notebook_chooses_without_a_command_line():
    values = flags.chosen(unconditional.KNOBS, data="digits", image_size="16", channels=1)
    assert (values.data, values.image_size, values.channels) == ("digits", (16, 16), 1)
    assert values.filled(Request, "images").image_size == (16, 16)
    with pytest.raises(AttributeError, match="no flag --nothing"):
        _ = values.nothing


def test_an_alias_is_its_flag():
    values = programs.values("wgan", "--discriminator_learning_rate=0.5")
    assert values.critic_learning_rate == 0.5
    assert "discriminator_learning_rate" not in values.lines()
