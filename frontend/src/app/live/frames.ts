import { StreamFrame } from './wire';

const TYPES: readonly unknown[] = ['snapshot', 'update', 'status', 'alert'];

/**
 * One frame off the wire; null when it is none.
 *
 * The server's types are generated into `wire.ts`, so only the envelope is checked here: the kind
 * and the number that tells a loss.
 */
export function parseFrame(text: string): StreamFrame | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isFrame(value) ? value : null;
}

function isFrame(value: unknown): value is StreamFrame {
  if (typeof value !== 'object' || value === null) return false;
  if (!('type' in value) || !('seq' in value)) return false;
  return TYPES.includes(value.type) && Number.isInteger(value.seq);
}
