// Shows what a network gives: pictures, numbers, words. Each kind is one entry of KINDS.

import { el } from "./dom.js";
import { makeCanvas, show } from "./pixels.js";

const BARS = 64;
const SVG = "http://www.w3.org/2000/svg";

/** For each output of an interface that a reader sees: {element, canvas, update({data, shape})}. */
export function renderers(outputs, name) {
  return outputs
    .filter((output) => output.kind in KINDS)
    .map((output) => ({ output, ...KINDS[output.kind](output, name) }));
}

const KINDS = { image: picture, vector: numbers, points: numbers, tokens: words };

function picture(output, name) {
  const [height, width] = output.shape;
  const canvas = makeCanvas(height ?? 1, width ?? 1, {
    class: "picture",
    role: "img",
    "aria-label": `The answer of ${name}`,
    "data-testid": "picture",
  });
  const element = el(
    "figure",
    { class: "answer" },
    canvas,
    el("figcaption", {}, "The network's answer"),
  );
  return { element, canvas, update: (answer) => show(canvas, answer) };
}

function numbers(output) {
  const bars = el("div", { class: "bars", "data-testid": output.name });
  const element = el("figure", {}, el("figcaption", {}, output.name.replaceAll("_", " ")), bars);
  return {
    element,
    canvas: null,
    update({ data }) {
      bars.replaceChildren(...barsOf([...data].map((value, i) => [String(i + 1), value])));
    },
  };
}

/** Rows of a label, a bar from the middle, and the number, for `.bars`. */
export function barsOf(rows) {
  const reach = Math.max(1e-9, ...rows.map(([, value]) => Math.abs(value)));
  const shown = rows.slice(0, BARS).flatMap(([label, value]) => {
    const bar = document.createElementNS(SVG, "svg");
    const rect = document.createElementNS(SVG, "rect");
    bar.setAttribute("viewBox", "0 0 200 10");
    bar.setAttribute("preserveAspectRatio", "none");
    bar.setAttribute("aria-hidden", "true");
    const length = (100 * Math.abs(value)) / reach;
    rect.setAttribute("x", value < 0 ? 100 - length : 100);
    rect.setAttribute("width", length);
    rect.setAttribute("height", 10);
    bar.append(rect);
    return [el("span", { class: "name" }, label), bar, el("span", {}, value.toFixed(3))];
  });
  if (rows.length > BARS)
    shown.push(el("span", { class: "name" }, `and ${rows.length - BARS} more`));
  return shown;
}

function words(output) {
  const text = el("p", { class: "sentence", "data-testid": output.name });
  return {
    element: text,
    canvas: null,
    update: ({ data }) => (text.textContent = written(data, output)),
  };
}

/** Tokens as text, up to the end. */
export function written(tokens, { words: names, separator, end }) {
  const all = [...tokens];
  const stop = end === null ? -1 : all.indexOf(end);
  return (stop < 0 ? all : all.slice(0, stop))
    .map((token) => names?.[token] ?? String(token))
    .filter(Boolean)
    .join(separator ?? " ");
}
