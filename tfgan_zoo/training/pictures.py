"""Pictures as files."""

import io

from tfgan_zoo.training.run_directory import write_atomically


def save(picture, path):
    """Writes a `PIL.Image` as PNG, atomically."""
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    write_atomically(path, content.getvalue())
