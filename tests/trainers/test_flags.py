"""Flags: one place for each knob, and none that says nothing."""

import dataclasses
import importlib
import pathlib

import pytest
from absl import flags as absl_flags

from tests.trainers import programs
from tfgan_zoo.data.request import Request
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.settings import Settings
from trainers import flags
from trainers.program import Program
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
        ("dcgan", ["--metrics=", "--extractor=pixels"], "--extractor=pixels"),
        ("dcgan", ["--metrics=", "--num_samples=9"], "--num_samples=9"),
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


AROUND = ("__init__", "flags", "ganhacks", "optimizers", "program", "told", "trainer")


def programs_of_all():
    """Every command of `trainers/` that has knobs, by name."""
    names = sorted(p.stem for p in pathlib.Path(flags.__file__).parent.glob("*.py"))
    found = {}
    for name in names:
        if name not in AROUND:
            made = importlib.import_module(f"trainers.{name}").TRAINER
            found[name] = made if isinstance(made, Program) else made.program
    return found


def refused(program, knob, value):
    try:
        program.parse([f"--{knob}={value}"])
    except absl_flags.Error as error:
        return f"--{knob}=" in str(error)
    return False


def test_no_number_of_any_command_may_be_nonsense():
    numbers = 0
    for name, program in programs_of_all().items():
        for item in program.knobs:
            if item.kind not in ("int", "float", *flags.NUMBERS):
                continue
            numbers += 1
            # The labels of LSGAN are negative in one of the paper's settings.
            below_zero = [] if item.name == "labels" else ["-1"]
            for value in ("nan", "inf", "-inf", "1e999", *below_zero):
                assert refused(program, item.name, value), (name, item.name, value)
            if item.kind in ("int", "ints"):
                assert refused(program, item.name, 10**20), (name, item.name)
    assert numbers > 500


@pytest.mark.parametrize(
    ("trainer", "knob", "values"),
    [
        ("pix2pix", "ema_decay", ["1", "1.5"]),
        ("pix2pix", "clip_norm", ["0"]),
        ("seqgan", "clip_norm", ["0"]),
        ("wgan", "clip", ["0"]),
        ("wgan", "critic_learning_rate", ["0"]),
        ("wgan", "generator_learning_rate", ["0"]),
        ("dcgan", "beta_1", ["1"]),
        ("dcgan", "beta_2", ["1"]),
        ("dcgan", "flipped_labels", ["0.5", "1"]),
        ("dcgan", "generator_dropout", ["1"]),
        ("cgan", "generator_dropout", ["1"]),
        ("cgan", "discriminator_dropout", ["1"]),
        ("seqgan", "dropout", ["1"]),
        ("seqgan", "widths", ["0", "1,2,x", "2.5"]),
        ("lsgan", "labels", ["0,x,1"]),
        ("gan", "width", ["0"]),
        ("unrolled_gan", "discriminator_share", ["0"]),
        ("improved_gan", "real_label", ["0", "1.1"]),
        ("improved_gan", "average_rate", ["0", "1.5"]),
        ("ebgan", "margin", ["0"]),
        ("vae", "seed", [2**31]),
        ("vae", "gradient_norm_bound", ["0"]),
    ],
)
def test_what_would_teach_nothing_is_refused(trainer, knob, values):
    program = programs_of_all()[trainer]
    for value in values:
        assert refused(program, knob, value), value


@pytest.mark.parametrize("labels", ["1,1,0", "0,1,0", "0,1", "0,1,1,1"])
def test_labels_that_teach_nothing_are_refused(labels, tmp_path):
    with pytest.raises(RunError, match="--labels takes three numbers a,b,c"):
        programs.run("lsgan", tmp_path, f"--labels={labels}")


def test_a_run_of_no_steps_is_refused(tmp_path):
    phases = ("pretrain_steps", "discriminator_steps", "adversarial_steps")
    with pytest.raises(RunError, match="The run has no steps"):
        programs.run("seqgan", tmp_path, *(f"--{name}=0" for name in phases))


def test_a_notebook_is_refused_the_same_values():
    with pytest.raises(ValueError, match="--channels=9: must be at least 1 and at most 4"):
        flags.chosen(unconditional.KNOBS, data="digits", channels=9)
    for name, value in (("steps", float("nan")), ("batch_size", "8"), ("seed", 2**31)):
        with pytest.raises(ValueError, match=f"--{name}={value} must be"):
            Settings(**{name: value})
