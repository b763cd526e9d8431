// Building the page's elements. Text always arrives as text nodes: a card may hold anything, and
// nothing of it is ever read as HTML.

/**
 * An element. `properties`: `class`, `on` ({event: listener}), `data` (dataset), attributes by their
 * names; true sets an attribute without a value, false, null and undefined leave it away.
 */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value))
        element.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined),
  );
  return element;
}

export function button(label, listener, properties = {}) {
  return el("button", { type: "button", ...properties, on: { click: listener } }, label);
}

let labels = 0;

/** A label above its control. */
export function field(label, control, properties = {}) {
  control.id ||= `control-${++labels}`;
  return el(
    "div",
    { class: "field", ...properties },
    el("label", { for: control.id }, label),
    control,
  );
}

export function select(options, chosen, listener, properties = {}) {
  const element = el(
    "select",
    { ...properties, on: { change: () => listener(element.value) } },
    options.map(([value, label]) =>
      el("option", { value, selected: String(value) === String(chosen) }, label),
    ),
  );
  return element;
}

export function slider({ min, max, step, value, label, listener, note }) {
  const shown = el("output", { class: "value" }, format(value));
  const input = el("input", { type: "range", min, max, step, value, "aria-label": label });
  input.addEventListener("input", () => {
    shown.value = format(Number(input.value));
    listener(Number(input.value));
  });
  const element = el(
    "div",
    { class: "slider" },
    el("span", { class: "name" }, label),
    shown,
    input,
  );
  if (note) element.append(el("small", {}, note));
  return {
    element,
    set(next) {
      input.value = next;
      shown.value = format(Number(input.value));
    },
  };
}

/** One of several, as a row of buttons: `set` shows another one as chosen. */
export function choices(label, options, chosen, listener) {
  const buttons = options.map(([value, text]) => {
    const one = button(text, () => {
      set(value);
      listener(value);
    });
    return [value, one];
  });
  function set(value) {
    for (const [own, one] of buttons) one.setAttribute("aria-pressed", String(own === value));
  }
  set(chosen);
  return {
    element: el(
      "div",
      { class: "choices", role: "group", "aria-label": label },
      buttons.map(([, one]) => one),
    ),
    set,
  };
}

function format(value) {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/** Offers a file that the page made. */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads the file after the click returns.
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** A file that a person chooses, or null where nothing was chosen. */
export function chooseFile(accept) {
  return new Promise((resolve) => {
    const input = el("input", { type: "file", accept, hidden: true });
    input.addEventListener("change", () => {
      resolve(input.files[0] ?? null);
      input.remove();
    });
    input.addEventListener("cancel", () => {
      resolve(null);
      input.remove();
    });
    document.body.append(input);
    input.click();
  });
}

export async function savePicture(canvas, name) {
  download(await new Promise((resolve) => canvas.toBlob(resolve, "image/png")), name);
}
