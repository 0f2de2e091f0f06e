/** Processor architectures, by AWS's names. */
export type Architecture = 'x86_64' | 'arm64';

/** Architecture of an instance type. Graviton's families have a "g" right behind the generation: t4g, m7gd, c6gn; a1 was the first. */
export function architectureOfType(instanceType: string): Architecture {
  return /^(a1|[a-z]+\d+g)/.test(instanceType) ? 'arm64' : 'x86_64';
}
