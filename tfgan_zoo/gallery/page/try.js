// Try: any other network of classes, numbers and latents, with a control for each and its answer.

import { served } from "./catalogue.js";
import { el } from "./dom.js";
import { extraControls } from "./extras.js";
import { renderers } from "./outputs.js";
import { sentence } from "./problem.js";
import { latest } from "./queue.js";
import { remember } from "./router.js";

export function tryTool({ model, session, params, say, took, signal }) {
  const answers = renderers(served(model).outputs, session.name);
  const extras = extraControls(model, served(model).inputs, params, (change) => {
    remember(change);
    ask();
  });
  const ask = latest(
    async () => {
      const outputs = await session.run(extras.values());
      if (signal.aborted) return;
      for (const one of answers) one.update(outputs[one.output.name]);
      took(session.milliseconds);
    },
    (error) => signal.aborted || say(sentence(error)),
  );
  ask();
  return el(
    "div",
    { class: "tool draw" },
    extras.element,
    el(
      "div",
      { class: "pads" },
      answers.map((one) => one.element),
    ),
  );
}
