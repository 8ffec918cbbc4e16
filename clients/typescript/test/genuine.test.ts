import assert from "node:assert/strict";
import { test } from "node:test";

import { CompactSign, exportJWK, generateKeyPair } from "jose";
import { Webhook } from "standardwebhooks";

import {
  type KeysView,
  NotGenuine,
  verifyDeletion,
  verifyErasure,
  verifyWebhook,
} from "../src/index.ts";

const [SECRET, OLD] = ["n", "o"].map((one) => `whsec_${btoa(one.repeat(24))}`) as [string, string];
const BODY = '{"type":"job.completed","timestamp":"2026-11-22T12:00:00Z","data":{"job_id":"j1"}}';

function headers(secret = SECRET, ageS = 0): Record<string, string> {
  const at = new Date(Date.now() - 1000 * ageS);
  return {
    "Webhook-Id": "msg_1",
    "Webhook-Timestamp": String(Math.floor(at.getTime() / 1000)),
    "Webhook-Signature": new Webhook(secret).sign("msg_1", at, BODY),
  };
}

test("a genuine webhook is the event", () => {
  for (const secrets of [[SECRET], [OLD, SECRET], [SECRET, OLD]]) {
    assert.deepEqual(verifyWebhook(BODY, headers(), ...secrets), JSON.parse(BODY));
    assert.deepEqual(verifyWebhook(Buffer.from(BODY), headers(), ...secrets), JSON.parse(BODY));
  }
});

const FORGED: [string, string, () => Record<string, string>, string[]][] = [
  ["another body", `${BODY} `, headers, [SECRET]],
  ["another secret", BODY, () => headers(OLD), [SECRET]],
  ["no secret", BODY, headers, []],
  ["a secret that is none", BODY, headers, ["whsec_***"]],
  ["no headers", BODY, () => ({}), [SECRET]],
  ["an old message", BODY, () => headers(SECRET, 360), [SECRET]],
  ["a message of the future", BODY, () => headers(SECRET, -360), [SECRET]],
];
for (const [name, body, given, secrets] of FORGED) {
  test(`another webhook is not genuine: ${name}`, () => {
    assert.throws(() => verifyWebhook(body, given(), ...secrets), NotGenuine);
  });
}

const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
const other = await generateKeyPair("ES256");
const KEYS = {
  keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" }],
} as unknown as KeysView;
const EXPECTED = { issuer: "likeness/prod", jobId: "j1" };
const CLAIMS = { issuer: "likeness/prod", job_id: "j1", state: "deleted" };

function signed(
  header: object = {},
  key: Parameters<CompactSign["sign"]>[0] = privateKey,
  claims: object = CLAIMS,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: "ES256", kid: "k1", typ: "likeness-deletion+jws", ...header })
    .sign(key);
}

test("a genuine receipt is its claims", async () => {
  assert.deepEqual(await verifyDeletion(await signed(), KEYS, EXPECTED), CLAIMS);
});

test("the receipt of an erasure has a type of its own", async () => {
  const claims = { issuer: "likeness/prod", erasure_id: "e1" };
  const receipt = await signed({ typ: "likeness-erasure+jws" }, privateKey, claims);
  const expected = { issuer: "likeness/prod", erasureId: "e1" };

  assert.deepEqual(await verifyErasure(receipt, KEYS, expected), claims);
  await assert.rejects(verifyDeletion(receipt, KEYS, EXPECTED), NotGenuine);
});

// RFC 8725, 2.1: a public key as the secret of an HMAC.
const PUBLIC_AS_SECRET = new TextEncoder().encode(JSON.stringify(KEYS));
const FALSE: [string, string][] = [
  ["another key", await signed({}, other.privateKey)],
  ["an unknown key id", await signed({ kid: "k2" })],
  ["no key id", await signed({ kid: undefined })],
  ["HMAC", await signed({ alg: "HS256" }, PUBLIC_AS_SECRET)],
  ["a cut signature", (await signed()).slice(0, -8)],
  ["nothing", ""],
];
for (const [name, receipt] of FALSE) {
  test(`another receipt is not genuine: ${name}`, async () => {
    await assert.rejects(verifyDeletion(receipt, KEYS, EXPECTED), NotGenuine);
  });
}

test("a genuine receipt of something else is refused", async () => {
  for (const wrong of [{ issuer: "likeness/dev" }, { jobId: "j2" }]) {
    const expected = { ...EXPECTED, ...wrong };
    await assert.rejects(verifyDeletion(await signed(), KEYS, expected), NotGenuine);
  }
});
