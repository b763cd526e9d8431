"""How the page judges and asks networks: each module is asked in the browser, with made-up ones."""

import numpy as np
import pytest

# What the runtime is asked to prove.

INTERFACE = {
    "inputs": [{"name": "latents", "kind": "latents", "shape": [3], "dtype": "float32"},
               {"name": "labels", "kind": "class", "shape": [], "dtype": "int32"},
               {"name": "heat", "kind": "number", "shape": [], "dtype": "float32", "default": 1.5},
               {"name": "cell", "kind": "state", "shape": [2], "dtype": "float32"},
               {"name": "token", "kind": "tokens", "shape": [2], "dtype": "int32"}],
    "outputs": [{"name": "images", "kind": "image", "shape": [2, None, 1], "dtype": "float32"}],
}  # fmt: skip
DETAILS = {
    "inputs": [{"name": "labels", "dtype": "int32", "shape": [1]},
               {"name": "latents", "dtype": "float32", "shape": [1, 3]},
               {"name": "heat", "dtype": "float32", "shape": []},
               {"name": "cell", "dtype": "float32", "shape": [1, 2]},
               {"name": "token", "dtype": "int32", "shape": [1, 2]}],
    "outputs": [{"name": "images", "dtype": "float32", "shape": [1, 2, 9, 1]}],
}  # fmt: skip


def changed(details, side, index, **values):
    rows = [dict(row) for row in details[side]]
    rows[index] |= values
    return {**details, side: rows}


@pytest.mark.parametrize(
    ("details", "word"),
    [
        (DETAILS, None),
        (changed(DETAILS, "inputs", 1, shape=[-1, 3]), "batch 1"),
        (changed(DETAILS, "inputs", 1, shape=[4, 3]), "its card"),
        (changed(DETAILS, "inputs", 1, shape=[3]), "its card"),
        (changed(DETAILS, "inputs", 0, dtype="float32"), "int32"),
        (changed(DETAILS, "outputs", 0, name="pictures"), "no output “images”"),
        (
            {
                **DETAILS,
                "inputs": [*DETAILS["inputs"], {"name": "more", "dtype": "int32", "shape": [1]}],
            },
            "more",
        ),
        ({**DETAILS, "inputs": DETAILS["inputs"][1:]}, "no input “labels”"),
    ],
)
def test_a_file_that_is_not_its_card_is_refused(ask, details, word):
    said = ask("checks.js", "mismatch(given.own, given.details)", own=INTERFACE, details=details)
    assert said is None if word is None else word in said


def test_the_fixed_input_is_that_of_the_card(ask):
    given = ask("checks.js", "checkInputs(given.own, 7)", own=INTERFACE)
    steps = 7919 * np.arange(3)
    np.testing.assert_allclose(given["latents"], ((steps % 201) - 100) / 100, atol=1e-6)
    assert given["labels"] == [0] and given["heat"] == [1.5] and given["cell"] == [0, 0]
    assert given["token"] == [0, 7919 % 7]


@pytest.mark.parametrize(
    ("answer", "right"), [(0.5, True), (0.5009, True), (0.6, False), (None, False)]
)
def test_wrong_answers_are_found_out(ask, answer, right):
    check = {"outputs": {"images": {"positions": [1], "values": [0.5]}}, "tolerance": 1e-3}
    body = "wrongAnswer(given.check, { images: { data: Float32Array.of(0, given.answer ?? NaN) } })"
    said = ask("checks.js", body, check=check, answer=answer)
    assert said is None if right else "0.5" in said
    assert ask("checks.js", "notFinite({ a: { data: Float32Array.of(1, Infinity) } })") == "a"


def test_a_browser_without_the_means_is_told(ask):
    assert "WebAssembly" in ask("runtime.js", "unsupported({ Worker: 1, DecompressionStream: 1 })")
    assert "DecompressionStream" in ask("runtime.js", "unsupported({ Worker: 1, WebAssembly: 1 })")
    assert ask("runtime.js", "unsupported()") is None
    said = ask("problem.js", "runtimeSentence('GAN', 'Aborted(OOM). Build with -sASSERTIONS')")
    assert "out of memory" in said


def test_of_what_is_asked_meanwhile_the_last_alone_is_done(ask):
    body = """(async () => {
      const done = [];
      const ask = latest(async (n) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (n === 1) throw new Error("one");
        done.push(n);
      }, (error) => done.push(error.message));
      for (const n of [1, 2, 3, 4]) ask(n);
      await new Promise((resolve) => setTimeout(resolve, 60));
      ask(5);
      await new Promise((resolve) => setTimeout(resolve, 30));
      return done;
    })()"""
    assert ask("queue.js", body) == ["one", 4, 5]


# Words, and points of the plane, of networks that are made up.


def test_words_are_drawn_step_by_step(ask):
    body = """(async () => {
      const seen = [];
      const session = {
        interface: {
          inputs: [
            { name: "token", kind: "tokens", shape: [] },
            { name: "cell", kind: "state", shape: [2] },
          ],
          outputs: [
            { name: "logits", kind: "vector", shape: [4] },
            { name: "next_cell", kind: "state", shape: [2] },
          ],
        },
        async run({ token, cell }) {
          seen.push([token[0], cell[0]]);
          const logits = new Float32Array(4).fill(-50);
          logits[[0, 3, 0, 2][token[0]]] = 50;
          return { logits: { data: logits }, next_cell: { data: Float32Array.of(cell[0] + 1, 0) } };
        },
      };
      const output = { words: ["", "", "<end>", "dog"], separator: " ", end: 2, shape: [5] };
      const start = startToken({ note: "Start with the token 1 and with zeros." });
      const random = new Random(1);
      const tokens = await drawTokens({ session, output, start, temperature: 1, random });
      const letters = { ...output, end: null, separator: "" };
      return [tokens, seen, written([3, 3, 2, 3], output), written([3, 1, 3], letters)];
    })()"""
    tokens, seen, text, letters = ask("text.js random.js outputs.js", body)
    assert tokens == [3] and seen == [[1, 0], [3, 1]]
    assert text == "dog dog" and letters == "dogdog"


def test_the_temperature_is_that_of_the_softmax(ask):
    body = """((random) =>
      Array.from({ length: 3000 }, () => drawn([0, 1, 2], given.t, random)))(new Random(1))"""
    for temperature in (0.5, 2):
        counts = np.bincount(ask("text.js random.js", body, t=temperature), minlength=3) / 3000
        weights = np.exp(np.arange(3) / temperature)
        np.testing.assert_allclose(counts, weights / weights.sum(), atol=0.04)


def test_a_map_of_the_plane_is_drawn(ask):
    body = """(async () => {
      const card = { interface: { lite: null,
        inputs: [
          { name: "latents", kind: "latents", shape: [2], dtype: "float32", prior: given.p },
        ],
        outputs: [{ name: "points", kind: "points", shape: [2], dtype: "float32" }] } };
      const model = { card, files: {}, problem: null };
      const said = [];
      const session = { name: "made up", milliseconds: 1,
        run: async ({ latents }) => ({ points: { data: latents.map((x) => 3 * x) } }) };
      const params = new URLSearchParams();
      const { signal } = new AbortController();
      const say = (text) => said.push(text);
      const element = planeTool({ model, session, params, say, took: () => {}, signal });
      const canvas = element.querySelector("canvas");
      while (!canvas.getAttribute("aria-label")) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return [said, new Set(data).size, canvas.getAttribute("aria-label"), latentGrid(given.p, 3)];
    })()"""
    prior = [{"kind": "uniform", "size": 2, "low": -1, "high": 1}]
    said, colours, label, grid = ask("plane.js", body, p=prior)
    assert said == [] and colours > 20 and "from -3 to 3" in label
    assert grid[0][0] == [-1, -1] and grid[1][1] == [0, 0] and grid[2][1] == [0, 1]


def test_several_pictures_stand_side_by_side(ask):
    body = """((image) => [image.width, image.height, image.data])(besideEachOther([
      { data: Float32Array.of(1, 1, -1, -1), shape: [1, 2, 2, 1] },
      { data: Float32Array.of(-1, 1, -1), shape: [1, 1, 1, 3] },
    ]))"""
    width, height, data = ask("pixels.js", body)
    assert (width, height) == (3, 2)
    rows = np.array(data).reshape(2, 3, 4)
    assert rows[0].tolist() == [[255] * 4, [255] * 4, [0, 255, 0, 255]]
    assert rows[1, :2].tolist() == [[0, 0, 0, 255]] * 2


def test_names_are_spelt_as_the_papers_spell_them(ask):
    body = """given.names.map(([name, title, part]) => nameOf(
      { id: name, card: { name, summary: "", paper: { title }, interface: { part } } }))"""
    names = [
        ("infogan", "InfoGAN: Interpretable", None),
        ("fgan", "f-GAN: Training", None),
        ("wgan_gp", "Improved Training", None),
        ("improved_gan", "Techniques", None),
        ("pix2pix", "Image-to-Image", None),
        ("cyclegan_a_to_b", "Unpaired", "a_to_b"),
    ]
    assert ask("catalogue.js", body, names=names) == [
        "InfoGAN", "f-GAN", "WGAN-GP", "Improved GAN", "pix2pix", "CycleGAN, a to b",
    ]  # fmt: skip


def test_an_interface_that_the_page_has_no_tool_for_says_so(ask):
    body = """toolOf({ problem: null, files: { f: 1 }, card: {
      tflite: { float16: { file: "f" } },
      interface: {
        lite: null, inputs: given.inputs, outputs: [{ name: "x", kind: given.kind, shape: [4] }],
      } } })"""
    audio = [{"name": "sound", "kind": "audio", "shape": [9]}]
    assert "audio" in ask("catalogue.js", body, inputs=audio, kind="image")["problem"]
    strange = [
        {"name": "z", "kind": "latents", "shape": [9], "prior": [{"kind": "cauchy", "size": 9}]}
    ]
    assert "cauchy" in ask("catalogue.js", body, inputs=strange, kind="image")["problem"]
    known = [
        {"name": "z", "kind": "latents", "shape": [9], "prior": [{"kind": "normal", "size": 9}]}
    ]
    found = ask("catalogue.js", body, inputs=known, kind="vector")
    assert found == {"tool": "try", "problem": None}
    assert ask("catalogue.js", body, inputs=known, kind="image") == {
        "tool": "turn",
        "problem": None,
    }
    assert ask("catalogue.js", body, inputs=known, kind="audio")["problem"] is not None
