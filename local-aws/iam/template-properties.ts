import type { Properties } from '../core/service';
import { unlessGone } from '../core/template-input';

/** The template's properties are taken as their type says; IAM itself refuses what is wrong in them. */
export function read<T>(properties: Properties): T {
  return properties as unknown as T;
}

/** A policy document as IAM's calls take it. */
export function text(document: unknown): string {
  return typeof document === 'string' ? document : JSON.stringify(document);
}

/** Waits for a deletion. */
export function gone(deletion: Promise<unknown>): Promise<void> {
  return unlessGone(deletion, /^NoSuchEntity$/);
}
