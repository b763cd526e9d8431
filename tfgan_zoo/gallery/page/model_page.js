// The page of one model: its name, its tool, and what its card says.

import { kinds, nameOf, TOOL_NAMES, toolOf } from "./catalogue.js";
import { button, el, field, select } from "./dom.js";
import { drawTool } from "./draw.js";
import { planeTool } from "./plane.js";
import { sentence } from "./problem.js";
import { bytes, readPanel } from "./read.js";
import { address, flush, remember } from "./router.js";
import { load } from "./runtime.js";
import { wordsTool, writeTool } from "./text.js";
import { tryTool } from "./try.js";
import { turnTool } from "./turn.js";

const TOOLS = {
  draw: drawTool,
  rub: drawTool,
  change: drawTool,
  turn: turnTool,
  plane: planeTool,
  write: writeTool,
  words: wordsTool,
  try: tryTool,
};

export function modelView({ model, models, params, say, signal }) {
  const name = nameOf(model);
  const { tool, problem } = toolOf(model);
  const panel = el("div", { class: "panel", id: "panel", role: "tabpanel" });
  const took = el("p", { class: "took", "aria-live": "off" });
  const tabs = [];
  if (tool) tabs.push(["tool", TOOL_NAMES[tool]]);
  if (!model.problem) tabs.push(["read", "Read"]);
  const buttons = new Map(
    tabs.map(([key, label]) => [
      key,
      button(label, () => show(key), { role: "tab", id: `tab-${key}`, "aria-controls": "panel" }),
    ]),
  );
  const bar = el(
    "div",
    { class: "tabs", role: "tablist", "aria-label": "What to do with it", on: { keydown } },
    [...buttons.values()],
  );
  let running = null;

  function keydown(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    const keys = [...buttons.keys()];
    const at = keys.findIndex((key) => buttons.get(key) === document.activeElement);
    const next = keys[(at + step + keys.length) % keys.length];
    show(next);
    buttons.get(next).focus();
  }

  function show(key) {
    for (const [own, one] of buttons) {
      one.setAttribute("aria-selected", String(own === key));
      one.tabIndex = own === key ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${key}`);
    running?.abort();
    running = new AbortController();
    took.textContent = "";
    remember({ tab: key === tabs[0][0] ? null : key });
    if (key === "read") panel.replaceChildren(readPanel({ model, say }));
    else openTool(running.signal);
  }

  signal.addEventListener("abort", () => running?.abort());

  async function openTool(own) {
    const meter = el("progress", { "aria-label": "Download" });
    const parts = new Map();
    const words = el("p", { class: "words" }, `Loading ${name}…`);
    const waiting = el("div", { class: "waiting" }, preview(model), words, meter);
    panel.replaceChildren(waiting);
    say(`Loading ${name}.`, { quiet: true });
    try {
      const kind = kinds(model).includes(params.get("kind")) ? params.get("kind") : kinds(model)[0];
      const session = await load(model, {
        kind,
        onProgress: (progress) => progressed(parts, progress, meter, words),
      });
      if (own.aborted) return;
      say(`${name} is ready.`, { quiet: true });
      const made = await TOOLS[tool]({
        model,
        models,
        session,
        say,
        signal: own,
        params: present(),
        took: (milliseconds) =>
          (took.textContent = `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms in this browser`),
      });
      if (own.aborted) return;
      panel.replaceChildren(made, files(model, session));
    } catch (error) {
      if (own.aborted) return;
      say("");
      panel.replaceChildren(
        el(
          "div",
          { class: "problem", role: "alert" },
          el("p", {}, sentence(error)),
          button("Try again", () => show("tool")),
        ),
      );
    }
  }

  if (tabs.length) show(params.get("tab") === "read" || !tool ? tabs.at(-1)[0] : "tool");
  return {
    title: name,
    element: el(
      "article",
      { class: "model" },
      el(
        "header",
        {},
        el("p", { class: "crumb" }, el("a", { href: "#/" }, "Generators"), " / ", model.room),
        el("h1", {}, name),
        model.problem ? null : el("p", { class: "lead" }, model.card.paper.title),
        problem ? el("p", { class: "problem", role: "alert" }, problem) : null,
      ),
      tabs.length ? el("div", { class: "bar" }, bar, took) : null,
      panel,
    ),
  };

  function files(of, session) {
    const all = kinds(of);
    if (all.length < 2) return el("p", { class: "file" }, fileText(of, session.kind));
    const chosen = select(
      all.map((kind) => [kind, fileText(of, kind)]),
      session.kind,
      (kind) => {
        remember({ kind: kind === all[0] ? null : kind });
        params.set("kind", kind);
        show("tool");
      },
    );
    return field("File", chosen, { class: "field file" });
  }
}

function fileText(model, kind) {
  const { file, check } = model.card.tflite[kind];
  const proof = check
    ? "its answers agree with TensorFlow Lite's"
    : "its card has no answers to check it by";
  return `${file}, ${kind}, ${bytes(model.files[file])}; ${proof}`;
}

/** Shows how far all downloads together are; `parts` has what each has told so far. */
function progressed(parts, progress, meter, words) {
  parts.set(progress.what, progress);
  const all = [...parts.values()];
  const loaded = all.reduce((sum, part) => sum + part.loaded, 0);
  const known = all.every((part) => part.total);
  const total = all.reduce((sum, part) => sum + part.total, 0);
  if (known) {
    meter.max = total;
    meter.value = loaded;
  } else {
    meter.removeAttribute("value");
  }
  words.textContent = `Loading ${[...parts.keys()].join(" and ")}: ${bytes(loaded)}${known ? ` of ${bytes(total)}` : ""}`;
}

/** Its own pictures, while the network is on its way. */
function preview(model) {
  if (!("samples.png" in model.files)) return null;
  return el("img", { src: `${model.url}samples.png`, alt: "", class: "preview" });
}

/** The address's state now: a tool that is opened again goes on where it was left. */
function present() {
  flush();
  return address().params;
}
