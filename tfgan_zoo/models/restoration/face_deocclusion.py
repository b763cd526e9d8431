"""Face de-occlusion: Robust LSTM-Autoencoders for Face De-Occlusion in the Wild.

Zhao, Feng, Zhao, Yang & Yan, IEEE Transactions on Image Processing 2018, arXiv 1612.08534.
Authors' code: github.com/zhaofang0627/face-deocc-lstm, of which the figures here are; the paper's
tables were not at hand, and none of its results is quoted.

A face is partly covered by glasses, a mask or a hand, and nobody says where. A spatial LSTM reads
it patch by patch, so that what is covered spoils some steps alone; a decoder of two channels, an
LSTM each, paints the whole face and a map of what is covered, and the map blends the painted face
into the picture. After it has learnt to restore pixels, a discriminator and a frozen network that
recognises people teach it to restore a face that is true, and that person's.

What a shortcut would miss:
- nobody tells the network where something is, and nothing compares its map with the true one: the
  map is learnt because the picture that it blends has to be right;
- a step of the encoder comes from two states, that on its left and that above it, with a forget
  gate for each; the state of the last one, at the bottom right, is where both channels begin;
- a patch is seen with its surroundings, the square of twice the side at half its size;
- each step of a channel adds to what it paints, before the sigmoid; the first step's state is the
  encoder's, untouched;
- the channel of the map reads the first layer of the other channel at each step;
- forget gates begin at a bias of 5: what the first patch said would else be gone at the last;
- three phases: the face channel by the error of the whole face; both, by the error of the blended
  picture; then with the adversary and the frozen network, whose gradients go through the blend;
- the discriminator sees the blended picture, and is updated on what the autoencoder was judged by.

Departures, each with its reason:
- The network that recognises people is any of `networks/frozen_features.py`, in place of the
  authors' GoogLeNet, which is not published: an exported `picture_cnn` that learnt to tell people
  apart, or one of other classes, or weights that nobody trained. Its loss is 1 - cosine of its last
  maps of the blended and the true picture, in place of the cross-entropy of the person's name: most
  people of LFW have a face or two, too few to be a class, and other pictures have no names. Its
  weight is to be chosen with the network.
- The discriminator is that of DCGAN, in place of a second GoogLeNet: small pictures suffice it. Its
  loss is their cross-entropy of two classes, written with one logit.
- Their code shows patches of 32 pixels and steps of 64 (data/occface128_spatial.pbtxt), which
  would skip most of a picture of 128 pixels; here patches lie side by side.
- What a step adds is linear in its state, so that the states are summed first and painted once;
  only the bias, which counted as often as there are steps, learns slower.
- What covers a face is drawn in each step (`layers/occluders.py`), in place of their photographs
  of things cut out.
- Adam in the trainer, in place of RMSProp and SGD.
- Pictures in colours, and of other sizes whose side is a power of two; the authors' are grey.
- `autoencoder='convolutional'`: a small convolutional network with the same two channels, of three
  scales, dilated in the middle, to compare with. Its skips carry fine detail, which the blend keeps
  out of what is covered.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.occluders import occlude
from tfgan_zoo.layers.spatial_lstm import PatchesOfTwoScales, SpatialLSTM, UnfoldedLSTM
from tfgan_zoo.losses.adversarial import (
    nonsaturating_discriminator_loss,
    nonsaturating_generator_loss,
)
from tfgan_zoo.losses.identity import cosine_loss
from tfgan_zoo.losses.reconstruction import summed_squared_error
from tfgan_zoo.networks.dcgan import dcgan_discriminator
from tfgan_zoo.networks.frozen_features import last_map, random_features

AUTOENCODERS = ("lstm", "convolutional")
DILATIONS = (1, 2, 4)


def lstm_autoencoder(image_size, channels, patch_size=32, units=2048, layers=2, steps=8):
    """The paper's: patches to a state, and the state to a face and a map.

    Args:
        image_size: (height, width), multiples of `patch_size`, at least two of it.
        channels: of the pictures.
        patch_size: side of a patch in pixels, even.
        units: of each LSTM's state.
        layers: of the encoder and of each channel.
        steps: of each channel.

    Returns:
        A functional model: images `[B, *image_size, channels]` in [-1, 1] to `faces` of the same
        shape in [-1, 1], and `maps [B, *image_size, 1]` from 0, as it was, to 1, covered; float32.
    """
    images = keras.Input((*image_size, channels), name="images")
    pixels = keras.layers.Rescaling(0.5, offset=0.5, name="from_zero_to_one")(images)
    read = PatchesOfTwoScales(patch_size, name="patches")(pixels)  # [B, R, C, D]
    states = []
    for layer in range(layers):
        read, cell = SpatialLSTM(units, name=f"encoder_{layer}")(read)  # [B, R, C, U], [B, U]
        states.append([Last(name=f"last_{layer}")(read), cell])

    painted = first = None
    for layer, state in enumerate(states):
        own = [*state, painted] if layer else state
        painted = UnfoldedLSTM(units, steps, name=f"face_{layer}")(own)  # [B, T, U]
        first = first if layer else painted
    found = first
    for layer, state in enumerate(states):
        found = UnfoldedLSTM(units, steps, name=f"map_{layer}")([*state, found])
    faces = _canvas(painted, (*image_size, channels), "faces")
    maps = _canvas(found, (*image_size, 1), "maps")
    faces = keras.layers.Rescaling(2.0, -1.0, dtype="float32", name="faces")(faces)
    return keras.Model(images, [faces, maps], name="autoencoder")


def _canvas(hidden, shape, name):
    """What all steps `[B, T, U]` add up to: pixels `[B, *shape]` from 0 to 1."""
    total = SumOfSteps(name=f"{name}_total")(hidden)
    pixels = keras.layers.Dense(shape[0] * shape[1] * shape[2], name=f"{name}_pixels")(total)
    pixels = keras.layers.Reshape(shape, name=f"{name}_canvas")(pixels)
    return keras.layers.Activation("sigmoid", dtype="float32", name=f"{name}_sigmoid")(pixels)


@keras.saving.register_keras_serializable("tfgan_zoo")
class Last(keras.layers.Layer):
    """The bottom right one of states `[B, R, C, U]`: `[B, U]`."""

    def call(self, states):
        return states[:, -1, -1]

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])


@keras.saving.register_keras_serializable("tfgan_zoo")
class SumOfSteps(keras.layers.Layer):
    """The sum of states `[B, T, U]` over the steps: `[B, U]`."""

    def call(self, states):
        return tf.reduce_sum(states, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])


def convolutional_autoencoder(channels, filters=32):
    """The arm to compare with.

    Args:
        channels: of the pictures.
        filters: of the finest scale; twice and four times as many at the others.

    Returns:
        A functional model as `lstm_autoencoder`'s, of pictures whose sides are multiples of 4.
    """
    images = keras.Input((None, None, channels), name="images")

    def layer(kind, features, factor, kernel, name, strides=1, dilation=1):
        features = kind(
            factor * filters,
            kernel,
            strides,
            padding="same",
            dilation_rate=dilation,
            use_bias=False,
            name=name,
        )(features)
        features = keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm")(features)
        return keras.layers.ReLU(name=f"{name}_relu")(features)

    conv, up = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    fine = layer(conv, images, 1, 5, "fine")  # [B, H, W, f]
    half = layer(conv, fine, 2, 3, "half", strides=2)  # [B, H / 2, W / 2, 2f]
    features = layer(conv, half, 4, 3, "quarter", strides=2)  # [B, H / 4, W / 4, 4f]
    for rate in DILATIONS:
        features = layer(conv, features, 4, 3, f"dilated_{rate}", dilation=rate)
    features = layer(up, features, 2, 4, "half_again", strides=2)
    features = keras.layers.Concatenate(name="half_both")([features, half])
    features = layer(conv, features, 2, 3, "half_mixed")
    features = layer(up, features, 1, 4, "fine_again", strides=2)
    features = keras.layers.Concatenate(name="fine_both")([features, fine])
    features = layer(conv, features, 1, 3, "fine_mixed")
    faces, maps = (
        keras.layers.Activation("sigmoid", dtype="float32", name=f"{name}_sigmoid")(
            conv(count, 3, padding="same", name=f"{name}_pixels")(features)
        )
        for name, count in (("faces", channels), ("maps", 1))
    )
    faces = keras.layers.Rescaling(2.0, -1.0, dtype="float32", name="faces")(faces)
    return keras.Model(images, [faces, maps], name="autoencoder")


class FaceDeocclusion(Trained):
    """Robust LSTM-Autoencoders with the authors' defaults.

    Three methods take a step, in this order of phases: `reconstruction_step`, `removal_step`,
    `train_step`.

    Args:
        image_size: (side, side), a power of two of at least 16, and two of `patch_size`.
        channels: 1 or 3.
        autoencoder: 'lstm', the paper's, or 'convolutional'.
        patch_size, units, layers, steps: of the former (32, 2048, 2 and 8).
        filters: of the latter's first layer (32).
        discriminator_filters: of the discriminator's first layer (64).
        adversarial_weight: of the adversarial term beside half the squared error, summed over the
            pixels from 0 to 1 (0.5: the authors' mean is over twice the batch).
        identity_weight: of 1 - cosine of the frozen features (1).
        features: frozen network from pictures `[B, H, W, 3]` to a list of maps, of which the last
            is compared; see `tfgan_zoo.networks.frozen_features`. None: `random_features()`.
        seed: of what covers the pictures in training.

    Players: `autoencoder` and `discriminator`. Data: `images [B, H, W, C]`, float32 in [-1, 1], of
    uncovered faces.

    Raises:
        ValueError: for sizes that do not fit, or an unknown word.
    """

    players = ("autoencoder", "discriminator")
    paper = {
        "title": "Robust LSTM-Autoencoders for Face De-Occlusion in the Wild",
        "authors": "Zhao, Feng, Zhao, Yang & Yan, IEEE Transactions on Image Processing 2018",
        "arxiv": "1612.08534",
        "code": "https://github.com/zhaofang0627/face-deocc-lstm",
    }

    def __init__(
        self,
        image_size=(128, 128),
        channels=1,
        autoencoder="lstm",
        patch_size=32,
        units=2048,
        layers=2,
        steps=8,
        filters=32,
        discriminator_filters=64,
        adversarial_weight=0.5,
        identity_weight=1.0,
        features=None,
        seed=0,
        name="face_deocclusion",
    ):
        super().__init__(seed=seed, name=name)
        check(image_size, channels, autoencoder, patch_size)
        self.adversarial_weight, self.identity_weight = adversarial_weight, identity_weight
        if autoencoder == "lstm":
            self.autoencoder = lstm_autoencoder(
                image_size, channels, patch_size, units, layers, steps
            )
        else:
            self.autoencoder = convolutional_autoencoder(channels, filters)
        self.discriminator = dcgan_discriminator(image_size, channels, discriminator_filters)
        self.features = random_features() if features is None else features
        self.features.trainable = False

    def call(self, images):
        """Covered pictures `[B, H, W, C]` in [-1, 1] without what covers them."""
        return self.restore(images, training=False)[0]

    def find(self, images):
        """What covers pictures: `[B, H, W, 1]` from 0, as it was, to 1, covered."""
        return self.autoencoder(images, training=False)[1]

    def restore(self, images, training):
        """(blended pictures, painted faces): the map takes the face where it finds something."""
        faces, maps = self.autoencoder(images, training=training)
        return maps * faces + (1.0 - maps) * images, faces

    @staticmethod
    def occlude(seed, images):
        """(covered pictures, masks `[B, H, W, 1]`) of pictures, drawn from a seed int32 [2]."""
        return occlude(seed, images)

    def recognise(self, images):
        """The last map of the frozen network."""
        return last_map(self.features, images)

    def reconstruction_step(self, data):
        """The face channel, by the error of the whole face."""
        real = self.fields(data, "images")
        step = self.begin_step()
        covered, _ = self.occlude(step.seed(0), real)
        with tf.GradientTape() as tape:
            _, faces = self.restore(covered, training=True)
            reconstruction_loss = 0.5 * summed_squared_error(real, faces)
        step.update(tape, autoencoder=reconstruction_loss)
        return step.report(reconstruction_loss=reconstruction_loss)

    def removal_step(self, data):
        """Both channels, by the error of the blended picture."""
        real = self.fields(data, "images")
        step = self.begin_step()
        covered, _ = self.occlude(step.seed(0), real)
        with tf.GradientTape() as tape:
            restored, _ = self.restore(covered, training=True)
            removal_loss = 0.5 * summed_squared_error(real, restored)
        step.update(tape, autoencoder=removal_loss)
        return step.report(removal_loss=removal_loss)

    def train_step(self, data):
        """Both channels, the adversary and the frozen network."""
        real = self.fields(data, "images")
        step = self.begin_step()
        covered, _ = self.occlude(step.seed(0), real)
        with tf.GradientTape(persistent=True) as tape:
            restored, _ = self.restore(covered, training=True)
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(restored, training=True)

            removal_loss = 0.5 * summed_squared_error(real, restored)
            identity_loss = cosine_loss(self.recognise(real), self.recognise(restored))
            adversarial_loss = nonsaturating_generator_loss(fake_logits)
            autoencoder_loss = (
                removal_loss
                + self.identity_weight * identity_loss
                + self.adversarial_weight * adversarial_loss
            )
            discriminator_loss = nonsaturating_discriminator_loss(real_logits, fake_logits)

        step.update(tape, autoencoder=autoencoder_loss, discriminator=discriminator_loss)
        return step.report(
            discriminator_loss=discriminator_loss,
            removal_loss=removal_loss,
            identity_loss=identity_loss,
            adversarial_loss=adversarial_loss,
            autoencoder_loss=autoencoder_loss,
        )


def check(image_size, channels, autoencoder, patch_size):
    """Raises ValueError for arguments of `FaceDeocclusion` that do not fit each other."""
    if autoencoder not in AUTOENCODERS:
        raise ValueError(f"No autoencoder '{autoencoder}'; choose {' or '.join(AUTOENCODERS)}.")
    if channels not in (1, 3):
        raise ValueError(f"Faces are grey or in colours: give 1 or 3 channels, not {channels}.")
    height, width = image_size
    if autoencoder == "lstm" and (
        patch_size % 2
        or height % patch_size
        or width % patch_size
        or min(image_size) < 2 * patch_size
    ):
        raise ValueError(
            f"Pictures of {height}x{width} cannot be read in patches of {patch_size}: give an even "
            "number that divides both sides, at most half of the shorter one."
        )
