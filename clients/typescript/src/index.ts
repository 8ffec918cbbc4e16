export { type Keyed, Likeness, type Page, type PictureType, type Wait } from "./client.ts";
export {
  ApiError,
  DownloadFailed,
  type ErrorKind,
  LikenessError,
  NoCredentials,
  NotGenuine,
  NotReached,
  TimedOut,
  UploadRefused,
} from "./errors.ts";
export {
  type DeletionReceipt,
  type ErasureReceipt,
  verifyDeletion,
  verifyErasure,
} from "./receipts.ts";
export type { Credentials, Options } from "./transport.ts";
export type * from "./types.ts";
export { VERSION } from "./version.ts";
export { verifyWebhook } from "./webhooks.ts";
