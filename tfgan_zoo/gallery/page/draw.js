// Draw: a network that takes a label map or a picture, and answers while one draws. Rub out: one that
// takes a picture with holes. Change: one that takes a picture and how it is to look.

import { inputOf, served } from "./catalogue.js";
import { button, choices, chooseFile, el, savePicture, slider } from "./dom.js";
import { classNames, extraControls } from "./extras.js";
import { History } from "./history.js";
import { renderers } from "./outputs.js";
import { pad } from "./pad.js";
import { counted, labelNames } from "./palette.js";
import { decode, makeCanvas } from "./pixels.js";
import { Problem, sentence } from "./problem.js";
import { latest } from "./queue.js";
import { readSeed } from "./random.js";
import { remember } from "./router.js";
import { examples, sampleInputs } from "./sheets.js";
import { HoleSurface, LabelSurface, PictureSurface } from "./surfaces.js";

// What was drawn, by the model's address: it is there again when a person comes back.
const drawings = new Map();

/**
 * {surface, inputs, reals}: what is drawn on, and the examples that one may start from: none where
 * their file is missing or broken, which `say` tells.
 */
export async function drawing(model, say) {
  const item = inputOf(model, "label_map", "image");
  let sheet = null;
  let inputs = [];
  try {
    sheet = await examples(model);
    inputs = sheet?.row(item.name) ?? (await sampleInputs(model, item.shape));
  } catch (error) {
    say(`There are no examples. ${sentence(error)}`);
  }
  if (!drawings.has(model.url))
    drawings.set(model.url, { surface: surfaceFor(model, item, inputs), history: null });
  return { item, inputs, reals: sheet?.row("real") ?? null, ...drawings.get(model.url) };
}

function surfaceFor(model, item, inputs) {
  if (inputOf(model, "mask")) return new HoleSurface(item.shape);
  if (item.kind === "image") return new PictureSurface(item.shape);
  const palette = model.card.data.palette ?? counted(inputs);
  if (!palette.length) {
    throw new Problem(
      "Nothing can be drawn: the card names no palette, and there are no examples to take it from.",
    );
  }
  return new LabelSurface(item.shape, palette);
}

/** @returns {Promise<HTMLElement>} the tool, for a model that `toolOf` calls "draw", "rub" or "change" */
export async function drawTool({ model, session, params, say, took, signal }) {
  const { item, inputs, reals, surface, history: before } = await drawing(model, say);
  const mask = inputOf(model, "mask");
  const wanted = item.kind === "image" ? inputOf(model, "class") : null;
  const others = served(model).inputs.filter((other) => ![item, mask, wanted].includes(other));
  const own = mask || wanted ? "Your picture" : "Your drawing";
  const extras = extraControls(model, others, params, (change) => {
    remember(change);
    answer();
  });
  let look = wanted && Math.min(readSeed(params.get(wanted.name)) ?? 0, wanted.classes - 1);
  const looks =
    wanted &&
    choices(
      "Show it as",
      classNames(model, wanted).map((name, i) => [i, name.replaceAll("+", " + ")]),
      look,
      (chosen) => {
        look = chosen;
        remember({ [wanted.name]: chosen });
        answer();
      },
    );
  const answers = renderers(served(model).outputs, session.name);
  let tool = "brush";
  let diameter = Math.max(1, Math.round(surface.size[1] / (item.kind === "image" ? 12 : 20)));

  const area = pad({
    surface,
    say,
    tool: () => tool,
    diameter: () => diameter,
    changed(done) {
      if (done) keep();
      started(null);
      answer();
    },
  });
  const note = el("figcaption", {}, own);
  const real = makeCanvas(...surface.size, {
    class: "picture",
    role: "img",
    "aria-label": "The real picture of this example",
  });
  const realFigure = el(
    "figure",
    { hidden: true, class: "real" },
    real,
    el("figcaption", {}, "The real picture of the example"),
  );

  const answer = latest(
    async () => {
      const outputs = await session.run({
        ...extras.values(),
        [item.name]: surface.values(),
        ...(mask && { [mask.name]: surface.missing() }),
        ...(wanted && { [wanted.name]: [look] }),
      });
      if (signal.aborted) return;
      for (const one of answers) one.update(outputs[one.output.name]);
      took(session.milliseconds);
    },
    (error) => signal.aborted || say(sentence(error)),
    answers.map(({ canvas, element }) => canvas ?? element),
  );

  const undo = button("Undo", () => restore(history.undo()), { title: "Ctrl Z" });
  const redo = button("Redo", () => restore(history.redo()), { title: "Ctrl Y" });
  let history = before;

  function keep() {
    history.add(surface.state.slice());
    show();
  }

  function restore(state) {
    surface.state = state.slice();
    started(null);
    show();
    answer();
  }

  function show() {
    undo.disabled = !history.canUndo;
    redo.disabled = !history.canRedo;
    area.redraw();
  }

  /** Says in the address which example is shown, null once it is changed. */
  function started(number) {
    remember({ example: number });
    note.textContent = number === null ? own : `Example ${number + 1}`;
  }

  function startFrom(number) {
    surface.take(inputs[number]);
    if (reals) {
      const { width, height } = reals[number];
      Object.assign(real, { width, height });
      real.getContext("2d").putImageData(reals[number], 0, 0);
    }
    realFigure.hidden = !reals;
    if (history) keep();
    else history = new History(surface.state.slice());
    started(number);
    answer();
  }

  async function upload(file) {
    if (!file) return;
    let image;
    try {
      image = await decode(file);
    } catch {
      say(
        `“${file.name}” is no picture that this browser can read: take a PNG, JPEG or WebP file.`,
      );
      return;
    }
    const said = surface.take(image);
    realFigure.hidden = true;
    keep();
    started(null);
    note.textContent = said;
    say(said);
    answer();
  }

  function another() {
    const now = readSeed(note.textContent.match(/^Example (\d+)$/)?.[1]) ?? 0;
    const step = 1 + Math.floor(Math.random() * (inputs.length - 1));
    startFrom(inputs.length === 1 ? 0 : (now - 1 + step + inputs.length) % inputs.length);
  }

  const asked = readSeed(params.get("example"));
  if (history) show();
  else if (inputs.length) startFrom(asked !== null && asked < inputs.length ? asked : 0);
  else history = new History(surface.state.slice());
  if (before && asked !== null && asked < inputs.length) startFrom(asked);
  drawings.get(model.url).history = history;
  show();
  answer();

  const element = el(
    "div",
    { class: "tool draw" },
    el(
      "div",
      { class: "pads" },
      el("figure", {}, area.element, note),
      answers.map((one) => one.element),
      realFigure,
    ),
    looks && el("div", { class: "toolbar" }, el("span", {}, "Show it as"), looks.element),
    colours(model, surface),
    el(
      "div",
      { class: "toolbar" },
      choices(
        "Tool",
        [
          ["brush", "Brush"],
          ["rectangle", "Rectangle"],
          ["fill", "Fill"],
        ],
        tool,
        (chosen) => (tool = chosen),
      ).element,
      slider({
        min: 1,
        max: Math.max(4, Math.round(surface.size[1] / 4)),
        step: 1,
        value: diameter,
        label: "Brush size",
        listener: (size) => (diameter = size),
      }).element,
      el(
        "div",
        { class: "buttons" },
        undo,
        redo,
        button("Clear", () => {
          surface.clear();
          keep();
          started(null);
          answer();
        }),
      ),
    ),
    el(
      "div",
      { class: "buttons" },
      inputs.length ? button("Random example", another) : null,
      button("Upload", async () => upload(await chooseFile("image/*"))),
      button(mask || wanted ? "Save picture" : "Save drawing", () => savePicture(area.canvas, `${session.name} drawing.png`)),
      answers
        .filter(({ canvas }) => canvas)
        .map(({ canvas }) =>
          button("Save answer", () => savePicture(canvas, `${session.name} answer.png`)),
        ),
    ),
    extras.element,
  );
  listenForFiles(area.element, upload, signal);
  // Anywhere on the page: a button that is disabled by its own press leaves the focus nowhere.
  document.addEventListener(
    "keydown",
    (event) => {
      const key = event.key.toLowerCase();
      if (
        !(event.ctrlKey || event.metaKey) ||
        event.target.matches("input:not([type=range], [type=color])")
      )
        return;
      const redone = key === "y" || (key === "z" && event.shiftKey);
      if (!redone && key !== "z") return;
      event.preventDefault();
      restore(redone ? history.redo() : history.undo());
    },
    { signal },
  );
  return element;
}

/**
 * What one draws with: holes, labels with their colours and names, white and black, or any colour.
 */
export function colours(model, surface) {
  if (surface instanceof HoleSurface) {
    return choices(
      "Holes",
      [
        [1, "Rub out"],
        [0, "Bring back"],
      ],
      surface.chosen,
      (missing) => (surface.chosen = missing),
    ).element;
  }
  if (surface.palette) {
    const names = labelNames(surface.palette, model.card.data.classes);
    const list = surface.palette.map((colour, i) => {
      const swatch = el("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = `rgb(${colour.join(" ")})`;
      return [i, [swatch, names[i]]];
    });
    const control = choices(
      "Label to draw",
      list,
      surface.chosen,
      (label) => (surface.chosen = label),
    );
    control.element.classList.add("palette");
    return control.element;
  }
  if (surface.channels === 1) {
    return choices(
      "Draw with",
      [
        [255, "White"],
        [0, "Black"],
      ],
      surface.chosen[0],
      (grey) => (surface.chosen = [grey, grey, grey]),
    ).element;
  }
  const input = el("input", {
    type: "color",
    value: "#ffffff",
    "aria-label": "Colour to draw with",
  });
  input.addEventListener("input", () => {
    surface.chosen = [1, 3, 5].map((at) => parseInt(input.value.slice(at, at + 2), 16));
  });
  return el("div", { class: "toolbar" }, el("label", {}, "Colour ", input));
}

/** Files that are dropped onto an element, or pasted anywhere. */
function listenForFiles(element, upload, signal) {
  element.addEventListener("dragover", (event) => {
    event.preventDefault();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", () => element.classList.remove("dropping"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("dropping");
    upload(event.dataTransfer.files[0]);
  });
  addEventListener("paste", (event) => upload(event.clipboardData?.files[0]), { signal });
}
