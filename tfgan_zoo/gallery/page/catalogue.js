// The exports that the server offers, and what each can do here, read from its interface alone.

import { unknownBlock } from "./priors.js";
import { Problem } from "./problem.js";

/** {models, laboratory, version}, as models.json has them. */
export async function catalogue() {
  let response;
  try {
    response = await fetch("models.json");
  } catch {
    throw new Problem("The list of models did not arrive: is the server still running?");
  }
  if (!response.ok) {
    throw new Problem(`The server answered ${response.status} for the list of models.`);
  }
  try {
    return await response.json();
  } catch {
    throw new Problem("The list of models is broken: models.json is not JSON.");
  }
}

/** The interface of the file that runs here: of SeqGAN's loop, one step. */
export function served(model) {
  return model.card.interface.lite ?? model.card.interface;
}

export function inputOf(model, ...kinds) {
  return served(model).inputs.find((item) => kinds.includes(item.kind)) ?? null;
}

export function outputOf(model, ...kinds) {
  return served(model).outputs.find((item) => kinds.includes(item.kind)) ?? null;
}

/** The kinds of TFLite file that the card names and the folder holds, the default first. */
export function kinds(model) {
  if (model.problem) return [];
  const found = Object.entries(model.card.tflite ?? {})
    .filter(([, entry]) => entry.file && entry.file in model.files)
    .map(([kind]) => kind);
  const order = ["float16", "float32", "int8"];
  return found.sort((a, b) => order.indexOf(a) - order.indexOf(b));
}

const SHOWN = ["image", "vector", "points", "tokens"];
const EXTRAS = ["latents", "class", "number", "state", "seed", "count"];

/** What a person does with a model: {tool, problem}; the problem is a sentence, or null. */
export function toolOf(model) {
  if (model.problem) return { tool: null, problem: model.problem };
  if (!kinds(model).length) {
    return {
      tool: null,
      problem: "This export has no TFLite file: export it with --tflite=float16.",
    };
  }
  const { inputs, outputs } = served(model);
  for (const item of inputs) {
    if (item.prior && unknownBlock(item.prior))
      return { tool: null, problem: unknownBlock(item.prior) };
  }
  const canvas = inputs.filter((item) => ["label_map", "image"].includes(item.kind));
  const masks = inputs.filter((item) => item.kind === "mask");
  const drawn = inputs.every(
    (item) => EXTRAS.includes(item.kind) || item === canvas[0] || item === masks[0],
  );
  const rubbed = masks.length === 1 && canvas[0]?.kind === "image" && fits(masks[0], canvas[0]);
  const latents = inputs.filter((item) => item.kind === "latents");
  const turned = latents.length === 1 && inputs.every((item) => EXTRAS.includes(item.kind));
  if (model.card.interface.lite) {
    const states = inputs.filter((item) => item.kind === "state");
    const goesOn = states.every(({ name }) => outputs.some((item) => item.name === `next_${name}`));
    const steps = inputs.filter((item) => item.kind === "tokens").length === 1;
    if (steps && goesOn && outputs.some((item) => item.kind === "vector")) return found("write");
  } else if (inputs.filter((item) => item.kind === "tokens").length === 1) {
    return found("words");
  } else if (
    canvas.length === 1 &&
    drawn &&
    (!masks.length || rubbed) &&
    outputs.some((item) => SHOWN.includes(item.kind))
  ) {
    const changed = canvas[0].kind === "image" && inputs.some((item) => item.kind === "class");
    return found(rubbed ? "rub" : changed ? "change" : "draw");
  } else if (turned && outputs.some((item) => item.kind === "points" && item.shape[0] === 2)) {
    return found("plane");
  } else if (turned && outputs.some((item) => item.kind === "image")) {
    return found("turn");
  } else if (
    inputs.every((item) => EXTRAS.includes(item.kind)) &&
    outputs.some((item) => SHOWN.includes(item.kind))
  ) {
    return found("try");
  }
  const kindsOf = (items) => items.map((item) => item.kind.replaceAll("_", " ")).join(", ");
  return {
    tool: null,
    problem: `This page has no tool for a model that takes ${kindsOf(inputs)} and gives ${kindsOf(outputs)}.`,
  };
}

/** Whether a mask has a number for each pixel of a picture. */
function fits(mask, { shape }) {
  return String(mask.shape) === String([shape[0], shape[1], 1]);
}

function found(tool) {
  return { tool, problem: null };
}

export const TOOL_NAMES = {
  draw: "Draw",
  rub: "Rub out",
  change: "Change",
  turn: "Turn",
  plane: "Map",
  write: "Write",
  words: "Words",
  try: "Try",
};

/** The name as its paper spells it, where the paper's title or the summary has it. */
export function nameOf(model) {
  // What is wrong with a card may be its name.
  if (model.problem) return model.id;
  const {
    paper,
    summary,
    interface: { part },
  } = model.card;
  const whole = model.card.name;
  const name = part && whole.endsWith(`_${part}`) ? whole.slice(0, -part.length - 1) : whole;
  const plain = (text) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const said = `${paper?.title ?? ""} ${summary ?? ""}`.split(/[\s:,.;()]+/);
  const spelt = said.find((word) => plain(word) === plain(name)) ?? spell(name);
  return part ? `${spelt}, ${part.replaceAll("_", " ")}` : spelt;
}

function spell(name) {
  if (/\d/.test(name)) return name;
  const words = name.split("_").map((word) => {
    const [, front, gan] = /^(.*?)(gan)?$/.exec(word);
    const whole = front.length <= 3 ? front.toUpperCase() : front[0].toUpperCase() + front.slice(1);
    return whole + (gan ?? "").toUpperCase();
  });
  const short = words.every((word) => word === word.toUpperCase());
  return words.join(short ? "-" : " ");
}

/** Whether every word of a search stands somewhere in what a card says. */
export function finds(model, query) {
  const text = [model.id, nameOf(model), roomOf(model), ...saidBy(model)].join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => text.includes(word));
}

function saidBy(model) {
  if (model.problem) return [model.problem];
  const { title, summary, paper, data, scores, training } = model.card;
  return [
    title,
    summary,
    paper.title,
    paper.authors,
    paper.arxiv,
    data.name,
    data.description,
    scores.protocol,
    training.command,
    TOOL_NAMES[toolOf(model).tool] ?? "",
  ];
}

/** The headings under which models stand, in the order of the entrance. */
export const ROOMS = [
  "From drawings and pictures",
  "From noise",
  "Points of the plane",
  "Words",
  "Not shown",
];

/** The heading of a model, by what it takes and gives. */
export function roomOf(model) {
  if (model.problem) return "Not shown";
  const { inputs, outputs } = model.card.interface;
  const takes = (...kinds) => inputs.some((item) => kinds.includes(item.kind));
  const gives = (kind) => outputs.some((item) => item.kind === kind);
  if (takes("label_map", "image")) return "From drawings and pictures";
  if (takes("tokens") || gives("tokens")) return "Words";
  return gives("points") ? "Points of the plane" : "From noise";
}
