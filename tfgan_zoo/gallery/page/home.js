// The entrance: every export as a card with its own pictures, in rooms, and the search.

import { finds, nameOf, TOOL_NAMES, toolOf } from "./catalogue.js";
import { el } from "./dom.js";
import { link } from "./router.js";

export function homeView({ models, query }) {
  const found = models.filter((model) => finds(model, query));
  const rooms = [...new Set(found.map((model) => model.room))];
  return {
    title: null,
    element: el(
      "div",
      { class: "home" },
      el(
        "section",
        { class: "hero" },
        el("h1", {}, "Generators you can touch"),
        el(
          "p",
          {},
          "Each network here was trained by this project and runs in your browser: draw a building " +
            "and watch it being built, turn a digit with a slider, or put several on one latent side by side.",
        ),
      ),
      query &&
        el(
          "p",
          { class: "count", role: "status" },
          `${found.length} of ${models.length} for “${query}”`,
        ),
      rooms.map((room) =>
        el(
          "section",
          { class: "room" },
          el("h2", {}, room),
          el("ul", { class: "cards" }, found.filter((model) => model.room === room).map(card)),
        ),
      ),
    ),
  };
}

function card(model) {
  const { tool, problem } = toolOf(model);
  const own = model.source === "own" && el("span", { class: "badge" }, "your own");
  const picture = "samples.png" in model.files && sample(model);
  return el(
    "li",
    { class: problem ? "card broken" : "card" },
    el(
      "a",
      { href: link("model", model.id) },
      el("div", { class: "window" }, picture || el("span", { class: "empty" }, "no picture")),
      el("h3", {}, nameOf(model), own || null),
      el("p", {}, problem ?? model.card.summary),
      el("p", { class: "verb" }, problem ? "Cannot be shown" : TOOL_NAMES[tool]),
    ),
  );
}

/** The first pictures of the export's own sheet, as large as its pixels allow. */
function sample(model) {
  const output = model.problem ? null : model.card.interface.outputs[0];
  const small = output?.kind === "image" && output.shape[0] <= 64;
  const image = el("img", {
    src: `${model.url}samples.png`,
    alt: "",
    loading: "lazy",
    class: small ? "sheet small" : "sheet",
  });
  image.addEventListener("error", () =>
    image.replaceWith(el("span", { class: "empty" }, "no picture")),
  );
  return image;
}
