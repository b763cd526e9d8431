// Read: everything that a card says, in the order in which a reader asks for it.

import { nameOf } from "./catalogue.js";
import { button, el } from "./dom.js";
import { describe } from "./priors.js";

export function readPanel({ model, say }) {
  const { card } = model;
  return el(
    "div",
    { class: "read" },
    el("p", { class: "lead" }, card.summary),
    paper(card.paper),
    training(model, say),
    scores(card.scores, card.compared ?? []),
    takes(model),
    parity(model),
    section(
      "Data and licence",
      el("p", {}, card.data.description),
      facts([
        ["Data", card.data.name],
        ["Licence", card.data.licence],
      ]),
    ),
  );
}

function section(heading, ...content) {
  return el("section", {}, el("h2", {}, heading), content);
}

function facts(rows) {
  return el(
    "dl",
    {},
    rows
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
  );
}

/** A link, if the address is one of the web; else its text. */
function web(href, text) {
  return /^https?:\/\//.test(href)
    ? el("a", { href, rel: "noreferrer", target: "_blank" }, text)
    : text;
}

function paper({ title, authors, arxiv, code }) {
  return section(
    "Paper",
    el("p", { class: "paper" }, el("cite", {}, title), el("br"), authors),
    facts([
      ["arXiv", arxiv && web(`https://arxiv.org/abs/${encodeURIComponent(arxiv)}`, arxiv)],
      ["Authors' code", code && web(code, code)],
    ]),
  );
}

function training(model, say) {
  const { training: run } = model.card;
  const copied = button(
    "Copy",
    async () => {
      try {
        await navigator.clipboard.writeText(run.command);
        say("The command is in the clipboard.");
      } catch {
        // No clipboard on an address without encryption: the person copies by hand.
        getSelection().selectAllChildren(command);
        say("The command is selected: copy it with the keyboard.");
      }
    },
    { "aria-label": "Copy the command" },
  );
  // Each word in a box of its own: a browser would break lines at the flags' hyphens too.
  const command = el(
    "code",
    {},
    run.command.split(" ").flatMap((word) => [el("span", { class: "flag" }, word), " "]),
  );
  return section(
    "How it was trained",
    "training.gif" in model.files ? animation(model) : null,
    el("p", {}, "This command trains it again:"),
    el("div", { class: "command" }, command, copied),
    facts([
      ["Steps", number(run.steps)],
      ["Time", duration(run.seconds)],
      ["Machine", run.machine],
      ["Commit", (run.commits ?? [run.commit]).join(", ")],
      ["Weights", run.chosen],
      [
        "Versions",
        Object.entries(run.versions ?? {})
          .map(([name, version]) => `${name} ${version}`)
          .join(", "),
      ],
    ]),
    el(
      "details",
      {},
      el("summary", {}, "All its settings"),
      table(
        ["Setting", "Value"],
        Object.entries(run.flags ?? {}).map(([name, value]) => [name, plain(value)]),
      ),
    ),
  );
}

/** The animation plays only when asked: movement disturbs readers. */
function animation(model) {
  const place = el("div", { class: "animation" });
  const play = button("Play its training", () => {
    const image = el("img", {
      src: `${model.url}training.gif`,
      alt: `Pictures of ${nameOf(model)} during its training, from noise to the end`,
    });
    image.addEventListener("error", () =>
      place.replaceChildren(el("p", {}, "The animation did not arrive.")),
    );
    place.replaceChildren(
      image,
      button("Stop", () => place.replaceChildren(play)),
    );
  });
  place.append(play);
  return place;
}

function scores({ protocol, model, baselines }, compared) {
  const columns = ["model", ...Object.keys(baselines)];
  const rows = [
    ...new Set([model, ...Object.values(baselines)].flatMap((one) => Object.keys(one))),
  ];
  return section(
    "Scores",
    compared.map((one) => el("p", {}, el("strong", {}, comparedText(one)), ` ${sharedProtocol(one)}`)),
    el("p", {}, protocol),
    table(
      ["", "This model", ...columns.slice(1)],
      rows.map((name) => [
        name.replaceAll("_", " "),
        ...[model, ...Object.values(baselines)].map((one) =>
          name in one ? number(one[name]) : "·",
        ),
      ]),
    ),
  );
}

/** A score that all exports of one data set share, as "Frechet distance 4.5 (lower is better)". */
export function comparedText({ label, value, better }) {
  return `${label} ${number(value)} (${better} is better)`;
}

function sharedProtocol({ protocol: { generated, real, extractor }, remark }) {
  const taken =
    `of ${generated.count.toLocaleString("en")} pictures against ` +
    `${real.count.toLocaleString("en")} of ${real.what}, by ${extractor.name}; taken alike of all ` +
    "exports that the zoo ships for these data.";
  return remark ? `${taken} ${remark}` : taken;
}

function takes(model) {
  const { inputs, outputs } = model.card.interface;
  const size = (shape) =>
    shape.length ? ` of ${shape.map((side) => side ?? "any").join(" × ")}` : "";
  const named = (item) => {
    const prior = item.prior ? `: ${item.prior.map(describe).join(", then ")}` : "";
    return el(
      "li",
      {},
      el("code", {}, item.name),
      ` ${item.kind.replaceAll("_", " ")}${size(item.shape)}${prior}`,
    );
  };
  const lite = model.card.interface.lite;
  return section(
    "What it takes and gives",
    el("h3", {}, "Takes"),
    el("ul", {}, inputs.map(named)),
    el("h3", {}, "Gives"),
    el("ul", {}, outputs.map(named)),
    lite ? el("p", {}, lite.note) : null,
  );
}

function parity(model) {
  const { card, files } = model;
  const rows = [
    [`SavedModel (${card.saved_model.weights})`, "", card.saved_model],
    ...Object.entries(card.tflite).map(([kind, entry]) => [
      `TFLite (${kind})`,
      entry.file in files ? bytes(files[entry.file]) : "not shipped",
      entry,
    ]),
  ];
  return section(
    "How exact and how fast the files are",
    el("p", {}, "Largest and mean difference to the trained model, in the outputs' own units."),
    table(
      ["File", "Size", "Largest", "Mean", "PSNR"],
      rows.map(([name, size, one]) => [
        name,
        size,
        number(one.max_abs),
        number(one.mean_abs),
        one.psnr === null || one.psnr === undefined ? "·" : `${one.psnr.toFixed(1)} dB`,
      ]),
    ),
    card.latency ? latency(card.latency) : null,
  );
}

/** What runtimes took beside the SavedModel; an older card knows the TFLite file alone. */
function latency({ kind, batch_size: batch, ratio, runs, threads, ratios }) {
  const taken = ratios ?? { [`TFLite ${kind}`]: ratio };
  const on = threads === undefined ? "" : ` on ${threads} thread${threads === 1 ? "" : "s"}`;
  return [
    el(
      "p",
      {},
      "Time of one call over one of the SavedModel's, on the machine that exported it: batch " +
        `${batch}${on}, ${runs} runs of each in turns.`,
    ),
    table(
      ["Runtime", "Time"],
      Object.entries(taken).map(([name, value]) => [name, number(value)]),
    ),
  ];
}

function table(head, rows) {
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          head.map((text) => el("th", { scope: "col" }, text)),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map(([first, ...rest]) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, first),
            rest.map((text) => el("td", {}, text)),
          ),
        ),
      ),
    ),
  );
}

/** A value of a card as text, whatever it is. */
function plain(value) {
  if (value === null) return "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function number(value) {
  if (Number.isInteger(value)) return value.toLocaleString("en");
  return Math.abs(value) < 0.001
    ? value.toExponential(1)
    : Number(value.toPrecision(4)).toLocaleString("en", { maximumFractionDigits: 6 });
}

export function bytes(count) {
  return count < 1e6
    ? `${Math.max(1, Math.round(count / 1e3))} kB`
    : `${(count / 1e6).toFixed(1)} MB`;
}

function duration(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} seconds`;
  return seconds < 7200
    ? `${Math.round(seconds / 60)} minutes`
    : `${(seconds / 3600).toFixed(1)} hours`;
}
