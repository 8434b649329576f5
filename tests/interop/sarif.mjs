// Says of each JSON value on standard input (a list) what makes it no SARIF 2.1.0 log by the schema of OASIS; prints a list, with null for
// nothing.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";

const file = createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
// One pattern of the schema has a bracket too many, which only expressions without the Unicode flag let pass.
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats(ajv);
const fits = ajv.compile(JSON.parse(readFileSync(file, "utf8")));
const values = JSON.parse(readFileSync(0, "utf8"));
const wrong = values.map((value) => (fits(value) ? null : ajv.errorsText(fits.errors)));
process.stdout.write(JSON.stringify(wrong));
