import { randomUUID } from "node:crypto";

import createClient, { type Client } from "openapi-fetch";

import { DownloadFailed, TimedOut, UploadRefused } from "./errors.ts";
import { AGENT, type Options, segment, Transport } from "./transport.ts";
import type {
  AddPhoto,
  AppealUploadsView,
  ChangeWebhook,
  ConsentsView,
  CreateJob,
  CreateWebhook,
  DeliveriesReplayed,
  DeliveriesView,
  DeliveryQueued,
  DeliveryState,
  ErasureView,
  JobCreated,
  JobState,
  JobStateView,
  JobSummary,
  JobsView,
  JobView,
  KeepAvatars,
  KeptAvatarsView,
  KeysView,
  NewSecret,
  paths,
  PhotoView,
  PlusView,
  PresignedPost,
  ProvenanceView,
  QuotaView,
  ReceiptView,
  ReplayDeliveries,
  SetPlus,
  StylesView,
  StyleView,
  WebhookCreated,
  WebhookDeleted,
  WebhooksView,
  WebhookView,
} from "./types.ts";

/** A key of your own: store it first, if your process may restart before the response comes. */
export interface Keyed {
  idempotencyKey?: string;
}

export interface Page {
  limit?: number;
  cursor?: string;
}

export interface Wait {
  /** Throw TimedOut if the job does not change for so many seconds. */
  timeoutS?: number;
  /** Waits for milliseconds; an earlier end polls at once: let webhooks wake it. */
  pause?: (ms: number) => Promise<unknown>;
}

export type PictureType = "image/png" | "image/webp" | "image/jpeg" | "application/octet-stream";

const UNDECIDED: ReadonlySet<string> = new Set(["awaited", "checking"]);
const ENDED: ReadonlySet<string> = new Set([
  "completed",
  "refused",
  "cancelled",
  "expired",
  "failed",
]);
const PROVEN: ReadonlySet<string> = new Set(["deleted", "held"]); // held: by law, the receipt says so
const POLL_S = 5; // of an API that does not say when to poll

/**
 * The API of one deployment, as an app's server calls it: one method for each operation, and what
 * an app does around them.
 *
 * The operations throw `ApiError` (branch on `kind`) or `NotReached`, after repeating what may
 * succeed for `patienceS` seconds. Every POST has an idempotency key. Never use it in a browser:
 * it needs AWS credentials.
 */
export class Likeness {
  readonly #transport: Transport;
  readonly #api: Client<paths>;

  constructor(options: Options) {
    this.#transport = new Transport(options);
    this.#api = createClient<paths>({
      baseUrl: options.apiUrl.replace(/\/$/, ""),
      fetch: (request) => this.#transport.send(request),
      headers: { Accept: "application/json", "User-Agent": AGENT },
      pathSerializer: (path, values) =>
        path.replace(/{(\w+)}/g, (_, name: string) => segment(String(values[name]))),
    });
  }

  // --- jobs --------------------------------------------------------------------------------------

  /** Open a job. Returns one presigned POST for each photo: `upload`, or the app itself. */
  createJob(order: CreateJob, options?: Keyed): Promise<JobCreated> {
    return data(this.#api.POST("/v1/jobs", { body: order, params: keyed(options) }));
  }

  /** One more presigned POST, to replace a refused photo. */
  addPhoto(jobId: string, photo: AddPhoto, options?: Keyed): Promise<PresignedPost> {
    const params = { path: { job_id: jobId }, ...keyed(options) };
    return data(this.#api.POST("/v1/jobs/{job_id}/photos", { body: photo, params }));
  }

  /** Take back a photo of an open job. */
  deletePhoto(jobId: string, photoId: string): Promise<PhotoView> {
    const params = { path: { job_id: jobId, photo_id: photoId } };
    return data(this.#api.DELETE("/v1/jobs/{job_id}/photos/{photo_id}", { params }));
  }

  /** Start the work; reserves the quota day. Waits while photos are still being checked. */
  submitJob(jobId: string, options?: Keyed): Promise<JobStateView> {
    const params = { path: { job_id: jobId }, ...keyed(options) };
    return data(this.#api.POST("/v1/jobs/{job_id}/submit", { params }));
  }

  /** The job, with verdicts, progress, and avatars as presigned URLs. */
  getJob(jobId: string): Promise<JobView> {
    return data(this.#api.GET("/v1/jobs/{job_id}", { params: { path: { job_id: jobId } } }));
  }

  /** One page of the user's jobs, newest first. `allJobs` reads every page. */
  listJobs(userId: string, query: Page & { state?: JobState } = {}): Promise<JobsView> {
    const params = { path: { user_id: userId }, query };
    return data(this.#api.GET("/v1/users/{user_id}/jobs", { params }));
  }

  /** Cancel a job, or delete the avatars of a completed one. */
  deleteJob(jobId: string): Promise<JobStateView> {
    return data(this.#api.DELETE("/v1/jobs/{job_id}", { params: { path: { job_id: jobId } } }));
  }

  /** Keep these avatars; the others are deleted. */
  keepAvatars(jobId: string, picks: KeepAvatars, options?: Keyed): Promise<KeptAvatarsView> {
    const params = { path: { job_id: jobId }, ...keyed(options) };
    return data(this.#api.POST("/v1/jobs/{job_id}/keep", { body: picks, params }));
  }

  /** Contest a refusal. Returns presigned POSTs for the same files. */
  appealJob(jobId: string, options?: Keyed): Promise<AppealUploadsView> {
    const params = { path: { job_id: jobId }, ...keyed(options) };
    return data(this.#api.POST("/v1/jobs/{job_id}/appeal", { params }));
  }

  /** The signed receipt of the deletion: `verifyDeletion` verifies it. */
  getReceipt(jobId: string): Promise<ReceiptView> {
    const params = { path: { job_id: jobId } };
    return data(this.#api.GET("/v1/jobs/{job_id}/receipt", { params }));
  }

  /** The public keys of receipts. */
  getKeys(): Promise<KeysView> {
    return data(this.#api.GET("/v1/keys"));
  }

  /** The versions of the consent text that are in force. */
  getConsents(): Promise<ConsentsView> {
    return data(this.#api.GET("/v1/consents"));
  }

  // --- users -------------------------------------------------------------------------------------

  /** What is used and left of the user's day, and when the next one begins. */
  getQuota(userId: string, query: { test_day?: string } = {}): Promise<QuotaView> {
    const params = { path: { user_id: userId }, query };
    return data(this.#api.GET("/v1/users/{user_id}/quota", { params }));
  }

  /** Pass on what billing decided; the newest `effective_at` wins. */
  setPlus(userId: string, plus: SetPlus): Promise<PlusView> {
    const params = { path: { user_id: userId } };
    return data(this.#api.PUT("/v1/users/{user_id}/plus", { body: plus, params }));
  }

  /** Erase the user: every job, photo and avatar. */
  requestErasure(userId: string): Promise<ErasureView> {
    return data(this.#api.DELETE("/v1/users/{user_id}", { params: { path: { user_id: userId } } }));
  }

  /** The state of an erasure, and its receipt: `verifyErasure` verifies it. */
  getErasure(erasureId: string): Promise<ErasureView> {
    const params = { path: { erasure_id: erasureId } };
    return data(this.#api.GET("/v1/erasures/{erasure_id}", { params }));
  }

  // --- styles and pictures -----------------------------------------------------------------------

  /** One page of the catalogue. `allStyles` reads every page. */
  listStyles(query: Page = {}): Promise<StylesView> {
    return data(this.#api.GET("/v1/styles", { params: { query } }));
  }

  /** The preview picture of a style, WebP. Its URL is public: an app can show it directly. */
  async previewStyle(style: string, query: { size?: "256" | "512" } = {}): Promise<Uint8Array> {
    const params = { path: { style }, query };
    const found = this.#api.GET("/v1/styles/{style}/preview", { params, parseAs: "arrayBuffer" });
    return new Uint8Array(await data(found));
  }

  /** Whether a picture is an avatar of this service; never whose. */
  verifyPicture(
    picture: Uint8Array,
    contentType: PictureType,
    options?: Keyed,
  ): Promise<ProvenanceView> {
    return data(
      this.#api.POST("/v1/verify", {
        body: "",
        bodySerializer: () => new Uint8Array(picture),
        headers: { "Content-Type": contentType },
        params: keyed(options),
      }),
    );
  }

  // --- webhooks ----------------------------------------------------------------------------------

  /** Register a webhook. `secret` is null if the response to an earlier attempt was lost. */
  createWebhook(webhook: CreateWebhook, options?: Keyed): Promise<WebhookCreated> {
    return data(this.#api.POST("/v1/webhooks", { body: webhook, params: keyed(options) }));
  }

  /** One page of the webhooks, of which there are ten at most. */
  listWebhooks(query: Page = {}): Promise<WebhooksView> {
    return data(this.#api.GET("/v1/webhooks", { params: { query } }));
  }

  /** One webhook, without its secret. */
  getWebhook(webhookId: string): Promise<WebhookView> {
    const params = { path: { webhook_id: webhookId } };
    return data(this.#api.GET("/v1/webhooks/{webhook_id}", { params }));
  }

  /** Change its URL or event types, disable or enable it. */
  changeWebhook(webhookId: string, change: ChangeWebhook): Promise<WebhookView> {
    const params = { path: { webhook_id: webhookId } };
    return data(this.#api.PATCH("/v1/webhooks/{webhook_id}", { body: change, params }));
  }

  /** Nothing more is sent to it. */
  deleteWebhook(webhookId: string): Promise<WebhookDeleted> {
    const params = { path: { webhook_id: webhookId } };
    return data(this.#api.DELETE("/v1/webhooks/{webhook_id}", { params }));
  }

  /** A new secret; for 24 hours the old one signs too. */
  rotateSecret(webhookId: string, options?: Keyed): Promise<NewSecret> {
    const params = { path: { webhook_id: webhookId }, ...keyed(options) };
    return data(this.#api.POST("/v1/webhooks/{webhook_id}/secret", { params }));
  }

  /** Send a `WebhookTested`. */
  sendTestEvent(webhookId: string, options?: Keyed): Promise<DeliveryQueued> {
    const params = { path: { webhook_id: webhookId }, ...keyed(options) };
    return data(this.#api.POST("/v1/webhooks/{webhook_id}/test", { params }));
  }

  /** One page of what was sent, newest first. */
  listDeliveries(
    webhookId: string,
    query: Page & { state?: DeliveryState } = {},
  ): Promise<DeliveriesView> {
    const params = { path: { webhook_id: webhookId }, query };
    return data(this.#api.GET("/v1/webhooks/{webhook_id}/deliveries", { params }));
  }

  /** Send events again: those that failed since a time, or single ones. */
  replayDeliveries(
    webhookId: string,
    which: ReplayDeliveries,
    options?: Keyed,
  ): Promise<DeliveriesReplayed> {
    const params = { path: { webhook_id: webhookId }, ...keyed(options) };
    return data(this.#api.POST("/v1/webhooks/{webhook_id}/replay", { body: which, params }));
  }

  // --- around the operations -----------------------------------------------------------------------

  /** All jobs of the user, newest first, page by page. */
  async *allJobs(userId: string): AsyncGenerator<JobSummary> {
    let cursor: string | null | undefined;
    do {
      const page = await this.listJobs(userId, { limit: 100, ...(cursor ? { cursor } : {}) });
      yield* page.jobs;
      cursor = page.next;
    } while (cursor);
  }

  /** The whole catalogue, page by page. */
  async *allStyles(): AsyncGenerator<StyleView> {
    let cursor: string | null | undefined;
    do {
      const page = await this.listStyles({ limit: 100, ...(cursor ? { cursor } : {}) });
      yield* page.styles;
      cursor = page.next;
    } while (cursor);
  }

  /** Upload a photo as the app does. Throws UploadRefused or NotReached. */
  async upload(post: PresignedPost, photo: Uint8Array): Promise<void> {
    const form = new FormData();
    for (const [name, value] of Object.entries(post.fields)) form.append(name, value);
    const type = post.fields["Content-Type"] ?? "";
    form.append("file", new Blob([new Uint8Array(photo)], { type }), "photo"); // S3: the file last
    await this.#transport.repeat(
      () => this.#transport.fetch(post.url, { method: "POST", body: form }),
      async (response) => {
        if (response.ok) return undefined;
        const code = /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
        return new UploadRefused(response.status, code ?? "");
      },
    );
  }

  /** The file of a presigned URL. Throws DownloadFailed or NotReached. */
  async download(url: string): Promise<Uint8Array> {
    const response = await this.#transport.repeat(
      () => this.#transport.fetch(url, {}),
      async (one) => (one.ok ? undefined : new DownloadFailed(one.status)),
    );
    return new Uint8Array(await response.arrayBuffer());
  }

  /**
   * Yield the job now and after each change, until it has ended.
   *
   * Polls when the API says (`poll_after_s`). Throws TimedOut if the job does not change for
   * `timeoutS` (3600).
   */
  watchJob(jobId: string, wait: Wait = {}): AsyncGenerator<JobView> {
    return this.#watch(jobId, (job) => ENDED.has(job.state), { timeoutS: 3600, ...wait });
  }

  /** The job once it has ended, in any state; waits as `watchJob`. */
  waitForJob(jobId: string, wait: Wait = {}): Promise<JobView> {
    return last(this.watchJob(jobId, wait));
  }

  /** The job once each of its photos has a verdict (120 s). Upload all of them first. */
  waitForPhotos(jobId: string, wait: Wait = {}): Promise<JobView> {
    return last(this.#watch(jobId, decided, { timeoutS: 120, ...wait }));
  }

  /** The receipt once the deletion is verified (600 s), seconds after the job has ended. */
  async waitForReceipt(jobId: string, wait: Wait = {}): Promise<ReceiptView> {
    const proven = (job: JobView): boolean => PROVEN.has(job.deletion ?? "");
    await last(this.#watch(jobId, proven, { timeoutS: 600, ...wait }));
    return this.getReceipt(jobId);
  }

  async *#watch(
    jobId: string,
    done: (job: JobView) => boolean,
    wait: Wait & { timeoutS: number },
  ): AsyncGenerator<JobView> {
    const pause = wait.pause ?? this.#transport.pause;
    let [seen, deadline] = ["", 0];
    for (;;) {
      const job = await this.getJob(jobId);
      const now = whatChanges(job);
      if (now !== seen) {
        [seen, deadline] = [now, performance.now() + 1000 * wait.timeoutS];
        yield job;
      }
      if (done(job)) return;
      const poll = job.poll_after_s ?? POLL_S;
      if (performance.now() + 1000 * poll > deadline) throw new TimedOut(job, wait.timeoutS);
      await pause(1000 * poll);
    }
  }
}

/** Without presigned URLs, which differ at each read. */
function whatChanges(job: JobView): string {
  const { state, progress, photos, deletion } = job;
  return JSON.stringify([state, progress?.done, progress?.waiting_for, photos, deletion]);
}

function decided(job: JobView): boolean {
  return job.state !== "open" || job.photos.every((photo) => !UNDECIDED.has(photo.state));
}

async function last(jobs: AsyncGenerator<JobView>): Promise<JobView> {
  let job: JobView | undefined;
  for await (job of jobs);
  return job as JobView; // `#watch` yields at least once
}

function keyed(options: Keyed = {}): { header: { "Idempotency-Key": string } } {
  return { header: { "Idempotency-Key": options.idempotencyKey ?? randomUUID() } };
}

/** The transport has thrown if the response was an error. */
async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
