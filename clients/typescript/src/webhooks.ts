import { Webhook } from "standardwebhooks";

import { NotGenuine } from "./errors.ts";
import type { WebhookEvent } from "./types.ts";

/**
 * The event of a webhook call (Standard Webhooks). `type` says what `data` has; ignore a type of a
 * later version.
 *
 * `body` is the request's body as received: parsed and printed again, it has another signature. A
 * secret begins with `whsec_`; while one is rotated, pass both. Throws NotGenuine, also if the
 * message is more than five minutes old. The same event may come twice: remember `webhook-id`.
 */
export function verifyWebhook(
  body: string | Buffer,
  headers: Record<string, string | string[] | undefined>,
  ...secrets: string[]
): WebhookEvent {
  const single = Object.fromEntries(
    Object.entries(headers).filter((one): one is [string, string] => typeof one[1] === "string"),
  );
  let reason = "no secret was given";
  for (const secret of secrets) {
    try {
      return new Webhook(secret).verify(body, single) as WebhookEvent;
    } catch (wrong) {
      reason = wrong instanceof Error ? wrong.message : String(wrong);
    }
  }
  throw new NotGenuine(`not a webhook of ours: ${reason}`);
}
