"""Drawing, comparing, writing and mapping in a real browser."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.gallery import exports
from tests.gallery.conftest import serving
from tests.gallery.looking import drawn, picture, pixels, until
from tests.gallery.test_page import PHONE, alert, press
from tests.gallery.test_parity import interpreter
from tfgan_zoo.gallery import collect

# The least of the shipped networks that take label maps, 64x64.
DRAWN = "/model/cyclegan/a_to_b"


def canvas(page):
    """The canvas that is drawn on."""
    return page.get_by_test_id("canvas")


def spot(page, x, y):
    """Where a place of the canvas, in shares of its sides, lies in the window."""
    canvas(page).scroll_into_view_if_needed()
    box = canvas(page).bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def drag(page, *places, finger=False, pen=False):
    """Draws with the mouse, a finger or a pen through places of the canvas."""
    spots = [spot(page, *place) for place in places]
    if not (finger or pen):
        page.mouse.move(*spots[0])
        page.mouse.down()
        for at in spots[1:]:
            page.mouse.move(*at, steps=3)
        page.mouse.up()
        return
    devices = page.context.new_cdp_session(page)
    if finger:
        for kind, at in zip(["touchStart", *["touchMove"] * len(spots[1:])], spots, strict=True):
            touches = [{"x": at[0], "y": at[1]}]
            devices.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
        devices.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        return
    kinds = ["mousePressed", *["mouseMoved"] * len(spots[1:]), "mouseReleased"]
    for kind, at in zip(kinds, [*spots, spots[-1]], strict=True):
        event = {"type": kind, "x": at[0], "y": at[1], "pointerType": "pen", "button": "left"}
        devices.send("Input.dispatchMouseEvent", {**event, "buttons": 1, "clickCount": 1})


def saved(page, name):
    """The picture that a button saves, as an array."""
    with page.expect_download() as download:
        press(page, name)
    return np.asarray(Image.open(download.value.path()).convert("RGB"))


@pytest.mark.parametrize("kind", ["mouse", "finger", "pen"])
def test_it_answers_while_one_draws(visit, desk, shipped_gallery, kind):
    phone = kind == "finger"
    page = visit(shipped_gallery, **PHONE).open(f"#{DRAWN}") if phone else desk(DRAWN)
    before = drawn(canvas(page)), drawn(picture(page))
    device = {} if kind == "mouse" else {kind: True}
    spot(page, 0, 0)
    top = page.evaluate("scrollY")
    drag(page, (0.3, 0.3), (0.6, 0.5), (0.4, 0.7), **device)
    until(lambda: pixels(canvas(page)) != before[0] and pixels(picture(page)) != before[1])
    assert page.evaluate("scrollY") == top  # a finger draws, and does not scroll
    page.get_by_text(re.compile(r"\d ms in this browser")).first.wait_for()


def test_the_answer_is_that_of_the_interpreter_to_what_was_drawn(desk):
    page = desk(DRAWN)
    drawn(picture(page))
    page.get_by_role("button", name="Rectangle", exact=True).click()
    drag(page, (0.2, 0.2), (0.8, 0.5))
    drawn(picture(page))
    given, answer = saved(page, "Save drawing"), saved(page, "Save answer")
    assert given.shape == answer.shape == (64, 64, 3)
    path = exports.SHIPPED / "cyclegan" / "a_to_b" / "model.tflite"
    images = given[None].astype(np.float32) / 127.5 - 1
    expected = interpreter(path).get_signature_runner()(images=images)["images"][0]
    levels = np.clip((expected + 1) * 127.5, 0, 255)
    assert np.abs(levels - answer).max() <= 1.01


def test_undo_redo_clear_and_examples(visit, shipped_gallery):
    page = visit(shipped_gallery).open(f"#{DRAWN}")
    undo, redo = (page.get_by_role("button", name=n, exact=True) for n in ("Undo", "Redo"))
    states = [(drawn(canvas(page)), drawn(picture(page)))]
    assert undo.is_disabled() and redo.is_disabled()
    for places in ([(0.2, 0.2), (0.8, 0.2)], [(0.5, 0.4), (0.5, 0.9)]):
        drag(page, *places)
        until(lambda: pixels(canvas(page)) != states[-1][0])
        states.append((drawn(canvas(page)), drawn(picture(page))))
    for state in (states[1], states[0]):
        undo.click()
        until(lambda state=state: (pixels(canvas(page)), pixels(picture(page))) == state)
    assert undo.is_disabled()
    page.keyboard.press("Control+y")  # wherever the focus is
    until(lambda: (pixels(canvas(page)), pixels(picture(page))) == states[1])
    redo.click()
    until(lambda: (pixels(canvas(page)), pixels(picture(page))) == states[2])
    assert redo.is_disabled()
    press(page, "Clear")
    until(lambda: pixels(canvas(page))[2] == 1)
    undo.click()
    until(lambda: pixels(canvas(page)) == states[2][0])
    press(page, "Random example")
    until(lambda: pixels(canvas(page)) != states[2][0])  # any of them, the first one too


def test_by_keyboard(desk):
    page = desk(DRAWN)
    press(page, "Random example")  # not what another test has drawn
    before = drawn(canvas(page)), drawn(picture(page))
    page.get_by_role("application").focus()
    for key in ("ArrowUp", "ArrowUp", "Space", "p", "ArrowLeft", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
    until(lambda: pixels(canvas(page)) != before[0] and pixels(picture(page)) != before[1])


def test_pictures_are_loaded_and_others_told(desk, tmp_path):
    page = desk(DRAWN)
    drawn(picture(page))
    drag(page, (0.1, 0.5), (0.9, 0.5))
    before = drawn(canvas(page)), drawn(picture(page))
    drawing = saved(page, "Save drawing")
    press(page, "Clear")
    until(lambda: pixels(canvas(page)) != before[0])

    def upload(path):
        with page.expect_file_chooser() as chooser:
            press(page, "Upload")
        chooser.value.set_files(path)

    Image.fromarray(drawing).resize((192, 192), Image.NEAREST).save(tmp_path / "drawing.png")
    upload(tmp_path / "drawing.png")
    until(lambda: (pixels(canvas(page)), pixels(picture(page))) == before)
    (tmp_path / "<b>no picture.png").write_bytes(b"text")
    upload(tmp_path / "<b>no picture.png")
    page.get_by_text("<b>no picture.png").first.wait_for()
    assert pixels(canvas(page)) == before[0]


def test_the_large_one_and_pictures_in(desk):
    """pix2pix at 256x256, and networks that take a picture and give numbers or a picture."""
    page = desk("/model/pix2pix")
    before = drawn(picture(page))
    assert before[:2] == [256, 256]
    drag(page, (0.3, 0.3), (0.7, 0.6))
    until(lambda: pixels(picture(page)) != before)
    desk("/model/vae/reconstruct")
    page.get_by_role("heading", level=1, name="reconstruct").wait_for()
    until(lambda: picture(page).count() == 1)
    until(lambda: pixels(picture(page))[:2] == [28, 28])
    desk("/model/vae/encode")
    page.get_by_test_id("means").wait_for()
    page.get_by_text("20", exact=True).first.wait_for()
    desk("/model/cyclegan/b_to_a")
    until(lambda: picture(page).count() == 1 and pixels(picture(page))[:2] == [64, 64])


def test_several_are_compared_on_one_latent_and_one_drawing(desk):
    page = desk("/compare?seed=7")
    lanes = page.locator("[data-lane]")
    lanes.first.wait_for()
    until(lambda: "loading" not in page.locator("main").inner_text())
    assert lanes.count() >= 4
    digests = {str(drawn(lanes.nth(i).locator("canvas").first)) for i in range(4)}
    assert len(digests) == 4
    name = lanes.first.get_attribute("data-lane")
    first = drawn(lanes.first.locator("canvas").first)
    desk(f"/model/{name}?seed=7")
    assert drawn(picture(page)) == first
    desk("/compare?what=drawing")
    answers = page.locator("canvas[data-lane]")
    # CycleGAN, pix2pix, pix2pixHD, and vid2vid without a frame before.
    until(lambda: answers.count() == 4)
    before = [drawn(answers.nth(i)) for i in range(4)]
    drag(page, (0.2, 0.6), (0.8, 0.6))
    until(lambda: all(pixels(answers.nth(i)) != before[i] for i in range(4)))


def test_sentences_are_written_and_weighed(desk):
    page = desk("/model/seqgan?seed=5")
    lines = page.get_by_test_id("sentences").locator("li")
    known = set(exports.read_card(exports.SHIPPED / "seqgan")["interface"]["outputs"][0]["words"])

    def written():
        found = lines.all_inner_texts()
        return found if all(found) else None

    until(written)
    page.get_by_text("ms in this browser").wait_for()
    first = written()
    assert {word for line in first for word in line.split()} <= known
    assert sum(len(line.split()) > 3 for line in first) > 4
    for seed, same in ((6, False), (5, True)):
        desk(f"/model/seqgan?seed={seed}")
        page.get_by_text("ms in this browser").wait_for()
        assert (lines.all_inner_texts() == first) == same
    desk("/model/seqgan/likelihood")
    total = page.get_by_text("Together:")
    until(lambda: total.count() == 1 and re.search(r"-\d+\.\d\d", total.inner_text()))
    before = total.inner_text()
    page.get_by_role("textbox").first.fill("a a a a")
    until(lambda: total.inner_text() != before)
    page.get_by_role("textbox").first.fill("a zebrafish")
    page.get_by_text("zebrafish").first.wait_for()


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    """The address of a gallery of one generator of points in the plane."""
    import tensorflow as tf

    class Points(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([1, 2], name="latents")])
        def __call__(self, latents):
            return {"points": tf.tanh(latents) * [1.0, 2.0]}

    root = tmp_path_factory.mktemp("points")
    module = Points()
    tf.saved_model.save(module, root / "saved", signatures=module.__call__)
    content = tf.lite.TFLiteConverter.from_saved_model(str(root / "saved")).convert()

    def change(card):
        inputs, outputs = card["interface"]["inputs"], card["interface"]["outputs"]
        inputs[0] |= {"shape": [2], "prior": [{"kind": "normal", "size": 2}]}
        outputs[0] |= {"name": "points", "kind": "points", "shape": [2]}
        card["files"]["model.tflite"] = len(content)
        card["examples"], card["tflite"]["float16"]["check"] = None, None

    folder = exports.copied(root / "points", change=change)
    (folder / "model.tflite").write_bytes(content)
    with serving([(folder, collect.OWN)]) as address:
        yield address


def test_a_generator_of_points_is_a_map(visit, mapped):
    page = visit(mapped).open("#/model/points?seed=2")
    plane = page.get_by_test_id("plane")
    until(lambda: "600 points" in page.locator("main").inner_text(), 40)
    before = drawn(plane)
    page.get_by_role("spinbutton", name="Seed").fill("3")
    page.keyboard.press("Enter")
    until(lambda: pixels(plane) != before, 40)


def test_a_browser_that_runs_out_of_memory_says_so_and_goes_on(visit, shipped_gallery):
    """The worker's memory is broken once, as WebAssembly breaks it; it starts anew."""
    one = visit(shipped_gallery)
    one.context.route("**/worker.js", breaking_once())
    page = one.open("#/model/gan?seed=1")
    assert "ran out of memory" in alert(page)
    press(page, "Try again")
    assert drawn(picture(page))


def breaking_once():
    """A route that gives the worker a first run which fails as a full memory does."""
    broken = []

    def answer(route):
        text = route.fetch().text()
        if not broken:
            broken.append(True)
            assert "async function run(" in text
            text = text.replace(
                "async function run(",
                "async function run() { throw new WebAssembly.RuntimeError('memory access out of "
                "bounds'); }\nasync function whole(",
            )
        headers = {"Content-Type": "text/javascript"}
        route.fulfill(body=io.BytesIO(text.encode()).read(), headers=headers)

    return answer
