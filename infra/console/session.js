/** Who is signed in. Tokens are kept in this module's memory alone: closing the page forgets them. */

import { Problem } from "./api.js";

const MINUTE = 60_000;

let config = null;
let tokens = null; // {id, refresh, until, name, subject}

/** Where to sign in: written beside the page when it is deployed. */
export async function configure() {
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new Problem(answer.status, "config.json");
  config = await answer.json();
}

/** Cognito's own API. Its errors become a Problem whose message is their name. */
async function cognito(operation, body) {
  const answer = await fetch(config.sign_in_url, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
    },
    body: JSON.stringify({ ClientId: config.client_id, ...body }),
    cache: "no-store",
    credentials: "omit",
    referrerPolicy: "no-referrer",
  }).catch(() => {
    throw new Problem(0, "");
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, (said.__type ?? "").split("#").at(-1));
  return said;
}

function keep(result, refresh, name) {
  const claims = JSON.parse(text(result.IdToken.split(".")[1]));
  tokens = {
    id: result.IdToken,
    refresh: result.RefreshToken ?? refresh,
    until: Date.now() + result.ExpiresIn * 1000,
    name,
    subject: claims.sub,
  };
}

function text(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
}

/**
 * Sign in. Resolves to null, or to a function that takes the new password: whoever was given a
 * first one must choose their own.
 */
export async function signIn(name, password) {
  const said = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: name, PASSWORD: password },
  });
  if (said.AuthenticationResult) return keep(said.AuthenticationResult, null, name) ?? null;
  if (said.ChallengeName !== "NEW_PASSWORD_REQUIRED") throw new Problem(400, said.ChallengeName);
  return async (chosen) => {
    const answer = await cognito("RespondToAuthChallenge", {
      ChallengeName: said.ChallengeName,
      Session: said.Session,
      ChallengeResponses: { USERNAME: name, NEW_PASSWORD: chosen },
    });
    if (!answer.AuthenticationResult) throw new Problem(400, answer.ChallengeName);
    keep(answer.AuthenticationResult, null, name);
  };
}

/** The ID token, made new shortly before it runs out. */
export async function token() {
  if (!tokens) throw new Problem(401, "");
  if (tokens.until - Date.now() < 5 * MINUTE) {
    const { refresh, name } = tokens;
    const said = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: refresh },
    });
    if (tokens) keep(said.AuthenticationResult, refresh, name);
  }
  if (!tokens) throw new Problem(401, "");
  return tokens.id;
}

/** Forget everything, and let Cognito forget the refresh token. */
export async function signOut() {
  const refresh = tokens?.refresh;
  tokens = null;
  if (refresh) await cognito("RevokeToken", { Token: refresh }).catch(() => {});
}

export const me = () => tokens && { name: tokens.name, subject: tokens.subject };
