/** The session. Tokens exist only in this module's memory: closing the page discards them. */

import { RequestError } from "./api.js";

const EARLY = 3 * 60_000; // ms before a token expires that it is refreshed
const ISSUER = "Likeness review desk"; // in the list of an authenticator app

/** @type {{sign_in_url: string, client_id: string}} */
let config; // once it is loaded
/** @type {{id: string, refresh: string, until: number, name: string, moderator: string, lead: boolean} | null} */
let tokens = null;
/** @type {Promise<void> | null} */
let refreshing = null; // the request under way, which all calls share

/** Load where to sign in; the deployment writes the file next to the page. */
export async function configure() {
  const answer = await fetch("config.json", { cache: "no-store" });
  if (!answer.ok) throw new RequestError(answer.status, "config.json");
  config = await answer.json();
}

/**
 * Call Cognito's API. An error becomes a RequestError whose message is the error's name.
 * @param {string} operation
 * @param {object} body
 * @returns {Promise<any>}
 */
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

/** @param {{IdToken: string, RefreshToken?: string, ExpiresIn: number}} result @param {string} refresh @param {string} name */
function store(result, refresh, name) {
  const claims = JSON.parse(text(result.IdToken.split(".")[1]));
  tokens = {
    id: result.IdToken,
    refresh: result.RefreshToken ?? refresh,
    until: Date.now() + result.ExpiresIn * 1000,
    name,
    moderator: claims.sub,
    lead: (claims["cognito:groups"] ?? []).includes("moderation-leads"),
  };
}

/** @param {string} base64url */
function text(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (one) => one.charCodeAt(0)));
}

/**
 * @typedef {{kind: "name" | "forgot" | "reset"}
 *   | {kind: "password" | "code", answer: (given: string) => Promise<Step | null>}
 *   | {kind: "setup", key: string, url: string, answer: (given: string) => Promise<Step | null>}} Step
 */

/**
 * The next step of a sign-in: null when signed in, else what the pool asks for.
 * `answer(given)` resolves to the step after it. `key` and `url` are of the authenticator to set up.
 * @param {any} response of Cognito
 * @param {string} name
 * @returns {Promise<Step | null>}
 */
async function step(response, name) {
  if (response.AuthenticationResult) {
    store(response.AuthenticationResult, "", name);
    return null;
  }
  const username = response.ChallengeParameters?.USER_ID_FOR_SRP ?? name;
  /** @param {string} session */
  const respond = async (session, given = {}) =>
    step(
      await cognito("RespondToAuthChallenge", {
        ChallengeName: response.ChallengeName,
        Session: session,
        ChallengeResponses: { USERNAME: username, ...given },
      }),
      name,
    );
  switch (response.ChallengeName) {
    case "NEW_PASSWORD_REQUIRED":
      return { kind: "password", answer: (chosen) => respond(response.Session, { NEW_PASSWORD: chosen }) };
    case "SOFTWARE_TOKEN_MFA":
      return { kind: "code", answer: (code) => respond(response.Session, { SOFTWARE_TOKEN_MFA_CODE: code }) };
    case "MFA_SETUP":
      return setUp(response.Session, name, respond);
    default:
      throw new RequestError(400, response.ChallengeName);
  }
}

/**
 * A wrong code may be corrected. Cognito ends the session when it is tried too often.
 * @param {string} session
 * @param {string} name
 * @param {(session: string) => Promise<Step | null>} respond
 * @returns {Promise<Step>}
 */
async function setUp(session, name, respond) {
  const made = await cognito("AssociateSoftwareToken", { ClientId: undefined, Session: session });
  const label = `${encodeURIComponent(ISSUER)}:${encodeURIComponent(name)}`;
  return {
    kind: "setup",
    key: made.SecretCode,
    url: `otpauth://totp/${label}?secret=${made.SecretCode}&issuer=${encodeURIComponent(ISSUER)}`,
    answer: async (code) => {
      const verified = await cognito("VerifySoftwareToken", {
        ClientId: undefined,
        Session: made.Session,
        UserCode: code,
      });
      return respond(verified.Session);
    },
  };
}

/** Sign in; resolves to the next step, or to null. @param {string} name @param {string} password */
export async function signIn(name, password) {
  const response = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    AuthParameters: { USERNAME: name, PASSWORD: password },
  });
  return step(response, name);
}

/** Have a code mailed to reset the password with. An unknown name gets the same response. @param {string} name */
export const forgot = (name) => cognito("ForgotPassword", { Username: name });

/** Set the password with the mailed code. @param {string} name @param {string} code @param {string} password */
export const reset = (name, code, password) =>
  cognito("ConfirmForgotPassword", { Username: name, ConfirmationCode: code, Password: password });

/**
 * The ID token, refreshed before it expires. If the refresh fails for a passing reason, a token that
 * is still valid is returned. Throws a RequestError of status 401 if the session is over.
 */
export async function token() {
  if (!tokens) throw new RequestError(401, "");
  if (tokens.until - Date.now() < EARLY) {
    refreshing ??= refresh().finally(() => (refreshing = null));
    await refreshing;
  }
  if (!tokens) throw new RequestError(401, "");
  return tokens.id;
}

async function refresh() {
  const before = tokens;
  if (!before) return;
  const { refresh, name, until } = before;
  try {
    const response = await cognito("InitiateAuth", {
      AuthFlow: "REFRESH_TOKEN_AUTH",
      AuthParameters: { REFRESH_TOKEN: refresh },
    });
    if (tokens === before) store(response.AuthenticationResult, refresh, name);
  } catch (error) {
    if (tokens !== before) return; // signed out: another person may have signed in since
    if (OVER.has(error.message)) throw new RequestError(401, error.message);
    if (Date.now() >= until) throw error;
  }
}

// Disabled, deleted, revoked or expired: no other request of this session can succeed.
const OVER = new Set([
  "NotAuthorizedException",
  "UserNotFoundException",
  "PasswordResetRequiredException",
  "UserNotConfirmedException",
]);

/** Discard the tokens and revoke the refresh token. */
export async function signOut() {
  const refresh = tokens?.refresh;
  tokens = refreshing = null;
  if (refresh) await cognito("RevokeToken", { Token: refresh }).catch(() => {});
}

export const me = () => tokens && { name: tokens.name, id: tokens.moderator, lead: tokens.lead };
