"""The page's parts that need no network: each module is imported in the browser and asked."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

# Random numbers and priors.

UNIFORM = [{"kind": "uniform", "size": 62, "low": -1, "high": 1}]
INFOGAN = [*UNIFORM, {"kind": "one_hot", "size": 10}, {**UNIFORM[0], "size": 2}]
NORMAL = [{"kind": "normal", "size": 4000}]


def test_latents_are_those_of_their_prior(ask):
    normal = np.array(ask("priors.js", "sample(given.prior, 3, 0)", prior=NORMAL))
    assert abs(normal.mean()) < 0.06 and abs(normal.std() - 1) < 0.04
    assert abs(np.mean(np.abs(normal) > 2) - 0.0455) < 0.015

    uniform = [{"kind": "uniform", "size": 4000, "low": 0, "high": 1}]
    values = np.array(ask("priors.js", "sample(given.prior, 3, 0)", prior=uniform))
    assert values.min() >= 0 and values.max() < 1
    assert np.histogram(values, 4, (0, 1))[0] == pytest.approx([1000] * 4, abs=120)

    latents = np.array(ask("priors.js", "sample(given.prior, 3, 5)", prior=INFOGAN))
    assert latents.shape == (74,)
    assert sorted(latents[62:72]) == [0] * 9 + [1]
    assert np.abs(latents).max() <= 1
    many = ask(
        "priors.js",
        "Array.from({ length: 300 }, (_, i) => sample(given.prior, 7, i).indexOf(1, 62) - 62)",
        prior=INFOGAN,
    )
    assert np.bincount(many, minlength=10).min() > 12


def mulberry(seed, picture, count):
    """The page's generator, written down a second time."""

    def scramble(bits):
        bits = (bits ^ (bits >> 16)) * 0x85EBCA6B % 2**32
        bits = (bits ^ (bits >> 13)) * 0xC2B2AE35 % 2**32
        return bits ^ (bits >> 16)

    state = scramble((scramble(seed) ^ (picture + 0x9E3779B9)) % 2**32)
    for _ in range(count):
        state = (state + 0x6D2B79F5) % 2**32
        bits = (state ^ (state >> 15)) * (state | 1) % 2**32
        bits ^= (bits + (bits ^ (bits >> 7)) * (bits | 61)) % 2**32
        yield (bits ^ (bits >> 14)) / 2**32


def test_a_seed_is_the_same_picture_for_ever(ask):
    body = "((r) => Array.from({ length: 5 }, () => r.uniform()))(new Random(given.seed, given.i))"
    for seed, picture in ((0, 0), (7, 5), (4294967295, 39)):
        assert ask("random.js", body, seed=seed, i=picture) == list(mulberry(seed, picture, 5))
    texts = ["7", "007", "4294967295", "4294967296", "-1", "1.5", "x", "", None]
    found = ask("random.js", "given.texts.map(readSeed)", texts=texts)
    assert found == [7, 7, 4294967295, None, None, None, None, None, None]


def test_mixing_keeps_to_the_prior(ask):
    ends = "[sample(given.p, 1, 0), sample(given.p, 1, 1)]"
    body = f"(([a, b]) => [a, b, ...[0, 0.5, 1].map((t) => mix(given.p, a, b, t))])({ends})"
    a, b, first, half, last = map(np.array, ask("priors.js", body, p=NORMAL))
    np.testing.assert_allclose(first, a, atol=1e-6)
    np.testing.assert_allclose(last, b, atol=1e-6)
    # Half way along the sphere, as long as its ends: the straight middle has 0.7 of their length.
    assert np.linalg.norm(half) == pytest.approx(np.linalg.norm(a), rel=0.05)

    a, b, first, half, last = map(np.array, ask("priors.js", body, p=INFOGAN))
    np.testing.assert_allclose(half[:62], (a[:62] + b[:62]) / 2, atol=1e-6)
    assert (half[62:72] == b[62:72]).all() and (first[62:72] == a[62:72]).all()
    same = ask(
        "priors.js", "mix(given.p, sample(given.p, 1, 0), sample(given.p, 1, 0), 0.5)", p=NORMAL
    )
    np.testing.assert_allclose(same, ask("priors.js", "sample(given.p, 1, 0)", p=NORMAL), atol=1e-5)
    zeros = ask(
        "priors.js",
        "mix([{kind: 'normal', size: 3}], new Float32Array(3), new Float32Array(3), 0.3)",
    )
    assert zeros == [0, 0, 0]


def test_an_unknown_prior_is_named(ask):
    said = ask(
        "priors.js", "unknownBlock([{ kind: 'normal', size: 2 }, { kind: 'cauchy', size: 2 }])"
    )
    assert "cauchy" in said
    assert ask("priors.js", "unknownBlock(given.p)", p=INFOGAN) is None


# What an address remembers.


def test_state_goes_into_the_address_and_back(ask):
    body = """(() => {
      const latents = { prior: given.p };
      const grid = layout(latents, null, null);
      const state = readState(new URLSearchParams(given.query), grid);
      const out = new URLSearchParams();
      for (const [name, value] of Object.entries(written(state))) {
        if (value !== null && value !== "") out.set(name, value);
      }
      return [state, String(out), current(grid, state).latents, current(grid, state).row];
    })()"""
    query = "seed=9&pick=3&row=4&z=72:1.5,73:-0.25&d=0:2"
    state, again, latents, row = ask("turn_state.js", body, p=INFOGAN, query=query)
    assert state["seed"] == 9 and state["from"] == {"picture": 3, "row": 4} and row == 4
    assert dict(state["codes"]) == {72: 1.5, 73: -0.25}
    assert latents[66] == 1 and latents[72:] == [1.5, -0.25]
    assert ask("turn_state.js", body, p=INFOGAN, query=again)[2] == latents

    _, _, mixed, _ = ask("turn_state.js", body, p=UNIFORM, query="seed=9&pick=1&to=2&t=0.25")
    a, b = (ask("priors.js", "sample(given.p, 9, given.i)", p=UNIFORM, i=i) for i in (1, 2))
    np.testing.assert_allclose(mixed, 0.75 * np.array(a) + 0.25 * np.array(b), atol=1e-6)


def test_an_address_that_somebody_broke_is_the_first_picture(ask):
    body = "readState(new URLSearchParams(given.query), layout({ prior: given.p }, null, null))"
    for query in (
        "seed=x&pick=-1&t=7&z=a:b,9&d=,",
        "seed=99999999999&pick=999&row=50",
        "z=5:NaN&to=1e9",
    ):
        state = ask("turn_state.js", body, p=INFOGAN, query=query)
        assert state["seed"] == 1 and state["from"] == {"picture": 0, "row": 0}
        assert state["to"] is None and state["codes"] == [] and state["t"] == 0.5


def test_addresses_hold_any_name(ask):
    for name in ("cyclegan/a_to_b", "my runs/a?b#c%", "ü<b>"):
        body = "address(link('model', given.name, { seed: 7 }))"
        at = ask(
            "router.js",
            f"(({{ view, id, params }}) => [view, id, params.get('seed')])({body})",
            name=name,
        )
        assert at == ["model", name, "7"]
    assert ask("router.js", "[address('').view, address('#/model/%zz').id]") == ["home", "%zz"]


# Label maps.

PALETTE = [[0, 0, 128], [0, 0, 255], [255, 0, 170]]


def image_data(array):
    height, width, _ = array.shape
    rgba = np.concatenate([array, np.full((height, width, 1), 255)], 2).astype(int)
    return {"data": rgba.ravel().tolist(), "width": width, "height": height}


IMAGE = """(({ data, width, height }) =>
  new ImageData(Uint8ClampedArray.from(data), width, height))(given.image)"""


def test_colours_are_snapped_to_the_palette(ask):
    picture = np.array(PALETTE)[[[0, 1, 2], [2, 1, 0]]]
    found = ask("palette.js", f"snap({IMAGE}, given.p)", image=image_data(picture), p=PALETTE)
    assert found == {"labels": [0, 1, 2, 2, 1, 0], "strange": 0}
    picture[0, 0] = (10, 10, 130)
    found = ask("palette.js", f"snap({IMAGE}, given.p)", image=image_data(picture), p=PALETTE)
    assert found == {"labels": [0, 1, 2, 2, 1, 0], "strange": 1}
    values = ask("palette.js", "labelValues(Uint8Array.of(0, 2), given.p, 3)", p=PALETTE)
    np.testing.assert_allclose(values, (np.array(PALETTE)[[0, 2]] / 127.5 - 1).ravel(), atol=1e-6)
    assert ask(
        "palette.js", f"counted([{IMAGE}])", image=image_data(np.array(PALETTE)[[[1, 1, 0]]])
    ) == ([PALETTE[1], PALETTE[0]])


def test_resizing_invents_no_colour(ask):
    picture = np.array(PALETTE)[np.random.default_rng(0).integers(0, 3, (7, 5))]
    rows, columns = (np.arange(16) + 0.5) * 7 / 16, (np.arange(12) + 0.5) * 5 / 12
    wanted = picture[rows.astype(int)][:, columns.astype(int)]
    data = ask("pixels.js", f"nearest({IMAGE}, 16, 12).data", image=image_data(picture))
    assert np.array(data).reshape(16, 12, 4)[..., :3].tolist() == wanted.tolist()


def test_an_uploaded_map_says_what_became_of_it(ask):
    picture = np.array(PALETTE)[np.ones((8, 8), int)]
    body = f"((s) => [s.take({IMAGE}), s.state])(new LabelSurface([4, 4, 3], given.p))"
    said, state = ask("surfaces.js", body, image=image_data(picture), p=PALETTE)
    assert "8 × 8" in said and "4 × 4" in said and state == [1] * 16
    picture[:4] = (9, 9, 9)
    assert "50 %" in ask("surfaces.js", body, image=image_data(picture), p=PALETTE)[0]


def test_holes_are_rubbed_out_and_the_picture_stays(ask):
    picture = np.zeros((4, 4, 3), int)
    picture[:, 2:] = 255
    body = f"""(() => {{
      const s = new HoleSurface([4, 4, 3]);
      s.take({IMAGE});
      const before = s.values();
      s.rectangle([0, 0], [1, 1]);
      const rectangle = s.missing();
      s.fill([3, 3]);
      const filled = s.missing();
      s.chosen = 0;
      s.stroke([3, 0], [3, 0], 1);
      const back = s.missing();
      const image = s.image().data;
      s.clear();
      const same = String(before) === String(s.values());
      return [rectangle, filled, back, image, same, s.missing()];
    }})()"""
    rectangle, filled, back, image, same, cleared = ask(
        "surfaces.js", body, image=image_data(picture)
    )
    expected = np.zeros((4, 4))
    expected[:2, :2] = 1
    np.testing.assert_array_equal(rectangle, expected.ravel())
    expected[:, 2:] = 1  # white is alike white
    np.testing.assert_array_equal(filled, expected.ravel())
    expected[0, 3] = 0
    np.testing.assert_array_equal(back, expected.ravel())
    shown = np.array(image).reshape(4, 4, 4)[..., :3]
    np.testing.assert_array_equal(shown[expected == 0], picture[expected == 0])
    assert set(shown[expected == 1].ravel()) <= {160, 220}
    assert same and not any(cleared)


def test_brush_line_rectangle_and_filling(ask):
    def touched(call):
        body = f"((seen, touch = (i) => seen.add(i)) => {{ {call}; return seen; }})(new Set())"
        return {divmod(i, 10) for i in ask("raster.js", body)}

    assert touched("disc([8, 10], [4, 3], 1, touch)") == {(3, 4)}
    assert touched("disc([8, 10], [4, 3], 2, touch)") == {(2, 3), (2, 4), (3, 3), (3, 4)}
    assert len(touched("disc([8, 10], [4, 3], 3, touch)")) in (5, 9)
    assert touched("disc([8, 10], [-5, -5], 3, touch)") == set()
    assert touched("rectangle([8, 10], [8, 6], [20, -3], touch)") == {
        (row, column) for row in range(7) for column in (8, 9)
    }
    line = touched("line([0, 0], [9, 7], ([x, y]) => touch(y * 10 + x))")
    assert {(0, 0), (7, 9)} <= line and len(line) == 10
    wall = "const wall = (i) => i % 10 !== 4"
    left = touched(f"{wall}; fill([8, 10], [0, 0], wall, touch)")
    assert left == {(row, column) for row in range(8) for column in range(4)}


def test_undo_and_redo(ask):
    body = """(() => {
      const h = new History(0, 3);
      h.add(1); h.add(2); h.add(3);
      const seen = [h.undo(), h.undo(), h.undo(), h.canUndo, h.redo()];
      h.add(9);
      return [...seen, h.canRedo, h.redo(), h.undo()];
    })()"""
    assert ask("history.js", body) == [2, 1, 1, False, 2, False, 9, 2]


# GIFs.


@pytest.mark.parametrize("kind", ["grey", "noise", "few colours", "photograph"])
def test_a_gif_is_read_by_others(ask, kind):
    random = np.random.default_rng(1)
    shape = (3, 48, 40, 3)
    if kind == "grey":
        frames = np.repeat(random.integers(0, 256, (*shape[:3], 1)), 3, 3)
    elif kind == "noise":
        frames = random.integers(0, 256, shape)
    elif kind == "few colours":
        frames = np.array(PALETTE)[random.integers(0, 3, shape[:3])]
    else:
        ramp = np.linspace(0, 200, 48)[:, None, None] + np.linspace(0, 55, 40)[None, :, None]
        frames = np.stack(
            [np.roll(np.broadcast_to(ramp, shape[1:]), 9 * i, 0) for i in range(3)]
        ) * [1, 0.8, 0.5]
    frames = frames.astype(np.uint8)
    rgba = np.concatenate([frames, np.full((*shape[:3], 1), 255, np.uint8)], 3)
    body = """encode({ width: 40, height: 48, delay: 6, frames: given.frames.map(
      (frame) => Uint8ClampedArray.from(atob(frame), (byte) => byte.charCodeAt(0))) })"""
    sent = [base64.b64encode(frame.tobytes()).decode() for frame in rgba]
    gif = Image.open(io.BytesIO(bytes(ask("gif.js", body, frames=sent))))
    assert gif.n_frames == 3 and gif.size == (40, 48) and gif.info["loop"] == 0
    for number, frame in enumerate(frames):
        gif.seek(number)
        off = np.abs(np.asarray(gif.convert("RGB")).astype(int) - frame)
        assert off.max() == 0 if kind in ("grey", "few colours") else off.mean() < 12


# Walks.

WALKED = """(async () => {
  const asked = [];
  const stop = new AbortController();
  const frame = window.requestAnimationFrame;
  // A browser's frame may have begun a little before the button was pressed.
  window.requestAnimationFrame = (then) => frame((now) => then(now - 40));
  const { element } = walkControls({
    canvas: document.createElement("canvas"), signal: stop.signal, stations: () => 3,
    at: async (station, t) => {
      asked.push([station, t]);
      return new ImageData(2, 2);
    },
    stopped: () => {}, name: () => "walk", say: (text) => asked.push(text),
  });
  element.querySelector("button").click();
  while (asked.length < 4) await new Promise(frame);
  stop.abort();
  window.requestAnimationFrame = frame;
  return asked;
})()"""


def test_a_walk_begins_at_its_first_station_and_goes_on(ask):
    walked = ask("walk.js", WALKED)
    assert [station for station, _ in walked] == [0] * len(walked)
    times = [t for _, t in walked]
    assert times == sorted(times) and times[0] >= 0 and times[-1] < 0.5
