import type { PhaseName } from './component-document';

/** A `{{ … }}` in a component document. */
export type Reference =
  /** A parameter or a constant. */
  | { readonly kind: 'variable'; readonly text: string; readonly name: string }
  /** What an earlier step was given, or gave: `phase.step.inputs[0].destination`, `phase.step.outputs.stdout`. */
  | {
      readonly kind: 'chain';
      readonly text: string;
      readonly phase: string;
      readonly step: string;
      readonly part: 'inputs' | 'outputs';
      readonly index?: number;
      readonly variable: string;
    }
  /** What a loop or the service fills in: `loop.value`, `imagebuilder:buildDate`. */
  | { readonly kind: 'provided'; readonly text: string }
  | { readonly kind: 'malformed'; readonly text: string };

const REFERENCE = /\{\{\s*([A-Za-z0-9_.:[\]-]+)\s*\}\}/g;
const CHAIN = /^([A-Za-z-]+)\.([A-Za-z0-9_-]+)\.(inputs|outputs)(?:\[(\d+)\])?\.([A-Za-z0-9_-]+)$/;

/** The references in a text, in order. https://docs.aws.amazon.com/imagebuilder/latest/userguide/toe-use-documents.html#document-chaining */
export function referencesIn(text: string): readonly Reference[] {
  return [...text.matchAll(REFERENCE)].map(([, reference]) => parseReference(reference!));
}

/**
 * A value with all references in its texts replaced, each once: what stands in a replacement is no reference.
 * @param standIn what stands for a reference
 */
export function fillIn(value: unknown, standIn: (reference: Reference) => string): unknown {
  if (typeof value === 'string')
    return value.replace(REFERENCE, (_, reference: string) => standIn(parseReference(reference)));
  if (Array.isArray(value)) return value.map((inner) => fillIn(inner, standIn));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fillIn(inner, standIn)]));
}

/** Image Builder runs build and test on different machines, and hands nothing from the one to the other. */
export function stageOf(phase: PhaseName): 'build' | 'test' {
  return phase === 'build' || phase === 'validate' ? 'build' : 'test';
}

function parseReference(text: string): Reference {
  if (text.startsWith('imagebuilder:') || text.startsWith('loop.')) return { kind: 'provided', text };
  if (!text.includes('.')) return { kind: 'variable', text, name: text };
  const [, phase, step, part, index, variable] = CHAIN.exec(text) ?? [];
  if (phase === undefined || step === undefined || variable === undefined) return { kind: 'malformed', text };
  return {
    kind: 'chain',
    ...{ text, phase, step, variable },
    part: part === 'inputs' ? 'inputs' : 'outputs',
    ...(index === undefined ? {} : { index: Number(index) }),
  };
}
