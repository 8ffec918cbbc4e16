/** Calls of the app's own backend, and the upload that goes past it to the bucket. */

export class Failed extends Error {
  /** `kind`: what the backend's `error` says; "Offline" if no response came. `body`: its other fields. */
  constructor(status, body) {
    super(body.error);
    Object.assign(this, { status, kind: body.error, body });
  }
}

const RETRIES = 3;
const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/**
 * Call `/api/path`. A lost response or a 5xx is sent again with the same key, so that it has its effect once; not if
 * no new job is accepted, which may last.
 * Raises Failed.
 */
export async function call(method, path, body) {
  const key = crypto.randomUUID();
  for (let tries = 1; ; tries += 1) {
    const failed = await once(method, path, body, key).catch((error) => error);
    if (!(failed instanceof Error)) return failed;
    const passes = failed.kind === "Offline" || (failed.status >= 500 && failed.kind !== "NotAccepting");
    if (!passes || tries === RETRIES) throw failed;
    await pause(tries);
  }
}

async function once(method, path, body, key) {
  const headers = { "Idempotency-Key": key, ...(body && { "Content-Type": "application/json" }) };
  const response = await fetch(`/api/${path}`, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Failed(0, { error: "Offline" });
  });
  const found = await response.json().catch(() => ({ error: "Unavailable" }));
  if (!response.ok) throw new Failed(response.status, found);
  return found;
}

/** Upload a file with its presigned POST, from the phone to the bucket. Raises Failed. */
export async function upload(post, file) {
  if (file.size > post.max_bytes) throw new Failed(413, { error: "TooLarge" });
  const form = new FormData();
  for (const [name, value] of Object.entries(post.fields)) form.append(name, value);
  form.append("file", file); // S3 ignores fields after the file
  const response = await fetch(post.url, { method: "POST", body: form }).catch(() => {
    throw new Failed(0, { error: "Offline" });
  });
  if (!response.ok) throw new Failed(response.status, { error: "UploadRefused" });
}

/** Save a file of another origin: a browser ignores `download` on a link there. */
export async function save(url, name) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new Failed(response?.status ?? 0, { error: "Offline" });
  saveBlob(await response.blob(), name);
}

export function saveBlob(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
