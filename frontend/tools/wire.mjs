// Writes the page's wire types from the backend's JSON Schema, which comes on stdin:
//   python -m spymaster.gateway.wire | npm run --silent wire
// With --check it only compares, so that a change of the backend's messages cannot go unnoticed.
import { readFileSync, writeFileSync } from 'node:fs';
import { compile } from 'json-schema-to-typescript';

const target = new URL('../src/app/live/wire.ts', import.meta.url);

const banner = `/**
 * The messages of \`/ws/stream\` and the HTTP API. Generated from the backend by \`make wire\`;
 * do not edit. Units and meanings are the backend's: dollars, shares, UNIX ms unless it says ns.
 */`;

/** Titles repeat the class names, and make the library name a type twice. */
function withoutTitles(node) {
  if (Array.isArray(node)) return node.map(withoutTitles);
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node)
    .filter(([key, value]) => !(key === 'title' && typeof value === 'string'))
    .map(([key, value]) => [key, withoutTitles(value)]);
  return Object.fromEntries(entries);
}

/** The server writes every field, also those that have a default: none is optional on the wire. */
function allRequired(definitions) {
  for (const definition of Object.values(definitions)) {
    if (definition.properties) definition.required = Object.keys(definition.properties);
  }
}

async function generate(text) {
  const schema = withoutTitles(JSON.parse(text));
  allRequired(schema.definitions);
  const names = Object.keys(schema.definitions);
  const source = await compile(
    {
      ...schema,
      type: 'object',
      properties: Object.fromEntries(
        names.map((name) => [name, { $ref: `#/definitions/${name}` }]),
      ),
      required: names,
    },
    'Wire',
    {
      additionalProperties: false,
      bannerComment: banner,
      style: { singleQuote: true, printWidth: 100 },
    },
  );
  // The wrapper only exists so that every definition is reached.
  const types = source.replace(/export interface Wire \{[\s\S]*?\n\}\n/, '');
  return `${types.trimEnd()}

/** One frame of \`/ws/stream\`, told apart by \`type\`. */
export type StreamFrame = Snapshot | Update | Status | Alert;
`;
}

const wanted = await generate(readFileSync(0, 'utf8'));
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== wanted) {
    console.error('frontend/src/app/live/wire.ts is out of date: run `make wire` and commit it.');
    process.exit(1);
  }
} else {
  writeFileSync(target, wanted);
}
