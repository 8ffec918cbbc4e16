/** The audit log as JSON Lines, and the check of its hash chains. docs/review-desk.md has the format. */

/** @import { AnchorView, AnchorsView, AuditExportView, ChainHeadView } from "#api" */

const GENESIS = "0".repeat(64); // `previous` of the first anchor

/** The log does not hold: an entry, a chain or an anchor was changed, removed or added. */
export class BrokenChain extends Error {
  /** @param {number | null} chain null: an anchor @param {number} number */
  constructor(chain, number) {
    super();
    this.chain = chain;
    this.number = number;
  }
}

/**
 * Read the whole log up to the heads at the beginning, and verify each entry and anchor. Returns one entry a line,
 * then the anchors, and the heads last. The signatures of the anchors are not verified here.
 * @param {{anchors: (cursor: string | null) => Promise<AnchorsView>,
 *   exportAudit: (chain: number, after: number) => Promise<AuditExportView>}} desk
 * @param {(done: number, all: number) => void} progress
 */
export async function exportLog(desk, progress) {
  const { anchors, heads } = await readAnchors(desk.anchors);
  const noted = await namedBy(anchors);
  const all = heads.reduce((sum, head) => sum + head.number, 0);
  /** @type {string[]} */
  const lines = [];
  for (const head of heads) {
    let last = { number: 0, hash: head.chain.toString(16).padStart(64, "0") };
    while (last.number < head.number) {
      const { entries } = await desk.exportAudit(head.chain, last.number);
      if (!entries.length) throw new BrokenChain(head.chain, last.number + 1);
      for (const entry of entries) {
        if (entry.number > head.number) break;
        const follows = entry.number === last.number + 1 && entry.previous === last.hash && entry.chain === head.chain;
        if (!follows || entry.hash !== (await digest(entry))) throw new BrokenChain(head.chain, last.number + 1);
        last = { number: entry.number, hash: entry.hash };
        noted.delete(place(entry));
        lines.push(JSON.stringify(entry));
      }
      progress(lines.length, all);
    }
    if (last.hash !== head.hash) throw new BrokenChain(head.chain, head.number);
  }
  const [lost] = noted.values();
  if (lost) throw new BrokenChain(lost.chain, lost.number);
  const rest = [...anchors.map((anchor) => JSON.stringify({ anchor })), JSON.stringify({ heads })];
  return { text: `${[...lines, ...rest].join("\n")}\n`, entries: lines.length, anchors: anchors.length };
}

/** @param {(cursor: string | null) => Promise<AnchorsView>} read */
async function readAnchors(read) {
  /** @type {AnchorView[]} */
  const anchors = [];
  /** @type {string | null} */
  let cursor = null;
  for (;;) {
    /** @type {AnchorsView} */
    const part = await read(cursor);
    anchors.push(...part.anchors);
    if (!part.next) return { anchors, heads: part.heads };
    cursor = part.next;
  }
}

/** The heads that anchors name, by place. @param {AnchorView[]} anchors */
async function namedBy(anchors) {
  /** @type {Map<string, ChainHeadView>} */
  const heads = new Map();
  let previous = GENESIS;
  for (const [n, { number, jws }] of anchors.entries()) {
    const content = JSON.parse(atob(jws.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    if (number !== n + 1 || content.number !== number || content.previous !== previous)
      throw new BrokenChain(null, n + 1);
    previous = await sha256(jws);
    for (const head of content.heads) if (head.number) heads.set(place(head), head);
  }
  return heads;
}

/** @param {ChainHeadView} of */
const place = ({ chain, number, hash }) => `${chain} ${number} ${hash}`;

/** @param {string} text */
async function sha256(text) {
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** SHA-256 of an entry's fields but `hash` and `chain`, as hex. @param {Record<string, unknown>} entry */
const digest = ({ hash: _, chain: __, ...fields }) => sha256(canonical(fields));

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
