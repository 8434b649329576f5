// Loads the wasm build of zegel-core and uses it from Node, as a browser or an add-in would.
// Usage: node run.mjs MODULE.wasm
import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

const module = new WebAssembly.Module(readFileSync(process.argv[2]));

// The only thing the module may ask of its host is randomness. An import of another module is code that was linked in
// for a browser; it is given a function that throws, so that a test that reaches it fails.
let memory;
const imports = { env: { zegel_random: (address, length) => {
  randomFillSync(new Uint8Array(memory.buffer, address, length));
  return 0;
} } };
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  if (from === 'env' && name in imports.env) continue;
  assert.equal(kind, 'function', `import of ${from}.${name}`);
  (imports[from] ??= {})[name] = () => { throw new Error(`the core called ${from}.${name}`); };
}
const zegel = new WebAssembly.Instance(module, imports).exports;
memory = zegel.memory;

assert.equal(zegel.zegel_padme(27_000n), 27_648n);
console.log('padding: ok');
