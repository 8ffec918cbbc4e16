import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, mock, test } from "node:test";

import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "@aws-crypto/sha256-js";

import {
  ApiError,
  DownloadFailed,
  type JobView,
  Likeness,
  NoCredentials,
  NotReached,
  type PresignedPost,
  TimedOut,
  UploadRefused,
  VERSION,
} from "../src/index.ts";
import { Fake } from "./fake.ts";

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, object> };
}

const DOCUMENT = JSON.parse(
  readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8"),
) as { info: { version: string }; paths: Record<string, Record<string, Operation>> };
const OPERATIONS = Object.entries(DOCUMENT.paths).flatMap(([path, item]) =>
  Object.entries(item)
    .filter(([, one]) => !one.security.some((scheme) => "moderator" in scheme))
    .map(([method, one]) => ({ path, method: method.toUpperCase(), ...one })),
);
const AROUND = [
  "allJobs",
  "allStyles",
  "download",
  "upload",
  "waitForJob",
  "waitForPhotos",
  "waitForReceipt",
];
const VALUE = "a+b/c@d e(f)"; // needs each kind of encoding in a path
const ENCODED = "a%2Bb%2Fc%40d%20e%28f%29";

let fake: Fake;
beforeEach(() => {
  mock.restoreAll();
  fake = new Fake();
  const current = fake;
  mock.method(performance, "now", () => current.now());
});

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

async function all<T>(given: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of given) found.push(one);
  return found;
}

function job(state: string, more: object = {}): JobView {
  return { job_id: "j1", state, photos: [], deletion: null, ...more } as unknown as JobView;
}

test("the version is the API's", () => {
  assert.equal(VERSION, DOCUMENT.info.version);
});

test("every operation has a method, and every method an operation", () => {
  const methods = Object.getOwnPropertyNames(Likeness.prototype).filter(
    (name) => !["constructor", "watchJob", ...AROUND].includes(name),
  );

  assert.deepEqual(methods.sort(), OPERATIONS.map((one) => camelCase(one.operationId)).sort());
});

for (const operation of OPERATIONS) {
  test(`${operation.operationId} sends what the document says`, async () => {
    const names = [...operation.path.matchAll(/{\w+}/g)];
    const content = Object.keys(operation.requestBody?.content ?? {});
    const args: unknown[] = names.map(() => VALUE);
    if (content.includes("application/json")) args.push({ sent: true });
    else if (content.length) args.push(new Uint8Array([0xff, 0]), "image/png");
    const query = (operation.parameters ?? []).filter((one) => one.in === "query");
    if (query.length) args.push(Object.fromEntries(query.map((one) => [one.name, "a value"])));
    fake.willReturn(200, { returned: true });
    const method = fake.client[camelCase(operation.operationId) as "getJob"] as (
      ...args: unknown[]
    ) => Promise<unknown>;

    const returned = await method.apply(fake.client, args);

    const [sent] = fake.sent;
    assert.ok(sent);
    const path = operation.path.replace(/{\w+}/g, ENCODED);
    const search = query.map((one) => `${one.name}=a%20value`).join("&");
    assert.equal(sent.url, `http://api${path}${search && `?${search}`}`);
    assert.equal(sent.method, operation.method);
    assert.match(sent.headers.get("Authorization") ?? "", /^AWS4-HMAC-SHA256 Credential=id\//);
    const keyed = operation.parameters?.some((one) => one.name === "Idempotency-Key") ?? false;
    assert.equal(sent.headers.has("Idempotency-Key"), keyed);
    if (content.includes("application/json")) assert.equal(String(sent.body), '{"sent":true}');
    else if (content.length) assert.deepEqual([...sent.body], [0xff, 0]);
    if (content.length) assert.ok(content.includes(sent.headers.get("Content-Type") ?? ""));
    if (!(returned instanceof Uint8Array)) assert.deepEqual(returned, { returned: true });
  });
}

test("a path cannot be left", async () => {
  await assert.rejects(fake.client.getQuota(".."), RangeError);
});

test("a signature covers path, query and headers", async () => {
  fake.willReturn(200, { jobs: [], next: null });

  await fake.client.listJobs("a+b@c", { cursor: "x y" });

  const [sent] = fake.sent;
  assert.ok(sent);
  const { authorization, ...headers } = Object.fromEntries(sent.headers);
  const signer = new SignatureV4({
    service: "execute-api",
    region: "eu-central-1",
    credentials: { accessKeyId: "id", secretAccessKey: "secret", sessionToken: "token" },
    sha256: Sha256,
    applyChecksum: false,
  });
  const date = headers["x-amz-date"] ?? "";
  const again = await signer.sign(
    {
      method: "GET",
      protocol: "http:",
      hostname: "api",
      path: "/v1/users/a%2Bb%40c/jobs",
      query: { cursor: "x y" },
      headers: { ...headers, host: "api" },
    },
    { signingDate: new Date(date.replace(/(.{4})(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z")) },
  );
  assert.equal(authorization, again.headers["authorization"]);
});

test("submit is repeated with its key as long as the API says", async () => {
  const body = { error: "PhotosBeingChecked", message: "photos are being checked" };
  for (let n = 0; n < 3; n++) fake.willReturn(409, body, { "Retry-After": "3" });
  fake.willReturn(202, { job_id: "j1", state: "moderating" });

  assert.equal((await fake.client.submitJob("j1")).state, "moderating");

  assert.deepEqual(fake.waits, [3000, 3000, 3000]);
  assert.equal(new Set(fake.sent.map((one) => one.headers.get("Idempotency-Key"))).size, 1);
});

test("a key of the caller's is sent", async () => {
  fake.willReturn(202, {});

  await fake.client.submitJob("j1", { idempotencyKey: "k-1" });

  assert.equal(fake.sent[0]?.headers.get("Idempotency-Key"), "k-1");
});

const FAULTS: [number, unknown][] = [
  [500, { message: "Internal Server Error" }],
  [503, { error: "Unavailable", message: "try again" }],
  [429, { message: "Too Many Requests" }],
  [502, "<html>a proxy</html>"],
];
for (const [status, body] of FAULTS) {
  test(`a fault that passes is waited for: ${status} ${JSON.stringify(body)}`, async () => {
    fake.willReturn(status, body);
    fake.willReturn(200, { keys: [] });

    assert.deepEqual(await fake.client.getKeys(), { keys: [] });
    assert.equal(fake.waits.length, 1);
  });
}

test("a lost connection is waited for, and its message names no URL", async () => {
  for (let n = 0; n < 50; n++) fake.willFail(new TypeError("https://b/?X-Amz-Signature=1"));

  await assert.rejects(fake.client.getKeys(), (error) => {
    assert.ok(error instanceof NotReached);
    assert.doesNotMatch(error.message, /X-Amz/);
    return true;
  });
  assert.ok(fake.now() > 40_000 && fake.now() <= 60_000);
});

test("a fault of the program is no lost connection", async () => {
  fake.willFail(new RangeError("a bug"));

  await assert.rejects(fake.client.getKeys(), RangeError);
});

const FINAL: [number, { error?: string; message: string; field?: string }][] = [
  [400, { error: "Invalid", message: "avatars: at most 30", field: "/avatars" }],
  [403, { message: "Forbidden" }],
  [409, { error: "NotYetInvented", message: "no" }],
  [429, { error: "OverQuota", message: "tomorrow" }],
];
for (const [status, body] of FINAL) {
  test(`other errors are thrown at once: ${status} ${body.error}`, async () => {
    fake.willReturn(status, body);

    await assert.rejects(fake.client.getJob("j1"), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.kind], [status, body.error]);
      assert.deepEqual(error.body, body);
      assert.equal(error.message, body.message);
      return true;
    });
    assert.deepEqual(fake.waits, []);
  });
}

test("a wait longer than the patience is not begun", async () => {
  const body = { error: "OverQuota", message: "tomorrow" };
  fake.willReturn(429, body, { "Retry-After": "40000" });

  await assert.rejects(fake.client.submitJob("j1"), { retryAfterS: 40000 });
  assert.deepEqual(fake.waits, []);
});

const POST: PresignedPost = {
  photo_id: "p01",
  url: "https://bucket.example/",
  fields: { key: "uploads/j1/p01", "Content-Type": "image/png", policy: "..." },
  max_bytes: 100,
  expires_at: "2026-11-22T12:00:00Z",
};

test("an upload is a form with the file last, and is not signed", async () => {
  fake.willReturn(204);

  await fake.client.upload(POST, new Uint8Array([0x89, 0xff]));

  const [sent] = fake.sent;
  assert.ok(sent);
  assert.equal(sent.headers.get("Authorization"), null);
  const form = await new Response(sent.body, { headers: sent.headers }).formData();
  assert.deepEqual([...form.keys()], [...Object.keys(POST.fields), "file"]);
  const file = form.get("file");
  assert.ok(file instanceof Blob);
  assert.equal(file.type, "image/png");
  assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [0x89, 0xff]);
});

test("a refused upload has the code of S3", async () => {
  fake.willReturn(503, "<Error><Code>SlowDown</Code></Error>");
  fake.willReturn(400, "<Error><Code>EntityTooLarge</Code></Error>");

  await assert.rejects(fake.client.upload(POST, new Uint8Array()), (error) => {
    assert.ok(error instanceof UploadRefused);
    assert.deepEqual([error.status, error.code], [400, "EntityTooLarge"]);
    return true;
  });
  assert.equal(fake.waits.length, 1);
});

test("a download is the bytes, and is not signed", async () => {
  fake.willReturn(200, "picture");
  fake.willReturn(403, "expired");

  assert.equal(String(Buffer.from(await fake.client.download("https://b/a"))), "picture");
  assert.equal(fake.sent[0]?.headers.get("Authorization"), null);
  await assert.rejects(fake.client.download("https://b/a"), DownloadFailed);
});

test("every page is read", async () => {
  fake.willReturn(200, { jobs: [1, 2], next: "c1" });
  fake.willReturn(200, { jobs: [3], next: null });

  assert.deepEqual(await all(fake.client.allJobs("u")), [1, 2, 3]);
  assert.match(fake.sent[1]?.url ?? "", /cursor=c1/);
});

test("a watched job is yielded at each change", async () => {
  const first = job("generating", { poll_after_s: 10 });
  const second = job("generating", { progress: { done: 1 }, poll_after_s: 2 });
  for (const one of [first, first, first, second, job("completed")]) fake.willReturn(200, one);

  const seen = await all(fake.client.watchJob("j1"));

  assert.deepEqual(seen, [first, second, job("completed")]);
  assert.deepEqual(fake.waits, [10000, 10000, 10000, 2000]); // when the API says
});

test("a webhook wakes the poll", async () => {
  for (const state of ["generating", "completed"]) fake.willReturn(200, job(state));
  const pause = mock.fn(async (_: number) => undefined);

  assert.equal((await fake.client.waitForJob("j1", { pause })).state, "completed");
  assert.deepEqual(pause.mock.calls[0]?.arguments, [5000]); // an older API does not say when
});

test("a job without a change times out", async () => {
  for (let n = 0; n < 20; n++) fake.willReturn(200, job("in_review"));

  await assert.rejects(fake.client.waitForJob("j1", { timeoutS: 30 }), (error) => {
    assert.ok(error instanceof TimedOut);
    assert.equal(error.job.state, "in_review");
    return true;
  });
});

test("a receipt is read once the deletion is verified", async () => {
  for (const deletion of [null, "pending", "deleted"]) {
    fake.willReturn(200, job("completed", { deletion }));
  }
  fake.willReturn(200, { receipt: "a.b.c" });

  assert.equal((await fake.client.waitForReceipt("j1")).receipt, "a.b.c");
  assert.match(fake.sent.at(-1)?.url ?? "", /\/v1\/jobs\/j1\/receipt$/);
  assert.equal(fake.waits.length, 2);
});

test("photos are decided when none is awaited or checked", async () => {
  for (const states of [["awaited"], ["checking"], ["refused"]]) {
    fake.willReturn(200, job("open", { photos: states.map((state) => ({ state })) }));
  }

  const decided = await fake.client.waitForPhotos("j1");

  assert.deepEqual(
    decided.photos.map((one) => one.state),
    ["refused"],
  );
});

test("without credentials the client says so", () => {
  const { AWS_ACCESS_KEY_ID: key } = process.env;
  delete process.env["AWS_ACCESS_KEY_ID"];
  try {
    assert.throws(() => new Likeness({ apiUrl: "http://api", region: "r" }), NoCredentials);
  } finally {
    if (key) process.env["AWS_ACCESS_KEY_ID"] = key;
  }
});

/** A response whose connection is lost in the middle of its body. */
function cutShort(): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"job_id": "j'));
      controller.error(new TypeError("terminated"));
    },
  });
  return new Response(body, { status: 200 });
}

test("a response that is cut short is repeated", async () => {
  fake.willBe(cutShort());
  fake.willReturn(200, { state: "open" });
  fake.willBe(cutShort());
  fake.willReturn(200, "picture");

  assert.equal((await fake.client.getJob("j1")).state, "open");
  assert.equal(Buffer.from(await fake.client.download("https://b/1")).toString(), "picture");
});
