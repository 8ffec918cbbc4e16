import type { ErrorBody, JobView } from "./types.ts";

/** The kinds of the API's errors, and those of a later API. */
export type ErrorKind = ErrorBody["error"] | (string & {});

/** Base of the client's errors. */
export class LikenessError extends Error {
  override name = this.constructor.name;

  /** The same request may succeed later. The client has repeated it before it throws this. */
  get passes(): boolean {
    return false;
  }

  /** Seconds after which the same request may succeed, if the API said so. */
  get retryAfterS(): number | undefined {
    return undefined;
  }
}

/** There are no AWS credentials. */
export class NoCredentials extends LikenessError {}

/** A webhook or a receipt is not from Likeness, or not the expected one. */
export class NotGenuine extends LikenessError {}

/** No response came. The request may have had its effect: repeat it with the same key. */
export class NotReached extends LikenessError {
  override get passes(): boolean {
    return true;
  }
}

/** S3 refused an upload; `code` is S3's, for example EntityTooLarge or AccessDenied. */
export class UploadRefused extends LikenessError {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(`S3 refused the upload: ${status} ${code}`);
    this.status = status;
    this.code = code;
  }

  override get passes(): boolean {
    return this.status >= 500;
  }
}

/** A presigned URL did not return the file. 403: it has expired, get the job again. */
export class DownloadFailed extends LikenessError {
  readonly status: number;

  constructor(status: number) {
    super(`the presigned URL returned ${status}`);
    this.status = status;
  }

  override get passes(): boolean {
    return this.status >= 500;
  }
}

/** The job did not change for the given time; `job` is what getJob returned last. */
export class TimedOut extends LikenessError {
  readonly job: JobView;

  constructor(job: JobView, timeoutS: number) {
    super(`the job has been ${job.state} for ${timeoutS} s without a change`);
    this.job = job;
  }
}

/**
 * The API returned an error. Branch on `kind`, never on the message: it is for developers.
 *
 * `kind` is undefined for an error of API Gateway. `body` has the fields of the kind, for example
 * the start of the next day.
 */
export class ApiError extends LikenessError {
  readonly status: number;
  readonly kind: ErrorKind | undefined;
  readonly body: Partial<ErrorBody>;
  readonly #retryAfterS: number | undefined;

  constructor(status: number, body: Partial<ErrorBody>, retryAfterS?: number) {
    super(body.message ?? `HTTP ${status}`);
    this.status = status;
    this.kind = body.error;
    this.body = body;
    this.#retryAfterS = retryAfterS;
  }

  override get retryAfterS(): number | undefined {
    return this.#retryAfterS;
  }

  /** The API says when to repeat, or the failure is a server's or API Gateway's. */
  override get passes(): boolean {
    if (this.#retryAfterS !== undefined || this.status >= 500) return true;
    return this.status === 429 && this.kind === undefined; // too many requests
  }
}

/** The error of a response. The body may be a proxy's and not JSON. */
export async function apiError(response: Response): Promise<ApiError> {
  const text = await response.text();
  let body: Partial<ErrorBody> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = parsed;
  } catch {
    // not JSON
  }
  const retryAfter = response.headers.get("Retry-After");
  const seconds = retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  return new ApiError(response.status, body, seconds);
}
