"""vid2vid: Video-to-Video Synthesis.

Wang, Liu, Zhu, Liu, Tao, Kautz & Catanzaro, NeurIPS 2018, arXiv 1808.06601. Authors' code:
github.com/NVIDIA/vid2vid (PyTorch).

A clip of label maps becomes a clip of pictures, frame by frame. From the labels of this frame and
the two before, and the two pictures drawn last, a net hallucinates a raw picture, finds the flow
that leads from this frame into the last one, and a mask that blends the warped last picture with
the raw one. An image discriminator judges each frame with its labels, temporal ones judge three
frames with the flow between them, one frame apart and three.

What a shortcut would miss:
- the flow is a head of the generator, held to a reference flow where that can be trusted, and to
  warping the true last frame into the true frame;
- the reference flow points backwards: what is seen here lies there in the frame before;
- discriminators and perceptual loss judge the raw picture too, which the mask would hide;
- mask 1 is the raw picture, and the mask is held to 0 where the flow can be trusted;
- temporal discriminators see the reference flow, divided by 20, with true and drawn frames alike;
- every discriminator exists at two sizes of the picture, and its features are matched;
- gradients stop at the pictures drawn before: one frame is back-propagated;
- clips lengthen in phases, each twice as long as the last, since errors add up along a clip that
  the net has drawn itself; a clip of fewer than 7 frames has none for the slower discriminator;
- the sum of discriminator losses on true and drawn frames is halved.

Departures:
- One update learns from all frames of a clip: the clip is drawn first, then each of its frames once
  more from the pictures before it, all at once, so that gradients are those of the code at one
  frame back. The code takes a step after as many frames as its graphics cards hold, one each.
- The net draws the first frame too, as the raw picture alone (the code's `no_first_img` for faces
  and poses, with its loss of the mask); before it are grey frames and its own labels once more. An
  export that had to be given true frames first could not be used without them.
- Label maps enter as colours, not one channel a class: clips of labels, edges and poses are one.
- Normalisations take the statistics of each frame, where the code's take those of a batch: a served
  frame cannot depend on others. At one frame, the code's rule, there is no difference. Those of the
  discriminators have no scale.
- The frozen features are by default those of a network whose weights are drawn from a seed;
  `vgg19_features()` is the paper's. The reference flow comes with the data, not from FlowNet2.
- The slower temporal discriminator's flow over three frames is put together of three.
- Left out: the coarse-to-fine generator of large pictures, the foreground's own head, the face
  discriminator.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.warping import composed, warp
from tfgan_zoo.losses.adversarial import (
    least_squares_discriminator_loss,
    least_squares_generator_loss,
)
from tfgan_zoo.losses.feature_maps import feature_matching_loss, perceptual_loss
from tfgan_zoo.networks.composite_generator import composite_generator
from tfgan_zoo.networks.frozen_features import random_features
from tfgan_zoo.networks.multiscale_patchgan import multiscale_patchgan

SEEN = 3  # frames whose labels the generator sees, this one included
JUDGED = 3  # frames that a temporal discriminator sees
STRIDES = (1, 3)  # frames between them, of each temporal discriminator


class Vid2Vid(Trained):
    """vid2vid with the defaults of the authors' code.

    Args:
        image_size: (height, width) of the frames (512x256 in the paper's street scenes).
        source_channels, target_channels: of label maps and of pictures.
        generator_filters, halvings, blocks: of the generator (128, 3 and 9).
        flow_scale: pixels that a one of the flow's last layer stands for (20).
        discriminator_filters, discriminator_layers, scales: of each discriminator (64, 3 and 2).
        feature_weight: of matched features (10).
        perceptual_weight: of the distance of frozen features (10).
        flow_weight: of the distance to the reference flow (10).
        warp_weight: of the distances of a true frame to the last one, warped by the flow that was
            found, and of a drawn frame to the last one, warped by the reference flow (10 each).
        features: frozen network from pictures `[B, H, W, 3]` to a list of maps; see
            `tfgan_zoo.networks.frozen_features`. None: `random_features()`.
        seed: of the model, which draws nothing in a step.

    Players: `generator`, `discriminator` of frames, and `temporal_1` and `temporal_3`, of frames so
    far apart; the last moves in steps on clips of 7 frames or more. `train_step` takes `source [B,
    T, H, W, source_channels]` and `target [B, T, H, W, target_channels]`, float32 in [-1, 1], and
    `motion [B, T, H, W, 3]`: the reference flow to the frame before, in pixels to the right and
    down, and from 0 to 1 whether it can be trusted; T is at least 3.

    Raises:
        ValueError: for a size that the networks cannot take.
    """

    players = ("generator", "discriminator", "temporal_1", "temporal_3")
    paper = {
        "title": "Video-to-Video Synthesis",
        "authors": "Wang, Liu, Zhu, Liu, Tao, Kautz & Catanzaro, NeurIPS 2018",
        "arxiv": "1808.06601",
        "code": "https://github.com/NVIDIA/vid2vid",
    }

    def __init__(
        self,
        image_size=(256, 512),
        source_channels=3,
        target_channels=3,
        generator_filters=128,
        halvings=3,
        blocks=9,
        flow_scale=20.0,
        discriminator_filters=64,
        discriminator_layers=3,
        scales=2,
        feature_weight=10.0,
        perceptual_weight=10.0,
        flow_weight=10.0,
        warp_weight=10.0,
        features=None,
        seed=0,
        name="vid2vid",
    ):
        super().__init__(seed=seed, name=name)
        self.channels = (source_channels, target_channels)
        self.flow_scale = flow_scale
        self.feature_weight, self.perceptual_weight = feature_weight, perceptual_weight
        self.flow_weight, self.warp_weight = flow_weight, warp_weight
        self.generator = composite_generator(
            image_size,
            SEEN * source_channels,
            (SEEN - 1) * target_channels,
            target_channels,
            *(generator_filters, halvings, blocks, flow_scale),
        )
        sizes = (scales, discriminator_layers, discriminator_filters)
        self.discriminator = multiscale_patchgan(
            image_size, source_channels + target_channels, *sizes
        )
        judged = JUDGED * target_channels + 2 * (JUDGED - 1)
        self.temporal_1, self.temporal_3 = (
            multiscale_patchgan(image_size, judged, *sizes, name=f"temporal_{stride}")
            for stride in STRIDES
        )
        self.features = random_features() if features is None else features
        self.features.trainable = False

    @property
    def memory_channels(self):
        """Channels of what a frame hands on to the next: see `call`."""
        return (SEEN - 1) * sum(self.channels) + 1

    def call(self, images, memory, training=False):
        """The next frame of a clip.

        Args:
            images: its labels `[B, H, W, source_channels]` in [-1, 1].
            memory: `[B, H, W, memory_channels]`, zeros before the first frame.

        Returns:
            The picture `[B, H, W, target_channels]` in [-1, 1], and the memory for the next frame:
            the labels of the last two frames, their pictures, and 1.
        """
        source, target = ((SEEN - 1) * channels for channels in self.channels)
        labels, pictures, began = tf.split(memory, [source, target, 1], axis=-1)
        # Before the first frame there are its own labels once more.
        labels = labels * began + tf.tile(images, [1, 1, 1, SEEN - 1]) * (1.0 - began)
        labels = tf.concat([labels, images], -1)
        # What a blend's rounding leaves outside.
        fake = tf.clip_by_value(self.frame(labels, pictures, began, training)["fake"], -1.0, 1.0)
        kept = (labels[..., self.channels[0] :], pictures[..., self.channels[1] :], fake)
        return fake, tf.concat([*kept, tf.ones_like(began)], -1)

    def frame(self, labels, pictures, began, training=False):
        """A frame and what it is made of, by name: `fake`, `raw`, `warped`, `flow`, `mask`.

        Args:
            labels: of the frames seen, this one last: `[B, H, W, SEEN * source_channels]`.
            pictures: drawn before, the last one last: `[B, H, W, (SEEN - 1) * target_channels]`.
            began: `[B, H, W, 1]` or so, 0 at a first frame, which is the raw picture, 1 elsewhere.
            training: chooses the kernels, not what they compute.
        """
        raw, flow, mask = self.generator([labels, pictures], training=training)
        warped = warp(pictures[..., -self.channels[1] :], flow)
        blend = mask * began + (1.0 - began)
        fake = raw * blend + warped * (1.0 - blend)
        return {"fake": fake, "raw": raw, "warped": warped, "flow": flow, "mask": mask}

    def draw(self, source):
        """A clip `[B, T, H, W, target_channels]` from its labels `[B, T, H, W, source_channels]`,
        each frame from those before it; no gradient leads through.
        """
        by_time = tf.transpose(source, [1, 0, 2, 3, 4])
        length, batch, height, width = tf.unstack(tf.shape(by_time))[:4]

        def draw_next(number, memory, frames):
            fake, memory = self.call(by_time[number], memory, training=True)
            return number + 1, memory, frames.write(number, fake)

        *_, frames = tf.while_loop(
            lambda number, *_: number < length,
            draw_next,
            (
                tf.constant(0),
                tf.zeros([batch, height, width, self.memory_channels]),
                tf.TensorArray(tf.float32, length),
            ),
        )
        drawn = tf.stop_gradient(tf.transpose(frames.stack(), [1, 0, 2, 3, 4]))
        return tf.ensure_shape(drawn, [*source.shape[:4], self.channels[1]])

    def train_step(self, data):
        source, target, motion = self.fields(data, "source", "target", "motion")
        length = source.shape[1]
        step = self.begin_step()
        temporal = {1: self.temporal_1, 3: self.temporal_3}
        temporal = {s: net for s, net in temporal.items() if length > (JUDGED - 1) * s}
        flow, trusted = motion[..., :2], motion[..., 2:]

        # What was drawn before each frame: with it every frame can be drawn anew, alone.
        drawn = self.draw(source)
        seen_labels = tf.concat(delayed(source, source[:, :1]), -1)
        pictures = tf.concat(delayed(drawn, tf.zeros_like(drawn[:, :1]))[:-1], -1)
        began = tf.cast(tf.range(length) > 0, tf.float32)[None, :, None, None, None]
        began = began * tf.ones_like(trusted)

        with tf.GradientTape(persistent=True) as tape:
            made = self.frame(flat(seen_labels), flat(pictures), flat(began), training=True)
            fake = made["fake"]

            labels = flat(source)
            pairs = [tf.concat([labels, p], -1) for p in (flat(target), fake, made["raw"])]
            real_maps, *drawn_maps = seen_by(self.discriminator, *pairs)
            discriminator_loss = adversarial_loss = matching_loss = 0.0
            for fake_maps in drawn_maps:
                discriminator_loss += 0.5 * judge(real_maps, fake_maps)
                adversarial_loss += deceive(fake_maps)
                matching_loss += self.feature_weight * feature_matching_loss(real_maps, fake_maps)

            wanted, *found = seen_by(self.features, flat(target), fake, made["raw"])
            perception_loss = tf.add_n([perceptual_loss(wanted, maps) for maps in found])
            perception_loss *= self.perceptual_weight

            # From the second frame on: the flow, the mask, and what the flow makes of the last.
            seen = flat(trusted[:, 1:])
            found, mask = (later(made[name], length) for name in ("flow", "mask"))
            moved = warp(flat(target[:, :-1]), found)
            flow_loss = self.flow_weight * masked_l1(found, flat(flow[:, 1:]), seen)
            flow_loss += self.warp_weight * masked_l1(moved, flat(target[:, 1:]), seen)
            mask_loss = masked_l1(mask, tf.zeros_like(mask), seen)
            kept = warp(flat(drawn[:, :-1]), flat(flow[:, 1:]))
            warp_loss = self.warp_weight * masked_l1(later(fake, length), kept, seen)

            temporal_losses = {}
            for stride, net in temporal.items():
                between = over(flow, stride) / self.flow_scale
                clip = tf.reshape(fake, tf.shape(target))
                real_maps, fake_maps = seen_by(
                    net,
                    self.in_time(target, target, between, stride),
                    self.in_time(drawn, clip, between, stride),
                )
                temporal_losses[f"temporal_{stride}"] = 0.5 * judge(real_maps, fake_maps)
                adversarial_loss += deceive(fake_maps)
                matching_loss += self.feature_weight * feature_matching_loss(real_maps, fake_maps)

            generator_loss = (
                adversarial_loss
                + matching_loss
                + perception_loss
                + flow_loss
                + mask_loss
                + warp_loss
            )

        step.update(
            tape, generator=generator_loss, discriminator=discriminator_loss, **temporal_losses
        )
        return step.report(
            adversarial_loss=adversarial_loss,
            matching_loss=matching_loss,
            perceptual_loss=perception_loss,
            flow_loss=flow_loss,
            mask_loss=mask_loss,
            warp_loss=warp_loss,
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            **{f"{player}_loss": loss for player, loss in temporal_losses.items()},
        )

    def in_time(self, before, now, flow, stride):
        """What a temporal discriminator sees, `[B * n, H, W, 13]`: frames `stride` apart, the last
        of them `now`, and the flows `[B, T - stride, H, W, 2]` between them.
        """
        first = (JUDGED - 1) * stride
        frames = [before[:, :-first], before[:, stride:-stride], now[:, first:]]
        return flat(tf.concat([*frames, flow[:, :-stride], flow[:, stride:]], -1))


def delayed(clip, first):
    """`SEEN` clips `[B, T, ...]`: one two frames late, one a frame late, and the clip; before its
    beginning is the frame `first [B, 1, ...]`.
    """
    length = clip.shape[1]
    padded = tf.concat([first] * (SEEN - 1) + [clip], 1)
    return [padded[:, start : start + length] for start in range(SEEN)]


def flat(clip):
    """`[B, T, H, W, C]` as pictures `[B * T, H, W, C]`."""
    return tf.reshape(clip, [-1, *clip.shape[2:]])


def later(pictures, length):
    """Of the frames `[B * T, ...]` of clips of `length` those that are no first ones."""
    clips = tf.reshape(pictures, [-1, length, *pictures.shape[1:]])
    return flat(clips[:, 1:])


def over(flow, frames):
    """The flow over so many frames, `[B, T - frames, H, W, 2]`, of that to the frame before."""
    length = flow.shape[1]
    total = flat(flow[:, frames:])
    for back in range(1, frames):
        total = composed(total, flat(flow[:, frames - back : length - back]))
    return tf.reshape(total, [-1, length - frames, *flow.shape[2:]])


def masked_l1(found, wanted, mask):
    """The mean distance where `mask` is 1, of all places; what is wanted has no gradient."""
    return tf.reduce_mean(tf.abs(found - tf.stop_gradient(wanted)) * mask)


def seen_by(network, *batches):
    """The maps of a network for each of several batches, taken at one go: it looks at every example
    by itself.
    """
    maps = network(tf.concat(batches, 0), training=True)
    parts = [tf.split(one, len(batches)) for one in tf.nest.flatten(maps)]
    return [tf.nest.pack_sequence_as(maps, own) for own in zip(*parts, strict=True)]


def judge(real_maps, fake_maps):
    """A discriminator's loss over its scales."""
    scales = zip(real_maps, fake_maps, strict=True)
    return tf.add_n([least_squares_discriminator_loss(r[-1], f[-1]) for r, f in scales])


def deceive(fake_maps):
    """The generator's side of `judge`."""
    return tf.add_n([least_squares_generator_loss(maps[-1]) for maps in fake_maps])
