// Says of each JSON value on standard input (a list) whether the schema named by the first argument takes it; prints a list of booleans.

import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";

const schema = JSON.parse(readFileSync(process.argv[2], "utf8"));
// `strict` refuses a schema with a keyword that does not exist, which would check nothing.
const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
const fits = ajv.compile(schema);
const values = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(values.map((value) => fits(value))));
