"""One training step: what it moves, what it leaves, what it reports."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.toy import Toy, toy_data
from tfgan_zoo.optimizers.adam import Adam


@pytest.fixture
def policy():
    """Sets a precision for one test."""
    yield keras.mixed_precision.set_dtype_policy
    keras.mixed_precision.set_dtype_policy("float32")


def compiled(
    generator=None, discriminator=None, normalise=True, noise=1.0, weights_from=0, seed=0, **how
):
    keras.utils.set_random_seed(weights_from)
    model = Toy(normalise, noise, seed)
    model.compile(
        generator=generator or Adam(0.05, beta_1=0.5),
        discriminator=discriminator or Adam(0.05, beta_1=0.5),
        **how,
    )
    return model


def fit(model, **data):
    """Trains over all steps in the arrays; returns the last means."""
    steps = len(data["real"])
    history = model.fit(
        tf.data.Dataset.from_tensor_slices(data), steps_per_epoch=steps, verbose=0, shuffle=False
    )
    return {name: values[-1] for name, values in history.history.items()}


def one(model, **data):
    """One eager step on the arrays' first batch."""
    return model.train_step({name: tf.constant(values[0]) for name, values in data.items()})


def poison(array):
    array[:, -1] = np.nan


def assert_same(values, expected):
    for value, other in zip(values, expected, strict=True):
        np.testing.assert_array_equal(value, other)


def moved(before, after):
    return [bool(np.any(a != b)) for a, b in zip(before, after, strict=True)]


# What a step does.


def test_both_players_move_by_the_gradient_at_the_old_weights():
    model = compiled(keras.optimizers.SGD(0.5), keras.optimizers.SGD(2.0), noise=0.0)
    data = toy_data(1)
    batch = {name: tf.constant(values[0]) for name, values in data.items()}
    before = model.weights_by_player()
    with tf.GradientTape(persistent=True) as tape:
        losses = model.losses_of(batch, batch["latents"])
    logs = one(model, **data)
    after = model.weights_by_player()
    for player, loss, rate in zip(("discriminator", "generator"), losses, (2.0, 0.5), strict=True):
        gradients = tape.gradient(loss, [v.value for v in getattr(model, player).trainable_weights])
        gradients = [np.array(tf.convert_to_tensor(g)) for g in gradients]
        for old, new, gradient in zip(before[player], after[player], gradients, strict=True):
            np.testing.assert_allclose(new, old - rate * gradient, atol=1e-6)
        norm = np.sqrt(sum(np.sum(g.astype("float64") ** 2) for g in gradients))
        np.testing.assert_allclose(logs[f"{player}_gradient_norm"], norm, rtol=1e-5)
        np.testing.assert_allclose(logs[f"{player}_loss"], loss, rtol=1e-6)


@pytest.mark.parametrize(
    "still, moving", [("generator", "discriminator"), ("discriminator", "generator")]
)
def test_player_without_a_learning_rate_stays(still, moving):
    model = compiled(**{still: Adam(0.0)})
    before = model.weights_by_player()
    one(model, **toy_data(1))
    after = model.weights_by_player()
    assert_same(after[still], before[still])
    assert all(moved(after[moving], before[moving]))


def test_report_is_the_mean_over_the_steps_since_the_reset():
    model, singles = compiled(), []
    twin = compiled()
    data = toy_data(3)
    for k in range(3):
        twin.reset_metrics()
        singles.append(one(twin, **{name: values[k:] for name, values in data.items()}))
        logs = one(model, **{name: values[k:] for name, values in data.items()})
    for name in ("generator_loss", "discriminator_loss", "generator_gradient_norm"):
        np.testing.assert_allclose(logs[name], np.mean([s[name] for s in singles]), rtol=1e-5)
    assert (int(model.step), int(model.skipped)) == (3, 0)


def test_two_updates_in_one_step_see_each_other():
    """The shape of a variant that trains its critic first."""
    model = compiled(keras.optimizers.SGD(0.5), keras.optimizers.SGD(2.0))
    batch = {name: tf.constant(values[0]) for name, values in toy_data(1).items()}
    step = model.begin_step()
    with tf.GradientTape() as tape:
        discriminator_loss, _ = model.losses_of(batch, batch["latents"])
    step.update(tape, discriminator=discriminator_loss)
    before = model.weights_by_player()["generator"]
    with tf.GradientTape(persistent=True) as tape:
        _, generator_loss = model.losses_of(batch, batch["latents"])
    gradients = tape.gradient(
        generator_loss, [v.value for v in model.generator.trainable_variables]
    )
    step.update(tape, generator=generator_loss)
    logs = step.report(generator_loss=generator_loss)
    for old, new, gradient in zip(
        before, model.weights_by_player()["generator"], gradients, strict=True
    ):
        np.testing.assert_allclose(new, old - 0.5 * tf.convert_to_tensor(gradient), atol=1e-6)
    assert {"generator_gradient_norm", "discriminator_gradient_norm"} < set(logs)


def test_one_seed_repeats_and_another_differs():
    data = toy_data(3)
    runs = []
    for seed in (5, 5, 6):
        model = compiled(seed=seed)
        for k in range(3):
            one(model, **{name: values[k:] for name, values in data.items()})
        runs.append(model.state())
    assert_same(runs[0], runs[1])
    assert any(moved(runs[0], runs[2]))


def test_seed_differs_between_steps_streams_and_models_and_follows_the_step_counter():
    def seeds(model):
        step = model.begin_step()
        return [tuple(np.array(step.seed(stream))) for stream in (0, 1)]

    model, other = compiled(seed=1), compiled(seed=2)
    first = seeds(model)
    assert first == seeds(model)
    one(model, **toy_data(1))
    second = seeds(model)
    assert len({*first, *second, *seeds(other)}) == 6
    model.step.assign(0)
    assert seeds(model) == first


# A step that is not finite.


@pytest.mark.parametrize(
    "how",
    [{}, {"steps_per_execution": 4}, {"jit_compile": True}],
    ids=["graph", "steps_per_execution", "xla"],
)
def test_step_that_is_not_finite_changes_nothing_but_the_counters(how):
    model = compiled(Adam(0.05, use_ema=True), Adam(0.05), **how)
    fit(model, **toy_data(4))
    before = model.state()
    assert len(before) > 20

    logs = fit(model, **toy_data(4, real=poison))
    assert_same(model.state(), before)
    assert (int(model.step), int(model.skipped), int(model.skipped_in_a_row)) == (8, 4, 4)
    assert (logs["skipped"], logs["skipped_in_a_row"]) == (4, 4)
    assert all(np.isfinite(value) for value in logs.values())

    # One broken step among good ones is left out of the running means.
    def poison_second(array):
        array[1, 0, 0] = np.inf

    logs = fit(model, **toy_data(4, latents=poison_second))
    assert any(moved(model.state(), before))
    assert all(np.all(np.isfinite(value)) for value in model.state())
    assert (int(model.skipped), int(model.skipped_in_a_row)) == (5, 0)
    assert logs["skipped_in_a_row"] == 0
    for name, tracker in model.trackers.items():
        assert float(tracker.count) == 3.0
        assert np.isfinite(logs[name]) and logs[name] > 0.0


def test_loss_that_is_not_finite_with_a_finite_gradient_is_skipped_too():
    model = compiled()
    batch = {name: tf.constant(values[0]) for name, values in toy_data(1).items()}
    before = model.state()
    step = model.begin_step()
    with tf.GradientTape(persistent=True) as tape:
        discriminator_loss, generator_loss = model.losses_of(batch, batch["latents"])
        generator_loss += tf.constant(np.nan)
    step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
    step.report(generator_loss=generator_loss)
    assert_same(model.state(), before)


# Precision.


def scaled(scale, growth):
    return keras.optimizers.LossScaleOptimizer(
        Adam(0.01), initial_scale=scale, dynamic_growth_steps=growth
    )


def scales(model):
    return {
        player: float(optimizer.dynamic_scale) for player, optimizer in model.optimizers.items()
    }


def test_half_precision_scales_each_loss_on_its_own(policy):
    policy("mixed_float16")
    model = compiled(scaled(2.0**10, 2), scaled(2.0**8, 2))
    before = model.weights_by_player()
    fit(model, **toy_data(2))
    assert scales(model) == {"generator": 2.0**11, "discriminator": 2.0**9}
    after = model.weights_by_player()
    for player in before:
        assert all(moved(before[player], after[player]))
        assert all(w.dtype == np.float32 for w in after[player])

    # Only the discriminator's gradient overflows: nobody moves and its scale alone is halved.
    def overflow(array):
        array[:] = 1e8

    before = model.state()
    logs = fit(model, **toy_data(1, discriminator_factor=overflow))
    assert_same(model.state(), before)
    assert scales(model) == {"generator": 2.0**11, "discriminator": 2.0**8}
    assert logs["skipped"] == 1
    fit(model, **toy_data(1, generator_factor=overflow))
    assert scales(model) == {"generator": 2.0**10, "discriminator": 2.0**8}
    fit(model, **toy_data(2))
    assert scales(model) == {"generator": 2.0**11, "discriminator": 2.0**9}


def test_half_precision_wraps_optimizers_once_and_unscales_what_it_applies_and_reports(policy):
    reference = compiled(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), normalise=False)
    expected = one(reference, **toy_data(1))
    policy("mixed_float16")
    mine = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=256.0)
    model = compiled(keras.optimizers.SGD(0.1), mine, normalise=False)
    assert isinstance(model.optimizers["generator"], keras.optimizers.LossScaleOptimizer)
    assert model.optimizers["discriminator"] is mine
    before = model.weights_by_player()
    model.optimizers["generator"].dynamic_scale.assign(256.0)
    logs = one(model, **toy_data(1))
    for name, value in expected.items():
        np.testing.assert_allclose(float(logs[name]), float(value), rtol=5e-3, err_msg=name)
    full, half = reference.weights_by_player(), model.weights_by_player()
    for player in full:
        for a, b, start in zip(full[player], half[player], before[player], strict=True):
            np.testing.assert_allclose(b - start, a - start, atol=1e-3)


def test_bfloat16_trains_without_a_loss_scale(policy):
    policy("mixed_bfloat16")
    model = compiled()
    before = model.weights_by_player()
    logs = fit(model, **toy_data(2))
    assert all(type(optimizer) is Adam for optimizer in model.optimizers.values())
    assert logs["skipped"] == 0 and np.isfinite(logs["generator_loss"])
    for player, weights in model.weights_by_player().items():
        assert all(moved(before[player], weights))


# Names.


def test_optimizer_of_nobody_is_refused():
    with pytest.raises(ValueError, match="Toy has no sub-model 'critic'"):
        Toy().compile(generator=Adam(), critic=Adam())


def test_player_without_an_optimizer_is_named():
    model = Toy()
    model.compile(generator=Adam())
    with pytest.raises(ValueError, match="'discriminator'.*compile"):
        one(model, **toy_data(1))
