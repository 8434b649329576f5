// The parts of the `age` program that the tests need, on age-encryption (typage): an age with hybrid keys in JavaScript.
//
//   node age.mjs -d -i IDENTITIES FILE     decrypts to standard output
//   node age.mjs -r RECIPIENT FILE         encrypts to standard output
//   node age.mjs -y IDENTITY               prints the recipient of an identity
//   node age.mjs batch                     reads {tasks:[…]} from standard input, writes {results:[…]}; bytes are base64
import { readFileSync, writeSync } from 'node:fs';
import { Decrypter, Encrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';

async function encrypt(recipient, bytes) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(bytes);
}

async function decrypt(identities, bytes) {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return decrypter.decrypt(bytes);
}

const tasks = {
  decrypt: async ({ identity, file }) =>
    ({ plain: Buffer.from(await decrypt([identity], Buffer.from(file, 'base64'))).toString('base64') }),
  encrypt: async ({ recipient, plain }) =>
    ({ file: Buffer.from(await encrypt(recipient, Buffer.from(plain, 'base64'))).toString('base64') }),
  generate: async ({ kind }) => {
    const identity = await (kind === 'hybrid' ? generateHybridIdentity() : generateX25519Identity());
    return { identity, recipient: await identityToRecipient(identity) };
  },
  recipient: async ({ identity }) => ({ recipient: await identityToRecipient(identity) }),
};

async function batch() {
  const results = [];
  for (const task of JSON.parse(readFileSync(0, 'utf8')).tasks) {
    try {
      results.push(await tasks[task.do](task));
    } catch (error) {
      results.push({ error: String(error) });
    }
  }
  write(Buffer.from(JSON.stringify({ results })));
}

/** Writes everything, or stops quietly when the reader has closed its end (`| head -c`). */
function write(bytes) {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if (error.code === 'EPIPE') return;
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const lines = (path) => readFileSync(path, 'utf8').split('\n').filter((line) => line && !line.startsWith('#'));
const [first, second, third, fourth] = process.argv.slice(2);
try {
  if (first === 'batch') await batch();
  else if (first === '-d' && second === '-i') write(await decrypt(lines(third), readFileSync(fourth)));
  else if (first === '-r') write(await encrypt(second, readFileSync(third)));
  else if (first === '-y') write(Buffer.from(`${await identityToRecipient(lines(second)[0])}\n`));
  else throw new Error('use: -d -i IDENTITIES FILE | -r RECIPIENT FILE | -y IDENTITY | batch');
} catch (error) {
  console.error(`age: error: ${error.message}`);
  process.exitCode = 1;
}
