"""Learning-rate schedules by name."""

import math

import keras

from tfgan_zoo.training.run_directory import RunError


def learning_rate(base, schedule, total_steps, decay_from=0.5):
    """A learning rate or schedule for an optimizer.

    Args:
        base: rate at the start.
        schedule: 'constant'; 'linear', constant up to the share `decay_from` of the run and then
            straight to zero (the released codes of pix2pix and CycleGAN decay over the second
            half); 'cosine', the same with a half cosine; 'exponential', by the same factor with
            each step, down to a hundredth (the released code of BiGAN).
        total_steps: length of the run in optimizer steps.
        decay_from: share of the run, in [0, 1).

    Raises:
        RunError: for another schedule or share.
    """
    if schedule == "constant":
        return base
    if schedule not in ("linear", "cosine", "exponential"):
        raise RunError(
            f"No --lr_schedule='{schedule}'; choose constant, linear, cosine or exponential."
        )
    if not 0.0 <= decay_from < 1.0:
        raise RunError(f"--lr_decay_from={decay_from} must be a share of the run in [0, 1).")
    return Decay(base, schedule, int(total_steps * decay_from), total_steps)


@keras.saving.register_keras_serializable("tfgan_zoo")
class Decay(keras.optimizers.schedules.LearningRateSchedule):
    """`base` until step `start`, then down to zero at step `end`, on a line or a half cosine, or
    exponentially to a hundredth.
    """

    def __init__(self, base, shape, start, end):
        self.base, self.shape, self.start, self.end = base, shape, start, end

    def __call__(self, step):
        done = (keras.ops.cast(step, "float32") - self.start) / max(self.end - self.start, 1)
        done = keras.ops.clip(done, 0.0, 1.0)
        if self.shape == "linear":
            return self.base * (1.0 - done)
        if self.shape == "exponential":
            return self.base * keras.ops.power(0.01, done)
        return self.base * 0.5 * (1.0 + keras.ops.cos(math.pi * done))

    def get_config(self):
        return {"base": self.base, "shape": self.shape, "start": self.start, "end": self.end}


@keras.saving.register_keras_serializable("tfgan_zoo")
class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """A rate, or a schedule of it, that is reached on a line from zero in the first `steps`."""

    def __init__(self, rate, steps):
        self.rate, self.steps = rate, steps

    def __call__(self, step):
        rate = self.rate(step) if callable(self.rate) else self.rate
        done = (keras.ops.cast(step, "float32") + 1.0) / self.steps
        return rate * keras.ops.minimum(done, 1.0)

    def get_config(self):
        rate = self.rate
        rate = keras.saving.serialize_keras_object(rate) if callable(rate) else rate
        return {"rate": rate, "steps": self.steps}

    @classmethod
    def from_config(cls, config):
        rate = keras.saving.deserialize_keras_object(config["rate"])
        return cls(rate, config["steps"])
