// The generator's map of the plane: where it sends its latents.

import { inputOf, outputOf, served } from "./catalogue.js";
import { button, el, savePicture } from "./dom.js";
import { extraControls, seedField } from "./extras.js";
import { makeCanvas } from "./pixels.js";
import { sample, size } from "./priors.js";
import { sentence } from "./problem.js";
import { latest } from "./queue.js";
import { readSeed } from "./random.js";
import { remember } from "./router.js";

const SIDE = 680; // of the canvas
const POINTS = 600;
const LINES = 17; // of the grid of latents, each way
const REACH = 2; // a normal latent is seldom further out

/** Latents in rows and columns across a prior of two numbers, or along two of more. */
export function latentGrid(prior, lines = LINES) {
  const all = Array.from({ length: lines }, (_, i) => i / (lines - 1));
  const middle = sample(prior, 1, 0);
  const spread = (block, t) =>
    block.kind === "uniform" ? block.low + t * (block.high - block.low) : REACH * (2 * t - 1);
  const flat = prior.flatMap((block) => Array(block.size).fill(block));
  const free = flat
    .map((block, i) => (block.kind === "one_hot" ? -1 : i))
    .filter((i) => i >= 0)
    .slice(0, 2);
  return all.map((row) =>
    all.map((column) => {
      const latents = middle.slice();
      free.forEach((place, way) => (latents[place] = spread(flat[place], way ? row : column)));
      return latents;
    }),
  );
}

/** @returns {HTMLElement} the tool, for a model whose points have two numbers */
export function planeTool({ model, session, params, say, took, signal }) {
  const latents = inputOf(model, "latents");
  const output = outputOf(model, "points");
  const prior = latents.prior;
  const others = served(model).inputs.filter((item) => item !== latents);
  const extras = extraControls(model, others, params, (change) => {
    remember(change);
    draw();
  });
  const state = { seed: readSeed(params.get("seed")) ?? 1 };
  const canvas = makeCanvas(SIDE, SIDE, { role: "img", "data-testid": "plane" });
  const caption = el("figcaption");

  async function point(values) {
    const answer = await session.run({ ...extras.values(), [latents.name]: values });
    return [...answer[output.name].data];
  }

  const draw = latest(
    async () => {
      const points = [];
      for (let i = 0; i < POINTS && !signal.aborted; i++)
        points.push(await point(sample(prior, state.seed, i)));
      const rows = [];
      for (const row of size(prior) >= 2 ? latentGrid(prior) : []) {
        const line = [];
        for (const values of row) line.push(await point(values));
        rows.push(line);
      }
      if (signal.aborted) return;
      const reach = picture(canvas, points, rows);
      caption.textContent =
        `${POINTS} points of seed ${state.seed}, from -${reach} to ${reach} each way` +
        (rows.length ? "; the lines are a grid of latents, bent by the generator." : ".");
      canvas.setAttribute("aria-label", `${session.name}: ${caption.textContent}`);
      took(session.milliseconds);
    },
    (error) => signal.aborted || say(sentence(error)),
  );

  draw();
  return el(
    "div",
    { class: "tool plane" },
    el("figure", {}, canvas, caption),
    el(
      "div",
      { class: "stage" },
      seedField(state.seed, (seed) => {
        state.seed = seed;
        remember(state);
        draw();
      }),
      extras.element,
      button("Save PNG", () => savePicture(canvas, `${session.name} ${state.seed}.png`)),
    ),
  );
}

/** Draws points and bent lines; returns how far the axes reach. */
function picture(canvas, points, rows) {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name);
  const far = Math.max(1e-6, ...points.flat().map(Math.abs));
  const step = 10 ** Math.floor(Math.log10(far)) / 2;
  const reach = Number((Math.ceil(far / step) * step).toPrecision(3));
  const place = ([x, y]) => [(0.5 + (0.46 * x) / reach) * SIDE, (0.5 - (0.46 * y) / reach) * SIDE];
  const context = canvas.getContext("2d");
  context.fillStyle = colour("--card");
  context.fillRect(0, 0, SIDE, SIDE);
  const stroke = (line, paint, width) => {
    context.strokeStyle = paint;
    context.lineWidth = width;
    context.beginPath();
    line.forEach((at, i) => context[i ? "lineTo" : "moveTo"](...place(at)));
    context.stroke();
  };
  stroke(
    [
      [-reach, 0],
      [reach, 0],
    ],
    colour("--line"),
    1,
  );
  stroke(
    [
      [0, -reach],
      [0, reach],
    ],
    colour("--line"),
    1,
  );
  context.globalAlpha = 0.55;
  for (const row of rows) stroke(row, colour("--accent"), 1.2);
  rows[0]?.forEach((_, column) =>
    stroke(
      rows.map((row) => row[column]),
      colour("--glow"),
      1.2,
    ),
  );
  context.fillStyle = colour("--ink");
  for (const at of points) {
    context.beginPath();
    context.arc(...place(at), 2.4, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
  return reach;
}
