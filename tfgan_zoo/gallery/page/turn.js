// Turn: a generator from latents. A grid of pictures of one seed, one of them large, sliders that
// turn all of them, and a walk between them.

import { inputOf, served } from "./catalogue.js";
import { button, choices, el, savePicture, select, slider } from "./dom.js";
import { classNames, extraControls, seedField } from "./extras.js";
import { besideEachOther, makeCanvas, put } from "./pixels.js";
import { blocks, describe } from "./priors.js";
import { sentence } from "./problem.js";
import { latest } from "./queue.js";
import { remember } from "./router.js";
import { tiles } from "./tiles.js";
import {
  between,
  categoryNow,
  current,
  inputsAt,
  largeBlocks,
  layout,
  readState,
  stations,
  written,
} from "./turn_state.js";
import { walkControls } from "./walk.js";

const MAX_ROWS = 12;
const CODES = 8; // sliders for single numbers of a large block

/** @returns {HTMLElement} the tool, for a session of a model that `toolOf` calls "turn" */
export function turnTool({ model, session, params, say, took, signal }) {
  const latents = inputOf(model, "latents");
  const classes = inputOf(model, "class");
  // A thousand classes are chosen from a list, not shown in rows.
  const classInput = classes && classes.classes <= MAX_ROWS ? classes : null;
  const outputs = served(model).outputs.filter((item) => item.kind === "image");
  const grid = layout(latents, classInput, classInput && classNames(model, classInput));
  const state = readState(params, grid);
  const others = served(model).inputs.filter((item) => item !== latents && item !== classInput);
  const extras = extraControls(model, others, params, (change) => {
    remember(change);
    changed();
  });

  // The first size; a network whose pictures have any size, or several, says more when it answers.
  const shape = outputs[0].shape.map((side) => side ?? 1);
  const large = makeCanvas(shape[0], shape[1], {
    class: "picture large",
    role: "img",
    "data-testid": "picture",
  });
  const caption = el("figcaption");
  const pictures = tiles(
    { ...grid, shape },
    { pick: (i) => pick(place(i)), mix: (i, j) => mixed(place(i), place(j)) },
  );

  function place(tile) {
    return grid.rows
      ? { picture: tile % grid.columns, row: Math.floor(tile / grid.columns) }
      : { picture: tile, row: null };
  }

  function tileOf({ picture, row }) {
    return grid.rows ? row * grid.columns + picture : picture;
  }

  async function answer({ latents: values, row }) {
    const inputs = { ...extras.values(), [latents.name]: values };
    if (classInput) inputs[classInput.name] = [row];
    const answers = await session.run(inputs);
    return besideEachOther(outputs.map((output) => answers[output.name]));
  }

  const onError = (error) => signal.aborted || say(sentence(error));
  const drawLarge = latest(
    async () => {
      const picture = await answer(current(grid, state));
      if (!walk.playing) put(large, picture);
      took(session.milliseconds);
    },
    onError,
    [large],
  );
  // Between two pictures of the grid the large one has its turn. A round goes on to its end with the
  // state of each moment: were it broken off, a slider that moves would leave the last ones behind.
  const drawGrid = latest(async () => {
    for (let i = 0; i < grid.count && !signal.aborted; i++) {
      put(pictures.canvases[i], await answer(inputsAt(grid, state, place(i))));
    }
  }, onError);

  const walk = walkControls({
    canvas: large,
    stations: () => stations(grid, state).length,
    at: (station, t) => {
      const all = stations(grid, state);
      return answer(between(grid, state, all[station], all[station + 1], t));
    },
    stopped: () => drawLarge(),
    signal,
    name: () => `${session.name} ${state.seed}`,
    say,
  });

  const blend = slider({
    min: 0,
    max: 1,
    step: 0.01,
    value: state.t,
    label: "From the first to the second",
    listener: (t) => {
      state.t = t;
      changed({ all: false });
    },
  });
  const unmix = button("Stop mixing", () => pick(state.from));
  const mixing = el("div", { class: "mixing" }, blend.element, unmix);
  const mixNext = button(
    "Mix with…",
    () => {
      mixNext.setAttribute("aria-pressed", "true");
      say("Choose the second picture in the grid.");
    },
    { "aria-pressed": "false" },
  );

  function pick(chosen) {
    if (mixNext.getAttribute("aria-pressed") === "true" && tileOf(chosen) !== tileOf(state.from)) {
      mixed(state.from, chosen);
      return;
    }
    Object.assign(state, { from: chosen, to: null });
    walk.reset();
    changed({ all: false });
  }

  function mixed(from, to) {
    Object.assign(state, { from, to, t: 0.5 });
    blend.set(0.5);
    walk.reset();
    say("Mixing the two pictures.");
    changed({ all: false });
  }

  const turning = turningControls({ grid, state, changed });

  function changed({ all = true } = {}) {
    mixNext.setAttribute("aria-pressed", "false");
    mixing.hidden = !state.to;
    pictures.mark(tileOf(state.from), state.to && tileOf(state.to));
    const kind = grid.hot ? "category" : "class";
    const named = grid.rows ? `${kind} ${grid.rowNames[state.from.row]}, ` : "";
    caption.textContent = state.to
      ? `between picture ${state.from.picture + 1} and picture ${state.to.picture + 1} of seed ${state.seed}`
      : `${named}picture ${state.from.picture + 1} of seed ${state.seed}`;
    large.setAttribute("aria-label", `${session.name}: ${caption.textContent}`);
    turning.update();
    remember(written(state));
    drawLarge();
    if (all) drawGrid();
  }

  const seed = seedField(state.seed, (next) => {
    state.seed = next;
    walk.reset();
    changed();
  });
  const save = button("Save PNG", () => savePicture(large, `${session.name} ${state.seed}.png`));
  changed();
  return el(
    "div",
    { class: "tool turn" },
    el(
      "div",
      { class: "stage" },
      el("figure", {}, large, caption),
      mixing,
      el("div", { class: "buttons" }, walk.element, mixNext, save),
      turning.element,
    ),
    el(
      "section",
      { class: "grid", "aria-label": "Pictures of this seed" },
      el("div", { class: "toolbar" }, seed, extras.element),
      pictures.element,
      el(
        "p",
        { class: "hint" },
        "Press a picture to see it large; drag one onto another to mix them" +
          (grid.rows
            ? `. Each column shares its noise, each row its ${grid.hot ? "category" : "class"}.`
            : "."),
      ),
    ),
  );
}

/** Sliders and categories for a prior: {element, update}. */
function turningControls({ grid, state, changed }) {
  const updates = [];
  const code = (place, label, block) => {
    const reach =
      block.kind === "uniform"
        ? [block.low - (block.high - block.low) / 2, block.high + (block.high - block.low) / 2]
        : [-3, 3];
    const control = slider({
      min: reach[0],
      max: reach[1],
      step: 0.05,
      value: 0,
      label,
      listener: (value) => {
        state.codes.set(place, value);
        changed();
      },
    });
    updates.push(() => control.set(state.codes.get(place) ?? current(grid, state).latents[place]));
    return control.element;
  };
  const steps = (number, label) => {
    const control = slider({
      min: -3,
      max: 3,
      step: 0.05,
      value: 0,
      label,
      listener: (value) => {
        if (value) state.steps.set(number, value);
        else state.steps.delete(number);
        changed();
      },
    });
    updates.push(() => control.set(state.steps.get(number) ?? 0));
    return control.element;
  };
  const large = largeBlocks(grid.prior);
  let codes = 0;
  const groups = blocks(grid.prior).map((block) => {
    if (block.start === grid.hot?.start) return null;
    if (block.kind === "one_hot") {
      const control = categoryControl(block, (value) => {
        for (const place of state.codes.keys()) {
          if (place >= block.start && place < block.start + block.size) state.codes.delete(place);
        }
        state.codes.set(block.start + value, 1);
        changed();
      });
      updates.push(() => control.set(categoryNow(grid, state, block)));
      return el("fieldset", {}, legend("Category", block), control.element);
    }
    if (block.few) {
      const sliders = Array.from({ length: block.size }, (_, i) =>
        code(block.start + i, `Code ${++codes}`, block),
      );
      return el("fieldset", {}, legend("Codes", block), sliders);
    }
    const number = 2 * large.findIndex(({ start }) => start === block.start);
    const single = Array.from({ length: CODES }, (_, i) =>
      code(block.start + i, `Number ${block.start + i + 1}`, block),
    );
    return el(
      "fieldset",
      {},
      legend("Noise", block),
      steps(number, "One direction"),
      steps(number + 1, "Another direction"),
      el("details", {}, el("summary", {}, `The first ${CODES} numbers`), single),
    );
  });
  // Few numbers are what a person came to turn: before the noise.
  groups.sort(
    (a, b) => (a?.querySelector("details") ? 1 : 0) - (b?.querySelector("details") ? 1 : 0),
  );
  const reset = button("Reset the sliders", () => {
    state.codes.clear();
    state.steps.clear();
    changed();
  });
  return {
    element: el("div", { class: "turning" }, groups, reset),
    update() {
      for (const one of updates) one();
    },
  };
}

/** Buttons for few categories, a list for many: {element, set}. */
function categoryControl(block, listener) {
  const options = Array.from({ length: block.size }, (_, i) => [i, String(i)]);
  if (block.few) return choices(describe(block), options, 0, listener);
  const element = select(options, 0, (value) => listener(Number(value)), {
    "aria-label": describe(block),
  });
  return { element, set: (value) => (element.value = value) };
}

function legend(name, block) {
  return el("legend", {}, name, el("small", {}, describe(block)));
}
