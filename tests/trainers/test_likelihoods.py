"""The table of likelihoods: each way of measuring against a number that is known."""

import json

import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp
from scipy.stats import norm

from tests.export.conftest import Normal
from tests.export.test_ship import PICTURE, PROVENANCE
from tfgan_zoo.data.request import Request
from tfgan_zoo.evaluate import likelihood
from tfgan_zoo.export import interface as made
from tfgan_zoo.export import ship
from tfgan_zoo.networks.priors import Uniform
from tfgan_zoo.training.run_directory import RunError
from trainers import likelihoods as program
from trainers.experiments import likelihoods

SHAPE, SIZE = (10, 10, 1), 100
EFFORT = likelihoods.Effort(
    pictures=40,
    few=3,
    importance_samples=300,
    chains=16,
    distributions=60,
    sigmas=(0.2, 0.4),
    drawn=2,
    rounds=1,
)
REQUEST = Request(image_size=SHAPE[:2], channels=1)


class Layer(tf.keras.layers.Layer):
    """Weights that a call reads."""

    def __init__(self, **values):
        super().__init__()
        for name, value in values.items():
            setattr(self, name, self.add_weight(shape=np.shape(value), name=name))
            getattr(self, name).assign(value)


CHANCE = np.random.default_rng(0)
LINE = Layer(slope=CHANCE.normal(size=(1, SIZE)), bias=CHANCE.normal(size=SIZE))
PIXELS = Layer(logits=CHANCE.normal(size=(3, SIZE)))
POSTERIOR = Layer(mean=np.float32(0.3))


def decode(latents):
    """Pictures of one latent."""
    return 2 * tf.reshape(tf.sigmoid(latents @ LINE.slope + LINE.bias), [-1, *SHAPE]) - 1


def by_class(images, labels):
    """log p(x | y) of independent black and white pixels."""
    logits = tf.gather(tf.convert_to_tensor(PIXELS.logits), labels % 3)
    ones = 0.5 * (tf.reshape(images, [-1, SIZE]) + 1)
    found = -tf.nn.sigmoid_cross_entropy_with_logits(ones, logits)
    return tf.reduce_sum(found, 1, keepdims=True)


def exported(folder, interface):
    count = 4
    examples = {}
    for item in interface.inputs:
        if item.prior is not None:
            examples[item.name] = item.prior.sample(count, tf.constant([0, 0])).numpy()
        elif item.kind == "class":
            examples[item.name] = np.arange(count, dtype=np.int32) % item.classes
        else:
            examples[item.name] = np.zeros([count, *item.shape], np.float32)
    evaluation = ship.Evaluation(
        examples, lambda served: ({}, {}, "None to speak of."), lambda served: PICTURE
    )
    ship.ship(interface, folder, provenance=PROVENANCE, evaluation=evaluation, kinds=())
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Exports of all sorts."""
    root = tmp_path_factory.mktemp("exports")
    said = made.Interface(
        "log_prob",
        (made.source_images(SHAPE), made.labels(10)),
        (made.vector("log_prob", 1),),
        by_class,
        about="Exact.",
    )
    exported(
        root / "said",
        made.Interface(
            "said",
            (made.latents(Normal(1)), made.labels(10)),
            (made.images(SHAPE),),
            lambda latents, labels: decode(latents),
            (LINE, PIXELS),
            also=(said,),
        ),
    )
    for part, given, outputs, call, net in (
        (
            "encode",
            made.source_images(SHAPE),
            [made.vector(name, 1) for name in ("means", "log_variances")],
            lambda images: {
                "means": tf.fill([tf.shape(images)[0], 1], 1.0) * POSTERIOR.mean,
                "log_variances": tf.zeros([tf.shape(images)[0], 1]),
            },
            POSTERIOR,
        ),
        ("decode", made.latents(Normal(1)), [made.images(SHAPE)], decode, LINE),
    ):
        exported(
            root / "pair",
            made.Interface(f"pair_{part}", (given,), tuple(outputs), call, (net,), part=part),
        )
    for name, prior in (("normal", Normal(1)), ("uniform", Uniform(1))):
        exported(
            root / name,
            made.Interface(name, (made.latents(prior),), (made.images(SHAPE),), decode, (LINE,)),
        )
    return root


def measured(folder, **tables):
    tables = {table: [str(path) for path in paths] for table, paths in tables.items()}
    tables = {"black_and_white": [], "grey": [], **tables}
    likelihoods.run(folder, spec="digits", request=REQUEST, tables=tables, effort=EFFORT)
    return json.loads((folder / "results.json").read_text())


@pytest.fixture(scope="module")
def found(folders, tmp_path_factory):
    """(its folder, the results) of a whole run."""
    folder = tmp_path_factory.mktemp("run")
    return folder, measured(
        folder,
        black_and_white=[folders / name for name in ("said", "pair", "normal", "uniform")],
        grey=[folders / "normal"],
    )


def world(table):
    from tfgan_zoo.data.sources import open_images

    return likelihoods.World(
        table, *(open_images("digits", split, REQUEST) for split in ("train", "test")), EFFORT
    )


def by_quadrature(joint):
    """log p(x) of `joint(grid) [N, G]`, log p(x | z) of one latent of N(0, 1)."""
    grid = np.linspace(-6, 6, 2001)
    values = joint(grid) + norm.logpdf(grid)
    return (logsumexp(values, axis=1) + np.log(grid[1] - grid[0])).mean()


def test_an_exact_likelihood_is_summed_over_classes(found):
    pixels = world("black_and_white").pixels(world("black_and_white").test, EFFORT.pictures)
    shares = np.bincount(
        world("grey").train.fetch(np.arange(len(world("grey").train)))["labels"], minlength=10
    )
    each = [by_class(2 * pixels - 1, np.full(len(pixels), y)).numpy()[:, 0] for y in range(10)]
    expected = logsumexp(np.stack(each, 1), axis=1, b=shares / shares.sum())
    row = found[1]["results"]["black_and_white"]["said"]
    assert row["nats"] == pytest.approx(expected.mean(), rel=1e-5)
    assert row["error"] == pytest.approx(expected.std(ddof=1) / np.sqrt(40), rel=1e-4)
    assert (row["bound"], row["count"]) == ("exact", 40)
    assert row["numbers"] == 2 * SIZE + 3 * SIZE


def test_bounds_of_black_and_white_pixels_are_close_to_quadrature(found):
    rows = found[1]["results"]["black_and_white"]
    pixels = likelihoods.flat(world("black_and_white").pixels(world("grey").test, 3))

    def joint(grid):
        logits = grid[:, None] * LINE.slope.numpy() + LINE.bias.numpy()
        return pixels @ logits.T - np.logaddexp(0, logits).sum(1)

    expected = by_quadrature(joint)
    for name in ("pair", "normal"):
        assert rows[name]["nats"] == pytest.approx(expected, abs=0.3)
        assert rows[name]["count"] == 3 and "lower bound" in rows[name]["bound"]
    assert abs(rows["normal"]["gap"]) < 0.5
    assert rows["pair"]["numbers"] == 2 * SIZE + 1
    # Uniform latents reach less far.
    assert rows["uniform"]["nats"] != pytest.approx(expected, abs=0.3)


def test_a_uniform_prior_is_annealed_as_itself(found):
    pixels = likelihoods.flat(world("black_and_white").pixels(world("grey").test, 3))
    grid = np.linspace(-1, 1, 2001)
    logits = grid[:, None] * LINE.slope.numpy() + LINE.bias.numpy()
    joint = pixels @ logits.T - np.logaddexp(0, logits).sum(1)
    expected = logsumexp(joint, axis=1) - np.log(len(grid))
    row = found[1]["results"]["black_and_white"]["uniform"]
    assert row["nats"] == pytest.approx(expected.mean(), abs=0.3)


def test_grey_levels_are_probabilities_of_levels(found):
    row = found[1]["results"]["grey"]["normal"]
    pixels = likelihoods.flat(world("grey").pixels(world("grey").test, 3))
    assert row["sigma"] in EFFORT.sigmas

    def joint(grid):
        means = 1 / (1 + np.exp(-(grid[:, None] * LINE.slope.numpy() + LINE.bias.numpy())))
        return norm.logpdf(pixels[:, None], means, row["sigma"]).sum(-1)

    expected = by_quadrature(joint) - SIZE * np.log(256)
    assert row["nats"] == pytest.approx(expected, abs=0.5)


def test_independent_pixels_are_in_each_table(found):
    rows = found[1]["results"]
    train, test = (
        world("black_and_white").pixels(examples, count)
        for examples, count in ((world("grey").train, 10**6), (world("grey").test, 40))
    )
    expected = likelihood.independent(train, test, "bernoulli").mean()
    assert rows["black_and_white"]["independent pixels"]["nats"] == pytest.approx(expected)
    # Never worse than 256 levels that are equally likely.
    assert 0 > rows["grey"]["independent pixels"]["nats"] > -SIZE * np.log(256)


def test_the_table_names_all_and_a_repeat_measures_nothing(found, folders, capsys):
    folder, before = found
    text = (folder / "table.md").read_text()
    for words in ("`said`", "`uniform`", "independent pixels", "bits/dim", "exact", "deviation 0."):
        assert words in text
    names = {table: set(times) for table, times in before["milliseconds"].items()}
    assert names == {"black_and_white": {"said", "pair", "normal", "uniform"}, "grey": {"normal"}}
    again = measured(folder, black_and_white=[folders / "said"])
    assert (
        again["results"]["black_and_white"]["said"]
        == (before["results"]["black_and_white"]["said"])
    )
    assert "said ..." not in capsys.readouterr().out


def test_of_one_name_each_table_has_its_own_time(folders, tmp_path, monkeypatch):
    exported(
        tmp_path / "normal",
        made.Interface(
            "normal",
            (made.latents(Normal(1)),),
            (made.images(SHAPE),),
            lambda latents: -decode(latents),
            (LINE,),
        ),
    )

    def race(runs, others, rounds):
        return {name: [place] for place, name in enumerate(runs, start=1)}

    monkeypatch.setattr(likelihoods.measured, "race", race)
    found = measured(
        tmp_path / "run",
        black_and_white=[folders / "normal"],
        grey=[tmp_path / "normal"],
    )["milliseconds"]
    assert found == {"black_and_white": {"normal": 500.0}, "grey": {"normal": 1000.0}}


def test_what_cannot_be_measured_is_refused_before_anything_is(folders, tmp_path):
    labelled = made.Interface(
        "labelled",
        (made.latents(Normal(1)), made.labels(10)),
        (made.images(SHAPE),),
        lambda latents, labels: decode(latents),
        (LINE,),
    )
    exported(tmp_path / "labelled", labelled)
    for folder, sentence in (
        (tmp_path / "labelled", "draws by class and has no signature log_prob"),
        (tmp_path, "holds no card.json"),
    ):
        with pytest.raises(RunError, match=sentence):
            measured(tmp_path / "run", black_and_white=[folders / "said", folder])
    with pytest.raises(RunError, match="Nothing to measure"):
        measured(tmp_path / "run")
    with pytest.raises(RunError, match="has said twice"):
        measured(tmp_path / "run", black_and_white=[folders / "said", folders / "said"])
    with pytest.raises(RunError, match="no variances of grey levels"):
        measured(tmp_path / "run", grey=[folders / "pair"])
    other = Request(image_size=(16, 16), channels=1)
    with pytest.raises(RunError, match=r"the pictures are \(16, 16, 1\)"):
        likelihoods.run(
            tmp_path / "run",
            spec="digits",
            request=other,
            tables={"black_and_white": [str(folders / "said")], "grey": []},
            effort=EFFORT,
        )


def test_the_flagfile_names_its_flags():
    values = program.TRAINER.parse(["--flagfile=trainers/flagfiles/likelihoods.flags"])
    assert values.black_and_white and values.image_size == (28, 28)
