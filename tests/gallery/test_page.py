"""The page in a real browser: what a person does there, and what goes wrong around them."""

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

from tests.gallery import exports, looking
from tests.gallery.conftest import READY, serving
from tests.gallery.looking import drawn, picture, pixels, until
from tfgan_zoo.gallery import collect, static
from trainers.experiments import mode_report

PHONE = {
    **{"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
    "device_scale_factor": 2,
}
HOSTILE = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script>"


def tab(page, name):
    return page.get_by_role("tab", name=name, exact=True)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def alert(page):
    """The sentence of a failure, once it is there."""
    found = page.get_by_role("alert").first
    found.wait_for()
    return found.inner_text()


# Looking around.


def test_the_entrance_shows_every_model_and_finds_them(desk):
    page = desk("/")
    cards = page.locator("main li a")
    shipped = len(list(exports.SHIPPED.rglob("model.tflite")))
    assert cards.count() == shipped
    search = page.get_by_role("searchbox")
    search.fill("wasserstein")
    until(lambda: cards.count() < 5)
    names = page.locator("main li h3").all_inner_texts()
    assert set(names) >= {"WGAN"} and "pix2pix" not in names
    assert "wasserstein" in page.url
    search.fill("nobody wrote this")
    until(lambda: cards.count() == 0)
    search.fill("")
    until(lambda: cards.count() == shipped)
    page.get_by_role("link", name="InfoGAN").first.click()
    page.get_by_role("heading", level=1, name="InfoGAN").wait_for()
    page.go_back()
    until(lambda: cards.count() == shipped)


def test_by_keyboard_alone(desk):
    page = desk("/model/gan?seed=4")
    before = drawn(picture(page))
    tab(page, "Turn").focus()
    page.keyboard.press("ArrowRight")
    until(lambda: tab(page, "Read").get_attribute("aria-selected") == "true")
    page.get_by_text("1406.2661").first.wait_for()
    page.keyboard.press("ArrowLeft")
    until(lambda: tab(page, "Turn").get_attribute("aria-selected") == "true")
    assert drawn(picture(page)) == before
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("End")
    until(lambda: pixels(picture(page)) != before)


def test_a_card_is_read(desk):
    page = desk("/model/pix2pix?tab=read")
    card = exports.read_card(exports.SHIPPED / "pix2pix")
    text = page.locator("main").inner_text()
    for part in (
        card["paper"]["title"],
        card["paper"]["authors"],
        card["paper"]["arxiv"],
        card["data"]["licence"],
        card["training"]["command"],
        card["scores"]["protocol"],
    ):
        assert part in text
    assert page.get_by_role("link", name=card["paper"]["arxiv"]).get_attribute("href") == (
        f"https://arxiv.org/abs/{card['paper']['arxiv']}"
    )


def test_the_score_that_exports_share_is_shown_first(desk):
    page = desk("/model/gan?tab=read")
    text = page.locator("main").inner_text()
    assert "Frechet distance, mnist_cnn 4.52" in text and "(lower is better) of 5,000" in text
    assert "against 10,000 of tfds:mnist, by mnist_cnn; taken alike of all" in text
    assert "ONNX Runtime" in text, "all runtimes that took turns"
    page = desk("/compare")
    until(lambda: "Frechet distance, mnist_cnn" in page.locator("main").inner_text())
    assert "Real pictures" in page.locator("main").inner_text()


def test_on_a_phone_nothing_sticks_out_and_all_has_a_name(visit, shipped_gallery):
    phone = visit(shipped_gallery, **PHONE)
    page = phone.open()
    for place in ("/", "/model/cgan?tab=read", "/model/infogan", "/model/pix2pix", "/compare"):
        phone.go(place)
        if place in ("/model/infogan", "/model/pix2pix"):
            drawn(picture(page))
        assert page.evaluate("document.documentElement.scrollWidth") == 360, place
        for found in (looking.OUTSIDE, looking.NAMELESS, looking.SMALL):
            assert page.evaluate(found) == [], place


def test_light_and_dark(desk):
    page, colours = desk("/"), []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        colours.append(sum(map(int, colour.strip("rgb()").split(","))))
    assert colours[0] < 150 and colours[1] > 600


def test_an_address_that_is_none(desk):
    for place in ("/model/nobody", "/nowhere", "/model/%", "/model/../../etc", f"/{HOSTILE}"):
        page = desk(place)
        page.get_by_role("heading", name="Not found").wait_for()
        assert "hit" not in page.title()


# Turning.


def test_a_shared_link_shows_the_same_picture(visit, desk, shipped_gallery):
    page = desk("/model/infogan?seed=21")
    first = drawn(picture(page))
    slider = page.get_by_role("slider", name="Code 1")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    until(lambda: pixels(picture(page)) != first)
    turned = drawn(picture(page))
    until(lambda: "seed=21&" in page.url)
    page.wait_for_timeout(400)  # the address is written a little later
    shared = page.url.partition("/#")[2]
    other = visit(shipped_gallery, **PHONE).open(f"#{shared}")
    assert drawn(picture(other)) == turned
    desk("/model/infogan?seed=21")
    until(lambda: pixels(picture(page)) == first)
    press(page, "Another seed")
    until(lambda: pixels(picture(page)) != first)


def test_a_walk_plays_pauses_and_is_saved(desk):
    page = desk("/model/sngan?seed=2")
    before = drawn(picture(page))
    press(page, "Play")
    until(lambda: pixels(picture(page)) != before)
    press(page, "Pause")
    with page.expect_download() as saved:
        press(page, "Save as GIF")
    content = saved.value.path().read_bytes()
    assert saved.value.suggested_filename.endswith(".gif")
    assert content[:6] == b"GIF89a" and content[-1:] == b";" and len(content) > 5000
    with page.expect_download() as saved:
        press(page, "Save PNG")
    assert saved.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_picture_dragged_onto_another_mixes_the_two(desk):
    page = desk("/model/dcgan?seed=2")
    before = drawn(picture(page))
    tiles = page.locator("main button.tile")
    tiles.nth(1).scroll_into_view_if_needed()
    start, end = tiles.nth(1).bounding_box(), tiles.nth(6).bounding_box()
    page.mouse.move(start["x"] + 9, start["y"] + 9)
    page.mouse.down()
    page.mouse.move(end["x"] + 15, end["y"] + 15, steps=4)
    page.mouse.up()
    until(lambda: pixels(picture(page)) != before)
    page.get_by_role("slider", name="From the first to the second").wait_for()


# Beside the models.


def test_the_laboratory_is_a_link_to_its_own_page(visit, tmp_path):
    """As trainers.mode_lab writes it, with the style that stands in it."""
    folder = exports.laboratory(tmp_path / "runs" / "modes")
    table = ("ring", ["remedy", "modes"], [["GAN", "1"], ["<b>PacGAN", "8"]])
    (folder / "index.html").write_text(mode_report.page([table], ["All alike."], False), "utf-8")
    exports.copied(tmp_path / "runs" / "own")
    with serving([(tmp_path / "runs", collect.OWN)]) as address:
        page = visit(address).open()
        page.get_by_role("link", name="Laboratory").first.click()
        page.get_by_role("cell", name="<b>PacGAN").wait_for()
        style = page.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse")
        assert style == "collapse"


# Without a network, and from any web server.


def test_the_network_may_go_once_all_is_loaded(visit, shipped_gallery):
    one = visit(shipped_gallery)
    page = one.open("#/model/vae/decode?seed=5")
    before = drawn(picture(page))
    one.expected.append("ERR_INTERNET_DISCONNECTED")
    one.context.set_offline(True)
    page.get_by_role("slider").first.focus()
    page.keyboard.press("End")
    until(lambda: pixels(picture(page)) != before)
    turned = drawn(picture(page))
    tab(page, "Read").click()
    page.get_by_text("1312.6114").first.wait_for()
    tab(page, "Turn").click()
    assert drawn(picture(page)) == turned
    # Even when it is opened anew: what was loaded once is kept.
    one.expected += ["ERR_FAILED", "ERR_INTERNET"]
    page.reload()
    page.wait_for_selector(READY)
    assert drawn(picture(page)) == turned


def test_a_phone_in_the_same_network(visit):
    """Its address is not a secure one: browsers give the page less there."""
    places = [(collect.shipped_folder(), collect.SHIPPED)]
    with serving(places, host="0.0.0.0") as address:
        page = visit(address, **PHONE).open("#/model/cyclegan/a_to_b")
        assert not page.evaluate("isSecureContext")
        before = drawn(picture(page))
        press(page, "Random example")
        until(lambda: pixels(picture(page)) != before)
        with page.expect_download() as saved:
            press(page, "Save answer")
        assert saved.value.path().read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        tab(page, "Read").click()
        page.get_by_text("python -m trainers.cyclegan").first.wait_for()


def test_any_web_server_hosts_the_written_folder(visit, tmp_path):
    folder = exports.copied(tmp_path / "runs" / "é [1] #a")
    found = collect.find([(folder.parent, collect.OWN)])
    static.write(found, tmp_path / "site")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as plain:
        plain.folder = str(tmp_path)
        thread = threading.Thread(target=plain.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            page = visit(f"http://127.0.0.1:{plain.server_port}/site").open()
            page.locator("main li a").click()
            assert drawn(picture(page))
        finally:
            plain.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own web server, of a folder, without a word on the terminal."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, directory=arguments[2].folder, **options)

    def log_message(self, *arguments):
        pass


# What goes wrong.


def checked_by(values, tolerance=1e-3):
    """A change of a card: what TensorFlow Lite answers to the fixed input, or something else."""

    def change(card):
        outputs = {"images": {"positions": list(range(len(values))), "values": values}}
        card["tflite"]["float16"]["check"] = {"outputs": outputs, "tolerance": tolerance}

    return change


def right_answers(count=5):
    """The first numbers that the interpreter gives for the fixed input of a check."""
    from tests.gallery.test_parity import interpreter

    runner = interpreter(exports.SHIPPED / exports.SMALL / "model.tflite").get_signature_runner()
    latents = (((np.arange(128) * 7919) % 201) - 100) / 100
    answers = runner(latents=latents[None].astype(np.float32))["images"]
    return answers.ravel()[:count].tolist()


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """(address, folder) of a gallery of the shipped models and of all that can go wrong."""
    root = tmp_path_factory.mktemp("own") / "mine"
    right = right_answers()
    exports.copied(root / "sound", change=checked_by(right))
    exports.copied(root / "wrong answers", change=checked_by([a + 0.01 for a in right]))
    exports.copied(root / "gone")

    def other_shape(card):
        card["interface"]["outputs"][0]["shape"] = [16, 64, 1]

    exports.copied(root / "other shape", change=other_shape)

    def unknown(card):
        card["interface"]["inputs"][0]["kind"] = "smell"

    exports.copied(root / "unknown kind", change=unknown)
    for name in ("half", "scrambled"):
        folder = exports.copied(root / name, change=checked_by(right))
        content = (folder / "model.tflite").read_bytes()
        half = len(content) // 2
        content = content[:half] if name == "half" else content[:half] + content[:0:-1][:half]
        (folder / "model.tflite").write_bytes(content)
        card = exports.read_card(folder)
        card["files"]["model.tflite"] = len(content)
        exports.write_card(folder, card)

    def hostile(card):
        for field in ("title", "summary"):
            card[field] = HOSTILE
        card["paper"] = dict.fromkeys(card["paper"], HOSTILE) | {"code": "javascript:hit()"}
        card["data"] = dict.fromkeys(("name", "description", "licence"), HOSTILE)
        card["training"]["command"] = HOSTILE
        card["scores"] = {
            "protocol": HOSTILE,
            "model": {HOSTILE: 1},
            "baselines": {HOSTILE: {HOSTILE: 1}},
        }

    folder = exports.copied(root / HOSTILE.replace("/", "\\"), change=hostile)
    (folder / "samples.png").write_text(HOSTILE)
    exports.broken(root)
    places = [(collect.shipped_folder(), collect.SHIPPED), (root, collect.OWN)]
    with serving(places) as address:
        yield address, root


def test_own_exports_beside_the_shipped_ones(visit, own):
    one = visit(own[0])
    page = one.open("#/model/mine/sound?seed=3")
    mine = drawn(picture(page))
    one.go("/model/sngan?seed=3")
    page.get_by_role("heading", level=1, name="SNGAN").wait_for()
    assert drawn(picture(page)) == mine
    one.go("/")
    listed = page.locator("main li", has_text="your own")
    sound = [name for name in ("sound", "gone") if (own[1] / name).exists()]
    assert listed.count() > len(sound)


# Export of `own` -> words of what is said of it.
SAID = {
    "wrong answers": "where TensorFlow Lite gives",
    "other shape": "card says",
    "unknown kind": "smell",
    "half": "could not be opened",
    "scrambled": "",
    "junk": "its card.json is no JSON",
    "no_model": "model.tflite, which is not there",
}


def test_what_cannot_be_shown_says_why_and_the_others_still_run(visit, own):
    one = visit(own[0])
    page = one.open("#/model/sngan?seed=1")
    sound = drawn(picture(page))
    for name, words in SAID.items():
        one.go(f"/model/mine/{name}")
        said = alert(page)
        assert words in said and len(said) < 600, (name, said)
        assert "undefined" not in said and "[object" not in said
        assert picture(page).count() == 0
    one.go("/model/sngan?seed=1")
    page.get_by_role("heading", level=1, name="SNGAN").wait_for()
    assert drawn(picture(page)) == sound


def test_all_that_is_broken_stands_in_the_list(visit, own):
    page = visit(own[0]).open("#/?q=mine")
    listed = json.loads(page.request.get(f"{own[0]}/models.json").text())["models"]
    problems = [model["problem"] for model in listed if model["problem"]]
    assert len(problems) > 20
    text = page.locator("main").inner_text()
    for problem in problems:
        assert problem in text


def test_html_in_names_and_cards_is_text(visit, own):
    name = HOSTILE.replace("/", "\\")
    one = visit(own[0])
    page = one.open()
    assert page.locator("main li", has_text="onerror=").count() >= 1
    listed = json.loads(page.request.get(f"{own[0]}/models.json").text())["models"]
    (model,) = (m for m in listed if m["id"] == f"mine/{name}")
    assert model["problem"] is None
    for query in ("", "?tab=read"):
        one.go(f"/model/{urllib.parse.quote(model['id'])}{query}")
        page.wait_for_timeout(300)
        assert "onerror=" in page.locator("main").inner_text()
        assert page.locator("main script, main img[onerror], main img[src='x']").count() == 0
        links = page.locator("main a").evaluate_all("(all) => all.map((a) => a.protocol)")
        assert set(links) <= {"http:", "https:"}
    assert "hit" not in page.evaluate("document.title.replaceAll(\"'hit'\", '')")


def test_a_file_that_went_away_and_a_server_that_stopped(visit, own):
    one = visit(own[0])
    page = one.open("#/model/sngan")
    drawn(picture(page))
    one.expected += ["404 (Not Found)", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED"]
    (own[1] / "gone" / "model.tflite").unlink()
    one.go("/model/mine/gone")
    assert "404" in alert(page)
    one.context.set_offline(True)
    one.go("/model/ebgan")
    page.get_by_role("heading", level=1, name="EBGAN").wait_for()
    assert "the network is off or the server has stopped" in alert(page)
    one.context.set_offline(False)
    press(page, "Try again")
    assert drawn(picture(page))


def test_a_browser_without_webassembly_is_told(visit, shipped_gallery):
    one = visit(shipped_gallery)
    one.context.add_init_script("delete globalThis.WebAssembly")
    page = one.open("#/model/gan")
    assert "has no WebAssembly" in alert(page)
    tab(page, "Read").click()
    page.get_by_text("1406.2661").first.wait_for()
