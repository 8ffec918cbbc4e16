import { setTimeout } from "node:timers/promises";

import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

import { apiError, type LikenessError, NoCredentials, NotReached } from "./errors.ts";
import { VERSION } from "./version.ts";

/** AWS credentials; `fromNodeProviderChain()` of @aws-sdk/credential-providers provides them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Options {
  /** The stack's output ApiUrl. */
  apiUrl: string;
  region: string;
  /** Credentials or a provider, which is asked at each call. Default: the environment's. */
  credentials?: Credentials | (() => Promise<Credentials>);
  /** How long a call that may succeed is repeated, in seconds. Default: 60. */
  patienceS?: number;
  /** Another fetch, for example a proxy's or a test's. */
  fetch?: typeof fetch;
  /** Waits for milliseconds between attempts and polls; for tests. */
  pause?: (ms: number) => Promise<unknown>;
}

const TIMEOUT_MS = 35_000; // API Gateway ends a call after 30 s
const FIRST_WAIT_S = 0.5; // between attempts, unless the API says how long
const LONGEST_WAIT_S = 8;
export const AGENT = `likeness-client-typescript/${VERSION}`;

/**
 * HTTP calls: signed with SigV4, and repeated while they may succeed.
 *
 * A call is repeated for `patienceS` seconds if no response came or if the error passes: after the
 * seconds of `Retry-After`, else after a random wait that doubles up to 8 s. All requests can be
 * repeated: a POST has the same idempotency key at each attempt.
 */
export class Transport {
  readonly pause: (ms: number) => Promise<unknown>;
  readonly #fetch: typeof fetch;
  readonly #patienceMs: number;
  readonly #signer: SignatureV4;

  constructor(options: Options) {
    this.pause = options.pause ?? ((ms) => setTimeout(ms));
    this.#fetch = options.fetch ?? fetch;
    this.#patienceMs = (options.patienceS ?? 60) * 1000;
    this.#signer = new SignatureV4({
      service: "execute-api",
      region: options.region,
      credentials: options.credentials ?? fromEnvironment(),
      sha256: Sha256,
      applyChecksum: false,
    });
  }

  /** Send a request of openapi-fetch. Throws ApiError or NotReached. */
  async send(request: Request): Promise<Response> {
    const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
    return await this.repeat(
      async () => this.fetch(request.url, await this.#signed(request, body)),
      async (response) => (response.ok ? undefined : apiError(response)),
    );
  }

  /** Without a signature. The body is read here, so that one that is cut short is repeated too. */
  async fetch(url: string, init: RequestInit): Promise<Response> {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await this.#fetch(url, { redirect: "manual", signal, ...init });
    const body = await response.arrayBuffer();
    return new Response(body.byteLength ? body : null, response); // a 204 allows no body
  }

  /** Repeat a request while its error passes and the patience lasts. */
  async repeat(
    once: () => Promise<Response>,
    errorOf: (response: Response) => Promise<LikenessError | undefined>,
  ): Promise<Response> {
    const deadline = performance.now() + this.#patienceMs;
    for (let wait = FIRST_WAIT_S; ; wait = Math.min(2 * wait, LONGEST_WAIT_S)) {
      let error: LikenessError | undefined;
      try {
        const response = await once();
        error = await errorOf(response);
        if (!error) return response;
      } catch (lost) {
        // fetch throws a TypeError if there is no connection, and a DOMException at its timeout.
        if (!(lost instanceof TypeError || lost instanceof DOMException)) throw lost;
        error = new NotReached(`no response: ${lost.name}`);
      }
      const pause = 1000 * (error.retryAfterS ?? wait * (0.5 + Math.random() / 2));
      if (!error.passes || performance.now() + pause > deadline) throw error;
      await this.pause(pause);
    }
  }

  /** Signed again at each attempt: a signature lives five minutes, credentials may change. */
  async #signed(request: Request, body: Uint8Array<ArrayBuffer> | undefined): Promise<RequestInit> {
    const url = new URL(request.url);
    const { headers } = await this.#signer.sign({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...Object.fromEntries(request.headers), host: url.host },
      body,
    });
    const { host: _, ...sent } = headers; // fetch sends it by itself
    return { method: request.method, headers: sent, ...(body === undefined ? {} : { body }) };
  }
}

/** A path parameter, percent-encoded. */
export function segment(value: string): string {
  if (value === "." || value === "..") throw new RangeError(`${value} cannot be part of a path`);
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function fromEnvironment(): Credentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    throw new NoCredentials("set AWS_ACCESS_KEY_ID ..., or pass `credentials`");
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}
