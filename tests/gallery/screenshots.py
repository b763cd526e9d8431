"""Takes the README's pictures of the gallery: a desktop, a phone, and the dark colours.

python -m tests.gallery.screenshots

Writes docs/gallery_*.png from the shipped exports; needs Chromium, as the tests do. Look at them
before you commit them.
"""

import io
import pathlib

import playwright.sync_api
from PIL import Image

from tests.gallery.conftest import Visit, launched, serving
from tests.gallery.looking import drawn, picture
from tests.gallery.test_page import PHONE
from tfgan_zoo.gallery import collect

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
DESKTOP = {"viewport": {"width": 1180, "height": 860}}
PICTURES = {
    "gallery_desktop": ("#/model/pix2pix", DESKTOP),
    "gallery_phone": (
        "#/model/infogan?seed=3",
        {**PHONE, "viewport": {"width": 390, "height": 860}, "device_scale_factor": 1},
    ),
    "gallery_dark": ("#/compare?seed=4", {**DESKTOP, "color_scheme": "dark"}),
}
COLOURS = 256  # of the files' palettes, which keeps each under 150 kB


def main():
    places = [(collect.shipped_folder(), collect.SHIPPED)]
    with serving(places) as address, playwright.sync_api.sync_playwright() as started:
        browser = launched(started.chromium)
        for name, (place, options) in PICTURES.items():
            visit = Visit(browser, address, **options)
            page = visit.open(place)
            if "model" in place:
                drawn(picture(page))
            else:
                page.wait_for_timeout(5000)
            page.wait_for_timeout(1000)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            file = DOCS / f"{name}.png"
            shot.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
            print(f"{file}: {file.stat().st_size:,} bytes", *visit.faults())
            visit.close()
        browser.close()


if __name__ == "__main__":
    main()
