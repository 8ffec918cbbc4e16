import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from "jose";

import { NotGenuine } from "./errors.ts";
import type { DeletionState, KeysView } from "./types.ts";

export interface DeletionReceipt {
  schema_version: number;
  issuer: string;
  job_id: string;
  state: DeletionState;
  policy: string;
  issued_at: string;
  objects: {
    /** key without the job id */
    object: string;
    keyed_hash: string;
    created_at: string | null;
    deleted_at: string;
  }[];
  checked: {
    place: string;
    /** objects that the independent listing found */
    left: number;
  }[];
  /** what is still stored, and for how long; null under a legal hold */
  retained: string | null;
}

export interface ErasureReceipt {
  schema_version: number;
  issuer: string;
  erasure_id: string;
  policy: string;
  requested_at: string;
  finished_at: string;
  jobs: number;
  objects: number;
  retained: string;
}

/**
 * The content of a deletion receipt, signed by one of `getKeys()`.
 *
 * `issuer` is the deployment's: `likeness/<stage>`. Throws NotGenuine.
 */
export function verifyDeletion(
  receipt: string,
  keys: KeysView,
  expected: { issuer: string; jobId: string },
): Promise<DeletionReceipt> {
  const { issuer, jobId: job_id } = expected;
  return verified<DeletionReceipt>(receipt, keys, "likeness-deletion+jws", { issuer, job_id });
}

/** The content of an erasure receipt. Throws NotGenuine. */
export function verifyErasure(
  receipt: string,
  keys: KeysView,
  expected: { issuer: string; erasureId: string },
): Promise<ErasureReceipt> {
  const { issuer, erasureId: erasure_id } = expected;
  return verified<ErasureReceipt>(receipt, keys, "likeness-erasure+jws", { issuer, erasure_id });
}

async function verified<T extends object>(
  receipt: string,
  keys: KeysView,
  typ: string,
  expected: Partial<T>,
): Promise<T> {
  let claims: T;
  try {
    const keySet = createLocalJWKSet(keys as unknown as JSONWebKeySet);
    const { payload, protectedHeader } = await compactVerify(receipt, keySet, {
      algorithms: ["ES256"], // the header's `alg` is compared with it and never trusted
    });
    if (!protectedHeader.kid) throw new NotGenuine("it names no key");
    if (protectedHeader.typ !== typ) {
      throw new NotGenuine(`its type is ${protectedHeader.typ}, not ${typ}`);
    }
    claims = JSON.parse(new TextDecoder().decode(payload)) as T;
  } catch (wrong) {
    if (wrong instanceof errors.JOSEError || wrong instanceof SyntaxError) {
      throw new NotGenuine(`not a receipt: ${wrong.message}`);
    }
    throw wrong;
  }
  for (const [name, value] of Object.entries(expected)) {
    const found = claims[name as keyof T];
    if (found !== value) throw new NotGenuine(`its ${name} is ${found}, not ${value}`);
  }
  return claims;
}
