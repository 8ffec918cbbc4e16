/** The desk's routes. They are on the page's own origin, so nothing here crosses one. */

/** What the API answered instead of what was asked for. `status` 0: there was no answer. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let ahead = 0; // ms that the server's clock is ahead of ours

/** The server's time. A lease is counted by it, however wrong this machine's clock is. */
export const now = () => Date.now() + ahead;

/** A client of the desk; `token` gives the ID token of who signed in, `expired` hears of a 401. */
export function desk({ token, expired }) {
  const call = async (method, path, body) => {
    const answer = await fetch(`/v1/reviews${path}`, {
      method,
      headers: {
        Authorization: await token(),
        ...(body ? { "Content-Type": "application/json" } : {}),
      },
      body: body ? JSON.stringify(body) : undefined,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
    }).catch(() => {
      throw new Problem(0, "");
    });
    const date = Date.parse(answer.headers.get("Date") ?? "");
    if (date) ahead = date + 500 - Date.now(); // the header counts whole seconds
    if (answer.status === 401) expired();
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Problem(answer.status, said.message ?? "");
    return said;
  };
  const of = (review, act = "") => `/${encodeURIComponent(review)}${act}`;
  return {
    list: (next) => call("GET", `?limit=50${next ? `&next=${encodeURIComponent(next)}` : ""}`),
    read: (review) => call("GET", of(review)),
    claim: (review) => call("POST", of(review, "/claim")),
    heartbeat: (review) => call("POST", of(review, "/heartbeat")),
    release: (review) => call("POST", of(review, "/release")),
    reveal: (review, photo) => call("POST", of(review, "/reveal"), { photo_id: photo }),
    decide: (review, photos) =>
      call("POST", of(review, "/decision"), { approve: photos.length === 0, photos }),
    audit: (review) => call("GET", of(review, "/audit")),
    stats: (days) => call("GET", `/stats?days=${days}`),
    grant: (moderator, more) => call("POST", "/exposure", { moderator, more }),
  };
}
