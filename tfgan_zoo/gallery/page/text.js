// Write: words from a network that gives one step of a loop. Words: what a network says of words.

import { served } from "./catalogue.js";
import { fileShape, length } from "./checks.js";
import { button, el, field, slider } from "./dom.js";
import { extraControls, seedField } from "./extras.js";
import { barsOf, renderers, written } from "./outputs.js";
import { Problem, sentence } from "./problem.js";
import { latest } from "./queue.js";
import { Random, readSeed } from "./random.js";
import { remember } from "./router.js";

const SENTENCES = 8;

/**
 * Tokens of one sentence, drawn step by step. The step's logits are its one vector; each state of
 * its outputs, "next_" and a name, is the next value of the input of that name.
 */
export async function drawTokens({
  session,
  output,
  start,
  temperature,
  random,
  onToken = () => {},
}) {
  const { inputs, outputs } = session.interface;
  const token = inputs.find((item) => item.kind === "tokens");
  const logits = outputs.find((item) => item.kind === "vector");
  const states = inputs.filter((item) => item.kind === "state");
  let values = Object.fromEntries(
    states.map((item) => [item.name, new Float32Array(length(fileShape(item)))]),
  );
  const tokens = [];
  let last = start;
  while (tokens.length < output.shape[0]) {
    const answer = await session.run({ ...values, [token.name]: [last] });
    last = drawn(answer[logits.name].data, temperature, random);
    if (last === output.end) break;
    tokens.push(last);
    onToken(tokens);
    values = Object.fromEntries(
      states.map((item) => [item.name, answer[`next_${item.name}`].data]),
    );
  }
  return tokens;
}

/** A number drawn from the softmax of logits that are divided by the temperature. */
export function drawn(logits, temperature, random) {
  const top = Math.max(...logits);
  const weights = Array.from(logits, (logit) => Math.exp((logit - top) / temperature));
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  const chosen = weights.findIndex((weight) => (left -= weight) < 0);
  return chosen < 0 ? weights.length - 1 : chosen;
}

/** The token before the first word: the card's note on the loop has it, for programs and for people. */
export function startToken({ note }) {
  const said = /start with the token (\d+)/i.exec(note);
  if (!said) throw new Problem("The card does not say with which token a sentence starts.");
  return Number(said[1]);
}

export function writeTool({ model, session, params, say, took, signal }) {
  const output = model.card.interface.outputs.find((item) => item.kind === "tokens");
  const start = startToken(model.card.interface.lite);
  const asked = Number(params.get("temperature") ?? 1);
  const state = {
    seed: readSeed(params.get("seed")) ?? 1,
    temperature: asked >= 0.2 && asked <= 2 ? asked : 1,
  };
  const lines = Array.from({ length: SENTENCES }, () => el("li"));
  const list = el("ol", { class: "sentences", "data-testid": "sentences" }, lines);

  const write = latest(
    async () => {
      const { seed, temperature } = state;
      let milliseconds = 0;
      for (let i = 0; i < SENTENCES && !signal.aborted; i++) {
        const show = (tokens) => {
          lines[i].textContent = written(tokens, output);
          milliseconds += session.milliseconds;
        };
        show(
          await drawTokens({
            session,
            output,
            start,
            temperature,
            random: new Random(seed, i),
            onToken: show,
          }),
        );
        // A slider that has moved on: these sentences are already out of date.
        if (seed !== state.seed || temperature !== state.temperature) return;
      }
      took(milliseconds);
    },
    (error) => signal.aborted || say(sentence(error)),
  );

  function changed(change) {
    Object.assign(state, change);
    remember(state);
    write();
  }
  const heat = slider({
    min: 0.2,
    max: 2,
    step: 0.05,
    value: state.temperature,
    label: "Temperature",
    note: "Low: the likeliest words. High: rarer ones, and more mistakes.",
    listener: (temperature) => changed({ temperature }),
  });
  write();
  return el(
    "div",
    { class: "tool write" },
    list,
    heat.element,
    seedField(state.seed, (seed) => changed({ seed })),
    el("p", { class: "hint" }, `The network knows ${output.words.filter(Boolean).length} words.`),
  );
}

/** Words in, numbers out: how likely each word is. */
export function wordsTool({ model, models, session, params, say, took, signal }) {
  const token = served(model).inputs.find((item) => item.kind === "tokens");
  const places = length(token.shape);
  const vocabulary = vocabularyOf(model, models);
  const others = served(model).inputs.filter((item) => item !== token);
  const extras = extraControls(model, others, params, (change) => {
    remember(change);
    ask();
  });
  const answers = renderers(served(model).outputs, session.name).filter(
    ({ output }) => output.kind !== "vector" || output.shape[0] !== places,
  );
  const perWord = served(model).outputs.filter(
    (output) => output.kind === "vector" && output.shape[0] === places,
  );
  const bars = el("div", { class: "bars", "data-testid": "bars" });
  const total = el("p");
  const example = vocabulary ? "a white dog is sleeping in the park" : "4 5 6";
  const area = el(
    "textarea",
    { rows: 2, spellcheck: "false", autocapitalize: "off" },
    params.get("text") ?? example,
  );
  area.value = params.get("text") ?? example;

  const ask = latest(
    async () => {
      const letters = vocabulary?.separator === "";
      const said = (letters ? [...area.value] : area.value.split(/\s+/).filter(Boolean)).slice(
        0,
        places,
      );
      const tokens = said.map((word) =>
        vocabulary ? tokenOf(word, vocabulary.words) : Number(word),
      );
      const strange = said.filter((_, i) => !Number.isInteger(tokens[i]) || tokens[i] < 0);
      if (strange.length) {
        say(
          vocabulary
            ? `The network does not know ${strange.map((word) => `“${word}”`).join(", ")}.`
            : "Write numbers of tokens, with spaces between them.",
        );
        return;
      }
      const end = vocabulary?.end ?? 0;
      const filled = Int32Array.from({ length: places }, (_, i) => tokens[i] ?? end);
      const outputs = await session.run({ ...extras.values(), [token.name]: filled });
      if (signal.aborted) return;
      say("");
      took(session.milliseconds);
      for (const one of answers) one.update(outputs[one.output.name]);
      const rows = perWord.flatMap(({ name }) =>
        said.map((word, i) => [word, outputs[name].data[i]]),
      );
      bars.replaceChildren(...barsOf(rows));
      total.textContent = perWord.length
        ? `Together: ${rows.reduce((sum, [, value]) => sum + value, 0).toFixed(2)} (${perWord[0].name.replaceAll("_", " ")}; nearer to 0 is likelier).`
        : "";
    },
    (error) => signal.aborted || say(sentence(error)),
  );

  area.addEventListener("input", () => {
    remember({ text: area.value });
    ask();
  });
  ask();
  return el(
    "div",
    { class: "tool write" },
    field(`Up to ${places} ${vocabulary ? "words" : "numbers of tokens"}`, area),
    extras.element,
    bars,
    total,
    answers.map((one) => one.element),
    vocabulary
      ? el(
          "details",
          {},
          el("summary", {}, "The words it knows"),
          el("p", {}, vocabulary.words.filter(Boolean).join(", ")),
        )
      : null,
    button("Clear", () => {
      area.value = "";
      remember({ text: null });
      area.focus();
    }),
  );
}

/** The number of a word, however it begins; -1 where the network does not know it. */
function tokenOf(word, words) {
  const exact = words.indexOf(word);
  return exact < 0 ? words.indexOf(word.toLowerCase()) : exact;
}

/** What token numbers mean: the card's own words, or those of another part of the same model. */
function vocabularyOf(model, models) {
  const parts = [
    model,
    ...models.filter(
      (one) => !one.problem && one.card.training.command === model.card.training.command,
    ),
  ];
  for (const { card } of parts) {
    const output = card.interface.outputs.find((item) => item.words);
    if (output) return output;
  }
  return null;
}
