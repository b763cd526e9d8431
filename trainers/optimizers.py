"""Optimizers of a model's players, and the flags that set them."""

from trainers import flags

SCHEDULES = ("constant", "linear", "cosine", "exponential")


def knobs(
    beta_1=0.5, beta_2=0.999, schedule="constant", decay_from=0.5, averaged="generator", **rates
):
    """The flags of Adam for each player.

    Args:
        beta_1, beta_2, schedule, decay_from: their defaults.
        averaged: the player whose weights may be averaged.
        rates: player -> its learning rate.
    """
    return (
        *(rate(player, default) for player, default in rates.items()),
        flags.knob(
            "beta_1",
            beta_1,
            "Adam's decay of the mean gradient, for all players.",
            low=0.0,
            below=1.0,
        ),
        flags.knob(
            "beta_2",
            beta_2,
            "Adam's decay of the mean square, for all players.",
            low=0.0,
            below=1.0,
        ),
        *bounds(averaged),
        *fall(schedule, decay_from),
    )


def fall(schedule="constant", decay_from=0.5):
    """The flags of how learning rates fall; the arguments are their defaults."""
    return (
        flags.knob(
            "lr_schedule",
            schedule,
            "How the learning rates fall from the share --lr_decay_from of the run on: to zero, or "
            "exponentially to a hundredth.",
            choices=SCHEDULES,
        ),
        flags.knob(
            "lr_decay_from",
            decay_from,
            "Share of the run, from 0 to 1, after which the learning rates begin to fall.",
            low=0.0,
            high=1.0,
        ),
    )


def rate(player, default):
    """The flag of a player's learning rate."""
    spoken = player.replace("_", " ")
    return flags.knob(
        f"{player}_learning_rate",
        default,
        f"Learning rate of the {spoken}; may change when a run goes on.",
        above=0.0,
        free=True,
    )


def bounds(averaged="generator"):
    """The flags of any optimizer: the bound on gradients, the average of the weights."""
    return (
        flags.knob(
            "clip_norm",
            None,
            "Largest norm of each player's gradient over the whole batch; longer ones are scaled "
            "down. None by default.",
            kind="float",
            above=0.0,
        ),
        flags.knob(
            "ema_decay",
            0.0,
            f"Decay of the moving average of the {averaged}'s weights. Above 0, the average is "
            "what is drawn, scored and exported.",
            low=0.0,
            below=1.0,
        ),
    )


def adam(values, model, player, total_steps, averaged="generator", **options):
    """The player's Adam, from the flags.

    Args:
        values: the flags.
        model: tells how often the player is updated in a run.
        player: its name.
        total_steps: length of the run.
        averaged: the player whose weights may be averaged.
        options: of `Adam`, besides.
    """
    from tfgan_zoo.optimizers.adam import Adam

    return Adam(
        learning_rate(values, model, player, total_steps),
        **{"beta_1": values.beta_1, "beta_2": values.beta_2, "epsilon": 1e-8, **options},
        **bound_and_average(values, player, averaged),
        name=f"{player}_adam",
    )


def adams(values, model, total_steps, **options):
    """Player -> its Adam, from the flags, for each of the model's players."""
    return {p: adam(values, model, p, total_steps, **options) for p in model.players}


def learning_rate(values, model, player, total_steps):
    """The player's rate or schedule, from the flags. A schedule counts the player's own updates."""
    from tfgan_zoo.training import schedules

    base = getattr(values, f"{player}_learning_rate")
    if values.lr_schedule == "constant":
        return base
    updates = model.updates_in(player, total_steps)
    return schedules.learning_rate(base, values.lr_schedule, updates, values.lr_decay_from)


def bound_and_average(values, player, averaged="generator"):
    """Of any Keras optimizer, from the flags: the gradient's bound, the weights' average."""
    ema = values.ema_decay if player == averaged else 0.0
    return {
        "global_clipnorm": values.clip_norm,
        "use_ema": ema > 0,
        "ema_momentum": ema or 0.99,
    }


def rates(averaged="generator", **rates):
    """The flags of plain gradient descent for each player.

    Args:
        averaged: the player whose weights may be averaged.
        rates: player -> its learning rate.
    """
    return (
        *(rate(player, default) for player, default in rates.items()),
        *bounds(averaged),
        *fall(),
    )


def of_first_gans():
    """The flags of the first GANs' gradient descent."""
    return (rate("generator", 0.1), rate("discriminator", 0.1), *bounds())


def first_gans(values, model, factor, examples):
    """The model, compiled with the gradient descent of the first GANs, from the flags: a momentum
    that grows from 0.5 to 0.7 in 250 passes over the data.

    Args:
        values: the flags.
        model: with two players.
        factor: that the rate is divided by at each step.
        examples: the training table.
    """
    from tfgan_zoo.optimizers.momentum import Geometric, Momentum

    ramp = 250 * len(examples) // values.batch_size
    descents = {}
    for player in model.players:
        # Both count training steps, in which a player may be updated several times.
        updates = model.updates_in(player, 1)
        descents[player] = Momentum(
            Geometric(getattr(values, f"{player}_learning_rate"), factor ** (1 / updates)),
            *(0.5, 0.7, ramp * updates),
            **bound_and_average(values, player),
            name=f"{player}_momentum",
        )
    return compiled(values, model, **descents)


def adadelta_or_adam_knobs(*players):
    """The flags of `adadelta_or_adam` for these players."""
    own = (
        flags.knob(
            f"{player}_learning_rate",
            None,
            f"Learning rate of the {player}; 1 by default under adadelta, 0.0004 under adam.",
            kind="float",
            above=0.0,
            free=True,
        )
        for player in players
    )
    return (
        flags.knob(
            "optimizer",
            "adadelta",
            "Who moves all players: Adadelta, or Adam.",
            choices=("adadelta", "adam"),
        ),
        *own,
        *(item for item in knobs(beta_1=0.9) if item.name in ("beta_1", "beta_2")),
        *bounds(),
        *fall(),
    )


def adadelta_or_adam(values, player, updates):
    """The player's Adadelta or Adam, from the flags, whose rate falls over `updates`."""
    import keras

    from tfgan_zoo.optimizers.adam import Adam
    from tfgan_zoo.training import schedules

    rate = getattr(values, f"{player}_learning_rate")
    rate = rate or {"adadelta": 1.0, "adam": 4e-4}[values.optimizer]
    if values.lr_schedule != "constant":
        rate = schedules.learning_rate(rate, values.lr_schedule, updates, values.lr_decay_from)
    options = {**bound_and_average(values, player), "name": f"{player}_{values.optimizer}"}
    if values.optimizer == "adadelta":
        # Torch's decay and epsilon, in which the authors' code is written; Keras has others.
        return keras.optimizers.Adadelta(rate, rho=0.9, epsilon=1e-6, **options)
    betas = {"beta_1": values.beta_1, "beta_2": values.beta_2}
    return Adam(rate, **betas, epsilon=1e-8, **options)


def compiled(values, model, **optimizers):
    """The model, compiled with its players' optimizers and the flags of `Trained.compile`."""
    model.compile(**optimizers, **values.only("jit_compile", "steps_per_execution"))
    return model
