/** Client of the review desk's API. Page and API share one origin, so no call is cross-origin. */

/** A failed request: the HTTP status (0: no response) and the API's kind of error. */
export class RequestError extends Error {
  constructor(status, message, kind = "") {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

let ahead = 0; // ms by which the server's clock is ahead of the browser's

/** The server's time in ms: leases are measured by it, because a browser's clock may be wrong. */
export const now = () => Date.now() + ahead;

/** A query string of what is given; an empty value is left out. */
export function query(given) {
  const found = new URLSearchParams(Object.entries(given).filter(([, value]) => value !== "" && value != null));
  return found.size ? `?${found}` : "";
}

/** `token` returns the moderator's ID token; `expired` is called when the session is over. */
export function desk({ token, expired }) {
  const over = (error) => {
    if (error.status === 401) expired();
    throw error;
  };
  const call = async (method, suffix, body) => {
    const answer = await fetch(`/v1/reviews${suffix}`, {
      method,
      headers: {
        Authorization: await token().catch(over),
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
    if (!answer.ok) throw new RequestError(answer.status, response.message ?? "", response.error ?? "");
    return response;
  };
  const path = (review, action = "") => `/${encodeURIComponent(review)}${action}`;
  return {
    call, // for the leads' views
    list: (filters, cursor) => call("GET", query({ limit: 50, ...filters, cursor })),
    next: (wanted) => call("POST", "/next", wanted),
    read: (review) => call("GET", path(review)),
    claim: (review) => call("POST", path(review, "/claim")),
    heartbeat: (review) => call("POST", path(review, "/heartbeat")),
    release: (review) => call("POST", path(review, "/release")),
    skip: (review, reason) => call("POST", path(review, "/skip"), { reason }),
    escalate: (review, note) => call("POST", path(review, "/escalate"), { note }),
    giveBack: (review) => call("POST", path(review, "/return")),
    note: (review, text) => call("POST", path(review, "/notes"), { text }),
    reveal: (review, photo, level) => call("POST", path(review, "/reveal"), { photo_id: photo, level }),
    decide: (review, photos) => call("POST", path(review, "/decision"), { approve: photos.length === 0, photos }),
    undo: (review) => call("DELETE", path(review, "/decision")),
    audit: (review) => call("GET", path(review, "/audit")),
    guidelines: () => call("GET", "/guidelines"),
    stats: (days) => call("GET", `/stats?days=${days}`),
    grant: (moderator, more) => call("POST", "/exposure", { moderator, more }),
  };
}
