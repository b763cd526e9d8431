// Compare: one latent, one drawing or one picture through several models, beside the real pictures.

import { inputOf, nameOf, outputOf, served, toolOf } from "./catalogue.js";
import { button, choices, el, field, select } from "./dom.js";
import { colours, drawing } from "./draw.js";
import { classNames, extraControls, seedField } from "./extras.js";
import { pad } from "./pad.js";
import { besideEachOther, makeCanvas, put, show } from "./pixels.js";
import { sample } from "./priors.js";
import { sentence } from "./problem.js";
import { latest } from "./queue.js";
import { readSeed } from "./random.js";
import { comparedText, number } from "./read.js";
import { decodePart, link, remember } from "./router.js";
import { load } from "./runtime.js";
import { examples } from "./sheets.js";
import { surfaceLike } from "./surfaces.js";

const PICTURES = 8;
const CHOSEN = 8; // models, before a person chooses

const GROUPS = {
  latent: { label: "One latent", fits: (model) => toolOf(model).tool === "turn" },
  drawing: { label: "One drawing", fits: (model) => drawnOn(model, "label_map") },
  picture: { label: "One picture", fits: (model) => drawnOn(model, "image") },
};

function drawnOn(model, kind) {
  return (
    ["draw", "change"].includes(toolOf(model).tool) &&
    inputOf(model, kind) !== null &&
    outputOf(model, "image") !== null
  );
}

export function compareView({ models, laboratory, params, say, signal }) {
  const groups = Object.entries(GROUPS)
    .map(([key, { label, fits }]) => ({ key, label, models: models.filter(fits) }))
    .filter((group) => group.models.length);
  const place = el("div", { class: "compare" });
  let running = null;
  signal.addEventListener("abort", () => running?.abort());

  function open(key) {
    const group = groups.find((one) => one.key === key);
    const chosen = chosenOf(group, params);
    const result = el("div", { class: "compare" });
    function render() {
      running?.abort();
      running = new AbortController();
      result.replaceChildren();
      const shown = group.models.filter((model) => chosen.has(model.id));
      const compare = key === "latent" ? compareLatents : compareDrawings;
      if (shown.length)
        compare({ models: shown, params, say, signal: running.signal, place: result });
      else result.append(el("p", { class: "hint" }, "Choose at least one model."));
    }
    const models = chips(group, chosen, () => {
      params.set("with", [...chosen].map(encodeURIComponent).join(" "));
      remember({ with: params.get("with") });
      render();
    });
    place.replaceChildren(models, result);
    render();
  }

  const asked = groups.find((group) => group.key === params.get("what")) ?? groups[0];
  const bar = choices(
    "What to compare",
    groups.map(({ key, label }) => [key, label]),
    asked?.key,
    (key) => {
      params.delete("with");
      remember({ what: key, with: null });
      open(key);
    },
  );
  if (asked) open(asked.key);
  return {
    title: "Compare",
    element: el(
      "article",
      { class: "compare" },
      el(
        "header",
        {},
        el("h1", {}, "Compare"),
        el(
          "p",
          { class: "lead" },
          "The same latent, drawing or picture through several models, beside real pictures.",
        ),
      ),
      laboratory
        ? el(
            "p",
            {},
            el("a", { href: laboratory }, "The laboratory of mode collapse"),
            " sets the remedies side by side in numbers.",
          )
        : null,
      groups.length
        ? bar.element
        : el("p", { class: "problem" }, "There is nothing to compare here yet."),
      place,
    ),
  };
}

/** The ids that the address names, else those of the most common data. */
function chosenOf(group, params) {
  const known = new Set(group.models.map((model) => model.id));
  // A link may have been cut in the middle of a sign.
  const asked = (params.get("with") ?? "")
    .split(" ")
    .map(decodePart)
    .filter((id) => known.has(id));
  if (asked.length || params.get("with") === "") return new Set(asked);
  const counts = new Map();
  for (const { card } of group.models)
    counts.set(card.data.name, (counts.get(card.data.name) ?? 0) + 1);
  const [common] = [...counts].sort((a, b) => b[1] - a[1])[0];
  const fitting =
    group.key === "latent"
      ? group.models.filter(({ card }) => card.data.name === common)
      : group.models;
  return new Set(fitting.slice(0, CHOSEN).map((model) => model.id));
}

function chips(group, chosen, changed) {
  const count = el("summary");
  const say = () => (count.textContent = `Models: ${chosen.size} of ${group.models.length}`);
  say();
  const boxes = group.models.map((model) => {
    const box = el("input", { type: "checkbox" });
    box.checked = chosen.has(model.id);
    box.addEventListener("change", () => {
      if (box.checked) chosen.add(model.id);
      else chosen.delete(model.id);
      say();
      changed();
    });
    return el("label", {}, box, nameOf(model));
  });
  const list = el(
    "div",
    { class: "chosen", role: "group", "aria-label": "Models to compare" },
    boxes,
  );
  // On a phone the list would push the pictures off the screen.
  const open = !matchMedia("(max-width: 40rem)").matches;
  return el("details", { open }, count, list);
}

function heading(model) {
  return el("h3", {}, el("a", { href: link("model", model.id) }, nameOf(model)));
}

function compareLatents({ models, params, say, signal, place }) {
  const state = { seed: readSeed(params.get("seed")) ?? 1, class: readSeed(params.get("class")) };
  const classed = models.find((model) => inputOf(model, "class"));
  const lanes = models.map((model) => lane(model, state, say, signal));
  const redraw = () => {
    params.set("seed", state.seed);
    remember({ seed: state.seed, class: state.class });
    for (const one of lanes) one.draw();
  };
  const controls = el(
    "div",
    { class: "toolbar" },
    seedField(state.seed, (seed) => {
      state.seed = seed;
      redraw();
    }),
  );
  if (classed) {
    const names = classNames(classed, inputOf(classed, "class"));
    const options = [["", "each in turn"], ...names.map((name, i) => [i, name])];
    controls.append(
      field(
        "Class, where a model takes one",
        select(options, state.class ?? "", (value) => {
          state.class = value === "" ? null : Number(value);
          redraw();
        }),
      ),
    );
  }
  const sets = [...new Set(models.map(({ card }) => card.data.name))];
  place.append(
    controls,
    ...sets.map((name) => {
      const own = models.filter(({ card }) => card.data.name === name);
      const shown = el("section", { class: "lanes" }, el("h2", {}, name));
      realLane(own, shown, say);
      shown.append(...own.map((model) => lanes[models.indexOf(model)].element));
      return shown;
    }),
  );
  for (const one of lanes) one.draw();
}

/** Adds the real pictures of the first model that has some, before the others' lanes. */
async function realLane(models, shown, say) {
  const model = models.find(({ card }) => card.examples?.rows.includes("real"));
  if (!model) return;
  const strip = el("div", {
    class: "strip",
    role: "img",
    "aria-label": "Real pictures of the data set",
    "data-testid": "real",
  });
  shown.append(
    el(
      "div",
      { class: "lane" },
      el("div", {}, el("h3", {}, "Real pictures"), el("p", {}, "of the data set")),
      strip,
    ),
  );
  try {
    const pictures = (await examples(model)).row("real").slice(0, PICTURES);
    for (const picture of pictures) {
      const canvas = makeCanvas(picture.height, picture.width, { class: "picture" });
      canvas.getContext("2d").putImageData(picture, 0, 0);
      strip.append(canvas);
    }
  } catch (error) {
    say(sentence(error));
  }
}

/** One model's pictures of the seed: {element, draw}. */
function lane(model, state, say, signal) {
  const { inputs } = served(model);
  const latents = inputOf(model, "latents");
  const classInput = inputOf(model, "class");
  const outputs = served(model).outputs.filter((item) => item.kind === "image");
  const [height, width] = outputs[0].shape.map((side) => side ?? 1);
  const extras = extraControls(
    model,
    inputs.filter((item) => item !== latents && item !== classInput),
    new URLSearchParams(),
    () => {},
  );
  const canvases = Array.from({ length: PICTURES }, () =>
    makeCanvas(height, width, { class: "picture" }),
  );
  const strip = el(
    "div",
    {
      class: "strip",
      role: "img",
      "aria-label": `Pictures of ${nameOf(model)}`,
      data: { lane: model.id },
    },
    canvases,
  );
  const words = el("p", { class: "took" }, "loading…");
  const draw = latest(
    async () => {
      const session = await load(model);
      const { seed } = state;
      let milliseconds = 0;
      for (let i = 0; i < PICTURES && !signal.aborted; i++) {
        const given = { ...extras.values(), [latents.name]: sample(latents.prior, seed, i) };
        if (classInput) given[classInput.name] = [(state.class ?? i) % classInput.classes];
        const answers = await session.run(given);
        put(canvases[i], besideEachOther(outputs.map((output) => answers[output.name])));
        milliseconds += session.milliseconds;
      }
      words.textContent = `${(milliseconds / PICTURES).toFixed(1)} ms each in this browser`;
    },
    (error) => {
      words.textContent = sentence(error);
      words.classList.add("problem");
    },
  );
  const element = el(
    "div",
    { class: "lane" },
    el("div", {}, heading(model), el("p", {}, scoreText(model)), words),
    strip,
  );
  return { element, draw };
}

/** What can be compared stands alone; without it the first scores of the card. */
function scoreText({ card }) {
  if (card.compared?.length) return card.compared.map(comparedText).join(", ");
  return Object.entries(card.scores.model)
    .slice(0, 2)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${number(value)}`)
    .join(", ");
}

async function compareDrawings({ models, say, signal, place }) {
  place.append(el("p", { class: "hint" }, "Loading the examples…"));
  // Drawn on the finest input, so that no model gets less than it can take.
  const side = (model) => inputOf(model, "label_map", "image").shape[0];
  const finest = models.reduce((best, model) => (side(model) > side(best) ? model : best));
  let first;
  try {
    first = await drawing(finest, say);
  } catch (error) {
    place.replaceChildren(el("p", { class: "problem", role: "alert" }, sentence(error)));
    return;
  }
  if (signal.aborted) return;
  const { surface, inputs, reals, history } = first;
  const answers = models.map((model) => answerOf(model, surface, signal));
  const ask = () => answers.forEach((one) => one.draw());
  const area = pad({
    surface,
    say,
    tool: () => "brush",
    diameter: () => Math.max(1, Math.round(surface.size[1] / 16)),
    changed: ask,
  });
  const real = makeCanvas(1, 1, {
    class: "picture",
    role: "img",
    "aria-label": "The real picture of the example",
  });
  const realFigure = el(
    "figure",
    { hidden: !reals },
    real,
    el("figcaption", {}, "The real picture of the example"),
  );
  function startFrom(picked) {
    surface.take(inputs[picked]);
    if (reals) {
      Object.assign(real, { width: reals[picked].width, height: reals[picked].height });
      real.getContext("2d").putImageData(reals[picked], 0, 0);
    }
    realFigure.hidden = !reals;
    remember({ example: picked });
    area.redraw();
    ask();
  }
  // What was drawn in the Draw tool is here again, without a real picture beside it.
  const asked = readSeed(new URLSearchParams(location.hash.split("?")[1]).get("example"));
  if (inputs.length && (asked !== null || !history)) startFrom((asked ?? 0) % inputs.length);
  else realFigure.hidden = true;
  area.redraw();
  ask();
  place.replaceChildren(
    el(
      "section",
      { class: "answers" },
      el("figure", {}, area.element, el("figcaption", {}, "Your drawing")),
      realFigure,
      answers.map((one) => one.element),
    ),
    colours(finest, surface),
    el(
      "div",
      { class: "buttons" },
      inputs.map((_, i) =>
        button(String(i + 1), () => startFrom(i), { "aria-label": `Example ${i + 1}` }),
      ),
      button("Clear", () => {
        surface.clear();
        area.redraw();
        ask();
      }),
    ),
  );
}

/** One model's answer to what stands on another's surface: {element, draw}. */
function answerOf(model, shared, signal) {
  const item = inputOf(model, "label_map", "image");
  const output = outputOf(model, "image");
  const own = surfaceLike(shared, item, model.card.data.palette);
  const others = served(model).inputs.filter((other) => other !== item);
  const extras = extraControls(model, others, new URLSearchParams(), () => {});
  const canvas = makeCanvas(output.shape[0] ?? 1, output.shape[1] ?? 1, {
    class: "picture",
    role: "img",
    "aria-label": `The answer of ${nameOf(model)}`,
    "data-lane": model.id,
  });
  const words = el("p", {}, "loading…");
  const draw = latest(
    async () => {
      const session = await load(model);
      own.take(shared.image());
      const answer = await session.run({ ...extras.values(), [item.name]: own.values() });
      if (signal.aborted) return;
      show(canvas, answer[output.name]);
      words.textContent = `${scoreText(model)} · ${session.milliseconds.toFixed(0)} ms in this browser`;
    },
    (error) => {
      words.textContent = sentence(error);
      words.classList.add("problem");
    },
  );
  return { element: el("figure", {}, canvas, el("figcaption", {}, heading(model), words)), draw };
}
