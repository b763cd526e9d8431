// The page's frame: reads the address, shows a view, keeps the theme and the search box.

import { catalogue, nameOf, roomOf, ROOMS } from "./catalogue.js";
import { compareView } from "./compare.js";
import { el } from "./dom.js";
import { homeView } from "./home.js";
import { modelView } from "./model_page.js";
import { sentence } from "./problem.js";
import { address, flush, forget, link } from "./router.js";
import { themeButton } from "./theme.js";

const main = document.getElementById("main");
const search = document.getElementById("search");
const status = document.getElementById("status");
let list = null;
let shown = null;

let fading = null;

/** Says what has just happened; `quiet`: to screen readers alone. */
function say(text, { quiet = false } = {}) {
  status.textContent = text;
  status.classList.toggle("quiet", quiet || !text);
  clearTimeout(fading);
  fading = setTimeout(() => status.classList.add("quiet"), 8000);
}

function view({ view: name, id, params }, signal) {
  if (name === "model") {
    const model = list.models.find((one) => one.id === id);
    if (model) return modelView({ model, models: list.models, params, say, signal });
    return nothing(`There is no model “${id}” here.`);
  }
  if (name === "compare")
    return compareView({ models: list.models, laboratory: list.laboratory, params, say, signal });
  if (name === "home") return homeView({ models: list.models, query: params.get("q") ?? "" });
  return nothing(`There is no page “${name}” here.`);
}

function nothing(text) {
  return {
    title: "Not found",
    element: el(
      "section",
      { class: "problem" },
      el("h1", {}, "Not found"),
      el("p", {}, text),
      el("a", { href: "#/" }, "All generators"),
    ),
  };
}

function route({ first = false } = {}) {
  forget();
  shown?.abort();
  shown = new AbortController();
  const at = address();
  say("");
  const { title, element } = view(at, shown.signal);
  document.title = title ? `${title} · TFGAN Zoo` : "TFGAN Zoo, the gallery";
  for (const item of document.querySelectorAll("#nav a")) {
    const own = item.dataset.view === at.view;
    if (own) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
  const typing = document.activeElement === search;
  if (!typing) search.value = at.view === "home" ? (at.params.get("q") ?? "") : "";
  main.replaceChildren(element);
  // A new page starts at its top, for eyes and for screen readers; not while someone types.
  if (!first && !typing) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
}

function searched() {
  const target = link("home", null, search.value ? { q: search.value } : {});
  if (address().view === "home") history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  route();
}

async function begin() {
  themeButton(document.getElementById("theme"));
  document
    .getElementById("search-form")
    .addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("skip").addEventListener("click", (event) => {
    // "#main" is no address of this page.
    event.preventDefault();
    main.focus();
  });
  try {
    list = await catalogue();
  } catch (error) {
    main.replaceChildren(el("p", { class: "problem", role: "alert" }, sentence(error)));
    return;
  }
  for (const model of list.models) model.room = roomOf(model);
  const order = (model) => ROOMS.indexOf(model.room);
  list.models.sort((a, b) => order(a) - order(b) || nameOf(a).localeCompare(nameOf(b)));
  document.getElementById("version").textContent = `Version ${list.version}.`;
  if (list.laboratory) {
    document.getElementById("nav").append(el("a", { href: list.laboratory }, "Laboratory"));
  }
  search.addEventListener("input", searched);
  addEventListener("hashchange", () => route());
  addEventListener("popstate", () => route());
  addEventListener("pagehide", flush);
  route({ first: true });
  document.body.dataset.ready = "";
}

/** Has everything kept that this page has asked for, so that it opens again without a network. */
async function keepForLater() {
  const workers = navigator.serviceWorker; // no browser has them on an address without encryption
  if (!workers) return;
  workers.addEventListener("message", () => (document.body.dataset.kept = ""));
  await workers.register("sw.js");
  const { active } = await workers.ready;
  const report = (entries) =>
    active.postMessage([location.pathname, ...entries.map(({ name }) => name)]);
  new PerformanceObserver((list) => report(list.getEntries())).observe({
    type: "resource",
    buffered: true,
  });
}

begin();
keepForLater().catch(() => say("This page will not open without a network.", { quiet: true }));
