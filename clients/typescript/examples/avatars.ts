/**
 * Photos of one user in, avatars out: node avatars.ts USER_ID PHOTO PHOTO PHOTO ...
 *
 * Needs LIKENESS_API_URL, AWS_DEFAULT_REGION and AWS credentials, as `make env` prints them.
 */
import { readFile, writeFile } from "node:fs/promises";

import { ApiError, type JobView, Likeness, verifyDeletion } from "likeness-client";

const {
  LIKENESS_API_URL = "",
  AWS_DEFAULT_REGION = "",
  LIKENESS_ISSUER = "likeness/local",
} = process.env;
const [userId = "", ...photos] = process.argv.slice(2);
const client = new Likeness({ apiUrl: LIKENESS_API_URL, region: AWS_DEFAULT_REGION });

const order = {
  user_id: userId,
  styles: ["comic", "watercolour"],
  photos: photos.map(() => ({ content_type: "image/jpeg" as const })),
  avatars: 4,
  time_zone: "Europe/Berlin",
  // What the user accepted in the app, and when.
  consent: { version: "2026-11", accepted_at: new Date().toISOString() },
};
const created = await client.createJob(order).catch((error: unknown) => {
  if (error instanceof ApiError && error.kind === "OverQuota") {
    console.error(`One job a day: ${error.message}`);
    process.exit(1);
  }
  throw error;
});
const jobId = created.job_id;
for (const [n, post] of created.uploads.entries()) {
  await client.upload(post, await readFile(photos[n] ?? "")); // or the app itself, from the phone
}
for (const { photo_id, problem } of (await client.waitForPhotos(jobId)).photos) {
  if (problem) console.log(`${photo_id}: ${problem.hint["en"]}`); // the app may replace it: addPhoto
}
await client.submitJob(jobId);
let job: JobView | undefined;
for await (job of client.watchJob(jobId)) {
  console.log(job.state, job.progress?.done ?? "");
}
for (const [n, avatar] of (job?.avatars ?? []).entries()) {
  await writeFile(`${n + 1}-${avatar.style}.png`, await client.download(avatar.png));
}
const { receipt } = await client.waitForReceipt(jobId);
const proof = await verifyDeletion(receipt, await client.getKeys(), {
  issuer: LIKENESS_ISSUER,
  jobId,
});
console.log(`${proof.objects.length} files deleted, signed at ${proof.issued_at}`);
