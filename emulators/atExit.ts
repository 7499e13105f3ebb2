const left = new Set<() => void>();

process.once("exit", () => {
  for (const clean of left) {
    try {
      clean();
    } catch {
      // The others are cleaned all the same.
    }
  }
});

/**
 * What must not be left behind when the process ends without having stopped it: on a signal, or on an error.
 *
 * @returns what takes it back
 */
export function atExit(clean: () => void): () => void {
  left.add(clean);
  return () => left.delete(clean);
}
