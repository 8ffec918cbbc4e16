/** Client of the review desk's API. Page and API share one origin, so no call is cross-origin. */

/** A failed request. `status` is the HTTP status, 0 if there was no response. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let ahead = 0; // ms by which the server's clock is ahead of the browser's

/** The server's time in ms: leases are measured by it, because a browser's clock may be wrong. */
export const now = () => Date.now() + ahead;

/** `token` returns the moderator's ID token; `expired` is called on a 401. */
export function desk({ token, expired }) {
  const ended = (error) => {
    if (error.status === 401) expired();
    throw error;
  };
  const call = async (method, suffix, body) => {
    const answer = await fetch(`/v1/reviews${suffix}`, {
      method,
      headers: {
        Authorization: await token().catch(ended),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    }).catch(() => {
      throw new RequestError(0, "");
    });
    const date = Date.parse(answer.headers.get("Date") ?? "");
    if (date) ahead = date + 500 - Date.now(); // the header has whole seconds
    const response = await answer.json().catch(() => ({}));
    if (answer.status === 401 || response.error === "AccessRevoked") expired();
    if (!answer.ok) throw new RequestError(answer.status, response.message ?? "");
    return response;
  };
  const path = (review, action = "") => `/${encodeURIComponent(review)}${action}`;
  return {
    list: (next) => call("GET", `?limit=50${next ? `&cursor=${encodeURIComponent(next)}` : ""}`),
    read: (review) => call("GET", path(review)),
    claim: (review) => call("POST", path(review, "/claim")),
    heartbeat: (review) => call("POST", path(review, "/heartbeat")),
    release: (review) => call("POST", path(review, "/release")),
    reveal: (review, photo) => call("POST", path(review, "/reveal"), { photo_id: photo }),
    decide: (review, photos) =>
      call("POST", path(review, "/decision"), { approve: photos.length === 0, photos }),
    audit: (review) => call("GET", path(review, "/audit")),
    stats: (days) => call("GET", `/stats?days=${days}`),
    grant: (moderator, more) => call("POST", "/exposure", { moderator, more }),
  };
}
