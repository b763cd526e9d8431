// Addresses: everything behind the "#", so that any web server can host the page.
//
//   #/                                   the models; ?q=words searches them
//   #/model/cyclegan/a_to_b?tab=read     a model; its tool keeps its state behind the "?"
//   #/compare?seed=7                     several at once

/** {path: ["model", "cyclegan/a_to_b"], params} of the present address. */
export function address(hash = location.hash) {
  const [path, query] = splitOnce(hash.replace(/^#\/?/, ""), "?");
  const [view, id] = splitOnce(path, "/");
  return {
    view: view || "home",
    id: id ? id.split("/").map(decodePart).join("/") : null,
    params: new URLSearchParams(query),
  };
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** A hand-typed address may hold a "%" that encodes nothing. */
export function decodePart(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function link(view, id = null, params = {}) {
  const path = [view, ...(id === null ? [] : id.split("/").map(encodeURIComponent))].join("/");
  const query = new URLSearchParams(params).toString();
  return `#/${path === "home" ? "" : path}${query && `?${query}`}`;
}

let pending = null;

/**
 * Puts state into the address, null takes it away. Browsers allow a hundred changes in half a
 * minute; a slider makes more, so that only the last of a quarter of a second counts.
 */
export function remember(changes) {
  const before = pending?.params ?? address().params;
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") before.delete(name);
    else before.set(name, value);
  }
  if (pending) clearTimeout(pending.timer);
  pending = { params: before, timer: setTimeout(flush, 250) };
}

/** Writes what is still to be written, before the address is read or left. */
export function flush() {
  if (!pending) return;
  clearTimeout(pending.timer);
  const query = pending.params.toString();
  pending = null;
  history.replaceState(null, "", `${location.hash.split("?")[0] || "#/"}${query && `?${query}`}`);
}

/** Forgets what was not written yet: the page has gone elsewhere. */
export function forget() {
  if (pending) clearTimeout(pending.timer);
  pending = null;
}
