/** The audit log as JSON Lines, and the check of its hash chain. docs/review-desk.md has the format. */

/** @import { AuditExportView } from "#api" */

const GENESIS = "0".repeat(64); // `previous` of the first entry

/** The chain does not hold: an entry was changed, removed or added. */
export class BrokenChain extends Error {}

/**
 * Read the whole log, verify each entry, and return one entry a line, the chain head last.
 * @param {(after: number) => Promise<AuditExportView>} read entries after a number
 * @param {(done: number, all: number) => void} progress
 */
export async function exportLog(read, progress) {
  const lines = [];
  let head = { number: 0, hash: GENESIS };
  for (;;) {
    const part = await read(head.number);
    for (const entry of part.entries) {
      if (entry.number !== head.number + 1 || entry.previous !== head.hash || entry.hash !== (await digest(entry)))
        throw new BrokenChain(String(head.number + 1));
      head = { number: entry.number, hash: entry.hash };
      lines.push(JSON.stringify(entry));
    }
    progress(head.number, part.head.number);
    if (head.number === part.head.number && head.hash === part.head.hash) break;
    if (!part.entries.length || head.number >= part.head.number) throw new BrokenChain(String(head.number + 1));
  }
  return { text: `${[...lines, JSON.stringify({ head })].join("\n")}\n`, head };
}

/** SHA-256 of an entry's fields but `hash`, as hex. @param {Record<string, unknown>} entry */
async function digest({ hash: _, ...fields }) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical(fields)));
  return [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/**
 * JSON as Python's json.dumps(sort_keys=True, separators=(",", ":")) writes it: names in order, no spaces, ASCII.
 * @param {unknown} value
 * @returns {string}
 */
function canonical(value) {
  if (value === null || typeof value !== "object")
    return JSON.stringify(value).replace(
      /[\u007f-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, one]) => `${canonical(name)}:${canonical(one)}`).join(",")}}`;
}
