"""What the tests see of a page: its pictures as pixels, and that something comes to be."""

import time

# Through a canvas of its own: reading a page's canvas often is a warning in the console.
PIXELS = """(canvas) => {
  const { width, height } = canvas;
  const copy = new OffscreenCanvas(width, height);
  const context = copy.getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const colours = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
  let digest = 0;
  for (const colour of colours) digest = (Math.imul(digest, 31) + colour) >>> 0;
  return [width, height, new Set(colours).size, digest];
}"""
NAMELESS = """() => {
  const named = (one) =>
    (one.getAttribute("aria-label") || one.textContent || one.title || "").trim() ||
    one.getAttribute("aria-labelledby") || (one.labels && one.labels.length) ||
    one.querySelector("img[alt]:not([alt=''])") ||
    (one.tagName === "CANVAS" && one.closest("[aria-label]"));
  const all = document.querySelectorAll(
    "button, a, input, select, textarea, canvas, [role=img], [role=group], [role=tab]");
  return [...all]
    .filter((one) => one.offsetParent && !named(one) && !one.closest("[aria-hidden=true]"))
    .map((one) => one.outerHTML.slice(0, 200));
}"""
OUTSIDE = """() => {
  const right = document.documentElement.clientWidth;
  const clipped = (one) => {
    for (let up = one.parentElement; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflowX !== "visible") return true;
    }
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((one) => one.getBoundingClientRect().right > right + 1 && !clipped(one))
    .map((one) => one.outerHTML.slice(0, 120));
}"""
SMALL = """() => [...document.querySelectorAll("main button, main select, main summary, nav a")]
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width && Math.min(box.width, box.height) < 24)
  .map(([one]) => one.outerHTML.slice(0, 120))"""


def until(holds, seconds=20):
    """Waits until `holds()` is true, and fails if it does not become so.

    Not playwright's own wait for a function, which the page's policy forbids.
    """
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.03)


def picture(page, name="picture"):
    """The canvas of the answer."""
    return page.get_by_test_id(name)


def pixels(locator):
    """[width, height, number of colours, a hash of all pixels] of a canvas."""
    return locator.evaluate(PIXELS)


def drawn(locator):
    """The pixels of a canvas once something stands there and no network is at work on it."""
    seen = []

    def settled():
        seen.append(pixels(locator))
        time.sleep(0.1)
        busy = locator.get_attribute("aria-busy") == "true"
        return not busy and seen[-1][2] > 1 and len(seen) > 1 and seen[-1] == seen[-2]

    until(settled)
    return seen[-1]
