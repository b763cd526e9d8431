/**
 * Does one thing at a time and, of what is asked meanwhile, the last alone: a slider that moves
 * faster than a network answers never builds up a backlog. Meanwhile the elements that show the
 * result are marked as busy.
 */
export function latest(work, onError, elements = []) {
  let busy = false;
  let next = null;
  async function drain() {
    mark(true);
    while (next) {
      const [value] = next;
      next = null;
      try {
        await work(value);
      } catch (error) {
        onError(error);
      }
    }
    mark(false);
  }
  function mark(now) {
    busy = now;
    for (const element of elements) element.setAttribute("aria-busy", String(now));
  }
  return (value) => {
    next = [value];
    if (!busy) drain();
  };
}
