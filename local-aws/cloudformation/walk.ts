/**
 * Works through nodes side by side, each as soon as its prerequisites are done.
 * @param work tells whether it went well; what waits for a node that did not is left alone
 */
export async function walk<T>(
  nodes: readonly T[],
  prerequisites: (node: T) => readonly T[],
  work: (node: T) => Promise<boolean>,
): Promise<void> {
  const results = new Map<T, Promise<boolean>>();
  const visit = (node: T): Promise<boolean> => {
    const started = results.get(node);
    if (started) return started;
    // Nodes of two models may wait for each other; whichever was first then goes first.
    results.set(node, Promise.resolve(true));
    const result = Promise.all(prerequisites(node).map(visit)).then(
      async (outcomes) => outcomes.every(Boolean) && work(node),
    );
    results.set(node, result);
    return result;
  };
  await Promise.all(nodes.map(visit));
}
