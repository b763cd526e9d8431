// Failures that a person can read: one sentence that says what happened and what to do.

export class Problem extends Error {}

/** The sentence for any error. */
export function sentence(error) {
  if (error instanceof Problem) return error.message;
  return `Something in this page went wrong: ${error instanceof Error ? error.message : error}`;
}

/** The sentence for an error in the middle of running a network. */
export function runtimeSentence(name, message) {
  if (/out of memory|OOM|memory access|allocat|Cannot enlarge/i.test(message)) {
    return (
      `The browser ran out of memory with ${name}. Close other tabs or pages, then try again: ` +
      "the runtime starts anew."
    );
  }
  return `${name} stopped with an error of the runtime: ${message}`;
}
