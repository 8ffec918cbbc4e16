/** The session. Tokens exist only in this module's memory: closing the page discards them. */

import { RequestError } from "./api.js";

const MINUTE = 60_000;

let config = null;
let tokens = null; // {id, refresh, until, name, moderator}

/** Load where to sign in; the deployment writes the file next to the page. */
export async function configure() {
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new RequestError(answer.status, "config.json");
  config = await answer.json();
}

/** Call Cognito's API. An error becomes a RequestError whose message is the error's name. */
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
    throw new RequestError(0, "");
  });
  const response = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new RequestError(answer.status, (response.__type ?? "").split("#").at(-1));
  return response;
}

function store(result, refresh, name) {
  const claims = JSON.parse(text(result.IdToken.split(".")[1]));
  tokens = {
    id: result.IdToken,
    refresh: result.RefreshToken ?? refresh,
    until: Date.now() + result.ExpiresIn * 1000,
    name,
    moderator: claims.sub,
  };
}

function text(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
}

/**
 * Sign in. Resolves to null, or to a function that takes the new password if the moderator still has
 * a temporary one.
 */
export async function signIn(name, password) {
  const response = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: name, PASSWORD: password },
  });
  if (response.AuthenticationResult) return store(response.AuthenticationResult, null, name) ?? null;
  if (response.ChallengeName !== "NEW_PASSWORD_REQUIRED") throw new RequestError(400, response.ChallengeName);
  return async (chosen) => {
    const answer = await cognito("RespondToAuthChallenge", {
      ChallengeName: response.ChallengeName,
      Session: response.Session,
      ChallengeResponses: { USERNAME: name, NEW_PASSWORD: chosen },
    });
    if (!answer.AuthenticationResult) throw new RequestError(400, answer.ChallengeName);
    store(answer.AuthenticationResult, null, name);
  };
}

/** The ID token, refreshed five minutes before it expires. */
export async function token() {
  if (!tokens) throw new RequestError(401, "");
  if (tokens.until - Date.now() < 5 * MINUTE) {
    const { refresh, name } = tokens;
    const response = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: refresh },
    });
    if (tokens) store(response.AuthenticationResult, refresh, name);
  }
  if (!tokens) throw new RequestError(401, "");
  return tokens.id;
}

/** Discard the tokens and revoke the refresh token. */
export async function signOut() {
  const refresh = tokens?.refresh;
  tokens = null;
  if (refresh) await cognito("RevokeToken", { Token: refresh }).catch(() => {});
}

export const me = () => tokens && { name: tokens.name, id: tokens.moderator };
