"""The nets that the arms of the mode-collapse laboratory share, for points and for pictures.

Every arm has the same generator, and discriminating nets that have together the parameters of one
plain discriminator of `World.width`: an arm with two of them, or with an autoencoder, has narrower
ones, whose width `nearest` finds. Sizes are counted by formulas, since nets that are built only to
be counted would draw from the seed of those that learn.

No net normalises by batches. Penalties of one example's gradient forbid it in a discriminator, it
hides a collapse there (a batch of equal pictures, normalised on its own, looks like any other), and
a generator that sees latents of a prior and of an encoder would mix their statistics.
"""

FULL = 64  # width at which the discriminator's maps are as wide as the generator's
MAPS = (32, 16, 8)  # of the generator, from small to large
WEIGHTS = "he_normal"  # of rectified layers


def nearest(size, wanted):
    """The width from 1 to 512 whose `size`, a number of parameters, is nearest to `wanted`."""
    return min(range(1, 513), key=lambda width: abs(size(width) - wanted))


def minibatch_size(features, kernels, kernel_dim=5):
    """Parameters of minibatch discrimination and of the weight-normed logit behind it."""
    own = features * kernels * kernel_dim + kernels * kernel_dim + kernels
    return own + (features + kernels) + 2


class Points:
    """Rectified layers for points; `width` is the number of units of each."""

    codes = 32  # numbers that EBGAN's autoencoder passes an example through

    def __init__(self, world, dimensions):
        self.world, self.shape = world, (dimensions,)

    def size(self, width, outputs=1):
        """Parameters of `discriminator`."""
        return self._size(*self.shape, outputs, width, self.world.depth)

    def features_size(self, width):
        """Parameters of `features`, and how many it gives."""
        return self.size(width, 0), width

    def autoencoder_size(self, width):
        """Parameters of `coder` and `decoder` together."""
        return self.size(width, self.codes) + self._size(self.codes, *self.shape, width, 1)

    @staticmethod
    def _size(inputs, outputs, width, depth):
        return (inputs + 1) * width + (depth - 1) * (width + 1) * width + (width + 1) * outputs

    def generator(self):
        world = self.world
        return _mlp(world.latent_dim, *self.shape, world.width, world.depth, name="generator")

    def trunk(self):
        """The generator without its last layer."""
        world = self.world
        body = _mlp(world.latent_dim, world.width, world.width, world.depth - 1)
        return _rectified(body, "trunk")

    def head(self):
        """The generator's last layer."""
        return _mlp(self.world.width, *self.shape, self.world.width, 0)

    def discriminator(self, width, outputs=1, spectral=False, name="discriminator"):
        depth = self.world.depth
        return _mlp(*self.shape, outputs, width, depth, spectral=spectral, name=name)

    def features(self, width):
        """The discriminator without its last layer."""
        return _rectified(_mlp(*self.shape, width, width, self.world.depth - 1), "features")

    def coder(self, width):
        """EBGAN's encoder."""
        return self.discriminator(width, self.codes, name="encoder")

    def decoder(self, width):
        return _mlp(self.codes, *self.shape, width, 1, name="decoder")

    def encoder(self):
        """To latents: of the plain discriminator's width in each arm that has one."""
        return self.discriminator(self.world.width, self.world.latent_dim, name="encoder")


class Pictures:
    """Three convolutions of stride 2 for pictures, after Metz et al. 2016 (arXiv 1611.02163, table
    of appendix D) without its normalisation; a discriminator of width 64 has the generator's maps.
    """

    codes = 16

    def __init__(self, world, shape):
        self.world, self.shape = world, shape
        self.side, _, self.channels = shape

    def size(self, width, outputs=1):
        """Parameters of `discriminator`."""
        size, features = self.features_size(width)
        return size + (features + 1) * outputs

    def features_size(self, width):
        """Parameters of `features`, and how many it gives."""
        maps = self._maps(width)[::-1]
        size = sum(_kernels(*pair) for pair in zip((self.channels, *maps[:-1]), maps, strict=True))
        return size, self._sides()[-1] ** 2 * maps[-1]

    def autoencoder_size(self, width):
        """Parameters of `coder` and `decoder` together."""
        maps = self._maps(width)
        first, widths = 2 * maps[0], (*maps, self.channels)
        up = sum(_kernels(*pair) for pair in zip((first, *maps), widths, strict=True))
        dense = (self.codes + 1) * self._sides()[-1] ** 2 * first
        return self.size(width, self.codes) + dense + up

    @staticmethod
    def _maps(width):
        """From small to large, as `networks.stacked_mnist` rounds them."""
        return tuple(max(1, round(width / FULL * own)) for own in MAPS)

    def _sides(self):
        sides = [self.side]
        while len(sides) <= len(MAPS):
            sides.append(-(-sides[-1] // 2))
        return sides

    def generator(self):
        return self._joined(self.world.latent_dim, MAPS, "tanh", "generator")

    def _joined(self, inputs, maps, activation, name):
        import keras

        latents = keras.Input((inputs,), name="latents")
        features = self._up(inputs, maps)(latents)
        return keras.Model(latents, self._last(maps[-1], activation)(features), name=name)

    def trunk(self):
        """The generator without its last layer."""
        return self._up(self.world.latent_dim, MAPS)

    def head(self):
        """The generator's last layer."""
        return self._last(MAPS[-1], "tanh")

    def _up(self, inputs, maps):
        """Vectors to features `[B, side, side, maps[-1]]`."""
        import keras

        *larger, smallest = self._sides()
        latents = keras.Input((inputs,), name="latents")
        units = smallest**2 * 2 * maps[0]
        features = keras.layers.Dense(units, "relu", kernel_initializer=WEIGHTS)(latents)
        features = keras.layers.Reshape((smallest, smallest, 2 * maps[0]))(features)
        for side, width in zip(larger[::-1], maps, strict=True):
            features = keras.layers.Conv2DTranspose(
                width, 3, 2, padding="same", activation="relu", kernel_initializer=WEIGHTS
            )(features)
            surplus = features.shape[1] - side
            if surplus:
                features = keras.layers.Cropping2D(((0, surplus), (0, surplus)))(features)
        return keras.Model(latents, features, name="trunk")

    def _last(self, width, activation):
        import keras

        features = keras.Input((self.side, self.side, width), name="features")
        pixels = keras.layers.Conv2D(self.channels, 3, padding="same")(features)
        pixels = keras.layers.Activation(activation, dtype="float32")(pixels)
        return keras.Model(features, pixels, name="head")

    def discriminator(self, width, outputs=1, spectral=False, name="discriminator"):
        from tfgan_zoo.networks.stacked_mnist import stacked_discriminator

        own = {"normalised": False, "spectral": spectral, "name": name}
        return stacked_discriminator(self.shape, width / FULL, outputs, **own)

    def features(self, width):
        """The discriminator without its last layer."""
        from tfgan_zoo.networks.stacked_mnist import stacked_features

        return stacked_features(self.shape, width / FULL, normalised=False)

    def coder(self, width):
        """EBGAN's encoder."""
        return self.discriminator(width, self.codes, name="encoder")

    def decoder(self, width):
        return self._joined(self.codes, self._maps(width), "linear", "decoder")

    def encoder(self):
        """To latents: of the plain discriminator's width in each arm that has one."""
        return self.discriminator(self.world.width, self.world.latent_dim, name="encoder")


def _kernels(inputs, outputs):
    """Parameters of a 3x3 convolution."""
    return (9 * inputs + 1) * outputs


def _mlp(inputs, outputs, width, depth, *, spectral=False, name="layers"):
    from tfgan_zoo.networks.mlp import mlp

    settings = {"initializer": WEIGHTS, "spectral": spectral, "name": name}
    return mlp(inputs, outputs, width, depth, **settings)


def _rectified(net, name):
    import keras

    inputs = keras.Input(net.input_shape[1:])
    return keras.Model(inputs, keras.layers.ReLU()(net(inputs)), name=name)
