/** Client of the review desk's API. Page and API share one origin, so no call is cross-origin. */

/**
 * @import { AuditView, CaseView, ClaimNext, ClaimView, ExposureView, GuidelinesView, NextView, NotesView } from "#api"
 * @import { Queue, Reason, RefusedPhoto, RevealedPhotoView, RevealLevel, ReviewsView, ReviewSummary } from "#api"
 * @import { AnchorsView, AuditExportView, ChangeStaff, DecidedReviewsView, DecidedView, InviteStaff } from "#api"
 * @import { HoldsView, HoldView, ReportHold, ReportView } from "#api"
 * @import { Severity, SkipReason, StaffListView, StaffView, StatsView, TransparencyView } from "#api"
 */

/** @typedef {NonNullable<import("#api").operations["list_decided"]["parameters"]["query"]>} DecidedFilters */
/** @typedef {{queue?: Queue, severity?: Severity, reason?: Reason}} Filters of the queue */

/** A failed request: the HTTP status (0: no response) and the API's kind of error. */
export class RequestError extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message, kind = "") {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}

let ahead = 0; // ms by which the server's clock is ahead of the browser's

/** The server's time in ms: leases are measured by it, because a browser's clock may be wrong. */
export const now = () => Date.now() + ahead;

/**
 * A query string of what is given; an empty value is left out.
 * @param {Record<string, string | number | boolean | null | undefined>} given
 */
export function query(given) {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== "" && value !== null && value !== undefined) found.set(name, String(value));
  }
  return found.size ? `?${found}` : "";
}

/** @typedef {ReturnType<typeof desk>} Desk */

/**
 * `token` returns the moderator's ID token; `expired` is called when the session is over.
 * @param {{token: () => Promise<string>, expired: () => void}} session
 */
export function desk({ token, expired }) {
  /** @param {RequestError} error */
  const over = (error) => {
    if (error.status === 401) expired();
    throw error;
  };
  /** @type {(method: string, suffix: string, body?: object) => Promise<any>} */
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
  /** @param {string} review */
  const path = (review, action = "") => `/${encodeURIComponent(review)}${action}`;
  return {
    /** @type {(filters: Filters, cursor?: string | null) => Promise<ReviewsView>} */
    list: (filters, cursor) => call("GET", query({ limit: 50, ...filters, cursor })),
    /** @type {(wanted: ClaimNext) => Promise<NextView>} */
    next: (wanted) => call("POST", "/next", wanted),
    /** @type {(review: string) => Promise<CaseView>} */
    read: (review) => call("GET", path(review)),
    /** @type {(review: string) => Promise<ClaimView>} */
    claim: (review) => call("POST", path(review, "/claim")),
    /** @type {(review: string) => Promise<ClaimView>} */
    heartbeat: (review) => call("POST", path(review, "/heartbeat")),
    /** @type {(review: string) => Promise<ReviewSummary>} */
    release: (review) => call("POST", path(review, "/release")),
    /** @type {(review: string, reason: SkipReason) => Promise<ReviewSummary>} */
    skip: (review, reason) => call("POST", path(review, "/skip"), { reason }),
    /** @type {(review: string, note: string) => Promise<ReviewSummary>} */
    escalate: (review, note) => call("POST", path(review, "/escalate"), { note }),
    /** @type {(review: string, photos: string[]) => Promise<ReviewSummary>} */
    hold: (review, photos) => call("POST", path(review, "/hold"), { photos }),
    /** @type {(review: string) => Promise<ReviewSummary>} */
    giveBack: (review) => call("POST", path(review, "/return")),
    /** @type {(review: string, text: string) => Promise<NotesView>} */
    note: (review, text) => call("POST", path(review, "/notes"), { text }),
    /** @type {(review: string, photo: string, level: RevealLevel) => Promise<RevealedPhotoView>} */
    reveal: (review, photo, level) => call("POST", path(review, "/reveal"), { photo_id: photo, level }),
    /** @type {(review: string, photos: RefusedPhoto[]) => Promise<ReviewSummary>} */
    decide: (review, photos) => call("POST", path(review, "/decision"), { approve: photos.length === 0, photos }),
    /** @type {(review: string) => Promise<ClaimView>} */
    undo: (review) => call("DELETE", path(review, "/decision")),
    /** @type {(review: string) => Promise<AuditView>} */
    audit: (review) => call("GET", path(review, "/audit")),
    /** @type {() => Promise<GuidelinesView>} */
    guidelines: () => call("GET", "/guidelines"),
    /** @type {(days: number) => Promise<StatsView>} */
    stats: (days) => call("GET", `/stats?days=${days}`),
    /** @type {(moderator: string, more: number) => Promise<ExposureView>} */
    grant: (moderator, more) => call("POST", "/exposure", { moderator, more }),
    // for leads
    /** @type {() => Promise<StaffListView>} */
    staff: () => call("GET", "/staff"),
    /** @type {(account: InviteStaff) => Promise<StaffView>} */
    invite: (account) => call("POST", "/staff", account),
    /** @type {(username: string, access: ChangeStaff) => Promise<StaffView>} */
    change: (username, access) => call("PUT", `/staff${path(username)}`, access),
    /** @type {(username: string) => Promise<StaffView>} */
    resetAuthenticator: (username) => call("POST", `/staff${path(username, "/authenticator")}`),
    /** @type {(username: string) => Promise<StaffListView>} */
    remove: (username) => call("DELETE", `/staff${path(username)}`),
    /** @type {(filters: DecidedFilters, cursor: string | null) => Promise<DecidedReviewsView>} */
    decided: (filters, cursor) => call("GET", `/decided${query({ ...filters, cursor })}`),
    /** @type {(review: string, photos: RefusedPhoto[]) => Promise<DecidedView>} */
    overturn: (review, photos) => call("POST", path(review, "/overturn"), { photos }),
    /** @type {(cursor: string | null) => Promise<HoldsView>} */
    holds: (cursor) => call("GET", `/holds${query({ limit: 50, cursor })}`),
    /** @type {(job: string) => Promise<HoldView>} */
    readHold: (job) => call("GET", `/holds${path(job)}`),
    /** @type {(job: string, confirm: boolean) => Promise<HoldView>} */
    decideHold: (job, confirm) => call("POST", `/holds${path(job, "/decision")}`, { confirm }),
    /** @type {(job: string) => Promise<ReportView>} */
    holdReport: (job) => call("GET", `/holds${path(job, "/report")}`),
    /** @type {(job: string, report: ReportHold) => Promise<HoldView>} */
    reportHold: (job, report) => call("POST", `/holds${path(job, "/reported")}`, report),
    /** @type {(job: string) => Promise<HoldView>} */
    unblock: (job) => call("POST", `/holds${path(job, "/unblock")}`),
    /** @type {(chain: number, after: number) => Promise<AuditExportView>} */
    exportAudit: (chain, after) => call("GET", `/audit${query({ chain, after, limit: 2000 })}`),
    /** @type {(cursor: string | null) => Promise<AnchorsView>} */
    anchors: (cursor) => call("GET", `/audit/anchors${query({ limit: 100, cursor })}`),
    /** @type {(first: string, last: string) => Promise<TransparencyView>} */
    transparency: (first, last) => call("GET", `/transparency${query({ first, last })}`),
  };
}
