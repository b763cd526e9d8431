"""One training step: what it moves, what it leaves, what it reports."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from tests.toy import Toy, toy_data
from tfgan_zoo.base import Trained
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


@pytest.mark.parametrize("how", [lambda f: f, tf.function], ids=["eager", "graph"])
def test_a_player_that_is_told_to_stand_still_keeps_all_that_is_its_own(how):
    model = compiled()
    batch = {name: tf.constant(values[0]) for name, values in toy_data(1).items()}

    def train(moves):
        step = model.begin_step()
        with tf.GradientTape(persistent=True) as tape:
            discriminator_loss, generator_loss = model.losses_of(batch, batch["latents"])
        losses = {"discriminator": discriminator_loss, "generator": generator_loss}
        step.update(tape, when={"generator": step.mean(moves) > 0.5}, **losses)
        return step.report()

    def own(player):
        optimizer = model.optimizers[player]
        return [*model.weights_by_player()[player], *(v.numpy() for v in optimizer.variables)]

    train = how(train)
    for moves in (0.0, 1.0, 0.0):
        before = {player: own(player) for player in model.players}
        train(tf.constant(moves))
        assert any(moved(before["discriminator"], own("discriminator")))
        assert any(moved(before["generator"], own("generator"))) == bool(moves)
    assert int(model.optimizers["generator"].iterations) == 1 and int(model.step) == 3


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
    with pytest.raises(ValueError, match="Toy has no player 'critic'"):
        Toy().compile(generator=Adam(), critic=Adam())


def test_player_without_an_optimizer_is_named():
    model = Toy()
    model.compile(generator=Adam())
    with pytest.raises(ValueError, match="'discriminator'.*compile"):
        one(model, **toy_data(1))


def test_one_optimizer_for_two_players_is_refused():
    with pytest.raises(ValueError, match=r"Toy has 2 players.*compile\(generator=..., disc"):
        Toy().compile(optimizer="adam")
    with pytest.raises(ValueError, match="no player 'loss'.*its paper's"):
        Toy().compile(generator="adam", discriminator="adam", loss="mse")


def test_fit_without_a_players_optimizer_is_refused_before_the_first_step():
    model = Toy()
    model.compile(generator="adam")
    with pytest.raises(ValueError, match="Toy's discriminator got no optimizer: call compile"):
        fit(model, **toy_data(1))


class Single(Trained):
    """One player of two layers, and two methods that take a step."""

    players = ("regression",)

    def __init__(self, units=2, body=None, sides=(1, 2), seed=0, name="single"):
        super().__init__(seed=seed, name=name)
        self.sides = tuple(sides)
        self.body = body or keras.Sequential([keras.Input((3,)), keras.layers.Dense(units)])
        self.head = keras.Sequential([keras.Input(self.body.output_shape[1:]), layers.Dense(1)])

    def trained_layers(self, player):
        return [self.body, self.head]

    def call(self, inputs):
        return self.head(self.body(inputs))

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        noise = tf.random.stateless_normal(tf.shape(real), step.seed(), alg="philox")
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(real + noise) - 1.0) ** 2)
        step.update(tape, regression=loss)
        return step.report(loss=loss)

    def other_step(self, data):
        step = self.begin_step()
        return step.report(other=tf.reduce_sum(self.fields(data, "images")))


def ones():
    return tf.data.Dataset.from_tensors(tf.ones([4, 3])).repeat()


def test_one_player_takes_keras_optimizer_and_fits_dicts_tuples_and_tensors():
    for wrap in (lambda x: {"images": x}, lambda x: (x, tf.zeros([4])), lambda x: x):
        model = Single()
        before = [w.numpy() for w in model.trainable_variables]
        model.compile("adam")
        model.fit(ones().map(wrap), steps_per_epoch=2, verbose=0)
        assert all(moved(before, [w.numpy() for w in model.trainable_variables]))


def test_a_batch_that_lacks_a_field_or_holds_bytes_is_refused():
    fields = Trained.fields
    with pytest.raises(ValueError, match="must hold 'images', 'labels', and this one holds 'x'"):
        fields({"x": tf.ones([1])}, "images", "labels")
    with pytest.raises(ValueError, match="a tuple in this order"):
        fields(tf.ones([1]), "images", "labels")
    with pytest.raises(ValueError, match="'images' are bytes"):
        fields(tf.ones([1], tf.uint8), "images")
    images, labels = fields((tf.ones([1], tf.float64), tf.ones([1], tf.int64)), "images", "labels")
    assert (images.dtype, labels.dtype) == (tf.float32, tf.int64)


def test_fit_takes_steps_by_another_method_and_back():
    model = Single()
    model.compile("adam")
    model.take_steps_by("other_step")
    assert model.fit(ones(), steps_per_epoch=1, verbose=0).history["other"] == [12.0]
    model.take_steps_by("train_step")
    assert "loss" in model.fit(ones(), steps_per_epoch=1, verbose=0).history
    assert int(model.step) == 2


def test_config_tells_what_was_given():
    assert Single(units=5).get_config() == {
        "units": 5,
        "body": None,
        "sides": (1, 2),
        "seed": 0,
        "name": "single",
    }
    body = keras.Sequential([keras.Input((3,)), layers.Dense(7)])
    again = Single.from_config(Single(body=body, sides=(3,)).get_config())
    assert again.body is not body and again.body.output_shape == (None, 7)
    assert again.sides == (3,)


def test_a_saved_model_trains_on_as_it_would_have(tmp_path):
    body = keras.Sequential([keras.Input((3,)), layers.Dense(7)])
    models = [Single(body=body, seed=4)]
    models[0].compile(Adam(0.1, use_ema=True, ema_momentum=0.5))
    models[0].fit(ones(), steps_per_epoch=3, verbose=0)
    models[0].save(tmp_path / "model.keras")
    models.append(keras.saving.load_model(tmp_path / "model.keras"))
    assert int(models[1].step) == 3
    for model in models:
        model.fit(ones(), steps_per_epoch=2, verbose=0)
    first, second = (
        [v.numpy() for v in [*m.weights, *m.optimizers["regression"].variables]] for m in models
    )
    assert_same(first, second)
    assert int(models[1].step) == 5


def test_what_keras_offers_and_makes_no_sense_is_refused_in_a_sentence():
    with pytest.raises(NotImplementedError, match="tfgan_zoo.metrics.score"):
        Toy().evaluate(ones())
    with pytest.raises(NotImplementedError, match="tfgan_zoo.export.ship"):
        Toy().export("folder")
