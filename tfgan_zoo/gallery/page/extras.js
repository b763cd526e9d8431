// Controls for inputs that stand beside the main one: a class, a number, latents by a seed.

import { button, el, field, select } from "./dom.js";
import { fileShape, length } from "./checks.js";
import { sample } from "./priors.js";
import { freshSeed, MAX_SEED, readSeed } from "./random.js";

/** A field for a seed with a button for another one. */
export function seedField(seed, listener, label = "Seed") {
  const input = el("input", {
    type: "number",
    min: 0,
    max: MAX_SEED,
    step: 1,
    value: seed,
    inputmode: "numeric",
  });
  input.addEventListener("change", () => {
    const chosen = readSeed(input.value);
    if (chosen === null) input.value = seed;
    else set(chosen);
  });
  function set(next) {
    seed = next;
    input.value = next;
    listener(next);
  }
  const again = button("New", () => set(freshSeed()), {
    "aria-label": "Another seed",
    title: "Another seed",
  });
  const element = field(label, input, { class: "field seed" });
  element.append(again);
  return element;
}

export function classNames(model, item) {
  const named =
    item.names ??
    (model.card.data.classes?.length === item.classes ? model.card.data.classes : null);
  return Array.from({ length: item.classes }, (_, i) => String(named?.[i] ?? i));
}

/**
 * Controls for `items`, whose values stand in the address as params of their names.
 * @returns {{element, values: Function}} values() -> an array for each by name
 */
export function extraControls(model, items, params, onChange) {
  const now = new Map();
  const elements = items.map((item) => {
    const asked = params.get(item.name);
    const changed = (value) => {
      now.set(item.name, value);
      onChange({ [item.name]: value });
    };
    if (item.kind === "class") {
      const first = Math.min(readSeed(asked) ?? 0, item.classes - 1);
      now.set(item.name, first);
      const options = classNames(model, item).map((name, i) => [i, name]);
      return field(
        item.name,
        select(options, first, (value) => changed(Number(value))),
      );
    }
    if (item.kind === "latents" || item.kind === "seed") {
      now.set(item.name, readSeed(asked) ?? 1);
      return seedField(
        now.get(item.name),
        changed,
        item.kind === "seed" ? "Seed" : `Seed of ${item.name}`,
      );
    }
    if (item.kind === "number" || item.kind === "count") {
      const given =
        asked !== null && Number.isFinite(Number(asked)) ? Number(asked) : (item.default ?? 1);
      now.set(item.name, given);
      const input = el("input", {
        type: "number",
        step: item.kind === "count" ? 1 : 0.1,
        value: given,
      });
      input.addEventListener("change", () => {
        if (Number.isFinite(input.valueAsNumber)) changed(input.valueAsNumber);
      });
      return field(item.name, input);
    }
    return null; // states are zeros
  });
  return {
    element: el("div", { class: "extras" }, elements),
    values: () =>
      Object.fromEntries(items.map((item) => [item.name, valueOf(item, now.get(item.name))])),
  };
}

function valueOf(item, chosen) {
  if (item.kind === "latents") return sample(item.prior, chosen, 0);
  return Array(length(fileShape(item))).fill(chosen ?? 0);
}
