"""The same networks in PyTorch, trained eagerly in the loop that everybody writes: the
discriminator on real pictures and on detached fakes, then the generator through the discriminator.
"""

import os

# OpenMP's threads wait for each other by spinning. Where other programs want the cores too, that
# alone makes a step five times slower, and the comparison meaningless.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
from torch import nn
from torch.nn import functional


class Down(nn.Module):
    """One level of the U-Net and, inside it, all levels below."""

    def __init__(self, channels, width, inner, normalise_down, normalise_up, dropout):
        super().__init__()
        self.down = nn.Conv2d(channels, width, 4, 2, 1, bias=False)
        self.normalise_down = nn.BatchNorm2d(width) if normalise_down else nn.Identity()
        self.inner = inner
        self.up = nn.ConvTranspose2d(width * (2 if inner else 1), channels, 4, 2, 1, bias=False)
        self.normalise_up = nn.BatchNorm2d(channels) if normalise_up else nn.Identity()
        self.dropout = nn.Dropout(0.5) if dropout else nn.Identity()

    def forward(self, features):
        features = self.normalise_down(self.down(features))
        if self.inner:
            below = self.inner(functional.leaky_relu(features, 0.2))
            features = torch.cat([below, features], 1)
        return self.dropout(self.normalise_up(self.up(functional.relu(features))))


def pix2pix_generator(image_size, filters):
    levels = image_size.bit_length() - 1
    widths = [3] + [filters * min(2**level, 8) for level in range(levels)]
    net = None
    for level in reversed(range(levels)):
        net = Down(
            widths[level],
            widths[level + 1],
            net,
            normalise_down=0 < level < levels - 1,
            normalise_up=level > 0,
            dropout=level > 0 and level >= levels - 3,
        )
    return nn.Sequential(net, nn.Tanh())


def pix2pix_discriminator(filters):
    parts, channels = [], 6
    for level in range(4):
        width = filters * 2**level
        parts.append(nn.Conv2d(channels, width, 4, 2 if level < 3 else 1, 1, bias=False))
        if level > 0:
            parts.append(nn.BatchNorm2d(width))
        parts.append(nn.LeakyReLU(0.2))
        channels = width
    return nn.Sequential(*parts, nn.Conv2d(channels, 1, 4, 1, 1, bias=False))


def dcgan_generator(image_size, filters, latent_dim):
    doublings = image_size.bit_length() - 3
    width = filters * 2 ** (doublings - 1)
    parts = [
        nn.Linear(latent_dim, 4 * 4 * width, bias=False),
        nn.Unflatten(1, (width, 4, 4)),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    ]
    for _ in range(doublings - 1):
        parts.append(nn.ConvTranspose2d(width, width // 2, 5, 2, 2, 1, bias=False))
        width //= 2
        parts += [nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*parts, nn.ConvTranspose2d(width, 3, 5, 2, 2, 1), nn.Tanh())


def dcgan_discriminator(image_size, filters):
    parts, channels = [], 3
    for level in range(image_size.bit_length() - 3):
        width = filters * 2**level
        parts.append(nn.Conv2d(channels, width, 5, 2, 2, bias=level == 0))
        if level > 0:
            parts.append(nn.BatchNorm2d(width))
        parts.append(nn.LeakyReLU(0.2))
        channels = width
    return nn.Sequential(*parts, nn.Flatten(), nn.Linear(channels * 4 * 4, 1))


def initialise(part):
    if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(part.weight, 0.0, 0.02)


def adam(net):
    return torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999))


def objective(logits, label):
    return functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def pix2pix(image_size, batch_size, filters):
    generator = pix2pix_generator(image_size, filters).apply(initialise)
    discriminator = pix2pix_discriminator(filters).apply(initialise)
    generator_optimizer, discriminator_optimizer = adam(generator), adam(discriminator)
    source, target = torch.rand(2, batch_size, 3, image_size, image_size) * 2 - 1

    def step():
        fake = generator(source)

        discriminator.requires_grad_(True)
        discriminator_optimizer.zero_grad()
        fake_logits = discriminator(torch.cat([source, fake.detach()], 1))
        real_logits = discriminator(torch.cat([source, target], 1))
        (0.5 * (objective(fake_logits, 0.0) + objective(real_logits, 1.0))).backward()
        discriminator_optimizer.step()

        discriminator.requires_grad_(False)
        generator_optimizer.zero_grad()
        logits = discriminator(torch.cat([source, fake], 1))
        loss = objective(logits, 1.0) + 100 * functional.l1_loss(fake, target)
        loss.backward()
        generator_optimizer.step()
        return loss.item()

    return step


def dcgan(image_size, batch_size, filters, latent_dim=100):
    generator = dcgan_generator(image_size, filters, latent_dim).apply(initialise)
    discriminator = dcgan_discriminator(image_size, filters).apply(initialise)
    generator_optimizer, discriminator_optimizer = adam(generator), adam(discriminator)
    real = torch.rand(batch_size, 3, image_size, image_size) * 2 - 1

    def step():
        fake = generator(torch.rand(batch_size, latent_dim) * 2 - 1)

        discriminator_optimizer.zero_grad()
        objective(discriminator(real), 1.0).backward()
        objective(discriminator(fake.detach()), 0.0).backward()
        discriminator_optimizer.step()

        generator_optimizer.zero_grad()
        loss = objective(discriminator(fake), 1.0)
        loss.backward()
        generator_optimizer.step()
        return loss.item()

    return step


def train_step(variant, **options):
    """The step of a variant by its name."""
    return {"pix2pix": pix2pix, "dcgan": dcgan}[variant](**options)
