import assert from "node:assert/strict";
import { test } from "node:test";

import { generate, judge } from "./replies.js";
import { cases } from "./vectors.js";

// Kept with the cases: adds new ones and touches no other.
if (process.env["ZEGEL_MAKE_VECTORS"] === "1") await generate();

for (const given of cases("replies")) {
  test(`replies: ${given.name}`, async () => {
    assert.deepEqual(await judge(given), given.expect);
  });
}
