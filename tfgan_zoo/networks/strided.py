"""Two strided convolutions down and two up again: small nets of encoders and decoders without
normalisation, for pictures of which both sides can be halved twice.
"""

import keras


def strided_down(pixels, filters):
    """Pictures `[B, H, W, C]` to features `[B, 8 * filters]`.

    Args:
        pixels: a symbolic tensor.
        filters: of the first convolution; the second has twice as many.
    """
    features = keras.layers.Conv2D(filters, 4, 2, "same", activation="relu")(pixels)
    features = keras.layers.Conv2D(2 * filters, 4, 2, "same", activation="relu")(features)
    features = keras.layers.Flatten()(features)  # [B, H/4 * W/4 * 2 filters]
    return keras.layers.Dense(8 * filters, "relu")(features)


def strided_up(latents, shape, filters):
    """Latents `[B, Z]` to maps `[B, H/2, W/2, filters]`, for one more transposed convolution.

    Args:
        latents: a symbolic tensor.
        shape: (H, W, ...) of the pictures.
        filters: of the last maps; those of half their side are twice as many.

    Raises:
        ValueError: if a side is not a multiple of 4.
    """
    height, width = shape[:2]
    if height % 4 or width % 4:
        raise ValueError(f"Strided nets take sides that 4 divides; got {height}x{width}.")
    features = keras.layers.Dense(8 * filters, "relu")(latents)
    features = keras.layers.Dense(height // 4 * (width // 4) * 2 * filters, "relu")(features)
    features = keras.layers.Reshape((height // 4, width // 4, 2 * filters))(features)
    return keras.layers.Conv2DTranspose(filters, 4, 2, "same", activation="relu")(features)
