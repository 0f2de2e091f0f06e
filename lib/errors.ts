/** AWS's code of an error: the SDK names a modelled one with `Fault` or `Exception` behind it. */
export function codeOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return name.replace(/(Fault|Exception)$/, '');
}
